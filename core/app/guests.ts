/**
 * Models that answer for one reply. A request that names another model than the one in use has the engine load it first; the
 * next request, or the end of the last one, brings the model in use back. One model is in memory at a time.
 */
import type { GenerateRequest } from '../contract/engine.ts';
import { isFinal } from '../contract/generation.ts';
import type { Engine, OnEvent } from '../engines/index.ts';

export interface GuestsOptions {
  /** The folder of the pack in use. */
  current: () => string;
  /** The folder of a model, by its id. @throws MezzotintError where it can't be used here */
  find: (model: string) => string;
  /** Runs work once what is going on has ended; default: in the next turn of the event loop. */
  soon?: (work: () => void) => void;
}

export class Guests {
  readonly #o: GuestsOptions;
  /** The pack that is loaded for a reply; null: the one in use is. */
  #guest: string | null = null;
  #turns = 0;

  constructor(options: GuestsOptions) {
    this.#o = options;
  }
  /** What the engine loads when it starts. */
  readonly packDir = (): string => this.#guest ?? this.#o.current();

  /** The engine, with replies by the models that they name. Replies come one after the other: the scheduler sees to it. */
  serve(engine: Engine): Engine {
    const generate = ({ model, ...request }: GenerateRequest, onEvent: OnEvent): void => {
      const turn = ++this.#turns;
      try {
        const wanted = model === undefined ? null : this.#o.find(model);
        this.#load(engine, wanted === this.#o.current() ? null : wanted);
      } catch {
        // it was there when the reply was asked for, and is gone: the model in use says what it is
        this.#load(engine, null);
      }
      engine.generate(request, (event) => {
        if (isFinal(event)) this.#leave(engine, turn);
        onEvent(event);
      });
    };
    return {
      ...engine,
      get status() {
        return engine.status;
      },
      generate,
    };
  }
  #load(engine: Engine, guest: string | null): void {
    if (guest === this.#guest) return;
    this.#guest = guest;
    engine.restart();
  }
  #leave(engine: Engine, turn: number): void {
    if (this.#guest === null) return;
    const { soon = (work) => void setImmediate(work) } = this.#o;
    soon(() => {
      if (this.#turns === turn) this.#load(engine, null);
    });
  }
}
