/** Which model writes the next reply of the open conversation: its own, or the one that answers elsewhere. */
import { getContext, setContext } from 'svelte';
import type { ServersStore } from '../servers/servers.svelte.ts';
import type { ConversationSettings } from '../settings/conversation-settings.svelte.ts';
import type { Thread } from '../thread/thread.svelte.ts';
import type { Session } from '../window/session.svelte.ts';
import type { Models } from './models.svelte.ts';

export interface WriterOptions {
  readonly session: Session;
  readonly models: Models;
  readonly servers: ServersStore;
  readonly setup: ConversationSettings;
  readonly thread: Thread;
}

export class Writer {
  readonly #o: WriterOptions;
  /** What was asked to be prepared last: a refusal is not repeated with every key. */
  #prepared = $state<string | null>(null);

  constructor(options: WriterOptions) {
    this.#o = options;
  }
  /** What the conversation, or the new chat, chose for itself; null: nothing. */
  get own(): string | null {
    return this.#o.setup.current.model ?? null;
  }
  /** What was chosen is not on this machine, or can't be used. */
  get missing(): boolean {
    const { models } = this.#o;
    return this.own !== null && models.library !== null && !models.usable.some(({ id }) => id === this.own);
  }
  /** The model of this machine that writes the next reply; null: a server does, or nobody knows yet. */
  get id(): string | null {
    const { models, servers } = this.#o;
    if (this.own !== null && !this.missing) return this.own;
    return servers.current ? null : (models.library?.current ?? null);
  }
  /** It is another model than the loaded one, and loads when it is wanted. */
  get waits(): boolean {
    const { models, session } = this.#o;
    const { engine } = session;
    if (this.id === null || engine.state !== 'ready') return false;
    return engine.pack.server !== undefined || models.library?.loaded !== this.id;
  }
  /** It is being loaded because of this conversation: what is asked now waits for it. */
  get loads(): boolean {
    const { engine } = this.#o.session;
    return (
      (engine.state === 'starting' || engine.state === 'loading') && this.#prepared !== null && this.#prepared === this.id
    );
  }
  /** Loads it, where nothing is being written: a question that is being typed need not wait for it. */
  async prepare(): Promise<void> {
    const { id } = this;
    if (id === null || !this.waits || this.#prepared === id) return;
    this.#prepared = id;
    await this.#o.session.client.call('models.prepare', { id });
  }
  /**
   * In a conversation: its own model from the next turn on. In a new chat that chose none: the model of every chat that chooses none.
   * @returns whether it was taken
   */
  async choose(id: string): Promise<boolean> {
    const { models, setup, thread } = this.#o;
    if (thread.id === null && this.own === null) return models.use(id);
    await setup.setModel(id);
    this.#prepared = null;
    await this.prepare();
    return true;
  }
  /** The conversation follows the others again. */
  async follow(): Promise<void> {
    await this.#o.setup.setModel(null);
    this.#prepared = null;
    await this.prepare();
  }
  /** The load under way is not waited for. A conversation that wanted that model goes on with the one that answers again; others are not changed by it. */
  async stopLoad(): Promise<void> {
    const { models, setup } = this.#o;
    const loading = models.library?.loaded;
    const back = await models.stopLoad(this.loads);
    this.#prepared = null;
    if (back === null || this.id === null || this.id !== loading) return;
    await setup.setModel(models.library?.current === back ? null : back);
  }
  /** Loads a model again that left the memory: somebody writes. */
  async wake(): Promise<void> {
    const { engine } = this.#o.session;
    const { id } = this;
    if (id === null || engine.state !== 'ready' || !engine.unloaded || this.#prepared === id) return;
    this.#prepared = id;
    await this.#o.session.client.call('models.prepare', { id });
  }
  /** It is there: one that leaves again is wanted again. */
  arrived(): void {
    const { engine } = this.#o.session;
    if (engine.state === 'ready' && !this.waits) this.#prepared = null;
  }
}

const key = Symbol('writer');
export const provideWriter = (writer: Writer): Writer => setContext(key, writer);
export const useWriter = (): Writer => getContext<Writer>(key);
