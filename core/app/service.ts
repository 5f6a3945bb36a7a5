/** Store, engine and chat put together: the same in a window and in browser mode. */
import { randomInt } from 'node:crypto';
import { createApiService } from '../api/index.ts';
import { createChatService, createSearching, titleFrom } from '../chat/index.ts';
import type { AppInfo, AppSettings } from '../contract/app.ts';
import { isInMemory, type SpawnEngine } from '../contract/engine.ts';
import type { Message } from '../contract/conversations.ts';
import type { Handlers } from '../contract/index.ts';
import type { Push } from '../contract/push.ts';
import { thrownOf } from '../contract/result.ts';
import { normalise } from '../contract/settings.ts';
import {
  createFetchingHandlers,
  Costs,
  createModelHandlers,
  Downloads,
  HubToken,
  Library,
  Mover,
  Offers,
  type DownloadsOptions,
} from '../library/index.ts';
import { Guests } from './guests.ts';
import { Loading } from './loading.ts';
import { measuredIn } from './paths.ts';
import { createDataService, type DataOptions } from '../profile/index.ts';
import { engines, Idle, resumingByText, switching, type CreateEngine } from '../engines/index.ts';
import { createServerHandlers, Servers } from '../servers/index.ts';
import { createTransfer } from '../transfer/index.ts';
import { openStore } from '../store/index.ts';

export interface ServiceOptions {
  /** The folder that is open. */
  dataDir: string;
  /** Said once, beside what opening the store has to say. */
  notices?: AppInfo['notices'];
  /** The folder, its backups and profiles: what the host gives of it. */
  data: Pick<DataOptions, 'home' | 'reopen' | 'desktop' | 'schedule' | 'watchMs'>;
  /** The pack that is always there; models that a person imports lie in the home folder. */
  packDir: string;
  spawnEngine: SpawnEngine;
  /** What writes replies; default: the engine process of this machine. */
  createEngine?: CreateEngine;
  /** Opens an http, https or mailto address in the system's browser. */
  openExternal: (address: string) => Promise<void>;
  version: string;
  runtime: AppInfo['runtime'];
  /** The command line opens it for one conversation: it is named so to others, and measures nothing while idle. */
  command?: boolean;
  /** The server that writes replies in place of the one that was chosen, while this runs: its id. */
  server?: string | undefined;
  /** How a connection to the hub behaves, where that is not by the environment and the usual limits. */
  hub?: DownloadsOptions['connection'];
  /** Prints HTML that has nothing outside it to a PDF; absent where nothing here can. */
  toPdf?: (html: string) => Promise<Uint8Array>;
}
export interface Service {
  handlers: Handlers;
  /** The folder that is open. */
  readonly dataDir: string;
  /** Returns the unsubscriber. */
  onPush(listener: (push: Push) => void): () => void;
  /**
   * Ends replies in this very call (what is committed is kept); then a backup under way, a running import between two
   * conversations, the engine, and the store, in this order.
   */
  close(): Promise<void>;
}

/** Quiet time before the app measures its speeds, once for a model and device. MEZZOTINT_MEASURE=asked: only when asked. */
const MEASURE_AFTER_MS = 30_000;

/** Of the setting for how long an idle model stays. MEZZOTINT_MINUTE_MS: tests have no five minutes. */
const MINUTE_MS = Number(process.env['MEZZOTINT_MINUTE_MS']) || 60_000;

/**
 * The engine's start fills every core for a second. The window's list comes first: the engine begins a moment after it was
 * answered, or when no window asks.
 */
const ENGINE_AFTER_LIST_MS = 200;
const ENGINE_AFTER_MS = 1500;

/** @throws MezzotintError `store-locked`, `store-newer` or `store-failed`; a damaged pack is no error here but an engine status */
export function openService(options: ServiceOptions): Service {
  const {
    dataDir,
    packDir,
    spawnEngine,
    createEngine = engines.local,
    openExternal,
    version,
    runtime,
    command = false,
    toPdf,
  } = options;
  const opened = openStore({ dataDir, who: command ? 'command' : runtime === 'electron' ? 'window' : 'browser' });
  if (!opened.ok) throw thrownOf(opened.error);
  const { store, notices } = opened.value;
  const listeners = new Set<(push: Push) => void>();
  let startEngine = (): void => undefined;
  const soon = (ms: number): void => void setTimeout(() => startEngine(), ms).unref();
  const startWhen = (start: () => void): void => {
    startEngine = start;
    soon(ENGINE_AFTER_MS);
  };
  /** A reply that ends says when its model was used, and how fast it was. */
  const noteUse = ({ status, generation }: Message): void => {
    if (
      status !== 'complete' ||
      !generation?.pack ||
      generation.pack.server ||
      !generation.counts ||
      generation.reason === null
    )
      return;
    library.noteUse(generation.pack.id, generation.counts.tokens, generation.counts.msDecode);
  };
  const searching = createSearching(store.search);
  const unloadAfter = ({ unloadAfter }: Pick<AppSettings, 'unloadAfter'>): void =>
    idle.set(unloadAfter === null ? null : unloadAfter * MINUTE_MS);
  /** Megabytes a second. */
  let { downloadLimit, kernels } = store.settings.read();
  /** Another choice holds at once, unless a reply is being written: then from the next load on. */
  const runBy = (asked: AppSettings['kernels']): void => {
    if (JSON.stringify(asked) === JSON.stringify(kernels)) return;
    kernels = asked;
    if (isInMemory(ownEngine.status) && chat.snapshot().running === null) ownEngine.restart();
  };
  const notify = (push: Push): void => {
    searching.onPush(push);
    if (push.topic === 'message') noteUse(push.message);
    if (push.topic === 'settings') {
      unloadAfter(push.settings);
      ({ downloadLimit } = push.settings);
      runBy(push.settings.kernels);
    }
    for (const listener of listeners) listener(push);
    for (const look of waiting) look();
  };
  /** Those that wait until no reply is written. */
  const waiting = new Set<() => void>();
  const quiet = (): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (busy()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const busy = (): boolean => chat.snapshot().running !== null;
  /** Set once the engine is there. */
  const load: { loading: Loading | null } = { loading: null };
  const library: Library = new Library({
    home: options.data.home,
    builtIn: packDir,
    spawn: spawnEngine,
    named: Boolean(process.env['MEZZOTINT_PACK']),
    trash: options.data.desktop?.trash,
    folders: options.data.desktop !== undefined,
    loadedDir: () => guests.packDir(),
    backDir: () => load.loading?.backDir ?? null,
    onChange: (state) => notify({ topic: 'models', library: state }),
    onAway: (error) => notify({ topic: 'notice', error }),
  });
  const costs = new Costs({ folder: library.place.notes, spawn: spawnEngine });
  const downloads = new Downloads({
    home: options.data.home,
    library,
    token: new HubToken(options.data.desktop?.keyStore ?? null),
    connection: options.hub,
    limit: () => (downloadLimit === null ? null : downloadLimit * 1e6),
    onChange: (state) => notify({ topic: 'downloads', downloads: state }),
  });
  const mover = new Mover({
    library,
    fetching: () => downloads.busy,
    quiet,
    onMoved() {
      guests.forget();
      if (servers.current === null) engine.restart();
      else ownEngine.unload?.();
    },
  });
  const offers = new Offers({
    folder: library.place.notes,
    disk: () => library.folder,
    spawn: spawnEngine,
    rate: () => downloads.rate,
    onChange: (state) => notify({ topic: 'catalogue', catalogue: state }),
  });
  const servers = new Servers({
    home: options.data.home,
    keyStore: options.data.desktop?.keyStore,
    key: process.env['MEZZOTINT_SERVER_KEY']?.trim() || undefined,
    current: options.server,
  });
  let beginLocal = (): void => undefined;
  const guests: Guests = new Guests({
    current: () => library.currentDir,
    // the one in use was judged when it was chosen, and the engine says what is wrong with it
    find: (id) => (id === library.current.id ? library.currentDir : library.usable(id).dir),
    onGone: (id, why) => notify({ topic: 'notice', error: library.instead(id, why) }),
    onLoad: () => library.changed(),
  });
  const ownEngine = createEngine({
    spawn: spawnEngine,
    packDir: guests.packDir,
    kernels: () => kernels,
    ...measuredIn(options.data.home),
    // while a server writes, this machine's model is not loaded
    startWhen: (start) => {
      beginLocal = start;
      startWhen(() => {
        if (servers.current === null) start();
      });
    },
    log: (line) => console.error(line),
  });
  const idle = new Idle(ownEngine);
  const engine = switching(resumingByText(guests.serve(idle.serve())), () => beginLocal());
  const transfer = createTransfer({
    archive: store.archive,
    conversations: store.conversations,
    notify,
    titleFrom,
    ...(toPdf ? { toPdf } : {}),
  });
  const chat = createChatService({
    store,
    engine,
    notify,
    appInfo: {
      version,
      runtime,
      platform: process.platform,
      dataDir,
      notices: [
        ...(options.notices ?? []),
        ...notices,
        ...library.notices,
        ...(servers.state.error ? [servers.state.error] : []),
      ],
    },
    openExternal,
    models: {
      current: () => (servers.current === null ? library.current : null),
      loaded: () => library.loaded,
      samplerOf: (id) => library.samplerOf(id),
      nameOf: (id) => library.nameOf(id),
    },
    measureAfter: command || process.env['MEZZOTINT_MEASURE'] === 'asked' ? null : MEASURE_AFTER_MS,
  });
  unloadAfter(store.settings.read());
  const remote = createServerHandlers({
    servers,
    engine,
    busy,
    notify,
  });
  const loading = new Loading({
    library,
    guests,
    engine: ownEngine,
    stopReply() {
      const { running } = chat.snapshot();
      if (running) void chat.handlers['chat.stop']({ messageId: running.messageId });
    },
  });
  load.loading = loading;
  const models = createModelHandlers({
    library,
    mover,
    costs,
    busy,
    loadedDir: guests.packDir,
    restart: () => {
      guests.forget();
      engine.restart();
    },
    prepare: (id) => guests.prepare(ownEngine, id),
    stopLoad: (alone) => loading.stop(alone),
    choose: options.data.desktop?.chooseModel,
    showFolder: options.data.desktop?.showFolder,
  });
  const api = createApiService({
    dataDir,
    engine,
    scheduler: chat.scheduler,
    defaults: (pack) => normalise(chat.generation(), pack.samplers),
    notify,
    version,
    randomSeed: () => randomInt(2 ** 32),
    log: (line) => console.error(line),
  });
  const data = createDataService({ store, notify, busy, ...options.data });
  return {
    dataDir,
    handlers: {
      ...chat.handlers,
      ...transfer.handlers,
      ...searching.handlers,
      ...data.handlers,
      ...models,
      ...remote,
      // a model of this machine takes the place of a server
      'models.use': async (request) => {
        if (servers.current !== null) await remote['servers.use']({ id: null });
        return models['models.use'](request);
      },
      ...createFetchingHandlers(downloads, offers),
      ...api.handlers,
      'conversations.list': (request) => {
        soon(ENGINE_AFTER_LIST_MS);
        return chat.handlers['conversations.list'](request);
      },
    },
    onPush(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      chat.endReplies();
      const answered = api.close();
      offers.stop();
      const paused = downloads.close();
      costs.stop();
      const still = mover.stop();
      library.close();
      searching.close();
      await paused;
      await still;
      await data.close();
      await transfer.close();
      await answered;
      await chat.shutdown();
      store.close();
    },
  };
}
