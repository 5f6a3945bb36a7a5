/** Servers on other machines, as the window shows them, and the form that adds one. */
import { getContext, setContext } from 'svelte';
import type { Request, Response } from '../../../core/contract/index.ts';
import type { AppError } from '../../../core/contract/result.ts';
import type { Observed, Server, ServersState } from '../../../core/contract/servers.ts';
import type { Session } from '../window/session.svelte.ts';

type Probed = Response<'servers.probe'>;

export class ServersStore {
  readonly #session: Session;
  state = $state.raw<ServersState | null>(null);
  /** The sheet. */
  open = $state(false);
  /** What is under way; one thing at a time. */
  busy = $state<'probe' | 'try' | 'add' | { test: string } | null>(null);
  error = $state.raw<AppError | null>(null);
  /** A server that is about to be removed, once that is confirmed. */
  leaving = $state<string | null>(null);

  address = $state('');
  key = $state('');
  confirmed = $state(false);
  name = $state('');
  model = $state('');
  probed = $state.raw<Probed | null>(null);
  observed = $state.raw<Observed | null>(null);
  #asked = 0;

  constructor(session: Session) {
    this.#session = session;
    session.client.onPush((push) => {
      if (push.topic === 'servers') this.state = push.servers;
    });
    session.onReturn(() => void this.load());
  }
  get list(): readonly Server[] {
    return this.state?.servers ?? [];
  }
  get current(): Server | null {
    return this.list.find(({ id }) => id === this.state?.current) ?? null;
  }
  /** Plain HTTP to a private network waits to be confirmed. */
  get asksTrust(): boolean {
    return this.error?.id === 'remote.plain-private' || this.confirmed;
  }
  async load(): Promise<void> {
    const result = await this.#session.client.call('servers.list', {});
    if (result.ok) this.state = result.value;
  }
  show(): void {
    this.open = true;
    void this.load();
  }
  close(): void {
    this.open = false;
    this.leaving = null;
    this.#reset();
  }
  #reset(): void {
    this.#asked++;
    this.busy = null;
    this.error = null;
    this.address = this.key = this.name = this.model = '';
    this.confirmed = false;
    this.probed = this.observed = null;
  }
  /** Another address or key: what was found is no longer about it. */
  changed(): void {
    this.#asked++;
    this.busy = null;
    this.probed = this.observed = null;
    if (this.error?.id !== 'remote.plain-private') this.error = null;
  }
  get #reached(): { address: string; confirmed: boolean; key?: string } {
    const key = this.key.trim();
    return { address: this.address, confirmed: this.confirmed, ...(key === '' ? {} : { key }) };
  }
  async probe(): Promise<void> {
    const asked = ++this.#asked;
    this.busy = 'probe';
    this.error = null;
    this.observed = null;
    const result = await this.#session.client.call('servers.probe', this.#reached);
    if (asked !== this.#asked) return;
    this.busy = null;
    if (!result.ok) {
      this.error = result.error;
      return;
    }
    this.probed = result.value;
    this.model = result.value.models[0]?.id ?? '';
    this.name = result.value.host;
  }
  async tryIt(): Promise<void> {
    const asked = ++this.#asked;
    this.busy = 'try';
    this.error = null;
    const { dialect } = this.probed ?? {};
    const result = await this.#session.client.call('servers.test', {
      ...this.#reached,
      address: this.probed?.address ?? this.address,
      model: this.model,
      ...(dialect ? { dialect } : {}),
    });
    if (asked !== this.#asked) return;
    this.busy = null;
    if (result.ok) this.observed = result.value;
    else this.error = result.error;
  }
  /** Adds what was found, and has it write. */
  async add(): Promise<boolean> {
    const { probed } = this;
    if (!probed) return false;
    this.busy = 'add';
    const { address: _, ...reached } = this.#reached;
    const dialect = this.observed?.dialect ?? probed.dialect;
    const result = await this.#session.client.call('servers.add', {
      ...reached,
      name: this.name,
      addresses: [probed.address],
      model: this.model,
      models: probed.models,
      observed: this.observed,
      ...(dialect ? { dialect } : {}),
    });
    this.busy = null;
    if (!result.ok) {
      this.error = result.error;
      return false;
    }
    this.state = result.value.state;
    this.#reset();
    return this.use(result.value.id);
  }
  async test(id: string): Promise<void> {
    this.busy = { test: id };
    this.error = null;
    const result = await this.#session.client.call('servers.test', { id });
    this.busy = null;
    if (!result.ok) this.error = result.error;
    await this.load();
  }
  /** null: this machine. */
  async use(id: string | null): Promise<boolean> {
    const result = await this.#session.client.call('servers.use', { id });
    if (result.ok) this.state = result.value;
    else this.error = result.error;
    return result.ok;
  }
  /** What a person knows that its model costs; null: what is known without. */
  async price(id: string, price: Request<'servers.price'>['price']): Promise<boolean> {
    this.error = null;
    const result = await this.#session.client.call('servers.price', { id, price });
    if (result.ok) this.state = result.value;
    else this.error = result.error;
    return result.ok;
  }
  async remove(id: string): Promise<void> {
    const result = await this.#session.client.call('servers.remove', { id });
    this.leaving = null;
    if (result.ok) this.state = result.value;
    else this.error = result.error;
  }
}

const key = Symbol('servers');
export const provideServers = (servers: ServersStore): ServersStore => setContext(key, servers);
export const useServers = (): ServersStore => getContext<ServersStore>(key);
