/** A stored trace, scrubbed: every step is what the live canvas showed, wherever one jumps from. */
import { settingsWith } from '../../fixtures/settings.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFinal, type GenerationEvent } from '../../../core/contract/generation.ts';
import { readTrace, roundEvent, sealTrace, TraceWriter } from '../../../core/store/trace/index.ts';
import { applyEvent, emptyReply, type ReplyState } from '../../../renderer/state/reply/reply.ts';
import { Timeline } from '../../../renderer/state/inspector/timeline.ts';
import { fakeEvents, fakeSettings, fakeText } from '../../fixtures/fake-engine.ts';
import { runTableReply, type TableRun } from '../../fixtures/table-loop.ts';
import { idsOf as idsIn } from '../../../core/contract/committed.ts';

/** As it is kept and read again. */
const stored = (events: readonly GenerationEvent[]): GenerationEvent[] =>
  readTrace([sealTrace([new TraceWriter().part(events.map(roundEvent))])]);
const textOf = (events: readonly GenerationEvent[]): string =>
  events.flatMap((e) => (e.type === 'blockCommitted' ? e.tokens.map((token) => token.text) : [])).join('');
const idsOf = (events: readonly GenerationEvent[]): number[] =>
  events.flatMap((e) => (e.type === 'blockCommitted' ? idsIn(e.tokens) : []));

/** What a window that is told of one forward after the other shows after each: its own fold, no timeline. */
function live(generations: readonly (readonly GenerationEvent[])[]): ReplyState[] {
  const shown: ReplyState[] = [];
  let text = '';
  for (const events of generations) {
    let state = emptyReply(text);
    events.forEach((event, i) => {
      expect(applyEvent(state, event)).toBe(true);
      const next = events[i + 1];
      const forwardOf = (e: GenerationEvent): number => ('forward' in e ? e.forward : 0);
      // the end comes with the commit that led to it; a canvas that stood open when it came was on the screen
      const together = next && (isFinal(next) ? event.type !== 'frame' : forwardOf(next) === forwardOf(event));
      if (!together) shown.push({ ...state, slots: [...state.slots] });
      state = { ...state, slots: [...state.slots] };
    });
    text = state.text;
  }
  return shown;
}

const settings: fc.Arbitrary<TableRun> = fc.record({
  mode: fc.constantFrom('exact' as const, 'fast' as const, 'ar' as const),
  seed: fc.integer({ min: 0, max: 1000 }),
  maxTokens: fc.integer({ min: 1, max: 90 }),
  blockLength: fc.integer({ min: 2, max: 24 }),
  threshold: fc.constantFrom(0.05, 0.1, 0.3, 0.9),
  draftLength: fc.integer({ min: 1, max: 6 }),
  stopAfter: fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 60 })),
});

describe('the steps of a reply', () => {
  it('are what the live canvas showed, in any order of looking, and end in the stored text', async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.array(fc.nat(), { maxLength: 30 }), async (run, jumps) => {
        const events = stored((await runTableReply(run)).events);
        const shown = live([events]);
        const timeline = new Timeline(events);
        expect(timeline.length).toBe(shown.length);
        for (const jump of jumps) expect(timeline.at(jump % shown.length)).toEqual(shown[jump % shown.length]);
        shown.forEach((state, i) => expect(timeline.at(i)).toEqual(state));
        for (let i = shown.length - 1; i >= 0; i--) expect(timeline.at(i)).toEqual(shown[i]);
        expect(timeline.at(timeline.length - 1).text).toBe(textOf(events));
        expect(timeline.tokens.map(({ token }) => token.id)).toEqual(idsOf(events));
        timeline.steps.forEach((step, i) =>
          expect([step.textLength, step.tokens]).toEqual([
            shown[i]?.text.length,
            timeline.tokens.filter((_, slot) => slot < step.tokens).length,
          ]),
        );
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  it('go on over a continued reply: the text before it stays, its start is marked', async () => {
    for (const mode of ['exact', 'fast', 'ar'] as const) {
      const first = stored((await runTableReply({ mode, maxTokens: 20 })).events);
      const second = stored((await runTableReply({ mode, maxTokens: 44, prefix: idsOf(first), seed: 3 })).events);
      const timeline = new Timeline([...first, ...second]);
      const shown = live([first, second]);
      expect(timeline.length).toBe(shown.length);
      shown.forEach((state, i) => expect(timeline.at(i)).toEqual(state));
      expect(timeline.at(timeline.length - 1).text).toBe(textOf(first) + textOf(second));
      const resumed = timeline.steps.flatMap((step, i) => (step.marks.includes('resumed') ? [i] : []));
      expect(resumed).toEqual([live([first]).length]);
      expect(timeline.at(resumed[0] ?? 0).text).toBe(textOf(first));
      expect(timeline.steps.every((step, i) => step.ms >= (timeline.steps[i - 1]?.ms ?? 0))).toBe(true);
    }
  });

  it('a state that was looked at is the caller’s own', () => {
    const timeline = new Timeline(
      stored(
        fakeEvents({
          generationId: 'g',
          messages: [],
          replyPrefix: [],
          settings: settingsWith(fakeSettings, { mode: 'fast' }),
          seed: 3,
        }),
      ),
    );
    const seen = timeline.at(2);
    const kept = structuredClone(seen);
    timeline.at(3);
    expect(seen).toEqual(kept);
    seen.slots.length = 0;
    expect(timeline.at(2)).toEqual(kept);
    expect(() => timeline.at(timeline.length)).toThrow(RangeError);
    expect(() => timeline.at(-1)).toThrow(RangeError);
  });

  it('without frames the commits are still there', async () => {
    const events = stored((await runTableReply({ mode: 'fast' })).events);
    const timeline = new Timeline(events.filter(({ type }) => type !== 'frame'));
    expect([timeline.whole, new Timeline(events).whole]).toEqual([false, true]);
    expect(timeline.at(timeline.length - 1).text).toBe(textOf(events));
    expect(timeline.length).toBeGreaterThan(1);
    expect(new Timeline([]).length).toBe(0);
  });
});

describe('time', () => {
  it('begins with the first step; the step at a moment is the last one shown by then', async () => {
    const timeline = new Timeline(stored((await runTableReply({ mode: 'exact', maxTokens: 60 })).events));
    expect(timeline.steps[0]?.ms).toBe(0);
    expect(timeline.duration).toBe(timeline.steps.at(-1)?.ms);
    for (let ms = -5; ms < timeline.duration + 5; ms++) {
      const last = timeline.steps.findLastIndex((step) => step.ms <= ms);
      expect(timeline.stepAt(ms)).toBe(Math.max(0, last));
    }
  });
});

const start: GenerationEvent = {
  type: 'started',
  seq: 0,
  t: 0,
  mode: 'fast',
  seed: 1,
  promptTokens: 3,
  cachedTokens: 0,
  droppedMessages: 0,
  blockLength: 3,
  firstSlot: 0,
  pack: { id: 'p', name: 'P', hash: 'h' },
  device: 'cpu',
};
const word = (
  slot: number,
  state: 'draft' | 'revealed' | 'rejected' | 'noise',
  id: number,
  text: string,
  p: number,
) => ({
  slot,
  state,
  id,
  text,
  p,
});
const token = (id: number, text: string, forward: number, via: 'revealed' | 'revised' | 'context' | 'draft') => ({
  id,
  text,
  p: 0.75,
  forward,
  via,
});
const canvas = { from: 0, length: 3 };

describe('how a token came', () => {
  const events: GenerationEvent[] = [
    start,
    { type: 'frame', seq: 1, t: 5, forward: 0, block: 0, canvas, changes: [] },
    {
      type: 'frame',
      seq: 2,
      t: 10,
      forward: 1,
      block: 0,
      canvas,
      changes: [word(0, 'revealed', 1, 'The', 0.5), word(1, 'revealed', 2, ' lake', 0.25)],
    },
    { type: 'frame', seq: 3, t: 20, forward: 2, block: 0, canvas, changes: [word(1, 'rejected', 2, ' lake', 0.25)] },
    { type: 'frame', seq: 4, t: 20, forward: 2, block: 0, canvas, changes: [word(1, 'revealed', 3, ' sea', 0.75)] },
    { type: 'frame', seq: 5, t: 30, forward: 3, block: 0, canvas, changes: [word(2, 'revealed', 4, '.', 0.75)] },
    {
      type: 'blockCommitted',
      seq: 6,
      t: 40,
      forward: 4,
      block: 0,
      from: 0,
      tokens: [token(1, 'The', 1, 'context'), token(3, ' sea', 2, 'revised'), token(4, '.', 3, 'revealed')],
    },
    {
      type: 'finished',
      seq: 7,
      t: 40,
      reason: 'end',
      counts: {
        tokens: 3,
        forwards: 4,
        prefillForwards: 1,
        promptTokens: 3,
        cachedTokens: 0,
        drafted: 0,
        accepted: 0,
        msPrefill: 5,
        msDecode: 35,
        msForward: 30,
      },
    },
  ];
  it('a revealed word that is taken back is a revision, and its token remembers it', () => {
    const timeline = new Timeline(events);
    expect(timeline.steps.map(({ forward, ms, marks, struck }) => ({ forward, ms, marks, struck }))).toEqual([
      { forward: 0, ms: 0, marks: [], struck: '' },
      { forward: 1, ms: 5, marks: [], struck: '' },
      { forward: 2, ms: 15, marks: ['revision'], struck: ' lake' },
      { forward: 3, ms: 25, marks: [], struck: '' },
      { forward: 4, ms: 35, marks: ['block'], struck: '' },
    ]);
    expect(timeline.tokens.map(({ step, earlier }) => ({ step, earlier }))).toEqual([
      { step: 1, earlier: [] },
      { step: 2, earlier: [{ step: 1, text: ' lake', p: 0.25, state: 'revealed', kept: false }] },
      { step: 3, earlier: [] },
    ]);
    expect(timeline.at(2).slots.map(({ state, text }) => `${state}${text}`)).toEqual([
      'revealedThe',
      'revealed sea',
      'masked',
    ]);
  });
  it('a revealed word that noise covers is no revision', () => {
    const timeline = new Timeline([
      start,
      {
        type: 'frame',
        seq: 1,
        t: 10,
        forward: 1,
        block: 0,
        canvas,
        changes: [word(0, 'revealed', 1, 'The', 0.5), word(1, 'noise', 2, ' plum', 0)],
      },
      {
        type: 'frame',
        seq: 2,
        t: 20,
        forward: 2,
        block: 0,
        canvas,
        changes: [word(0, 'noise', 3, ' ink', 0), word(1, 'revealed', 4, ' sea', 0.5)],
      },
    ]);
    expect(timeline.steps.flatMap(({ marks }) => marks)).toEqual([]);
  });
  it('a character of two tokens, and a token that has no text on the canvas, are committed as what they were', () => {
    const timeline = new Timeline([
      start,
      {
        type: 'frame',
        seq: 1,
        t: 10,
        forward: 1,
        block: 0,
        canvas,
        changes: [
          word(0, 'revealed', 1, '\ufffd', 0.5),
          word(1, 'revealed', 2, '\ufffd', 0.5),
          word(2, 'revealed', 3, '', 0.5),
        ],
      },
      {
        type: 'blockCommitted',
        seq: 2,
        t: 20,
        forward: 2,
        block: 0,
        from: 0,
        tokens: [token(1, '', 1, 'revealed'), token(2, '画', 1, 'revealed'), token(3, '<|tool|>', 1, 'revealed')],
      },
    ]);
    expect(timeline.steps.map(({ marks }) => marks)).toEqual([[], [], ['block']]);
    expect(timeline.tokens.map(({ earlier }) => earlier)).toEqual([[], [], []]);
  });
  it('a draft that fell is a rejection; one that held is told with the sureness it had', () => {
    const timeline = new Timeline([
      { ...start, mode: 'exact' },
      {
        type: 'frame',
        seq: 1,
        t: 10,
        forward: 1,
        block: 0,
        canvas,
        changes: [word(0, 'draft', 1, 'The', 0.5), word(1, 'draft', 2, ' lake', 0.25)],
      },
      {
        type: 'frame',
        seq: 2,
        t: 20,
        forward: 2,
        block: 0,
        canvas: { from: 2, length: 1 },
        changes: [word(1, 'rejected', 2, ' lake', 0.25)],
      },
      {
        type: 'blockCommitted',
        seq: 3,
        t: 20,
        forward: 2,
        block: 0,
        from: 0,
        tokens: [token(1, 'The', 2, 'draft'), token(3, ' sea', 2, 'context')],
      },
      {
        type: 'stopped',
        seq: 4,
        t: 21,
        counts: {
          tokens: 2,
          forwards: 2,
          prefillForwards: 1,
          promptTokens: 3,
          cachedTokens: 0,
          drafted: 2,
          accepted: 1,
          msPrefill: 5,
          msDecode: 35,
          msForward: 30,
        },
      },
    ]);
    expect(timeline.steps.map(({ marks, struck }) => [marks, struck])).toEqual([
      [[], ''],
      [[], ''],
      [['rejection'], ' lake'],
    ]);
    expect(timeline.tokens.map(({ earlier }) => earlier)).toEqual([
      [{ step: 1, text: 'The', p: 0.5, state: 'draft', kept: true }],
      [{ step: 1, text: ' lake', p: 0.25, state: 'draft', kept: false }],
    ]);
  });
});

it('a token’s story begins with what was guessed in its slot', () => {
  const frame = (seq: number, forward: number, state: 'guess' | 'draft', id: number, text: string, p: number) => ({
    type: 'frame' as const,
    seq,
    t: 10 * seq,
    forward,
    block: 0,
    canvas: { from: 0, length: 16 },
    changes: [{ slot: 0, state, id, text, p }],
  });
  const timeline = new Timeline([
    { ...start, mode: 'exact', blockLength: 16 },
    frame(1, 1, 'guess', 4, ' lake', 0.15),
    frame(2, 2, 'guess', 3, ' sea', 0.3),
    frame(3, 3, 'draft', 3, ' sea', 0.8),
    {
      type: 'blockCommitted',
      seq: 4,
      t: 40,
      forward: 4,
      block: 0,
      from: 0,
      tokens: [{ id: 3, text: ' sea', p: 0.9, forward: 4, via: 'draft' }],
    },
  ]);
  expect(timeline.tokens[0]?.earlier.map(({ state, text, p, kept }) => [state, text, p, kept])).toEqual([
    ['guess', ' lake', 0.15, false],
    ['guess', ' sea', 0.3, true],
    ['draft', ' sea', 0.8, true],
  ]);
});

it('a reply of 2,000 tokens is scrubbed in fractions of a millisecond', () => {
  const text = Array.from({ length: 40 }, () => fakeText).join(' ');
  for (const mode of ['exact', 'fast'] as const) {
    const events = fakeEvents(
      {
        generationId: 'g',
        messages: [],
        replyPrefix: [],
        settings: settingsWith(fakeSettings, { mode, maxTokens: 2000, blockLength: 32 }),
        seed: 9,
      },
      { text, alternatives: 4 },
    );
    const timeline = new Timeline(events);
    expect(timeline.tokens.length).toBe(2000);
    const began = performance.now();
    for (let i = 0; i < 1000; i++) timeline.at((i * 7919) % timeline.length);
    // half a millisecond a jump would be a tenth of that on an idle machine
    expect((performance.now() - began) / 1000).toBeLessThan(10);
  }
});
