/** Imported diffusion models in the real engine process: a reply of each family, as the chat service would ask for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { CommittedToken } from '../../core/contract/committed.ts';
import type { FillResult, PackInfo } from '../../core/contract/engine.ts';
import type { Template } from '../../core/contract/layout.ts';
import type { GenerationEvent } from '../../core/contract/generation.ts';
import type { GenerationSettings } from '../../core/contract/settings.ts';
import { importPack } from '../../core/engine/import.ts';
import { readManifest } from '../../core/engine/pack.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';
import { EngineUnderTest, of, textOf } from '../fixtures/engine-under-test.ts';
import { idsOf } from '../../core/contract/committed.ts';

const home = mkdtempSync(join(tmpdir(), 'mezzotint-diffusion-'));
const engine = new EngineUnderTest();
afterAll(() => {
  engine.child.kill();
  rmSync(home, { recursive: true });
});
async function loaded(golden: string, recipe?: string): Promise<{ out: string; pack: PackInfo }> {
  const out = join(home, golden);
  await importPack(join(goldens, golden), { out, checkMemory: false, recipe });
  const status = await engine.load(out);
  if (status.state !== 'ready') throw new Error(JSON.stringify(status));
  return { out, pack: status.pack };
}
let count = 0;
/** A reply with settings of the model's own form. */
async function reply(
  settings: GenerationSettings,
  content: string,
  replyPrefix: number[] = [],
  onEvent: (event: GenerationEvent, id: string) => void = () => undefined,
): Promise<GenerationEvent[]> {
  const generationId = `own-${count++}`;
  const events: GenerationEvent[] = [];
  const done = engine.until((message) => {
    if (message.type !== 'event' || message.generationId !== generationId) return undefined;
    events.push(message.event);
    onEvent(message.event, generationId);
    return ['finished', 'stopped', 'failed'].includes(message.event.type) ? events : undefined;
  });
  engine.send({
    type: 'generate',
    request: { generationId, messages: [{ role: 'user', content }], replyPrefix, settings, seed: 7 },
  });
  return done;
}
/** The pack's own settings for a reply of so many tokens at most. */
const settingsOf = (pack: PackInfo, maxTokens = 24): GenerationSettings => ({
  ...pack.defaults,
  ending: { maxTokens, stop: [], loopGuard: false },
});
const ids = (events: GenerationEvent[]): number[] =>
  of(events, 'blockCommitted').flatMap(({ tokens }) => idsOf(tokens));

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
    ['diffusion-gemma', undefined],
  ])('%s', async (golden, recipe) => {
    const { out, pack } = await loaded(golden, recipe);
    const { manifest } = readManifest(out);
    const { diffusion } = manifest;
    expect(pack.samplers[0]?.id).toBe(diffusion.sampler?.id);
    expect(pack.defaults.sampler).toMatchObject({
      id: diffusion.sampler?.id,
      params: { blockLength: diffusion.blockLength },
    });
    const events = await reply(settingsOf(pack), 'What is a copper plate?');
    const last = events.at(-1);
    expect(last?.type, JSON.stringify(last)).toBe('finished');
    const tokens = ids(events);
    if (of(events, 'finished')[0]?.reason === 'length') expect(tokens).toHaveLength(24);
    expect(tokens.some((id) => manifest.tokens.suppressed.includes(id) || id >= manifest.tokens.known)).toBe(false);
    // each block is seen forming before it is committed, and every committed token was seen
    const seen = new Map<number, number | null>();
    for (const event of events) {
      if (event.type === 'frame')
        for (const { slot, id, state } of event.changes) seen.set(slot, state === 'rejected' ? null : id);
      if (event.type === 'blockCommitted')
        event.tokens.forEach(({ id }, i) => expect(seen.get(event.from + i)).toBe(id));
    }
    const counts = of(events, 'finished')[0]?.counts;
    expect(counts?.forwards).toBeGreaterThan(0);
    expect(counts?.tokens).toBe(tokens.length);
  });
});

describe('a model whose noise is uniform', () => {
  test('shows random tokens as text, keeps the likeliest ones, and writes the same again by its seed', async () => {
    const { out, pack } = await loaded('diffusion-gemma');
    const status = engine.statuses.at(-1);
    expect(status?.state === 'ready' && status.capabilities).toMatchObject({
      fill: false,
      layout: false,
      agreement: false,
    });
    expect(pack.samplers.map(({ id }) => id)).toEqual(['renoise']);
    const settings = settingsOf(pack);
    settings.sampler.params = { ...settings.sampler.params, steps: 5 };
    const events = await reply(settings, 'What is a copper plate?');
    const frames = of(events, 'frame');
    expect(frames).toHaveLength(10);
    const noise = frames.flatMap(({ changes }) => changes.filter(({ state }) => state === 'noise'));
    expect(noise.filter(({ text }) => text.trim() !== '').length).toBeGreaterThan(noise.length / 2);
    expect(frames.every(({ canvas }) => canvas.length === 16)).toBe(true);
    // each canvas is whole in its last frame, and that is what is committed; the limit cuts the second one
    expect(frames[4]?.changes.every(({ state }) => state === 'revealed')).toBe(true);
    expect(of(events, 'finished')[0]).toMatchObject({ reason: 'length', counts: { tokens: 24, forwards: 11 } });
    expect(ids(await reply(settings, 'What is a copper plate?'))).toEqual(ids(events));
    // the encoder's keys are exact: what it has read serves again, and goes on from any part of a reply
    const rest = await reply(settings, 'What is a copper plate?', ids(events).slice(0, 16));
    expect(of(rest, 'started')[0]?.cachedTokens).toBeGreaterThan(16);
    expect(ids(rest)).toHaveLength(8);
    expect(readManifest(out).manifest.diffusion.noise).toBe('uniform');
  });
  test('refuses a template in words, and stays ready', async () => {
    const { pack } = await loaded('diffusion-gemma');
    const layout: Template = [
      { kind: 'locked', text: 'A plate' },
      { kind: 'hole', min: 1, max: 8 },
    ];
    const events = await reply({ ...settingsOf(pack), layout }, 'What is a copper plate?');
    expect(of(events, 'failed')[0]?.error.id).toBe('capability.layout');
    expect((await reply(settingsOf(pack), 'What is it?')).at(-1)?.type).toBe('finished');
  });
});

describe('a model that writes blocks', () => {
  test('writes the same again, goes on from a part of a reply, and reads a second turn from its cache in whole blocks', async () => {
    const { pack } = await loaded('sdar');
    const settings = settingsOf(pack);
    const first = await reply(settings, 'What is mezzotint?');
    const again = await reply(settings, 'What is mezzotint?');
    expect(ids(again)).toEqual(ids(first));
    const cached = of(again, 'started')[0]?.cachedTokens ?? 0;
    expect(cached).toBeGreaterThan(0);
    expect(cached % 4).toBe(0);
    // the prompt and the kept part end on the grid of blocks, or the rest of a block would be written with less in sight
    const promptTokens = of(first, 'started')[0]?.promptTokens ?? 0;
    const kept = 4 - (promptTokens % 4) + 4;
    const rest = await reply(settings, 'What is mezzotint?', ids(first).slice(0, kept));
    expect([...ids(first).slice(0, kept), ...ids(rest)]).toEqual(ids(first));
  });
  test('follows its settings: another sampler, another threshold, one token a step', async () => {
    const { pack } = await loaded('sdar');
    const forwards = async (sampler: GenerationSettings['sampler']): Promise<number> =>
      of(await reply({ ...settingsOf(pack), sampler }, 'What is mezzotint?'), 'finished')[0]?.counts.forwards ?? 0;
    const bold = await forwards({ id: 'threshold', params: { blockLength: 4, threshold: 0.05 } });
    const careful = await forwards({ id: 'threshold', params: { blockLength: 4, threshold: 0 } });
    expect(bold).toBeLessThan(careful);
    expect(pack.samplers.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['low-confidence', 'threshold', 'edit', 'entropy-bound']),
    );
    expect(
      pack.samplers.some(({ id }) => ['speculative', 'autoregressive', 'corrected-threshold', 'klass'].includes(id)),
    ).toBe(false);
  });
  test('stops where it is told to', async () => {
    const { pack } = await loaded('sdar');
    const events = await reply(settingsOf(pack, 400), 'What is mezzotint?', [], (event, id) => {
      if (event.type === 'blockCommitted') engine.send({ type: 'cancel', generationId: id });
    });
    expect(events.at(-1)?.type).toBe('stopped');
    expect(ids(events).length).toBeLessThan(400);
    expect(textOf(events).length).toBeGreaterThan(0);
  });
  test('rewrites a span with what follows it in sight, and keeps the rest', async () => {
    const { pack } = await loaded('sdar');
    await rewritten(pack);
  });
});

/** Text pieces of the reply and how each came. */
const tokensOf = (events: GenerationEvent[]): CommittedToken[] =>
  of(events, 'blockCommitted').flatMap(({ tokens }) => tokens);

async function rewritten(pack: PackInfo): Promise<void> {
  const settings = settingsOf(pack);
  const written = ids(await reply(settings, 'What is mezzotint?'));
  const fill = async (): Promise<FillResult> => {
    engine.send({
      type: 'fill',
      request: {
        fillId: 'f',
        messages: [{ role: 'user', content: 'What is mezzotint?' }],
        reply: written,
        ended: false,
        spans: [{ from: 5, to: 8, min: 1, max: 6 }],
        candidates: 3,
        settings,
        seed: 3,
      },
    });
    const message = await engine.until((one) => (one.type === 'filled' ? one : undefined));
    if (!message.result) throw new Error(JSON.stringify(message.error));
    return message.result;
  };
  const result = await fill();
  expect(result.candidates.length).toBeGreaterThan(1);
  const ways = result.candidates.map(({ spans }) => spans[0]?.tokens.map(({ id }) => id) ?? []);
  expect(new Set(ways.map(String)).size).toBe(ways.length);
  for (const way of ways) {
    expect(way).not.toEqual(written.slice(5, 8));
    expect(way.length).toBeGreaterThanOrEqual(1);
    expect(way.length).toBeLessThanOrEqual(6);
  }
  for (const { spans } of result.candidates) {
    expect(spans[0]?.span).toBeLessThanOrEqual(0);
    expect(spans[0]?.rest).toBeLessThanOrEqual(0);
  }
  expect(result.original).toHaveLength(1);
  expect((await fill()).candidates).toEqual(result.candidates);
}

describe('a template on the canvas of a diffusion model', () => {
  const layout: Template = [
    { kind: 'locked', text: 'The plate ' },
    { kind: 'hole', min: 2, max: 4 },
    { kind: 'locked', text: ', and then the paper ' },
    { kind: 'hole', min: 3, max: 3 },
    { kind: 'locked', text: '.' },
  ];
  test.each([
    ['llada', undefined],
    ['dream', undefined],
    ['sdar', undefined],
    ['llada2.1', 'llada2.1-mini'],
    ['fast-dllm-v2', undefined],
    ['a2d-qwen3-mdlm', 'a2d-mdlm'],
    ['nemotron', undefined],
  ])('%s keeps its fixed words byte for byte, and fills what is between them', async (golden, recipe) => {
    const { pack } = await loaded(golden, recipe);
    const events = await reply({ ...settingsOf(pack, 60), layout }, 'What is a copper plate?');
    const last = events.at(-1);
    expect(last?.type, JSON.stringify(last)).toBe('finished');
    expect(of(events, 'finished')[0]?.reason).toBe('end');
    const tokens = tokensOf(events);
    const text = tokens.map((token) => token.text).join('');
    expect(text.startsWith('The plate')).toBe(true);
    expect(text).toContain(', and then the paper');
    expect(text.endsWith('.')).toBe(true);
    const free = tokens.filter(({ via }) => via !== 'locked').length;
    expect(free).toBeGreaterThanOrEqual(5);
    expect(free).toBeLessThanOrEqual(7);
    // the model did not predict the fixed words, so none of them has a probability
    for (const { p, via } of tokens) expect(p === null).toBe(via === 'locked');
    // they are on the canvas from the first step on, and never change
    const [first] = of(events, 'frame');
    const fixed = first?.changes.filter(({ state }) => state === 'locked') ?? [];
    expect(fixed.length).toBeGreaterThan(2);
    for (const { p } of fixed) expect(p).toBeNull();
    const again = await reply({ ...settingsOf(pack, 60), layout }, 'What is a copper plate?');
    expect(ids(again)).toEqual(ids(events));
  });
  test('what stands after a hole changes what is written in it', async () => {
    const { pack } = await loaded('llada');
    const between = async (after: string): Promise<number[]> => {
      const events = await reply(
        {
          ...settingsOf(pack, 60),
          layout: [
            { kind: 'locked', text: 'It is' },
            { kind: 'hole', min: 6, max: 6 },
            { kind: 'locked', text: after },
          ],
        },
        'What is it?',
      );
      return tokensOf(events)
        .filter(({ via }) => via !== 'locked')
        .flatMap(({ id }) => id ?? []);
    };
    expect(await between(' and nothing else at all')).not.toEqual(await between(': 1 2 3 4 5 6 7 8'));
  });
  test('a reply of a given length is not ended before it', async () => {
    const { pack } = await loaded('sdar');
    const events = await reply(
      { ...settingsOf(pack, 60), layout: [{ kind: 'hole', min: 18, max: 30, close: 24 }] },
      'What is mezzotint?',
    );
    expect(events.at(-1)?.type).toBe('finished');
    expect(ids(events).length).toBeGreaterThanOrEqual(18);
    expect(ids(events).length).toBeLessThanOrEqual(30);
  });
  test('that does not fit the context is refused in words, and the engine stays ready', async () => {
    const { pack } = await loaded('llada');
    const events = await reply(
      { ...settingsOf(pack), layout: [{ kind: 'locked', text: 'word '.repeat(3000) }, ...layout] },
      'x',
    );
    expect(events.at(-1)).toMatchObject({ type: 'failed', error: { code: 'prompt-too-long' } });
    expect((await reply(settingsOf(pack), 'x')).at(-1)?.type).toBe('finished');
  });
  test.each([
    ['llada', undefined],
    ['llada2.1', 'llada2.1-mini'],
    ['nemotron', undefined],
  ])('%s rewrites a span with what follows it in sight', async (golden, recipe) => {
    const { pack } = await loaded(golden, recipe);
    await rewritten(pack);
  });
});

describe('a model with a causal head and a block of its own', () => {
  test('writes with its block, losslessly, and one token at a time; the last two give the same text', async () => {
    const { pack } = await loaded('nemotron');
    expect(pack.samplers.map(({ guarantee }) => guarantee)).toEqual(
      expect.arrayContaining(['diffusion', 'lossless', 'autoregressive']),
    );
    const by = (id: string): Promise<GenerationEvent[]> =>
      reply({ ...settingsOf(pack), sampler: { id, params: {} } }, 'What is mezzotint?');
    const plain = ids(await by('autoregressive'));
    const exact = await by('speculative');
    expect(ids(exact)).toEqual(plain);
    expect(exact.at(-1)).toMatchObject({ counts: { drafted: expect.any(Number) as number } });
    expect(plain).toHaveLength(24);
    // offered first, as the mode that promises the same text
    expect(pack.samplers.find(({ guarantee }) => guarantee === 'lossless')?.id).toBe('speculative');
  });
});
