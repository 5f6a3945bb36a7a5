/** What holds for the whole window: the client, settings, engine, connection, notices. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the maps and sets here are replaced as a whole ($state.raw), or nothing draws them */
import { getContext, setContext } from 'svelte';
import type { AppInfo, AppSettings } from '../../../core/contract/app.ts';
import { capabilitiesOf } from '../../../core/contract/capabilities.ts';
import { fillsCores, type EngineStatus } from '../../../core/contract/engine.ts';
import { mergeSettings, type ChosenSettings } from '../../../core/contract/settings.ts';
import type { Client } from '../../../core/contract/index.ts';
import type { AppError } from '../../../core/contract/result.ts';

/** What the window assumes until the service has answered; the service's own values replace it at once. */
export const firstSettings: AppSettings = {
  theme: 'system',
  textSize: 'normal',
  language: 'system',
  sendWith: 'enter',
  sidebarOpen: true,
  unsureMarks: false,
  replyLength: 'auto',
  replyBudget: 200,
  unloadAfter: null,
  downloadLimit: null,
  kernels: 'auto',
  welcomed: true,
  listSort: 'date',
  listFolded: [],
  generation: {
    sampling: { temperature: 0.2, topP: 0.9, topK: 64, repetitionPenalty: 1.05, seed: null },
    sampler: { id: 'speculative', params: {} },
    ending: { maxTokens: 512, stop: [], loopGuard: true },
  },
  samplerParams: {},
};

export class Session {
  readonly client: Client;
  settings = $state.raw<AppSettings>(firstSettings);
  engine = $state.raw<EngineStatus>({ state: 'starting' });
  /** What the engine in use can do: what it can't is not offered. */
  can = $derived(capabilitiesOf(this.engine));
  /** The model fills the cores that this window draws on. */
  get fills(): boolean {
    return fillsCores(this.engine, globalThis.navigator?.hardwareConcurrency ?? 1);
  }
  info = $state.raw<AppInfo | null>(null);
  notices = $state.raw<readonly AppError[]>([]);
  connected = $state(true);
  restarting = $state(false);
  /** Settings came from the service: until then nothing is drawn that they decide. */
  ready = $state(false);
  readonly mac: boolean;
  #seen = new Set<string>();
  #everConnected = false;
  #listeners = new Set<() => void>();

  constructor(client: Client, platform: string = globalThis.navigator?.platform ?? '') {
    this.client = client;
    this.mac = /mac|iphone|ipad/i.test(platform);
    client.onPush((push) => {
      if (push.topic === 'settings') this.settings = push.settings;
      else if (push.topic === 'engine') this.engine = push.status;
      else if (push.topic === 'notice') this.note(push.error);
    });
    client.onConnection((connected) => {
      const back = connected && this.#everConnected && !this.connected;
      this.connected = connected || !this.#everConnected;
      this.#everConnected ||= connected;
      if (back) {
        void this.load();
        for (const listener of this.#listeners) listener();
      }
    });
  }

  /** Called when a lost connection is back: fetch again what may have changed meanwhile. */
  onReturn(listener: () => void): void {
    this.#listeners.add(listener);
  }

  async load(): Promise<void> {
    const [settings, engine, info] = await Promise.all([
      this.client.call('settings.get', {}),
      this.client.call('engine.status', {}),
      this.client.call('app.info', {}),
    ]);
    if (settings.ok) this.settings = settings.value;
    else this.note(settings.error);
    if (engine.ok) this.engine = engine.value;
    else this.note(engine.error);
    if (info.ok) {
      this.info = info.value;
      info.value.notices.forEach((notice) => this.note(notice));
    }
    this.ready = true;
  }

  /** Shows an error that belongs to no place in the window, once. */
  note(error: AppError): void {
    const key = `${error.code} ${error.message}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.notices = [...this.notices, error];
  }
  dismiss(error: AppError): void {
    this.notices = this.notices.filter((notice) => notice !== error);
    this.#seen.delete(`${error.code} ${error.message}`);
  }

  /** Takes effect at once; when it cannot be stored the old values come back with a notice. */
  async change(part: Partial<AppSettings>): Promise<void> {
    const before = this.settings;
    this.settings = { ...before, ...part };
    const result = await this.client.call('settings.set', part);
    if (!result.ok) {
      this.settings = before;
      this.note(result.error);
    }
  }
  changeGeneration(part: ChosenSettings): Promise<void> {
    return this.change({ generation: mergeSettings(this.settings.generation, part) });
  }

  async restartEngine(): Promise<void> {
    this.restarting = true;
    const result = await this.client.call('engine.restart', {});
    this.restarting = false;
    if (result.ok) this.engine = result.value;
    else this.engine = { state: 'failed', error: result.error };
  }
}

const key = Symbol('session');
export const provideSession = (session: Session): Session => setContext(key, session);
export const useSession = (): Session => getContext<Session>(key);
