/** Replies with fixed parts, over a table: fixed words stay, holes are filled within their lengths, the stream keeps its order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GenerationEvent, GenerationEventOf } from '../../../core/contract/generation.ts';
import type { Layout } from '../../../core/contract/layout.ts';
import { Timeline } from '../../../renderer/state/inspector/timeline.ts';
import { runTableReply as run } from '../../fixtures/table-loop.ts';

const of = <T extends GenerationEvent['type']>(events: GenerationEvent[], type: T): GenerationEventOf<T>[] =>
  events.filter((e): e is GenerationEventOf<T> => e.type === type);
const tokensOf = (events: GenerationEvent[]): GenerationEventOf<'blockCommitted'>['tokens'] =>
  of(events, 'blockCommitted').flatMap((e) => e.tokens);
const textOf = (events: GenerationEvent[]): string =>
  tokensOf(events)
    .map((t) => t.text)
    .join('');

const words = fc.string({ unit: fc.constantFrom(...'abcdefgh'), minLength: 1, maxLength: 8 });
const locked = words.map((text) => ({ kind: 'locked' as const, text }));
const hole = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 30 }))
  .map(([min, more]) => ({ kind: 'hole' as const, min, max: min + more }));
const layouts = fc
  .array(fc.tuple(locked, hole), { minLength: 1, maxLength: 3 })
  .chain((pairs) => fc.option(locked, { nil: null }).map((end): Layout => [...pairs.flat(), ...(end ? [end] : [])]));

describe('a layout', () => {
  test('its fixed words are in the reply as they are, in order, whatever the model says; holes keep to their lengths', async () => {
    await fc.assert(
      fc.asyncProperty(
        layouts,
        fc.nat(1000),
        fc.constantFrom('exact', 'fast', 'ar') as fc.Arbitrary<'exact' | 'fast' | 'ar'>,
        fc.constantFrom(0, 1),
        async (layout, salt, mode, temperature) => {
          const { events } = await run({
            layout,
            salt,
            mode,
            temperature,
            seed: salt,
            maxTokens: 4000,
            prompt: [5, 6, 7],
          });
          const tokens = tokensOf(events);
          expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i));
          expect(of(events, 'finished')).toHaveLength(1);
          let at = 0;
          for (const part of layout) {
            const from = at;
            if (part.kind === 'locked') {
              while (at < tokens.length && tokens[at]?.via === 'locked' && at - from < part.text.length) at++;
              expect(
                tokens
                  .slice(from, at)
                  .map((t) => t.text)
                  .join(''),
              ).toBe(part.text);
            } else if (part.kind === 'hole') {
              while (at < tokens.length && tokens[at]?.via !== 'locked') at++;
              const last = part === layout.at(-1);
              expect(at - from).toBeLessThanOrEqual(part.max);
              if (!last || at - from > 0) expect(at - from).toBeGreaterThanOrEqual(Math.min(part.min, 1));
            }
          }
          expect(at).toBe(tokens.length);
          let slot = 0;
          for (const block of of(events, 'blockCommitted')) {
            expect(block.from).toBe(slot);
            slot += block.tokens.length;
          }
          // the replay's last frame is the stored text
          const timeline = new Timeline(events);
          expect(timeline.at(timeline.length - 1).text).toBe(textOf(events));
        },
      ),
      { seed: 9, numRuns: 60 },
    );
  });

  test('shows its fixed words and its holes from the first frame on', async () => {
    const { events } = await run({
      layout: [
        { kind: 'locked', text: 'ab' },
        { kind: 'hole', min: 2, max: 4 },
        { kind: 'locked', text: 'cd' },
      ],
    });
    expect(of(events, 'frame')[0]?.changes.map((c) => [c.state, c.text])).toEqual([
      ['locked', 'a'],
      ['locked', 'b'],
      ['masked', ''],
      ['masked', ''],
      ['masked', ''],
      ['locked', 'c'],
      ['locked', 'd'],
    ]);
  });

  test('a reply with a least length is not ended before it; one with a budget never passes it', async () => {
    for (const mode of ['exact', 'fast', 'ar'] as const) {
      for (const salt of [1, 2, 3]) {
        const { events } = await run({ mode, salt, layout: [{ kind: 'hole', min: 20, max: 30 }] });
        expect(tokensOf(events).length).toBeGreaterThanOrEqual(20);
        expect(tokensOf(events).length).toBeLessThanOrEqual(30);
      }
    }
  });

  test('what was accepted stands as it was found, what is kept follows it token by token, and its steps are in the trace', async () => {
    const tokens = [4, 5, 6].map((id, i) => ({ id, text: '?', p: 0.5, forward: 3 - i, via: 'revealed' as const }));
    const { events } = await run({
      prefix: [9, 8],
      layout: [
        { kind: 'written', tokens },
        { kind: 'kept', ids: [10, 11, 12] },
      ],
    });
    expect(tokensOf(events).map((t) => [t.id, t.via])).toEqual([
      [4, 'revealed'],
      [5, 'revealed'],
      [6, 'revealed'],
      [10, 'locked'],
      [11, 'locked'],
      [12, 'locked'],
    ]);
    expect(of(events, 'blockCommitted')[0]?.from).toBe(2);
    const frames = of(events, 'frame').map((f) => f.changes.filter((c) => c.state === 'revealed').map((c) => c.slot));
    expect(frames.filter((slots) => slots.length > 0)).toEqual([[4], [3], [2]]);
  });

  test('is stopped between its parts, and what is committed stays', async () => {
    const { events } = await run({
      stopAfter: 1,
      layout: [
        { kind: 'locked', text: 'ab' },
        { kind: 'hole', min: 2, max: 4 },
        { kind: 'locked', text: 'cd' },
      ],
    });
    expect(events.at(-1)?.type).toBe('stopped');
  });
});
