/** The app's own engine process, as the evaluation asks it: a reply with its tokens, its end and its counts. */
import type { EngineStatus, PromptMessage } from '../../core/contract/engine.ts';
import { isFinal, type GenerationEvent, type GenerationSettings } from '../../core/contract/generation.ts';
import { childEngine, createLocalEngine, type Engine } from '../../core/engines/index.ts';
import type { Reply } from './store.ts';

export type Ready = Extract<EngineStatus, { state: 'ready' }>;
/** What the runner needs of an engine; tests give another. */
export interface Writer {
  reply(
    messages: PromptMessage[],
    settings: GenerationSettings,
  ): Promise<Pick<Reply, 'text' | 'ids' | 'reason' | 'counts'>>;
}

/** A reply's tokens as they were committed. */
export type Written = Awaited<ReturnType<Writer['reply']>> & { p: number[] };

export class EngineWriter implements Writer {
  readonly #client: Engine;
  #count = 0;

  constructor(entry: string, packDir: string) {
    this.#client = createLocalEngine({ spawn: childEngine(entry), packDir, devices: ['cpu'] });
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

  async reply(messages: PromptMessage[], settings: GenerationSettings): Promise<Written> {
    let text = '';
    const p: number[] = [];
    const ids: number[] = [];
    const last = await new Promise<GenerationEvent>((resolve) => {
      this.#client.generate(
        {
          generationId: `evaluate-${++this.#count}`,
          messages,
          replyPrefix: [],
          settings,
          seed: settings.sampling.seed ?? 0,
        },
        (event) => {
          if (event.type === 'blockCommitted') {
            for (const token of event.tokens) {
              text += token.text;
              ids.push(token.id ?? -1);
              p.push(token.p ?? 0);
            }
          }
          if (isFinal(event)) resolve(event);
        },
      );
    });
    if (last.type === 'failed') throw new Error(last.error.message);
    if (last.type !== 'finished') throw new Error('the reply had no end');
    return { text, ids, p, reason: last.reason, counts: last.counts };
  }

  close(): Promise<void> {
    return this.#client.shutdown();
  }
}
