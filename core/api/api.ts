/** What the routes of the HTTP API work with: the engine by turns, the settings that stand where a request names none, and limits. */
import type { EngineStatus, PackInfo } from '../contract/engine.ts';
import { thrownOf } from '../contract/result.ts';
import type { GenerationSettings } from '../contract/settings.ts';
import { realTimers, type Engine, type Scheduler, type Timers } from '../engines/index.ts';
import { ApiError } from './errors.ts';
import { Turns } from './turns.ts';

export interface ApiOptions {
  engine: Pick<Engine, 'status' | 'settled'>;
  scheduler: Scheduler;
  /** The settings of a reply whose request says nothing; default: the model's own. */
  defaults?: (pack: PackInfo) => GenerationSettings;
  version: string;
  timers?: Timers;
  now?: () => number;
  randomSeed: () => number;
  newId: () => string;
  limits?: Partial<ApiLimits>;
}
export interface ApiLimits {
  /** Replies at once: one is written, the others wait. */
  requests: number;
  bodyBytes: number;
  /** Milliseconds without a word after which a stream says that it is alive. */
  keepAliveMs: number;
  /** Bytes that a stream's reader may leave unread. */
  backlogBytes: number;
  /** Milliseconds a request waits for a model that is being loaded. */
  loadMs: number;
}
export const apiLimits: ApiLimits = {
  requests: 17,
  bodyBytes: 4 * 1024 * 1024,
  keepAliveMs: 10_000,
  backlogBytes: 16 * 1024 * 1024,
  loadMs: 30_000,
};

/** The name that always means the model in use. */
export const ALIAS = 'mezzotint';

export type Ready = Extract<EngineStatus, { state: 'ready' }>;

/** Programs of this machine are not led on to a server: whoever calls this API expects their words to stay here. */
export const elsewhere = (host: string): ConstructorParameters<typeof ApiError>[0] => ({
  status: 503,
  message: `Mezzotint's window uses a server (${host}). This API answers with models of this machine alone, so that no program sends its words elsewhere. Choose a model of this machine below the message box, or run mezzotint serve, which answers beside the window.`,
  code: 'server_in_use',
  retryAfter: 30,
});

export class Api {
  readonly scheduler: Scheduler;
  readonly turns: Turns;
  readonly limits: ApiLimits;
  readonly timers: Timers;
  readonly now: () => number;
  readonly version: string;
  readonly randomSeed: () => number;
  readonly newId: () => string;
  readonly #engine: ApiOptions['engine'];
  readonly #defaults: (pack: PackInfo) => GenerationSettings;
  /** Seconds since 1970 at which this server began: what it says of a model's age. */
  readonly began: number;

  constructor(options: ApiOptions) {
    this.scheduler = options.scheduler;
    this.limits = { ...apiLimits, ...options.limits };
    this.timers = options.timers ?? realTimers;
    this.now = options.now ?? Date.now;
    this.version = options.version;
    this.randomSeed = options.randomSeed;
    this.newId = options.newId;
    this.turns = new Turns(this.limits.requests, this.now);
    this.#engine = options.engine;
    this.#defaults = options.defaults ?? ((pack) => pack.defaults);
    this.began = Math.floor(this.now() / 1000);
  }
  get status(): EngineStatus {
    return this.#engine.status;
  }
  /** Settings of a reply whose request says nothing; a template of the window's is none of a program's business. */
  defaults(pack: PackInfo): GenerationSettings {
    const { layout: _, ...settings } = this.#defaults(pack);
    return settings;
  }
  /** The model in use; waits a while for one that is being loaded. @throws ApiError 503, or the engine's error */
  async ready(): Promise<Ready> {
    let limit: unknown;
    const waited = new Promise<null>((resolve) => {
      limit = this.timers.set(() => resolve(null), this.limits.loadMs);
    });
    const status = await Promise.race([this.#engine.settled(), waited]);
    this.timers.clear(limit);
    if (status?.state === 'ready') {
      if (status.pack.server) throw new ApiError(elsewhere(status.pack.server.host));
      return status;
    }
    if (status?.state === 'failed') throw thrownOf(status.error);
    throw new ApiError({ status: 503, message: 'The model is being loaded.', code: 'loading', retryAfter: 5 });
  }
  /** The model that a request names; absent and the alias mean the one in use. @throws ApiError 404 with those there are */
  async model(name: string | null | undefined, param = 'model'): Promise<Ready> {
    const ready = await this.ready();
    const { id } = ready.pack;
    const asked = (name ?? ALIAS).replace(/:latest$/, '');
    if (asked === id || asked === ALIAS) return ready;
    throw new ApiError({
      status: 404,
      message: `There is no model ${JSON.stringify((name ?? '').slice(0, 100))} here. Use ${id} or ${ALIAS}.`,
      code: 'model_not_found',
      param,
    });
  }
}
