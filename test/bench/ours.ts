/** This engine as the bench sees it: a client over a child process, greedy replies, counts from the final event. */
import { modeOf } from '../../core/contract/samplers.ts';
import { samplerOfMode, withoutGuesses } from '../../core/contract/settings.ts';
import type { EngineProcess, EngineStatus, PromptMessage } from '../../core/contract/engine.ts';
import {
  isFinal,
  type Counts,
  type GenerationEvent,
  type GenerationSettings,
  type Mode,
} from '../../core/contract/generation.ts';
import { USUAL_SPIN_US } from '../../core/contract/kernels.ts';
import { childEngine, createLocalEngine, type Engine } from '../../core/engines/index.ts';

export type Ready = Extract<EngineStatus, { state: 'ready' }>;
export interface OurReply {
  text: string;
  /** The tokens that it consists of. */
  ids: number[];
  counts: Counts;
}

export class Ours {
  readonly #client: Engine;
  #process: EngineProcess | undefined;
  #count = 0;

  constructor(entry: string, packDir: string, threads: number | undefined) {
    const spawn = childEngine(entry);
    this.#client = createLocalEngine({
      spawn: () => (this.#process = spawn()),
      packDir,
      devices: ['cpu'],
      ...(threads === undefined ? {} : { kernels: () => ({ threads, spinUs: USUAL_SPIN_US }) }),
    });
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async ready(): Promise<Ready> {
    const status = await this.#client.settled();
    if (status.state === 'ready') return status;
    throw new Error(
      status.state === 'failed'
        ? `${status.error.message} ${status.error.action ?? ''}`.trim()
        : `the engine is ${status.state}`,
    );
  }

  /** Forgets every prefix, so that the next prompt is computed whole. */
  clearCache(): void {
    this.#process?.send({ type: 'clear-cache' });
  }

  /** Greedy, neither penalty nor loop guard: as long as the model goes on, up to `maxTokens`. `onCommit`: at each committed block. `forming`: with guesses past its drafts, as the window shows it. */
  async reply(
    mode: Mode,
    messages: PromptMessage[],
    maxTokens: number,
    defaults: GenerationSettings | null,
    onCommit: () => void = () => undefined,
    forming = false,
  ): Promise<OurReply> {
    const base = defaults ?? (await this.ready()).pack.defaults;
    const { samplers } = (await this.ready()).pack;
    const sampler =
      modeOf(base.sampler.id, samplers) === mode ? base.sampler : (samplerOfMode(mode, samplers) ?? base.sampler);
    const settings: GenerationSettings = {
      sampling: { ...base.sampling, temperature: 0, repetitionPenalty: 1, seed: 0 },
      sampler: forming ? sampler : withoutGuesses(sampler, samplers),
      ending: { maxTokens, stop: [], loopGuard: false },
    };
    let text = '';
    const ids: number[] = [];
    const last = await new Promise<GenerationEvent>((resolve) => {
      this.#client.generate(
        { generationId: `bench-${++this.#count}`, messages, replyPrefix: [], settings, seed: 0 },
        (event) => {
          if (event.type === 'blockCommitted') {
            onCommit();
            text += event.tokens.map((t) => t.text).join('');
            for (const { id } of event.tokens) if (id !== null) ids.push(id);
          }
          if (isFinal(event)) resolve(event);
        },
      );
    });
    if (last.type === 'failed') throw new Error(last.error.message);
    if (last.type !== 'finished' && last.type !== 'stopped') throw new Error('the reply had no end');
    return { text, ids, counts: last.counts };
  }

  close(): Promise<void> {
    return this.#client.shutdown();
  }
}

/** Milliseconds from starting the process to the first committed token. */
export async function coldStart(entry: string, packDir: string, threads: number): Promise<number> {
  const began = performance.now();
  const engine = new Ours(entry, packDir, threads);
  try {
    let first: number | null = null;
    await engine.reply(
      'exact',
      [{ role: 'user', content: 'Hello!' }],
      8,
      null,
      () => (first ??= performance.now() - began),
    );
    if (first === null) throw new Error('nothing was committed');
    return first;
  } finally {
    await engine.close();
  }
}
