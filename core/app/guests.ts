/**
 * Models that answer beside the one in use. A request that names another model than the loaded one has the engine load it first.
 * It stays loaded, as the conversation that chose it goes on; a model that is named `once` gives way to the one before when no
 * such request follows. One model is in memory at a time.
 */
import { isInMemory, type GenerateRequest } from '../contract/engine.ts';
import { isFinal } from '../contract/generation.ts';
import type { Engine, OnEvent } from '../engines/index.ts';

export interface GuestsOptions {
  /** The folder of the pack in use. */
  current: () => string;
  /** The folder of a model, by its id. @throws MezzotintError where it can't be used here */
  find: (model: string) => string;
  /** A model that was named can't be used any more, and the one in use answers instead. */
  onGone: (model: string, why: unknown) => void;
  /** Another pack is loaded from now on. */
  onLoad?: () => void;
  /** Runs work once what is going on has ended; default: in the next turn of the event loop. */
  soon?: (work: () => void) => void;
}

export class Guests {
  readonly #o: GuestsOptions;
  /** The pack that stays loaded; null: the one in use. */
  #home: string | null = null;
  /** The pack that is loaded for a reply; null: the one that stays is. */
  #guest: string | null = null;
  #turns = 0;

  constructor(options: GuestsOptions) {
    this.#o = options;
  }
  /** What the engine loads when it starts. */
  readonly packDir = (): string => this.#guest ?? this.#home ?? this.#o.current();

  /** The one in use answers again: what is loaded next is that. */
  forget(): void {
    this.#home = null;
    this.#guest = null;
  }
  /** The pack of this folder is loaded next, and stays. */
  goBack(dir: string): void {
    this.#home = dir === this.#o.current() ? null : dir;
    this.#guest = null;
  }
  /** Loads a model that is to stay. @throws as `find` */
  prepare(engine: Pick<Engine, 'restart' | 'status'>, model: string): void {
    const wanted = this.#o.find(model);
    if (wanted === this.packDir() && engine.status.state === 'ready' && !isInMemory(engine.status)) {
      engine.restart();
      return;
    }
    this.#load(engine, () => {
      this.#home = wanted;
      this.#guest = null;
    });
  }
  /** The engine, with replies by the models that they name. Replies come one after the other: the scheduler sees to it. */
  serve(engine: Engine): Engine {
    const generate = ({ model, once, ...request }: GenerateRequest, onEvent: OnEvent): void => {
      const turn = ++this.#turns;
      const wanted = model === undefined ? null : this.#find(model);
      this.#load(engine, () => {
        if (wanted !== null && once !== true) this.#home = wanted;
        this.#guest = once === true ? wanted : null;
      });
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
  #find(model: string): string {
    try {
      return this.#o.find(model);
    } catch (thrown) {
      // it was there when the reply was asked for
      this.#o.onGone(model, thrown);
      return this.#o.current();
    }
  }
  #load(engine: Pick<Engine, 'restart'>, change: () => void): void {
    const before = this.packDir();
    change();
    if (this.packDir() === before) return;
    engine.restart();
    this.#o.onLoad?.();
  }
  #leave(engine: Engine, turn: number): void {
    if (this.#guest === null) return;
    const { soon = (work) => void setImmediate(work) } = this.#o;
    soon(() => {
      if (this.#turns === turn) this.#load(engine, () => (this.#guest = null));
    });
  }
}
