/** Frees the memory of a model that nobody has used for a while. Whatever is asked of the engine counts as use. */
import { isInMemory } from '../contract/engine.ts';
import { isFinal } from '../contract/generation.ts';
import type { Engine } from './engine.ts';
import { realTimers, type Timers } from './timers.ts';

export class Idle {
  readonly #engine: Engine;
  readonly #timers: Timers;
  #ms: number | null = null;
  #busy = 0;
  #timer: unknown = null;

  constructor(engine: Engine, timers: Timers = realTimers) {
    this.#engine = engine;
    this.#timers = timers;
    engine.onStatus(() => this.#count());
  }
  /** @param ms milliseconds without use; null: it stays */
  set(ms: number | null): void {
    if (ms === this.#ms) return;
    this.#ms = ms;
    this.#count();
  }
  /** The engine, watched. */
  serve(): Engine {
    const engine = this.#engine;
    return {
      ...engine,
      get status() {
        return engine.status;
      },
      generate: (request, onEvent) => {
        const leave = this.#enter();
        engine.generate(request, (event) => {
          if (isFinal(event)) leave();
          onEvent(event);
        });
      },
      fill: (request, onBest) => this.#during(engine.fill(request, onBest)),
      preview: (messages, options) => this.#during(engine.preview(messages, options)),
      tokenize: (text) => this.#during(engine.tokenize(text)),
      agree: (request) => this.#during(engine.agree(request)),
      shutdown: () => {
        this.set(null);
        return engine.shutdown();
      },
    };
  }
  #during<T>(work: Promise<T>): Promise<T> {
    return work.finally(this.#enter());
  }
  #enter(): () => void {
    this.#busy++;
    this.#count();
    return () => {
      this.#busy--;
      this.#count();
    };
  }
  /** Time is counted from the last use, and from the moment that the model is ready. */
  #count(): void {
    this.#timers.clear(this.#timer);
    this.#timer = null;
    if (this.#ms === null || this.#busy > 0 || !isInMemory(this.#engine.status)) return;
    this.#timer = this.#timers.set(() => this.#engine.unload?.(), this.#ms);
  }
}
