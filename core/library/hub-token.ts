/** The hub's token: in the system's key store where there is one, else until the app closes. It is never written in clear. */
import type { Downloads } from '../contract/fetching.ts';
import { failure, reasonOf } from '../contract/result.ts';
import { tokenOf } from '../hub/index.ts';

/** A key store of the system, which keeps one secret of a name. */
export interface KeyStore {
  /** Whether this system has one that is more than a file in clear. */
  readonly available: boolean;
  /** null: nothing is kept, or it can't be read any more. */
  read(name: string): string | null;
  /** null forgets it. @throws what the system says */
  write(name: string, secret: string | null): void;
}

const NAME = 'hub-token';

export class HubToken {
  readonly #store: KeyStore | null;
  readonly #env: NodeJS.ProcessEnv;
  #session: string | null = null;

  constructor(store: KeyStore | null, env: NodeJS.ProcessEnv = process.env) {
    this.#store = store?.available === true ? store : null;
    this.#env = env;
  }
  get canKeep(): boolean {
    return this.#store !== null;
  }
  /** The one that a request carries: what a person gave here comes before the environment's. */
  get value(): string | undefined {
    return this.#session ?? this.#store?.read(NAME) ?? tokenOf(this.#env);
  }
  get state(): Downloads['token'] {
    if (this.#session !== null) return 'session';
    if (this.#store && this.#store.read(NAME) !== null) return 'kept';
    return tokenOf(this.#env) === undefined ? 'none' : 'environment';
  }
  /** @throws MezzotintError `store-failed` where the key store refuses: then it holds for the session */
  set(token: string | null): void {
    this.#session = this.#store ? null : token;
    if (!this.#store) return;
    try {
      this.#store.write(NAME, token);
    } catch (cause) {
      this.#session = token;
      throw failure('library.token-not-kept', { reason: reasonOf(cause) }, { cause });
    }
  }
}
