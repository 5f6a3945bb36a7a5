/** Imported diffusion models in the real engine process: a reply of each family, as the chat service would ask for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { GenerationEvent } from '../../core/contract/generation.ts';
import { importPack } from '../../core/engine/import.ts';
import { readManifest } from '../../core/engine/pack.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';
import { ask, EngineUnderTest, of, textOf } from '../fixtures/engine-under-test.ts';

const home = mkdtempSync(join(tmpdir(), 'mezzotint-diffusion-'));
const engine = new EngineUnderTest();
afterAll(() => {
  engine.child.kill();
  rmSync(home, { recursive: true });
});
async function loaded(golden: string, recipe?: string): Promise<string> {
  const out = join(home, golden);
  await importPack(join(goldens, golden), { out, checkMemory: false, recipe });
  const status = await engine.load(out);
  if (status.state !== 'ready') throw new Error(JSON.stringify(status));
  return out;
}
const ids = (events: GenerationEvent[]): number[] => of(events, 'blockCommitted').flatMap(({ tokens }) => tokens.map(({ id }) => id));
const fast = { mode: 'fast', temperature: 0, threshold: 0.6, maxTokens: 24, loopGuard: false } as const;

describe('a model of each family loads and writes in its own way', () => {
  test.each([
    ['llada', undefined],
    ['llada-moe', undefined],
    ['dream', undefined],
    ['sdar', undefined],
    ['llada2', 'llada2.0-mini'],
    ['llada2.1', 'llada2.1-mini'],
    ['a2d-qwen3-bd3lm', 'a2d-bd3lm'],
    ['a2d-qwen3-mdlm', 'a2d-mdlm'],
    ['fast-dllm-v2', undefined],
    ['nemotron', undefined],
  ])('%s', async (golden, recipe) => {
    const out = await loaded(golden, recipe);
    const { manifest } = readManifest(out);
    expect(manifest.defaults.mode).toBe('fast');
    const events = await engine.reply(ask('What is a copper plate?'), { ...fast, blockLength: manifest.defaults.blockLength });
    const last = events.at(-1);
    expect(last?.type, JSON.stringify(last)).toBe('finished');
    const tokens = ids(events);
    if (of(events, 'finished')[0]?.reason === 'length') expect(tokens).toHaveLength(24);
    expect(tokens.some((id) => manifest.tokens.suppressed.includes(id) || id >= manifest.tokens.known)).toBe(false);
    // each block is seen forming before it is committed, and every committed token was seen
    const seen = new Map<number, number | null>();
    for (const event of events) {
      if (event.type === 'frame') for (const { slot, id, state } of event.changes) seen.set(slot, state === 'rejected' ? null : id);
      if (event.type === 'blockCommitted') event.tokens.forEach(({ id }, i) => expect(seen.get(event.from + i)).toBe(id));
    }
    const counts = of(events, 'finished')[0]?.counts;
    expect(counts?.forwards).toBeGreaterThan(0);
    expect(counts?.tokens).toBe(tokens.length);
  });
});

describe('a model that writes blocks', () => {
  test('writes the same again, goes on from a part of a reply, and reads a second turn from its cache in whole blocks', async () => {
    await loaded('sdar');
    const over = { ...fast, blockLength: 4 };
    const question = ask('What is mezzotint?');
    const first = await engine.reply(question, over);
    const again = await engine.reply(question, over);
    expect(ids(again)).toEqual(ids(first));
    const cached = of(again, 'started')[0]?.cachedTokens ?? 0;
    expect(cached).toBeGreaterThan(0);
    expect(cached % 4).toBe(0);
    // the prompt and the kept part end on the grid of blocks, or the rest of a block would be written with less in sight
    const promptTokens = of(first, 'started')[0]?.promptTokens ?? 0;
    const kept = 4 - (promptTokens % 4) + 4;
    const rest = await engine.reply(question, over, () => undefined, ids(first).slice(0, kept));
    expect([...ids(first).slice(0, kept), ...ids(rest)]).toEqual(ids(first));
  });
  test('stops where it is told to', async () => {
    const events = await engine.reply(ask('What is mezzotint?'), { ...fast, blockLength: 4, maxTokens: 400 }, (event, id) => {
      if (event.type === 'blockCommitted') engine.send({ type: 'cancel', generationId: id });
    });
    expect(events.at(-1)?.type).toBe('stopped');
    expect(ids(events).length).toBeLessThan(400);
    expect(textOf(events).length).toBeGreaterThan(0);
  });
  test('refuses a template in words, and stays ready', async () => {
    const events = await engine.reply(ask('x'), { ...fast, layout: [{ kind: 'locked', text: 'Dear ' }, { kind: 'hole', min: 1, max: 3 }] });
    expect(events.at(-1)).toMatchObject({ type: 'failed', error: { code: 'bad-request' } });
    expect((await engine.reply(ask('x'), fast)).at(-1)?.type).toBe('finished');
  });
});
