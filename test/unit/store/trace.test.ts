import { readFileSync } from 'node:fs';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slotStateSchema, type GenerationEvent } from '../../../core/contract/generation.ts';
import { ByteReader, ByteWriter, roundEntropy, roundProbability, roundTime } from '../../../core/store/trace/bytes.ts';
import { putCode, takeCode } from '../../../core/store/trace/format.ts';
import {
  committedTokens,
  MOST_INFLATED,
  readTrace,
  roundEvent,
  sealTrace,
  TraceWriter,
} from '../../../core/store/trace/index.ts';
import { fakeEvents, fakePack, fakeSettings, fakeText } from '../../fixtures/fake-engine.ts';
import { settingsWith } from '../../fixtures/settings.ts';
import { runTableReply } from '../../fixtures/table-loop.ts';

const request = (mode: 'exact' | 'fast' | 'ar', replyPrefix: number[] = []) => ({
  generationId: 'g',
  messages: [{ role: 'user' as const, content: 'What is a mezzotint?' }],
  replyPrefix,
  settings: settingsWith(fakeSettings, { mode }),
  seed: 11,
});

/** As the chat service does: a part with each commit and one at the end. */
function parts(events: readonly GenerationEvent[]): Uint8Array[] {
  const writer = new TraceWriter();
  const list: Uint8Array[] = [];
  let waiting: GenerationEvent[] = [];
  for (const event of events) {
    waiting.push(event);
    if (event.type !== 'blockCommitted' && event !== events.at(-1)) continue;
    list.push(writer.part(waiting));
    waiting = [];
  }
  return list;
}

const count = fc.integer({ min: 0, max: 2 ** 31 });
const p = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: 1, noNaN: true }).map(roundProbability),
  fc.constantFrom(0, 1, 2 ** -60, 1e-300),
);
/** Of a slot or token: null where the model gave none. */
const given = fc.option(p, { freq: 4 });
const t = fc.oneof(
  fc.double({ min: 0, max: 1e9, noNaN: true }),
  fc.double({ min: 0, max: 1e9, noNaN: true }).map(roundTime),
);
const id = fc.integer({ min: 0, max: 200_000 });
const alternatives = fc.option(
  fc.array(fc.tuple(id, fc.string({ unit: 'grapheme', maxLength: 4 }), p), { maxLength: 4 }),
  { nil: undefined },
);
const entropy = fc.option(
  fc.oneof(fc.double({ min: 0, max: 20, noNaN: true }), fc.double({ min: 0, max: 20, noNaN: true }).map(roundEntropy)),
  { nil: undefined },
);
const withAlternatives = <T extends object>({
  alternatives: list,
  entropy: nats,
  ...rest
}: T & { alternatives?: unknown; entropy?: unknown }) => ({
  ...rest,
  ...(list === undefined ? {} : { alternatives: list }),
  ...(nats === undefined ? {} : { entropy: nats }),
});
const text = fc.constantFrom('', ' a', ' the', '\u0000', '🖋️', '\n', ' ');
const changes = fc.array(
  fc
    .record({
      slot: fc.integer({ min: 0, max: 40 }),
      state: fc.constantFrom(...slotStateSchema.options),
      id: fc.option(id),
      text,
      p: given,
      alternatives,
      entropy,
    })
    .map(withAlternatives),
  { maxLength: 6 },
);
const tokens = fc.array(
  fc
    .record({
      id,
      text,
      p: given,
      forward: fc.integer({ min: 0, max: 99 }),
      via: fc.constantFrom('context', 'draft', 'revealed', 'revised', 'locked'),
      alternatives,
      entropy,
    })
    .map(withAlternatives),
  { maxLength: 6 },
);
const small = fc.integer({ min: 0, max: 40 });
const anyEvent = fc.oneof(
  fc
    .record({
      type: fc.constant('frame'),
      seq: count,
      t,
      forward: count,
      block: small,
      canvas: fc.record({ from: small, length: small }),
      changes,
      ends: fc.option(fc.array(fc.tuple(small, p), { maxLength: 3 }), { nil: undefined }),
    })
    .map(({ ends, ...rest }) => (ends === undefined ? rest : { ...rest, ends })),
  fc.record({ type: fc.constant('blockCommitted'), seq: count, t, forward: small, block: small, from: small, tokens }),
  fc.record({
    type: fc.constant('failed'),
    seq: count,
    t,
    error: fc.record({ code: fc.constant('engine-crashed'), message: fc.string() }),
  }),
  fc.record({
    type: fc.constant('started'),
    seq: count,
    t,
    mode: fc.constant('fast'),
    seed: count,
    promptTokens: count,
    cachedTokens: count,
    droppedMessages: count,
    blockLength: count,
    firstSlot: small,
    pack: fc.constant({ id: 'p', name: 'P', hash: 'h' }),
    device: fc.constant('cpu'),
  }),
) as fc.Arbitrary<GenerationEvent>;

describe('a stored trace', () => {
  it.each(['exact', 'fast', 'ar'] as const)(
    'gives back every event of a scripted %s reply, part by part and sealed',
    (mode) => {
      for (const script of [{}, { alternatives: 5 }]) {
        const events = fakeEvents(request(mode), script).map(roundEvent);
        expect(readTrace(parts(events))).toEqual(events);
        expect(readTrace([sealTrace(parts(events))])).toEqual(events);
      }
    },
  );

  it('gives back any events exactly, in any order, rounded or not', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyEvent, { maxLength: 5 }), { maxLength: 5 }), (groups) => {
        const writer = new TraceWriter();
        const written = groups.map((group) => writer.part(group));
        expect(readTrace(written)).toEqual(groups.flat());
        expect(readTrace([sealTrace(written)])).toEqual(groups.flat());
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it.each(['exact', 'fast', 'ar'] as const)(
    'of the format before entropies stays readable: a scripted %s reply',
    (mode) => {
      const stored = JSON.parse(
        readFileSync(path.join(import.meta.dirname, `../../fixtures/traces/1-${mode}.json`), 'utf8'),
      ) as { plain: string; sealed: string };
      const events = fakeEvents(request(mode), { alternatives: 2 }).map(roundEvent);
      for (const part of [stored.plain, stored.sealed])
        expect(readTrace([Buffer.from(part, 'base64')])).toEqual(events);
      // and is sealed as it was: nothing is written again in another version
      expect(readTrace([sealTrace([Buffer.from(stored.plain, 'base64')])])).toEqual(events);
      expect(sealTrace([Buffer.from(stored.plain, 'base64')])[0]).toBe(0x11);
    },
  );

  it.each([1, 2])('of version %i stays readable: every kind of record, state, origin and flag', (version) => {
    const stored = JSON.parse(
      readFileSync(path.join(import.meta.dirname, `../../fixtures/traces/${version}-all-kinds.json`), 'utf8'),
    ) as { parts: string[]; sealed: string; events: GenerationEvent[] };
    const bytes = stored.parts.map((part) => Buffer.from(part, 'base64'));
    expect(readTrace(bytes)).toEqual(stored.events);
    expect(readTrace([Buffer.from(stored.sealed, 'base64')])).toEqual(stored.events);
    expect([...bytes, Buffer.from(stored.sealed, 'base64')].map((part) => part[0])).toEqual([
      ...bytes.map(() => 16 * version),
      16 * version + 1,
    ]);
    const frames = stored.events.flatMap((event) => (event.type === 'frame' ? event.changes : []));
    const tokens = stored.events.flatMap((event) => (event.type === 'blockCommitted' ? event.tokens : []));
    expect(new Set(stored.events.map(({ type }) => type))).toEqual(
      new Set(['started', 'frame', 'blockCommitted', 'failed']),
    );
    expect(new Set(frames.map(({ state }) => state)).size).toBe(6);
    expect(new Set(tokens.map(({ via }) => via)).size).toBe(5);
    // what is written today is written so tomorrow
    if (version === 2)
      expect(
        Buffer.from(new TraceWriter().part(stored.events).subarray(1)).equals(
          Buffer.concat(bytes.map((part) => part.subarray(1))),
        ),
      ).toBe(true);
  });

  it('has room for kinds, states and origins that are still to come', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            code: fc.integer({ min: 0, max: 100_000 }),
            flags: fc.integer({ min: 0, max: 31 }),
            high: fc.boolean(),
          }),
          { maxLength: 20 },
        ),
        (codes) => {
          const out = new ByteWriter();
          const place = (flags: number, high: boolean): number => (high ? flags << 2 : flags << 3);
          for (const { code, flags, high } of codes) putCode(out, code, place(flags, high), high);
          const input = new ByteReader(out.take(), { entries: 0 });
          for (const { code, flags, high } of codes) {
            const read = takeCode(input, 2, high);
            expect([read.code, read.flags & place(31, high)]).toEqual([code, place(flags, high)]);
          }
          expect(input.done).toBe(true);
        },
      ),
      { seed: 5 },
    );
  });
  it.each([[7, 9], [6], [128, 4]])(
    'of a kind that only a newer version knows is refused, and said to be unreadable: %s',
    (...bytes) => {
      expect(() => readTrace([Uint8Array.from([0x20, ...bytes, 0, 0])])).toThrowError(
        expect.objectContaining({ code: 'store-damaged' }),
      );
    },
  );

  it.each(['exact', 'fast', 'ar'] as const)('keeps the entropies of a %s reply that the loop wrote', async (mode) => {
    const events = (await runTableReply({ mode })).events.map(roundEvent);
    expect(committedTokens(events).every((token) => token.entropy !== undefined)).toBe(true);
    if (mode === 'fast')
      expect(
        events.some(
          (event) =>
            event.type === 'frame' &&
            event.changes.some((change) => change.state === 'masked' && change.entropy !== undefined),
        ),
      ).toBe(true);
    expect(readTrace([sealTrace(parts(events))])).toEqual(events);
  });

  it('keeps the slots of a continued reply', () => {
    const events = fakeEvents(request('exact', [1, 2, 3])).map(roundEvent);
    const read = readTrace(parts(events));
    expect(read).toEqual(events);
    expect(read.find((e) => e.type === 'blockCommitted')).toMatchObject({ from: 3 });
  });

  it.each([
    ['exact', undefined, 40],
    ['fast', undefined, 40],
    ['exact', 4, 200],
    ['fast', 4, 200],
  ] as const)(
    'is small: %s mode with %s alternatives a token takes under %i bytes a token',
    (mode, alternatives, limit) => {
      const text = Array.from({ length: 8 }, (_, i) =>
        fakeText
          .split(' ')
          .map((word, j) => ((i + j) % 5 === 0 ? `${word}${i}` : word))
          .join(' '),
      ).join(' ');
      const events = fakeEvents(request(mode), { text, ...(alternatives ? { alternatives } : {}) }).map(roundEvent);
      const list = parts(events);
      const tokens = committedTokens(events).length;
      expect(tokens).toBeGreaterThan(300);
      const raw = list.reduce((sum, part) => sum + part.length, 0) / tokens;
      const sealed = sealTrace(list).length / tokens;
      console.log(
        `trace: ${mode}, alternatives ${alternatives ?? 0}: ${raw.toFixed(1)} bytes a token while written, ${sealed.toFixed(1)} sealed (${fakePack.name})`,
      );
      expect(raw).toBeLessThan(limit);
      expect(sealed).toBeLessThan(limit);
    },
  );

  it.each([
    ['an unknown version', () => [Uint8Array.of(0x7f, 1, 2)]],
    [
      'a part cut short',
      () => [(parts(fakeEvents(request('exact')).map(roundEvent))[0] ?? new Uint8Array()).subarray(0, 60)],
    ],
    ['bytes that do not inflate', () => [Uint8Array.of(0x11, 255, 255, 255)]],
    ['a missing first part', () => parts(fakeEvents(request('exact')).map(roundEvent)).slice(3)],
  ])('says so when it cannot be read: %s', (_what, make) => {
    expect(() => readTrace(make())).toThrow(/cannot be read/);
  });
});

describe('a trace made to fill the memory', () => {
  const refused = (part: Uint8Array): void =>
    expect(() => readTrace([part])).toThrowError(expect.objectContaining({ code: 'store-damaged' }));
  const deflated = (bytes: Uint8Array): Uint8Array => Buffer.concat([Uint8Array.of(0x11), deflateRawSync(bytes)]);
  /** A frame whose canvas is as before; then the count of its changes. */
  const frame = (count: number): number[] => {
    const bytes = [1 | 32 | 64, 0, 0];
    for (let rest = count; ; rest = Math.floor(rest / 128)) {
      bytes.push(rest >= 128 ? (rest % 128) | 128 : rest);
      if (rest < 128) return bytes;
    }
  };
  it('is refused: a few bytes that unfold to a gigabyte', () => {
    const parts = deflated(Buffer.alloc(2 ** 30));
    expect(parts.length).toBeLessThan(2 ** 21);
    refused(parts);
  });
  it.each([1, 2 ** 31, 2 ** 40, 2 ** 52])('is refused: %s changes said, none there', (count) =>
    refused(Uint8Array.from([0x10, ...frame(count)])),
  );
  it('is refused: more changes than any reply has, a byte each', () => {
    const many = 3_000_000;
    const one = Buffer.concat([Uint8Array.from(frame(many)), Buffer.alloc(many, 8 | 128)]);
    refused(deflated(Buffer.concat([one, one, one])));
  });
  it('has no place among our own: one too long to unfold again is kept plain, and reads on', () => {
    const events: GenerationEvent[] = [
      { type: 'failed', seq: 0, t: 0, error: { code: 'internal', message: 'x'.repeat(MOST_INFLATED) } },
    ];
    const sealed = sealTrace([new TraceWriter().part(events)]);
    expect(sealed[0]).toBe(0x20);
    expect(readTrace([sealed])).toEqual(events);
  });
});

describe('the precision of events', () => {
  it('keeps probabilities to 0.05 %, once rounded for good', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1, noNaN: true }), (x) => {
        const rounded = roundProbability(x);
        expect(Math.abs(rounded / x - 1)).toBeLessThan(0.0005);
        expect(roundProbability(rounded)).toBe(rounded);
        expect(rounded).toBeLessThanOrEqual(1);
      }),
      { seed: 5 },
    );
    expect(roundProbability(0)).toBe(0);
    expect(roundProbability(1)).toBe(1);
  });
  it('keeps entropies to a twentieth of a nat, once rounded for good', () => {
    expect([0, 0.02, 2.31, 40].map(roundEntropy)).toEqual([0, 0, 2.3, 12.6]);
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 12.6, noNaN: true }),
        (nats) =>
          roundEntropy(roundEntropy(nats)) === roundEntropy(nats) && Math.abs(roundEntropy(nats) - nats) <= 0.0251,
      ),
      { seed: 5 },
    );
  });
  it('keeps times to a tenth of a millisecond', () => {
    expect(roundTime(12.3456)).toBe(12.3);
    expect(roundTime(roundTime(0.1 + 0.2))).toBe(0.3);
  });
});
