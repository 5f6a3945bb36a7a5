/**
 * Downloads: a repository looked at, fetched, converted, one after the other; paused, gone on with, dropped. Connections are
 * opened by `find`, `fetch` and `resume` alone, and each says its host. What was begun lies in `downloads` of the home folder, or in
 * `.downloads` of the folder that a person chose for models, so that it can go on after a restart: until a conversion has ended,
 * none of it is a model.
 */
import type { Download, Downloads as State, Found, Source } from '../contract/fetching.ts';
import type { PreflightResult } from '../contract/models.ts';
import { failure, toAppError, type AppError } from '../contract/result.ts';
import {
  begunIn,
  connect,
  dropFetch,
  endpointOf,
  fetchesIn,
  fetchRepository,
  holdFetch,
  lookAt,
  useSystemProxy,
  type Connection,
  type ConnectionOptions,
  type RemoteRepository,
} from '../hub/index.ts';
import { choiceIn, rateIn, writeChoice, writeRate, type Choice } from './choice.ts';
import type { HubToken } from './hub-token.ts';
import { checkpointIn, downloadsOf, dropOldLooks, judgeRepository, namedBy } from './judging.ts';
import type { Library } from './library.ts';
import { Pace } from './pace.ts';

export interface DownloadsOptions {
  home: string;
  library: Library;
  token: HubToken;
  onChange: (state: State) => void;
  /** Bytes a second that a download may take, asked for with each piece; null: no limit. */
  limit?: () => number | null;
  /** For tests: how a connection behaves. */
  connection?: Pick<ConnectionOptions, 'endpoint' | 'waitMs' | 'tries' | 'silentMs'> | undefined;
}

interface Looked {
  key: string;
  remote: RemoteRepository;
  result: PreflightResult;
  file: string | undefined;
}

interface Entry extends Omit<Download, 'hosts' | 'rate'> {
  remote: RemoteRepository;
  choice: Choice;
  hosts: Set<string>;
  pace: Pace;
  work: AbortController | null;
}

/** Milliseconds between two words of progress. */
const EVERY_MS = 250;

const totalOf = ({ files }: RemoteRepository): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

export class Downloads {
  readonly #o: DownloadsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #hosts = new Set<string>();
  #looking: AbortController | null = null;
  /** What the last look found: a download of it needs no second one. */
  #looked: Looked | null = null;
  /** One at a time. */
  #active: Promise<void> | null = null;
  #closed = false;
  #said = -Infinity;

  constructor(options: DownloadsOptions) {
    this.#o = options;
    dropOldLooks(this.#root);
  }
  get #root(): string {
    return this.#o.library.place.downloads;
  }
  /** Of this line, wherever models lie. */
  get #notes(): string {
    return downloadsOf(this.#o.home);
  }
  /** Something is fetched or converted, or waits for it. */
  get busy(): boolean {
    return [...this.#entries.values()].some(
      ({ stage }) => stage === 'fetching' || stage === 'converting' || stage === 'waiting',
    );
  }
  get state(): State {
    return {
      downloads: [...this.#entries.values()].map(
        ({ repository, commit, name, stage, done, total, hosts, pace, pause, error }) => ({
          repository,
          commit,
          name,
          stage,
          done,
          total,
          rate: stage === 'fetching' ? pace.rate : null,
          hosts: [...hosts],
          pause,
          error,
        }),
      ),
      hosts: [...this.#hosts],
      token: this.#o.token.state,
      canKeepToken: this.#o.token.canKeep,
    };
  }
  /** Bytes a second of the last download. */
  get rate(): number | null {
    return rateIn(this.#notes);
  }
  /** With what other processes have begun or ended meanwhile. */
  async list(): Promise<State> {
    const found = await fetchesIn(this.#root);
    for (const { repository, done, total } of found) {
      const known = this.#entries.get(repository);
      if (known && (known.stage === 'fetching' || known.stage === 'converting' || known.stage === 'waiting')) continue;
      const remote = begunIn(this.#root, repository);
      const choice = choiceIn(this.#root, repository);
      if (!remote || choice?.made) {
        if (choice?.made) this.#dropQuietly(repository);
        continue;
      }
      if (known) known.done = done;
      else this.#add(remote, choice ?? { version: 1, name: nameOf(remote), packBytes: 0 }, 'paused', done, total);
    }
    for (const [repository, { stage }] of this.#entries)
      if ((stage === 'paused' || stage === 'failed') && !found.some((one) => one.repository === repository))
        this.#entries.delete(repository);
    return this.state;
  }

  /** @throws MezzotintError for what the hub or the preflight refuses */
  async find(source: Source): Promise<Found> {
    this.stopFinding();
    const work = new AbortController();
    this.#looking = work;
    try {
      const { remote, result } = await this.#look(source, work.signal);
      const { repository, commit, licence, gated } = remote;
      return { repository, commit, licence, gated, fetchBytes: totalOf(remote), result };
    } catch (thrown) {
      throw work.signal.aborted ? failure('library.look-ended') : thrown;
    } finally {
      if (this.#looking === work) this.#looking = null;
    }
  }
  stopFinding(): State {
    this.#looking?.abort();
    this.#looking = null;
    return this.state;
  }
  /** @throws MezzotintError as `find`, `bad-request` where a recipe has to be named, `out-of-memory` with figures */
  async fetch(source: Source): Promise<State> {
    await this.list();
    const { remote, result, file } = await this.#look(source, new AbortController().signal);
    this.#o.library.place.ready();
    if (result.state === 'choose') throw failure('library.kind-unknown');
    const { plan } = result;
    const pack = plan.sizes.find(({ bits }) => bits === (source.bits ?? plan.bits));
    if (!pack) throw new RangeError('a plan without the bits that were chosen');
    if (pack.memory > plan.machineMemory)
      throw failure('library.too-large', { model: plan.name, needed: pack.memory, has: plan.machineMemory });
    const known = this.#entries.get(remote.repository);
    if (known) {
      if (known.choice.file !== file) throw failure('library.other-download', { repository: remote.repository });
      return this.resume(remote.repository);
    }
    const { recipe, bits } = source;
    const choice: Choice = {
      version: 1,
      name: plan.name,
      packBytes: pack.bytes,
      ...(file === undefined ? {} : { file }),
      ...(recipe === undefined ? {} : { recipe }),
      ...(bits === undefined ? {} : { bits }),
    };
    writeChoice(this.#root, remote.repository, choice);
    this.#add(remote, choice, 'waiting', 0, totalOf(remote));
    this.#next();
    return this.#changed();
  }
  /** @throws MezzotintError `not-found` */
  pause(repository: string): State {
    const entry = this.#entry(repository);
    if (entry.stage === 'failed' || entry.stage === 'paused') return this.state;
    entry.stage = 'paused';
    entry.work?.abort();
    return this.#changed();
  }
  /** @throws MezzotintError `not-found` */
  resume(repository: string): State {
    const entry = this.#entry(repository);
    if (entry.stage !== 'paused' && entry.stage !== 'failed') return this.state;
    this.#o.library.place.ready();
    entry.stage = 'waiting';
    entry.error = null;
    this.#next();
    return this.#changed();
  }
  /** @throws MezzotintError `not-found`, `conflict` while another process fetches it */
  async drop(repository: string): Promise<State> {
    this.pause(repository);
    const running = this.#entry(repository).work;
    if (running) await this.#active;
    dropFetch(this.#root, repository);
    this.#entries.delete(repository);
    return this.#changed();
  }
  setToken(token: string | null): State {
    try {
      this.#o.token.set(token);
    } finally {
      this.#changed();
    }
    return this.state;
  }
  /** Ends connections; what has come is kept. */
  async close(): Promise<void> {
    this.#closed = true;
    this.stopFinding();
    for (const { stage, repository } of [...this.#entries.values()])
      if (stage === 'fetching' || stage === 'converting' || stage === 'waiting') this.pause(repository);
    await this.#active;
  }

  #entry(repository: string): Entry {
    const entry = this.#entries.get(repository);
    if (!entry) throw failure('library.no-download', { repository });
    return entry;
  }
  #add(remote: RemoteRepository, choice: Choice, stage: Download['stage'], done: number, total: number): void {
    const { repository, commit } = remote;
    this.#entries.set(repository, {
      remote,
      choice,
      repository,
      commit,
      name: choice.name,
      stage,
      done,
      total,
      hosts: new Set(),
      pace: new Pace(),
      pause: null,
      error: null,
      work: null,
    });
  }
  #connect(onHost: (host: string) => void, onWait?: (error: AppError, ms: number) => void): Connection {
    useSystemProxy();
    return connect({
      ...(this.#o.connection?.endpoint === undefined ? { endpoint: endpointOf() } : {}),
      token: this.#o.token.value,
      onHost,
      onWait: (why, ms) => onWait?.(toAppError(why), ms),
      ...this.#o.connection,
    });
  }
  async #look(source: Source, signal: AbortSignal): Promise<Looked> {
    // what either precision takes is found at once
    const key = JSON.stringify([{ ...source, bits: null }, this.#o.token.value ?? null]);
    if (this.#looked?.key === key) return this.#looked;
    this.#looked = null;
    this.#o.library.place.ready();
    const named = namedBy(source.source, this.#o.connection?.endpoint ?? endpointOf());
    const file = source.file ?? named.file;
    const connection = this.#connect((host) => {
      this.#hosts.add(host);
      this.#changed();
    });
    const remote = await lookAt(connection, named.repository, source.revision ?? named.revision, signal, file);
    const { recipe, bits } = source;
    const choice = { ...(recipe === undefined ? {} : { recipe }), ...(bits === undefined ? {} : { bits }) };
    const result = await judgeRepository(connection, remote, this.#o.library, this.#root, choice, signal);
    signal.throwIfAborted();
    const looked = { key, remote, result, file };
    this.#looked = looked;
    return looked;
  }

  #next(): void {
    if (this.#active || this.#closed) return;
    const entry = [...this.#entries.values()].find(({ stage }) => stage === 'waiting');
    if (!entry) return;
    this.#active = this.#run(entry).finally(() => {
      this.#active = null;
      this.#next();
    });
  }
  async #run(entry: Entry): Promise<void> {
    const work = new AbortController();
    entry.work = work;
    entry.stage = 'fetching';
    entry.pace.begin();
    this.#changed();
    try {
      this.#o.library.place.ready();
      const connection = this.#connect(
        (host) => {
          entry.hosts.add(host);
          this.#changed();
        },
        (error, ms) => {
          entry.pause = { error, ms };
          this.#changed();
        },
      );
      const fetched = await fetchRepository(connection, entry.remote, this.#root, {
        signal: work.signal,
        reserve: entry.choice.packBytes,
        rate: this.#o.limit ?? (() => null),
        onProgress: ({ done, total }) => {
          if (done > entry.done) entry.pause = null;
          entry.done = done;
          entry.total = total;
          entry.pace.note(done);
          this.#progress();
        },
      });
      work.signal.throwIfAborted();
      writeRate(this.#notes, entry.pace.overall);
      entry.stage = 'converting';
      entry.pause = null;
      this.#changed();
      const release = holdFetch(this.#root, entry.repository);
      const made = await this.#convert(entry, checkpointIn(fetched, entry.choice.file), work.signal)
        .then((there) => {
          if (there) writeChoice(this.#root, entry.repository, { ...entry.choice, made: true });
          return there;
        })
        .finally(release);
      if (made) {
        this.#entries.delete(entry.repository);
        this.#dropQuietly(entry.repository);
      } else entry.stage = 'paused';
    } catch (thrown) {
      entry.pause = null;
      if (work.signal.aborted) entry.stage = 'paused';
      else {
        entry.stage = 'failed';
        entry.error = toAppError(thrown);
      }
    } finally {
      entry.work = null;
      this.#changed();
    }
  }
  /** @returns whether its model is there now. Another import comes first. */
  async #convert(entry: Entry, from: string, signal: AbortSignal): Promise<boolean> {
    const { recipe, bits } = entry.choice;
    await this.#o.library.idle(signal);
    const made = await this.#o.library.imported(
      { path: from, ...(recipe === undefined ? {} : { recipe }), ...(bits === undefined ? {} : { bits }) },
      entry.repository,
      signal,
    );
    return made !== null;
  }

  #dropQuietly(repository: string): void {
    try {
      dropFetch(this.#root, repository);
    } catch {
      // it is marked as made: the next list tries again
    }
  }
  #progress(): void {
    const now = performance.now();
    if (now - this.#said < EVERY_MS) return;
    this.#said = now;
    this.#changed();
  }
  #changed(): State {
    const { state } = this;
    this.#o.onChange(state);
    return state;
  }
}

const nameOf = ({ repository }: RemoteRepository): string => repository.split('/')[1] ?? repository;
