/** The end of a load that a person does not want to wait for: the model from before answers again. */
import type { EngineStatus } from '../contract/engine.ts';
import type { LibraryState } from '../contract/models.ts';
import type { Engine } from '../engines/index.ts';
import type { Library } from '../library/index.ts';
import type { Guests } from './guests.ts';

export interface LoadingOptions {
  library: Library;
  guests: Guests;
  /** The one of this machine. */
  engine: Pick<Engine, 'status' | 'onStatus' | 'restart'>;
  /** Stops the reply that waits for the load. */
  stopReply: () => void;
}

const loads = ({ state }: EngineStatus): boolean => state === 'starting' || state === 'loading';

export class Loading {
  readonly #o: LoadingOptions;
  /** The folder of the pack that was ready last. */
  #ready: string | null = null;

  constructor(options: LoadingOptions) {
    this.#o = options;
    let said = this.backDir;
    options.engine.onStatus((status) => {
      if (status.state === 'ready') this.#ready = options.guests.packDir();
      if (this.backDir === said) return;
      said = this.backDir;
      options.library.changed();
    });
  }
  /** The folder of the pack that answers again once the load is ended; null: none loads, or there is no other one. */
  get backDir(): string | null {
    const { engine, guests, library } = this.#o;
    if (!loads(engine.status)) return null;
    const loading = guests.packDir();
    return [this.#ready, library.builtInDir].find((dir) => dir !== null && dir !== loading) ?? null;
  }
  /** Does nothing where the load has ended. @param alone one conversation asked for it: the model of all others stays the choice. @throws MezzotintError `store-failed` where the choice can't be stored */
  stop(alone: boolean): LibraryState {
    const { engine, guests, library, stopReply } = this.#o;
    const { back } = library.state;
    if (back === null) return library.state;
    const { dir } = library.usable(back);
    if (!alone && library.currentDir === guests.packDir()) library.use(back);
    guests.goBack(dir);
    engine.restart();
    // last: what waits after it finds the engine as it will be
    stopReply();
    library.changed();
    return library.state;
  }
}
