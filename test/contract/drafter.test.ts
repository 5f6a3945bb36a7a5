/** The drafter: its graph against the trainer's own arithmetic, and the real engine with one that drafts nonsense. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { choose, type Row } from '../../core/sampling/choose.ts';
import { sessionOptions } from '../../core/engine/devices.ts';
import { DrafterSession } from '../../core/engine/drafter.ts';
import { readManifest } from '../../core/engine/pack.ts';
import { ModelSession, type Predictions } from '../../core/engine/session.ts';
import { buildGraph } from '../../core/model/families/index.ts';
import { ask, EngineUnderTest, of, textOf } from '../fixtures/engine-under-test.ts';
import { copyPackWithRandomDrafter, readExpectedDrafts, writeSmallDrafter } from '../fixtures/drafter/packs.ts';

const likeliest = (row: Row): number =>
  choose(row, {
    sampling: { temperature: 0, topP: 1, topK: 64, repetitionPenalty: 1 },
    seed: 0,
    slot: 0,
    history: [],
    suppressed: new Set(),
  }).id;
const folder = mkdtempSync(join(tmpdir(), 'mezzotint-drafter-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the graph', () => {
  const expected = readExpectedDrafts();
  const width = expected.taps[0]?.length ?? 0;

  test.each([
    { accuracyLevel: 0, tolerance: 2e-3 },
    { accuracyLevel: 4, tolerance: 1 },
  ])(
    "gives the logits of the trainer's arithmetic, as rows are read bit by bit: %o",
    async ({ accuracyLevel, tolerance }) => {
      const dir = mkdtempSync(join(folder, 'small-'));
      const drafter = await DrafterSession.create(dir, writeSmallDrafter(dir, accuracyLevel), sessionOptions('cpu', 1));
      if (!drafter) throw new Error('the pack has a drafter');
      const drafting = drafter.begin();
      expect(await drafting.draft(5, 3)).toBeNull();
      let read = 0;
      for (const one of expected.cases) {
        while (read < one.rows) {
          const rows = Math.min(2, one.rows - read); // with a row that was not kept behind them, as in a forward
          drafting.read(
            Float32Array.from([...expected.taps.slice(read, read + rows).flat(), ...new Array<number>(width).fill(9)]),
            rows,
            read,
          );
          read += rows;
        }
        const row = await drafting.draft(one.anchor, drafter.slots);
        one.logits.forEach((logits, slot) => {
          const made = row?.(slot, one.drafts[slot - 1] ?? null);
          expect(made?.ids).toHaveLength(64);
          if (accuracyLevel === 0) expect(made && likeliest(made)).toBe(one.drafts[slot]);
          Array.from(made?.ids ?? []).forEach((id, i) =>
            expect(Math.abs((made?.logits[i] as number) - (logits[expected.words.indexOf(id)] as number))).toBeLessThan(
              tolerance,
            ),
          );
        });
      }
      await drafter.release();
    },
  );
});

test('rows that guess further change nothing of what is drafted, and each has words of its own', async () => {
  const dir = join(folder, 'further');
  copyPackWithRandomDrafter(dir, 11);
  const { manifest } = readManifest(dir);
  const drafter = await DrafterSession.create(dir, manifest, sessionOptions('cpu', 1));
  if (!drafter) throw new Error('the pack has a drafter');
  expect([drafter.slots, drafter.lookahead]).toEqual([5, 11]);
  const width = 2 * manifest.dimensions.hidden;
  const read = Float32Array.from({ length: 6 * width }, (_, i) => Math.sin(i));
  const drafted = async (count: number): Promise<{ ids: number[]; logits: number[] }[]> => {
    const drafting = drafter.begin();
    drafting.read(read, 6, 40);
    const row = await drafting.draft(manifest.diffusion.maskToken + 50, count);
    return Array.from({ length: count }, (_, i) => row?.(i, null)).map((made) => ({
      ids: Array.from(made?.ids ?? []),
      logits: Array.from(made?.logits ?? [], (logit) => Math.round(logit * 1e4) / 1e4),
    }));
  };
  const [few, all] = [await drafted(5), await drafted(16)];
  expect(all.slice(0, 5)).toEqual(few);
  expect(new Set(all.slice(5).map(({ logits }) => logits.join())).size).toBe(11);
  await drafter.release();
});

describe('with the default pack and a random drafter', () => {
  const dir = join(folder, 'pack');
  const engine = new EngineUnderTest();
  beforeAll(async () => {
    copyPackWithRandomDrafter(dir);
    expect((await engine.load(dir)).state).toBe('ready');
  });
  afterAll(() => engine.child.kill());

  test("the model's other outputs keep their bits, and its auxiliary hidden states are those of its context rows however they are split", async () => {
    const { manifest } = readManifest(dir);
    const { drafter: _, ...without } = manifest;
    writeFileSync(join(dir, 'plain.onnx'), buildGraph(without, { arithmetic: 'nbits', accuracyLevel: 4 }));
    const plain = await ModelSession.create({ all: join(dir, 'plain.onnx') }, without, sessionOptions('cpu', 2));
    const tapped = await ModelSession.create({ all: join(dir, 'model.onnx') }, manifest, sessionOptions('cpu', 2));
    const ids = Array.from({ length: 12 }, (_, i) => 400 + 31 * i);
    const run = async (session: ModelSession, size: number): Promise<Predictions[]> => {
      const cache = session.newCache();
      const made: Predictions[] = [];
      while (cache.length < ids.length) {
        const piece = ids.slice(cache.length, cache.length + size);
        const out = await session.forward(
          {
            ids: piece,
            positions: piece.map((_, i) => cache.length + i),
            contextRows: piece.length,
            canvases: [],
            wanted: piece.map((_, i) => i),
          },
          cache,
        );
        made.push(out);
        cache.append(piece, out);
      }
      return made;
    };
    const [before, whole, split] = [await run(plain, 12), await run(tapped, 12), await run(tapped, 5)];
    expect(whole[0]?.logits).toEqual(before[0]?.logits);
    expect(whole[0]?.keys).toEqual(before[0]?.keys);
    expect(before[0]?.auxiliary).toBeUndefined();
    expect(whole[0]?.auxiliary).toHaveLength(12 * 2 * manifest.dimensions.hidden);
    expect(split.flatMap((m) => Array.from(m.auxiliary ?? []))).toEqual(Array.from(whole[0]?.auxiliary ?? []));
    await plain.release();
    await tapped.release();
  });

  test.each([{ temperature: 0 }, { temperature: 1, repetitionPenalty: 1.2, draftLength: 8 }])(
    'Exact writes the text of one token at a time, with no forward more: %o',
    async (over) => {
      const question = 'Count to five, then list five fruits.';
      const exact = await engine.reply(ask(question), { draftLength: 3, ...over, mode: 'exact', maxTokens: 60 });
      const ar = await engine.reply(ask(question), { ...over, mode: 'ar', maxTokens: 60 });
      expect(textOf(exact)).toBe(textOf(ar));
      const [mine, other] = [of(exact, 'finished')[0]?.counts, of(ar, 'finished')[0]?.counts];
      expect(mine?.tokens).toBe(other?.tokens);
      expect(mine?.drafted).toBeGreaterThan(20);
      expect(mine?.forwards).toBeLessThanOrEqual(other?.forwards ?? 0);
      expect(of(exact, 'frame').some((f) => f.changes.some((c) => c.state === 'draft'))).toBe(true);
      expect(of(exact, 'started')[0]?.blockLength).toBeLessThanOrEqual(5);
    },
  );
});
