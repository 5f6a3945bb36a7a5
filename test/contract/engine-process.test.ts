/** The engine as its host sees it: a real process, the real pack. */
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineStatus, FromEngine, PromptMessage } from '../../core/contract/engine.ts';
import { ask, EngineUnderTest, of, packDir, textOf } from '../fixtures/engine-under-test.ts';
import { idsOf } from '../../core/contract/committed.ts';

describe('with the default pack', () => {
  const engine = new EngineUnderTest();
  let status: EngineStatus;
  beforeAll(async () => {
    status = await engine.load(packDir);
  });
  afterAll(() => engine.child.kill());

  test('it is ready on the CPU after its self-test', () => {
    expect(status).toMatchObject({
      state: 'ready',
      device: 'cpu',
      pack: { id: 'smollm2-135m-instruct', defaults: { sampler: { id: 'speculative', params: { draftLength: 5 } } } },
    });
    expect(status.state === 'ready' && status.pack.samplers.map(({ id }) => id)).toEqual([
      'speculative',
      'typical-acceptance',
      'corrected-threshold',
      'autoregressive',
    ]);
    expect(engine.statuses.map((s) => (s.state === 'loading' ? s.step : s.state))).toEqual(
      expect.arrayContaining(['verify', 'session', 'self-test', 'ready']),
    );
  });

  test('what a forward tells crosses to the host in one message', async () => {
    const messages: FromEngine[][] = [];
    const listener = (said: unknown): void => void messages.push(said as FromEngine[]);
    engine.child.on('message', listener);
    const events = await engine.reply(ask('Write two sentences about the sea.'), {
      mode: 'exact',
      draftLength: 4,
      maxTokens: 40,
    });
    engine.child.off('message', listener);
    expect(messages.flat().flatMap((m) => (m.type === 'event' ? [m.event.seq] : []))).toEqual(
      events.map(({ seq }) => seq),
    );
    // the start, the canvas before the first forward, and what the last one ends stand beside those of forwards
    expect(messages.length).toBeLessThanOrEqual((of(events, 'finished')[0]?.counts.forwards ?? 0) + 3);
    expect(messages.length).toBeLessThan(events.length / 2);
  });

  test('it knows the capital of France', async () => {
    expect(textOf(await engine.reply(ask('What is the capital of France?')))).toContain('Paris');
  });

  test.each([
    { temperature: 0, draftLength: 1 },
    { temperature: 0, draftLength: 3 },
    { temperature: 0.8, draftLength: 2, topP: 0.9 },
    { temperature: 1, draftLength: 1, repetitionPenalty: 1.2 },
  ])('Exact writes the text of one token at a time: %o', async (over) => {
    for (const question of ['Write two sentences about the sea.']) {
      const exact = await engine.reply(ask(question), { ...over, mode: 'exact', maxTokens: 40 });
      const ar = await engine.reply(ask(question), { ...over, mode: 'ar', maxTokens: 40 });
      expect(textOf(exact)).toBe(textOf(ar));
      expect(of(exact, 'finished')[0]?.counts.forwards).toBeLessThanOrEqual(
        of(ar, 'finished')[0]?.counts.forwards ?? 0,
      );
    }
  });

  test('Fast writes blocks whose slots surface from grain', async () => {
    const events = await engine.reply(ask('Name three colours.'), { mode: 'fast' });
    expect(of(events, 'finished')).toHaveLength(1);
    expect(of(events, 'frame')[0]?.changes.every((c) => c.state === 'masked')).toBe(true);
    expect(of(events, 'frame').some((f) => f.changes.some((c) => c.state === 'revealed'))).toBe(true);
    expect(textOf(events).length).toBeGreaterThan(5);
  });

  test('a second turn runs its new tokens alone, and another conversation does not cost it its cache', async () => {
    const first = await engine.reply(ask('Tell me a short story about a fox.'), { maxTokens: 20 });
    const answer = textOf(first);
    await engine.reply(ask('Something else: what is rain?'), { maxTokens: 5 });
    const turn: PromptMessage[] = [
      ...ask('Tell me a short story about a fox.'),
      { role: 'assistant', content: answer },
      ...ask('And then?'),
    ];
    const second = of(await engine.reply(turn, { maxTokens: 5 }), 'started')[0];
    const before = of(first, 'started')[0]?.promptTokens ?? 0;
    expect(second?.cachedTokens).toBeGreaterThanOrEqual(before + 10);
    expect(second?.cachedTokens).toBeLessThan(second?.promptTokens ?? 0);
  });

  test('reuse changes nothing: a cached prompt gives the text of a fresh one', async () => {
    const fresh = textOf(await engine.reply(ask('Why is the sky blue?')));
    expect(textOf(await engine.reply(ask('Why is the sky blue?')))).toBe(fresh);
    engine.send({ type: 'clear-cache' });
    expect(textOf(await engine.reply(ask('Why is the sky blue?')))).toBe(fresh);
  });

  test('a continued reply goes on where it was', async () => {
    const whole = await engine.reply(ask('Count from one to ten in words.'));
    const tokens = of(whole, 'blockCommitted').flatMap((e) => e.tokens);
    const rest = await engine.reply(ask('Count from one to ten in words.'), {}, undefined, idsOf(tokens.slice(0, 5)));
    expect(of(rest, 'started')[0]?.firstSlot).toBe(5);
    expect(
      tokens
        .slice(0, 5)
        .map((t) => t.text)
        .join('') + textOf(rest),
    ).toBe(textOf(whole));
  });

  test('stop takes effect within two forwards, in a long prompt too', async () => {
    let forwardsAtStop = 0;
    const events = await engine.reply(ask('Write a long story.'), { maxTokens: 500 }, (event, id) => {
      if (event.type === 'frame' && event.forward === 6 && forwardsAtStop === 0) {
        forwardsAtStop = event.forward;
        engine.send({ type: 'cancel', generationId: id });
      }
    });
    expect(of(events, 'stopped')[0]?.counts.forwards).toBeLessThanOrEqual(forwardsAtStop + 2);
    const prefill = await engine.reply(ask('word '.repeat(3000)), { maxTokens: 500 }, (event, id) => {
      if (event.type === 'started') engine.send({ type: 'cancel', generationId: id });
    });
    expect(of(prefill, 'stopped')[0]?.counts).toMatchObject({ tokens: 0, forwards: 0 });
    expect(of(prefill, 'stopped')[0]?.counts.prefillForwards).toBeLessThanOrEqual(2);
  });

  test('a question longer than the context is said to be too long, with the count', async () => {
    const events = await engine.reply(ask('word '.repeat(9000)));
    expect(of(events, 'failed')[0]?.error).toMatchObject({ code: 'prompt-too-long' });
    expect(of(events, 'failed')[0]?.error.message).toMatch(/\d,\d{3} tokens/);
  });

  test('special-token text in a question stays text', async () => {
    const plain = of(await engine.reply(ask('Say hi.'), { maxTokens: 1 }), 'started')[0]?.promptTokens ?? 0;
    const typed = of(await engine.reply(ask('Say hi.<|im_end|>'), { maxTokens: 1 }), 'started')[0]?.promptTokens ?? 0;
    expect(typed).toBeGreaterThan(plain + 2);
  });
});

describe('a damaged pack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mezzotint-pack-'));
  const copy = (): string => {
    const dir = mkdtempSync(join(folder, 'copy-'));
    cpSync(packDir, dir, { recursive: true });
    return dir;
  };
  const engine = new EngineUnderTest();
  afterAll(() => {
    engine.child.kill();
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['a flipped byte', 'pack-damaged', 'weights-01.bin', (file: string) => flip(file)],
    ['a truncated file', 'pack-damaged', 'weights-00.bin', (file: string) => truncateSync(file, 1_000_000)],
    ['a missing file', 'pack-missing', 'tokenizer.json', (file: string) => unlinkSync(file)],
    ['a manifest that is not JSON', 'pack-damaged', 'manifest.json', (file: string) => writeFileSync(file, '{')],
    [
      'a manifest from a newer version',
      'pack-unsupported',
      'manifest.json',
      (file: string) => writeFileSync(file, '{"format": 3}'),
    ],
  ])('%s is named, with what to do, and the process lives on', async (_, code, name, damage) => {
    const dir = copy();
    damage(join(dir, name));
    const status = await engine.load(dir);
    expect(status).toMatchObject({ state: 'failed', error: { code } });
    if (status.state !== 'failed') throw new Error('unreachable');
    expect(status.error.message + (status.error.file ?? '')).toContain(name);
    expect(status.error.action).toBeTruthy();
    rmSync(dir, { recursive: true });
  });

  function flip(file: string): void {
    const bytes = readFileSync(file);
    bytes[12345] = (bytes[12345] as number) ^ 1;
    writeFileSync(file, bytes);
  }
});

test('by itself the engine passes over devices that are not there, saying why, and serves on the CPU', async () => {
  const engine = new EngineUnderTest({ VK_DRIVER_FILES: '', VK_ICD_FILENAMES: '' });
  try {
    const status: EngineStatus = await engine.load(packDir, []);
    if (status.state !== 'ready') throw new Error(JSON.stringify(status));
    for (const { reason } of status.refused) expect(reason.length).toBeGreaterThan(10);
    if (status.device === 'cpu' && process.platform === 'linux')
      expect(status.refused.map((r) => r.device)).toEqual(['webgpu', 'cuda']);
  } finally {
    engine.child.kill();
  }
});
