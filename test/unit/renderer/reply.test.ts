import { settingsWith } from '../../fixtures/settings.ts';
import { describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../../core/contract/generation.ts';
import {
  applyEvent,
  drawnOf,
  emptyReply,
  figuresOf,
  isSwift,
  joinReply,
  spokenLength,
  type ReplyState,
} from '../../../renderer/state/reply/reply.ts';
import { sampleSettings } from '../../fixtures/sample-model.ts';
import { script } from '../../fixtures/scripted-reply.ts';
import { proseReply, richReply } from '../../fixtures/sample-replies.ts';

const all = (text: string, mode: 'exact' | 'fast' | 'ar', firstSlot = 0): GenerationEvent[] =>
  [...script({ text, settings: settingsWith(sampleSettings, { mode, maxTokens: 4000 }), seed: 5, firstSlot })].flat();
function apply(events: readonly GenerationEvent[], state: ReplyState = emptyReply()): ReplyState {
  for (const event of events) expect(applyEvent(state, event)).toBe(true);
  return state;
}
const at = (t: number, seq: number) => ({ seq, t });
const counts = {
  tokens: 2,
  forwards: 1,
  prefillForwards: 1,
  promptTokens: 3,
  cachedTokens: 0,
  drafted: 0,
  accepted: 0,
  msPrefill: 1,
  msDecode: 10,
  msForward: 9,
};
const frame = (
  seq: number,
  forward: number,
  from: number,
  length: number,
  changes: Extract<GenerationEvent, { type: 'frame' }>['changes'],
  t = seq * 10,
): GenerationEvent => ({ type: 'frame', ...at(t, seq), forward, block: 0, canvas: { from, length }, changes });
const started: GenerationEvent = {
  type: 'started',
  ...at(0, 0),
  mode: 'exact',
  seed: 1,
  promptTokens: 12,
  cachedTokens: 4,
  droppedMessages: 0,
  blockLength: 4,
  firstSlot: 0,
  pack: { id: 'p', name: 'P', hash: 'h' },
  device: 'cpu',
};
const commit = (seq: number, from: number, texts: string[], firstId = 0): GenerationEvent => ({
  type: 'blockCommitted',
  ...at(seq * 10, seq),
  forward: seq,
  block: 0,
  from,
  tokens: texts.map((text, i) => ({ id: firstId + i, text, p: 0.9, forward: 1, via: 'context' as const })),
});

describe('a reply built from its events', () => {
  it.each(['exact', 'fast', 'ar'] as const)(
    '%s mode: the committed pieces give the text, the figures its counts',
    (mode) => {
      const state = apply(all(richReply, mode));
      expect(state.text).toBe(richReply);
      expect(state.phase).toBe('finished');
      expect(state.tokens).toBe(state.counts?.tokens);
      expect(state.slots).toEqual([]);
    },
  );

  it('shows every slot of a block from its first frame, and keeps it in place while words surface', () => {
    const state = apply([
      started,
      frame(1, 0, 0, 4, []),
      frame(2, 1, 0, 4, [{ slot: 2, state: 'revealed', id: 7, text: ' sea', p: 0.8 }]),
    ]);
    expect(state.slots.map((s) => s.slot)).toEqual([0, 1, 2, 3]);
    expect(state.slots.map((s) => s.state)).toEqual(['masked', 'masked', 'revealed', 'masked']);
    expect(state.slots[2]).toMatchObject({ text: ' sea', p: 0.8 });
  });

  describe('a lossless reply whose blocks of sixteen are seen forming', () => {
    const words = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => ` w${from + i}`);
    const begun = [
      { ...started, blockLength: 16 },
      frame(1, 0, 0, 16, [{ slot: 0, state: 'draft', id: 0, text: ' w0', p: 0.9 }]),
    ];
    const state = apply([
      ...begun,
      frame(2, 1, 0, 16, [{ slot: 9, state: 'guess', id: 3, text: ' guessed', p: 0.3 }]),
      commit(3, 0, words(0, 3)),
      frame(4, 3, 3, 13, []),
    ]);

    it('committed words keep their seats until the block is whole; only then are they typeset', () => {
      const { text, slots, seated } = drawnOf(state);
      expect([text, seated, slots.length]).toEqual(['', true, 16]);
      expect(slots.slice(0, 3).map((s) => [s.state, s.text])).toEqual([
        ['committed', ' w0'],
        ['committed', ' w1'],
        ['committed', ' w2'],
      ]);
      expect(slots[9]).toMatchObject({ slot: 9, state: 'guess', text: ' guessed', p: 0.3 });
      // what is said, copied or stored has them
      expect(state.text).toBe(' w0 w1 w2');
    });

    it('drafts of the next block wait until this one is full; its first words then stand in their own seats', () => {
      const later = apply(
        [
          commit(5, 3, words(3, 12)),
          frame(6, 5, 15, 3, [
            { slot: 15, state: 'draft', id: 1, text: ' w15', p: 0.9 },
            { slot: 16, state: 'draft', id: 1, text: ' w16', p: 0.9 },
          ]),
        ],
        { ...state, slots: [...state.slots] },
      );
      expect(drawnOf(later).slots.at(-1)?.slot).toBe(15);
      const next = apply([commit(7, 15, words(15, 2)), frame(8, 7, 17, 15, [])], later);
      const drawn = drawnOf(next);
      expect(drawn.text).toBe(words(0, 16).join(''));
      expect(drawn.slots.map(({ slot }) => slot)).toEqual(Array.from({ length: 16 }, (_, i) => 16 + i));
      expect(drawn.slots[0]).toMatchObject({ state: 'committed', text: ' w16' });
    });

    it('its end typesets what was still in its seats', () => {
      const ended = apply([{ type: 'finished', ...at(50, 5), reason: 'end', counts }], {
        ...state,
        slots: [...state.slots],
      });
      expect(drawnOf(ended)).toMatchObject({ text: ' w0 w1 w2', slots: [] });
    });

    it('who joins in the middle of a block sees the same seats', () => {
      const joined = joinReply(
        {
          messageId: 'm',
          generationId: 'g',
          seq: 4,
          tokens: words(0, 3).map((text, id) => ({ id, text, p: 0.9, forward: 1, via: 'context' })),
          canvas: { from: 3, length: 13 },
          slots: [{ slot: 9, state: 'guess', id: 3, text: ' guessed', p: 0.3 }],
          counts: { forwards: 3, ms: 30 },
        },
        'exact',
        16,
      );
      expect(drawnOf(joined)).toEqual(drawnOf(state));
    });

    it('a guess that gives way to another, or to a draft, takes nothing back', () => {
      const changed = apply(
        [
          frame(5, 4, 3, 13, [{ slot: 9, state: 'guess', id: 4, text: ' other', p: 0.4 }]),
          frame(6, 5, 3, 13, [{ slot: 9, state: 'draft', id: 5, text: ' third', p: 0.9 }]),
        ],
        { ...state, slots: [...state.slots] },
      );
      expect(changed.rejection).toBeNull();
    });
  });

  it('a character of two tokens that was drafted and held is not struck, though its pieces read otherwise alone', () => {
    const state = apply([
      started,
      frame(1, 1, 0, 4, [
        { slot: 0, state: 'draft', id: 7, text: '\\xf0\\x9f', p: 0.8 },
        { slot: 1, state: 'draft', id: 8, text: '\\x8d\\x9e', p: 0.8 },
      ]),
      {
        type: 'blockCommitted',
        ...at(20, 2),
        forward: 2,
        block: 0,
        from: 0,
        tokens: [
          { id: 7, text: '', p: 0.8, forward: 2, via: 'draft' },
          { id: 8, text: '🍞', p: 0.8, forward: 2, via: 'draft' },
        ],
      },
    ]);
    expect([state.text, state.rejection]).toEqual(['🍞', null]);
  });

  it('shows noise as text; what noise covers is not taken back', () => {
    const state = apply([
      started,
      frame(1, 1, 0, 2, [
        { slot: 0, state: 'revealed', id: 7, text: ' sea', p: 0.8 },
        { slot: 1, state: 'noise', id: 8, text: ' plum', p: 0 },
      ]),
      frame(2, 2, 0, 2, [
        { slot: 0, state: 'noise', id: 9, text: ' ink', p: 0 },
        { slot: 1, state: 'noise', id: null, text: '', p: 0 },
      ]),
    ]);
    expect(state.slots.map((s) => [s.state, s.text])).toEqual([
      ['noise', ' ink'],
      ['noise', ''],
    ]);
    expect(state.rejection).toBeNull();
  });

  it('keeps the slots after a commit that were not part of it', () => {
    const state = apply([
      started,
      frame(1, 1, 0, 4, [{ slot: 2, state: 'draft', id: 1, text: ' x', p: 0.4 }]),
      commit(2, 0, ['A', ' b']),
    ]);
    expect(state.text).toBe('A b');
    expect(state.slots.map((s) => [s.slot, s.state])).toEqual([
      [2, 'draft'],
      [3, 'masked'],
    ]);
  });

  it('remembers a rejected draft, by its own frame or by another token committed over it', () => {
    const draft = frame(1, 1, 0, 2, [
      { slot: 0, state: 'draft', id: 1, text: ' sea', p: 0.4 },
      { slot: 1, state: 'draft', id: 2, text: ' side', p: 0.3 },
    ]);
    const byFrame = apply([
      started,
      draft,
      frame(2, 2, 0, 2, [{ slot: 1, state: 'rejected', id: 2, text: ' side', p: 0.1 }]),
    ]);
    expect(byFrame.rejection).toMatchObject({ slot: 1, text: ' side' });
    expect(byFrame.slots[1]?.state).toBe('rejected');
    expect(apply([started, draft, commit(2, 0, [' lake'])]).rejection).toMatchObject({ slot: 0, text: ' sea' });
    expect(apply([started, draft, commit(2, 0, [' sea'], 1)]).rejection).toBeNull();
  });

  it('keeps accepted drafts in their seats until they are committed, though the new canvas begins after them', () => {
    const draft = frame(
      1,
      1,
      0,
      3,
      ['The', ' sea', ' is'].map((text, i) => ({ slot: i, state: 'draft' as const, id: i, text, p: 0.4 })),
    );
    const struck = apply([
      started,
      draft,
      frame(2, 2, 2, 3, [
        { slot: 1, state: 'rejected', id: 1, text: ' sea', p: 0.1 },
        { slot: 2, state: 'rejected', id: 2, text: ' is', p: 0.1 },
      ]),
    ]);
    expect(struck.slots.map(({ slot, state, text }) => [slot, state, text])).toEqual([
      [0, 'draft', 'The'],
      [1, 'rejected', ' sea'],
      [2, 'rejected', ' is'],
      [3, 'masked', ''],
      [4, 'masked', ''],
    ]);
    const after = apply([commit(3, 0, ['The', ' lake'])], struck);
    expect(after.text).toBe('The lake');
    expect(after.slots.map(({ slot }) => slot)).toEqual([2, 3, 4]);
  });

  it('what was committed never comes back as a slot, and a canvas that skips slots begins where it says', () => {
    const state = apply([
      started,
      frame(1, 1, 0, 2, []),
      commit(2, 0, ['A', ' b']),
      frame(3, 2, 2, 2, []),
      frame(4, 3, 6, 2, []),
    ]);
    expect(state.slots.map(({ slot }) => slot)).toEqual([6, 7]);
  });

  it('a draft rejected in front of the new canvas is seen to leave too, as one with those after it', () => {
    const draft = frame(
      1,
      1,
      0,
      3,
      [' maybe', ' the', ' sea'].map((text, i) => ({ slot: i, state: 'draft' as const, id: i, text, p: 0.4 })),
    );
    const state = apply([
      started,
      draft,
      frame(
        2,
        2,
        1,
        3,
        [' maybe', ' the', ' sea'].map((text, i) => ({ slot: i, state: 'rejected' as const, id: i, text, p: 0.4 })),
      ),
      commit(3, 0, [' No']),
    ]);
    expect(state.rejection).toMatchObject({ slot: 0, text: ' maybe the sea' });
    expect(state.text).toBe(' No');
    expect(state.slots.map((s) => s.slot)).toEqual([1, 2, 3]);
  });

  it('a word that is masked again leaves grain behind', () => {
    const state = apply([
      started,
      frame(1, 1, 0, 1, [{ slot: 0, state: 'revealed', id: 1, text: 'no', p: 0.5 }]),
      frame(2, 2, 0, 1, [{ slot: 0, state: 'masked', id: null, text: '', p: 0 }]),
    ]);
    expect(state.slots[0]).toMatchObject({ state: 'masked', text: '' });
    expect(state.rejection?.text).toBe('no');
  });

  it('refuses to go on over a gap, and skips what it has seen', () => {
    const state = apply([started]);
    expect(applyEvent(state, frame(3, 1, 0, 2, []))).toBe(false);
    expect(state.seq).toBe(0);
    expect(applyEvent(state, started)).toBe(true);
    expect(state.seq).toBe(0);
  });

  it('joins in the middle and ends with the same text as one that saw it all', () => {
    const events = all(proseReply, 'fast');
    const middle = Math.floor(events.length / 2);
    const seen = apply(events.slice(0, middle));
    const joined = joinReply(
      {
        messageId: 'm',
        generationId: 'g',
        seq: seen.seq,
        tokens: [{ id: 1, text: seen.text, p: 1, forward: 1, via: 'revealed' }],
        canvas: { from: seen.slots[0]?.slot ?? 0, length: seen.slots.length },
        slots: seen.slots.map((s) => ({ ...s, id: null })),
        counts: { forwards: seen.forwards, ms: seen.ms },
      },
      'fast',
    );
    expect(joined.slots).toEqual(seen.slots);
    expect(apply(events, joined).text).toBe(proseReply);
  });

  it('a continued reply keeps the text before it', () => {
    expect(apply(all(' and more.', 'exact', 9), emptyReply('So far')).text).toBe('So far and more.');
  });

  it('keeps what was committed when it is stopped or fails', () => {
    const stopped = apply([
      started,
      frame(1, 1, 0, 2, []),
      commit(2, 0, ['Kept']),
      { type: 'stopped', ...at(40, 3), counts },
    ]);
    expect(stopped).toMatchObject({ text: 'Kept', phase: 'stopped', slots: [] });
    const failed = apply([
      started,
      commit(1, 0, ['Kept']),
      { type: 'failed', ...at(40, 2), error: { code: 'engine-crashed', message: 'gone' } },
    ]);
    expect(failed).toMatchObject({ text: 'Kept', phase: 'failed', error: { code: 'engine-crashed' } });
  });

  it('drops motion only when the model is faster than thirty forwards a second', () => {
    const paced = (ms: number): ReplyState =>
      apply([started, ...[1, 2, 3, 4].map((n) => frame(n, n, 0, 2, [], n * ms))]);
    expect(isSwift(paced(20))).toBe(true);
    expect(isSwift(paced(60))).toBe(false);
  });
  it('drops motion too while the model fills the cores, but for forwards of a second', () => {
    expect(isSwift({ pace: 0 }, true)).toBe(true);
    expect(isSwift({ pace: 300 }, true)).toBe(true);
    expect(isSwift({ pace: 1500 }, true)).toBe(false);
  });
});

describe('figures', () => {
  it('tokens a forward and a second, without dividing by nothing', () => {
    expect(figuresOf({ tokens: 30, forwards: 20 }, 1500)).toEqual({
      tokens: 30,
      forwards: 20,
      tpf: 1.5,
      rate: 20,
      ms: 1500,
    });
    expect(figuresOf({ tokens: 0, forwards: 0 }, 0)).toMatchObject({ tpf: 0, rate: 0 });
  });
});

describe('what a screen reader hears', () => {
  it('takes whole sentences and leaves the rest', () => {
    const text = 'One is done. Two is “too.” And three';
    expect(text.slice(0, spokenLength(text))).toBe('One is done. Two is “too.”');
    expect(spokenLength('Version 1.5 is')).toBe(0);
    expect(spokenLength('- a line\nnext')).toBe(9);
  });
});
