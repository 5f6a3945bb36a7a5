/** Sentences from what really happened in a forward. */
import { describe, expect, it } from 'vitest';
import { noCounts, type GenerationEvent, type SlotChange } from '../../../core/contract/generation.ts';
import { courseOf, factsOf } from '../../../renderer/state/explain/facts.ts';
import { applyEvent, emptyReply, type ReplyState } from '../../../renderer/state/reply/reply.ts';
import { Timeline } from '../../../renderer/state/inspector/timeline.ts';
import { t } from '../../../renderer/strings.ts';
import { runTableReply } from '../../fixtures/table-loop.ts';

let seq = 0;
const started = (mode: 'fast' | 'exact'): GenerationEvent => ({
  type: 'started',
  seq: seq++,
  t: 0,
  mode,
  seed: 1,
  promptTokens: 1,
  cachedTokens: 0,
  droppedMessages: 0,
  blockLength: 4,
  firstSlot: 0,
  pack: { id: 'p', name: 'P', hash: 'h' },
  device: 'cpu',
});
const change = (slot: number, state: SlotChange['state'], text = '', p = 0.8): SlotChange => ({
  slot,
  state,
  id: text === '' ? null : 1,
  text,
  p: text === '' ? 0 : p,
});
const frame = (forward: number, from: number, changes: SlotChange[]): GenerationEvent => ({
  type: 'frame',
  seq: seq++,
  t: forward * 10,
  forward,
  block: 0,
  canvas: { from, length: 4 },
  changes,
});
function after(...events: GenerationEvent[]): ReplyState {
  const state = emptyReply();
  for (const event of events) {
    state.seq = event.seq - 1;
    applyEvent(state, event);
  }
  return state;
}
const said = (before: ReplyState, events: GenerationEvent[]): string[] =>
  factsOf(before, events).map((fact) => t.explain.fact(fact, 0.7));

describe('what is said of a step', () => {
  it('Fast: what passed the threshold, what came next, and what it took back', () => {
    const before = after(
      started('fast'),
      frame(
        0,
        0,
        [0, 1, 2, 3].map((slot) => change(slot, 'masked')),
      ),
    );
    const first = [
      frame(1, 0, [
        change(0, 'revealed', ' A'),
        change(1, 'masked'),
        change(2, 'revealed', ' plate'),
        change(3, 'revealed', ' is'),
      ]),
    ];
    expect(said(before, first)).toEqual([
      'The model wrote ‘A’ next.',
      'Slots 3 and 4 passed 0.7 and are revealed: ‘plate’ and ‘is’.',
    ]);
    const then = after(started('fast'), frame(0, 0, [change(0, 'masked')]), ...first);
    expect(
      said(then, [
        frame(2, 0, [change(2, 'rejected', ' plate'), change(3, 'rejected', ' is')]),
        frame(2, 0, [change(2, 'revealed', ' stone'), change(3, 'masked')]),
      ]),
    ).toEqual([
      'Read again, ‘plate’ and ‘is’ did not fit in slots 3 and 4: taken back.',
      'It put ‘stone’ in slot 3 instead.',
    ]);
    // the state it was read from is not changed
    expect(before.slots.every(({ state }) => state === 'masked')).toBe(true);
  });

  it('Noise: what was accepted, the first slot among it; what noise covers is not told', () => {
    const before = after(started('fast'), frame(1, 0, [change(0, 'revealed', 'The'), change(1, 'noise', ' plum', 0)]));
    const facts = factsOf(before, [
      frame(2, 0, [
        change(0, 'noise', ' ink', 0),
        change(1, 'revealed', ' sea'),
        change(2, 'noise', ' oak', 0),
        change(3, 'noise', ' fig', 0),
      ]),
    ]);
    expect(facts.map(({ kind, words }) => [kind, words.map(({ slot }) => slot)])).toEqual([['passed', [1]]]);
    const first = factsOf(after(started('fast')), [
      frame(1, 0, [change(0, 'revealed', 'The'), change(1, 'noise', ' plum', 0)]),
    ]);
    expect(first.map(({ kind }) => kind)).toEqual(['passed']);
  });
  it('Exact: drafts that held, the word after them, drafts that did not, and new ones', () => {
    const before = after(
      started('exact'),
      frame(1, 0, [
        change(0, 'draft', ' A'),
        change(1, 'draft', ' copper'),
        change(2, 'draft', ' gate'),
        change(3, 'masked'),
      ]),
    );
    const token = (text: string, via: 'draft' | 'context') => ({ id: 1, text, p: 0.9, forward: 2, via });
    const events: GenerationEvent[] = [
      frame(2, 3, [change(2, 'rejected', ' gate')]),
      {
        type: 'blockCommitted',
        seq: seq++,
        t: 20,
        forward: 2,
        block: 0,
        from: 0,
        tokens: [token(' A', 'draft'), token(' copper', 'draft'), token(' plate', 'context')],
      },
      frame(2, 3, [change(3, 'draft', ' is'), change(4, 'masked'), change(5, 'masked'), change(6, 'masked')]),
    ];
    expect(said(before, events)).toEqual([
      'The drafts ‘A’ and ‘copper’ held.',
      'The draft ‘gate’ did not hold and is struck.',
      'The model wrote ‘plate’ next.',
      'Drafted ahead: ‘is’.',
    ]);
  });

  it('a word taken back before the next canvas is told by its place on the canvas it stood on', () => {
    const before = after(
      started('fast'),
      frame(1, 0, [
        change(0, 'draft', ' new'),
        change(1, 'draft', ' culture'),
        change(2, 'masked'),
        change(3, 'masked'),
      ]),
    );
    const events = [frame(2, 2, [change(1, 'rejected', ' culture')])];
    expect(factsOf(before, events)).toMatchObject([{ kind: 'taken', words: [{ place: 2, text: ' culture' }] }]);
    expect(said(before, events)).toEqual(['Read again, ‘culture’ did not fit in slot 2: taken back.']);
  });

  it.each(['exact', 'fast', 'ar'] as const)(
    '%s: no step of a reply tells of a place that no canvas has',
    async (mode) => {
      const timeline = new Timeline((await runTableReply({ mode })).events);
      for (let step = 1; step < timeline.length; step++)
        for (const { words } of factsOf(timeline.at(step - 1), timeline.eventsOf(step)))
          for (const { place } of words) expect(place).toBeGreaterThan(0);
    },
  );

  it.each(['exact', 'fast', 'ar'] as const)(
    '%s: every step of a reply the loop wrote has something to say, and its words are on the canvas or in the text',
    async (mode) => {
      const { events } = await runTableReply({ mode });
      const timeline = new Timeline(events);
      for (let step = 1; step < timeline.length; step++) {
        const facts = factsOf(timeline.at(step - 1), timeline.eventsOf(step));
        expect(facts.length).toBeGreaterThan(0);
        const { text } = timeline.at(step);
        for (const { words, kind } of facts)
          for (const word of words) if (kind === 'kept' || kind === 'block') expect(text).toContain(word.text);
      }
      expect(timeline.eventsOf(timeline.length - 1).at(-1)?.type).toBe('finished');
      expect(timeline.eventsOf(999)).toEqual([]);
    },
  );
});

it('tokens a forward: of the last few forwards and on the whole, in at most so many points', () => {
  const points = Array.from({ length: 1000 }, (_, i) => ({ ms: i * 20, tokens: i * 2, forward: i }));
  const [ms, recent, mean] = courseOf(points, 100);
  expect(ms.length).toBeLessThanOrEqual(101);
  expect(ms.at(-1)).toBeCloseTo(19.98);
  expect([recent.at(-1), mean.at(-1)]).toEqual([2, 2]);
  expect(courseOf([])).toEqual([[], [], []]);
});

describe('the words of a diffusion reply', () => {
  const counts = { ...noCounts, tokens: 8, forwards: 8, msDecode: 100 };
  const lead = (threshold: number | null, forwards: number): string =>
    t.explain.lead('fast', { blockLength: 4, threshold }, { ...counts, forwards })[1] ?? '';
  it('name a threshold where there is one, and say what a sampler without one did', () => {
    expect(lead(0.9, 4)).toContain('once the model was 90 % sure of it');
    expect(lead(null, 8)).toBe('Blocks of 4 began as grain, and each step revealed about one slot.');
    expect(lead(null, 4)).toBe('Blocks of 4 began as grain, and each step revealed the slots that its sampler chose.');
    for (const words of [lead(null, 8), lead(null, 4), t.explain.modes.fast]) expect(words).not.toContain('sure');
    const fact = { kind: 'passed' as const, words: [{ slot: 3, place: 4, text: ' sea' }] };
    expect(t.explain.fact(fact as never, 0.9)).toBe('Slot 4 passed 0.9 and is revealed: ‘sea’.');
    expect(t.explain.fact(fact as never, null)).toBe('Slot 4 is revealed: ‘sea’.');
  });
});
