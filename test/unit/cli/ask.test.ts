import { settingsOf } from '../../../core/cli/ask-settings.ts';
import { settingsWith } from '../../fixtures/settings.ts';
import { samplersFor } from '../../../core/samplers/index.ts';
import { settingsFromFlat } from '../../../core/contract/settings.ts';
import { stopsOf } from '../../../core/contract/speed-stops.ts';
import { allCapabilities } from '../../../core/contract/capabilities.ts';
import { describe, expect, it } from 'vitest';
import { reply } from '../../../core/cli/ask.ts';
import { createLocalEngine } from '../../../core/engines/index.ts';
import { readInput } from '../../../core/cli/command.ts';
import { ask, askArgs } from '../../../core/cli/commands/ask.ts';
import type {
  EngineProcess,
  EngineStatus,
  FromEngine,
  GenerateRequest,
  SpawnEngine,
  ToEngine,
} from '../../../core/contract/engine.ts';
import type { Counts, GenerationEvent, GenerationSettings } from '../../../core/contract/generation.ts';

const defaults: GenerationSettings = settingsFromFlat({
  mode: 'exact',
  temperature: 0.7,
  topP: 1,
  topK: 64,
  repetitionPenalty: 1,
  seed: null,
  maxTokens: 100,
  blockLength: 8,
  threshold: 0.9,
  draftLength: 2,
  stop: [],
  loopGuard: true,
});
const counts: Counts = {
  tokens: 3,
  forwards: 2,
  prefillForwards: 1,
  promptTokens: 20,
  cachedTokens: 5,
  drafted: 2,
  accepted: 1,
  msPrefill: 12.34,
  msDecode: 60,
  msForward: 50,
};
const pack = {
  id: 'p',
  name: 'Pack',
  family: 'llama',
  licence: 'Apache-2.0',
  parameters: 1,
  contextLength: 100,
  hash: 'h',
  adapter: null,
  samplers: samplersFor({ causalHead: true, canvas: false, shift: 1, drafterSlots: 0, blockLengths: [] }),
  defaults,
};
const ready: EngineStatus = { state: 'ready', pack, device: 'cpu', refused: [], threads: 1, loadMs: 1 };
const committed = (seq: number, ...texts: string[]): GenerationEvent => ({
  type: 'blockCommitted',
  seq,
  t: seq,
  forward: 1,
  block: 0,
  from: 0,
  tokens: texts.map((text) => ({ id: 1, text, p: 1, forward: 1, via: 'context' })),
});
const finished = (seq: number): GenerationEvent => ({ type: 'finished', seq, t: seq, reason: 'end', counts });

/** An engine that answers `load` with a status and `generate` with events; `sent` records what it was told. */
function scripted(
  status: EngineStatus,
  events: GenerationEvent[],
  onCancel: GenerationEvent[] = [],
): { spawn: SpawnEngine; sent: ToEngine[] } {
  const sent: ToEngine[] = [];
  const spawn = (): EngineProcess => {
    const listeners: ((message: FromEngine) => void)[] = [];
    const exits: ((info: { code: number | null; expected: boolean }) => void)[] = [];
    const say = (message: FromEngine): void => queueMicrotask(() => listeners.forEach((l) => l(message)));
    return {
      send(message) {
        sent.push(message);
        if (message.type === 'load') say({ type: 'status', status });
        if (message.type === 'generate')
          events.forEach((event) => say({ type: 'event', generationId: message.request.generationId, event }));
        if (message.type === 'cancel')
          onCancel.forEach((event) => say({ type: 'event', generationId: message.generationId, event }));
        if (message.type === 'shutdown') queueMicrotask(() => exits.forEach((l) => l({ code: 0, expected: true })));
      },
      onMessage: (listener) => void listeners.push(listener),
      onExit: (listener) => void exits.push(listener),
      kill: () => undefined,
      pid: 1,
    };
  };
  return { spawn, sent };
}
const requestIn = (sent: ToEngine[]): GenerateRequest => {
  const found = sent.find((m) => m.type === 'generate');
  if (found?.type !== 'generate') throw new Error('nothing was asked');
  return found.request;
};
const run = (
  args: string[],
  engine: { spawn: SpawnEngine },
  written: string[] = [],
  onStop: (stop: () => void) => void = () => undefined,
): ReturnType<typeof reply> =>
  reply(
    { ...askArgs(readInput(ask, args)), question: 'Why?' },
    {
      engine: () => createLocalEngine({ spawn: engine.spawn, packDir: '/pack' }),
      write: (text) => void written.push(text),
      onStop,
    },
  );

describe('ask', () => {
  it('writes committed text as it comes and sums the reply up', async () => {
    const written: string[] = [];
    const engine = scripted(ready, [committed(0, 'Because', ''), committed(1, ' é'), finished(2)]);
    const output = await run(['--seed', '7', '--mode', 'ar', '--system', 'Be brief.'], engine, written);
    expect(written).toEqual(['Because', ' é']);
    expect(output).toEqual({
      text: 'Because é',
      tokens: 3,
      forwards: 2,
      tpf: 1.5,
      promptTokens: 20,
      cachedTokens: 5,
      msPrefill: 12.3,
      msDecode: 60,
      tokS: 50,
      mode: 'ar',
      sampler: { id: 'autoregressive', params: {} },
      seed: 7,
      stop: 'end',
    });
    expect(requestIn(engine.sent)).toMatchObject({
      seed: 7,
      settings: settingsWith(defaults, { mode: 'ar', seed: 7 }),
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Why?' },
      ],
    });
    expect(engine.sent.at(-1)).toEqual({ type: 'shutdown' });
  });
  it('writes nothing before its line with --json', async () => {
    const written: string[] = [];
    expect((await run(['--json'], scripted(ready, [committed(0, 'x'), finished(1)]), written)).text).toBe('x');
    expect(written).toEqual([]);
  });
  it('draws a seed and says which', async () => {
    const engine = scripted(ready, [finished(0)]);
    const { seed } = await run([], engine);
    expect(requestIn(engine.sent).seed).toBe(seed);
  });
  it('ends early when told to, with what was committed', async () => {
    const engine = scripted(ready, [committed(0, 'half')], [{ type: 'stopped', seq: 1, t: 1, counts }]);
    const output = await run([], engine, [], (stop) =>
      queueMicrotask(() => queueMicrotask(() => queueMicrotask(stop))),
    );
    expect(output).toMatchObject({ text: 'half', stop: 'stopped' });
  });
  it.each([
    [
      'a pack that is not there',
      scripted({ state: 'failed', error: { code: 'pack-missing', message: 'No pack.' } }, []),
      [],
      'pack-missing',
    ],
    [
      'a reply that fails',
      scripted(ready, [{ type: 'failed', seq: 0, t: 0, error: { code: 'prompt-too-long', message: 'Too long.' } }]),
      [],
      'prompt-too-long',
    ],
    ['a mode the pack has not', scripted(ready, []), ['--mode', 'fast'], 'bad-request'],
    [
      'a template where the model can fix no words',
      scripted({ ...ready, capabilities: { ...allCapabilities, layout: false } }, []),
      ['--template', 'Dear ___, thank you.'],
      'bad-request',
    ],
  ])('fails with the reason for %s', async (_, engine, args, code) => {
    await expect(run(args, engine)).rejects.toMatchObject({ code });
  });
});

describe('the sampler of a question', () => {
  const whole = { causalHead: true, canvas: true, shift: 1 as const, drafterSlots: 5, blockLengths: [4, 8, 16] };
  const pack = { name: 'Toy', samplers: samplersFor(whole), defaults };
  const sampler = (...args: string[]): unknown => settingsOf(pack, askArgs(readInput(ask, args))).sampler;
  it('takes --threshold for the number by which it keeps tokens, whichever sampler writes blocks of that length', () => {
    expect(sampler('--mode', 'fast', '--threshold', '0.7', '--block-length', '4')).toEqual({
      id: 'typical-acceptance',
      params: { blockLength: 4, ratio: 0.7 },
    });
    expect(sampler('--mode', 'fast', '--threshold', '0.9', '--block-length', '16')).toEqual({
      id: 'corrected-threshold',
      params: { blockLength: 16, threshold: 0.9 },
    });
  });
  it('takes a point of the speed slider by its name; one that is not there is refused with those that are', () => {
    expect(sampler('--speed', 'ar')).toEqual({ id: 'autoregressive', params: {} });
    expect(sampler('--speed', 'fast-bold')).toEqual({
      id: 'typical-acceptance',
      params: { blockLength: 4, ratio: 0.3 },
    });
    expect(sampler('--speed', 'fast-bold', '--param', 'ratio=0.4')).toMatchObject({ params: { ratio: 0.4 } });
    const refusal = (...args: string[]): unknown => {
      try {
        return sampler(...args);
      } catch (thrown) {
        return thrown;
      }
    };
    expect(refusal('--speed', 'warp')).toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining('no speed called warp') as string,
      action: expect.stringContaining(
        stopsOf(pack)
          .map(({ id }) => id)
          .join(', '),
      ) as string,
    });
    expect(refusal('--sampler', 'autoregressive', '--speed', 'bold')).toMatchObject({ code: 'bad-request' });
  });
  it('takes the speeds of a diffusion model around what its authors recommend, or those of another of its samplers', () => {
    const own = {
      ...{ attention: 'block' as const, causalHead: false, shift: 0 as const, wholeRows: true },
      ...{ blockLength: 32, blockLengths: [32], sampler: { id: 'threshold', params: { threshold: 0.9 } } },
    };
    const diffusion = {
      ...pack,
      samplers: samplersFor({ ...whole, causalHead: false, own }),
      defaults: { ...defaults, sampler: own.sampler },
    };
    const at = (...args: string[]): { id: string; params: Record<string, unknown> } =>
      settingsOf(diffusion, askArgs(readInput(ask, args))).sampler;
    expect(at('--speed', 'bold').params['threshold']).toBe(0.8);
    expect(at('--speed', 'one-slot').params['threshold']).toBe(null);
    expect(at('--sampler', 'entropy-bound', '--speed', 'bold')).toMatchObject({ id: 'entropy-bound' });
  });
  it('leaves a number open with none, and refuses values that the sampler can not take', () => {
    const own = {
      ...{ attention: 'full' as const, causalHead: false, shift: 0 as const, wholeRows: true },
      ...{ blockLength: 32, blockLengths: [32], sampler: undefined },
    };
    const samplers = samplersFor({ ...whole, causalHead: false, own });
    const typed = (...pairs: string[]): unknown =>
      settingsOf(
        { ...pack, samplers },
        askArgs(readInput(ask, ['--sampler', 'threshold', ...pairs.flatMap((pair) => ['--param', pair])])),
      ).sampler.params;
    expect(typed('threshold=none', 'strict=true')).toMatchObject({ threshold: null, strict: true });
    expect(typed('threshold=0.5')).toMatchObject({ threshold: 0.5, strict: false });
    expect(() => typed('threshold=7')).toThrow('threshold is 7');
    expect(() => typed('strict=perhaps')).toThrow('strict is "perhaps"');
    expect(() => typed('treshold=0.5')).toThrow('no parameter treshold');
  });
});
