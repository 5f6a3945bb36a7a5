/** The models that can be fetched, as the window sees them: the catalogue, a look at one, downloads, the hub's token. */
import { getContext, setContext } from 'svelte';
import type { Catalogue, Download, Downloads, Found, Source } from '../../../core/contract/fetching.ts';
import type { AppError, Result } from '../../../core/contract/result.ts';
import type { Session } from '../window/session.svelte.ts';

export type Look =
  | { stage: 'idle' }
  | { stage: 'looking'; source: Source }
  | { stage: 'found'; source: Source; found: Found }
  | { stage: 'refused'; source: Source; error: AppError };

/** Errors that a token may help against. */
const WANTS_TOKEN = new Set(['hub.gated', 'hub.gated-for-token', 'hub.token-refused', 'hub.hidden']);

export class Fetching {
  readonly #session: Session;
  catalogue = $state.raw<Catalogue | null>(null);
  state = $state.raw<Downloads | null>(null);
  look = $state.raw<Look>({ stage: 'idle' });
  /** What is typed for any repository. */
  typed = $state('');
  /** A download that is about to be deleted, once that is confirmed. */
  leaving = $state<string | null>(null);
  /** Why the last thing that was asked of a download or the token did not happen. */
  error = $state.raw<AppError | null>(null);
  #looks = 0;

  constructor(session: Session) {
    this.#session = session;
    session.client.onPush((push) => {
      if (push.topic === 'downloads') this.state = push.downloads;
      else if (push.topic === 'catalogue') this.catalogue = push.catalogue;
    });
    session.onReturn(() => void this.load());
  }
  get downloads(): readonly Download[] {
    return this.state?.downloads ?? [];
  }
  /** Of the one that is being fetched; null: none is. */
  get percent(): number | null {
    const one = this.downloads.find(({ stage }) => stage === 'fetching');
    return one ? Math.floor((100 * one.done) / Math.max(1, one.total)) : null;
  }
  get wantsToken(): boolean {
    return this.look.stage === 'refused' && WANTS_TOKEN.has(this.look.error.id ?? '');
  }
  download(repository: string): Download | undefined {
    return this.downloads.find((one) => one.repository === repository);
  }
  /** What the app knows; nothing is connected to. */
  async load(): Promise<void> {
    const [catalogue, downloads] = await Promise.all([
      this.#session.client.call('models.catalogue', {}),
      this.#session.client.call('models.downloads', {}),
    ]);
    if (catalogue.ok) this.catalogue = catalogue.value;
    else this.error = catalogue.error;
    if (downloads.ok) this.state = downloads.value;
    else this.error = downloads.error;
  }
  /** Asks the hub about a repository. */
  async find(source: Source): Promise<void> {
    const mine = ++this.#looks;
    this.error = null;
    this.look = { stage: 'looking', source };
    const found = await this.#session.client.call('models.find', source);
    if (mine !== this.#looks) return;
    this.look = found.ok
      ? { stage: 'found', source, found: found.value }
      : { stage: 'refused', source, error: found.error };
  }
  /** Back to the list. */
  leave(): void {
    this.#looks++;
    if (this.look.stage === 'looking') void this.#session.client.call('models.findStop', {});
    this.look = { stage: 'idle' };
    this.error = null;
  }
  /** Fetches what was found. */
  async fetch(source: Source): Promise<void> {
    const begun = await this.#session.client.call('models.fetch', source);
    if (begun.ok) {
      this.state = begun.value;
      this.typed = '';
      this.leave();
    } else this.look = { stage: 'refused', source, error: begun.error };
  }
  pause(repository: string): Promise<void> {
    return this.#changed(this.#session.client.call('models.pause', { repository }));
  }
  resume(repository: string): Promise<void> {
    return this.#changed(this.#session.client.call('models.resume', { repository }));
  }
  drop(repository: string): Promise<void> {
    this.leaving = null;
    return this.#changed(this.#session.client.call('models.drop', { repository }));
  }
  /** Gives the hub's token, and looks again where it was asked for. */
  async setToken(token: string | null): Promise<void> {
    await this.#changed(this.#session.client.call('models.token', { token }));
    if (token !== null && this.wantsToken && this.look.stage === 'refused') await this.find(this.look.source);
  }
  async measure(on: boolean): Promise<void> {
    const now = on
      ? await this.#session.client.call('models.measure', {})
      : await this.#session.client.call('models.measureStop', {});
    if (now.ok) this.catalogue = now.value;
    else this.error = now.error;
  }
  async #changed(call: Promise<Result<Downloads>>): Promise<void> {
    this.error = null;
    const now = await call;
    if (now.ok) this.state = now.value;
    else this.error = now.error;
  }
}

const key = Symbol('fetching');
export const provideFetching = (fetching: Fetching): Fetching => setContext(key, fetching);
export const useFetching = (): Fetching => getContext<Fetching>(key);
