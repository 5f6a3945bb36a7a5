/**
 * The models on this machine: the built-in one and those that were imported, which one answers, and the import under way.
 * Imported packs lie in `models` of the home folder, each in a folder named by its id; all profiles share them. What is on its
 * way in or out lies in folders that begin with a dot and name the process that works on them: a kill leaves nothing that
 * looks usable, and the next start takes it away.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import type { SpawnEngine } from '../contract/engine.ts';
import {
  modelIdSchema,
  type ImportChoice,
  type ImporterRequest,
  type ImportJob,
  type LibraryState,
  type Model,
  type PreflightResult,
} from '../contract/models.ts';
import { type AppError, errorOf, failure, reasonOf, thrownOf, toAppError } from '../contract/result.ts';
import type { SamplerChoice } from '../contract/settings.ts';
import { manifestIn } from '../model/manifest-file.ts';
import { askImporter, type Asked, type Last } from './importer.ts';
import { dropLeftovers, INCOMING, REMOVED } from './leftovers.ts';
import { describeFolder, fitting, packsIn, type Found } from './packs.ts';
import { Usage } from './usage.ts';

export interface LibraryOptions {
  /** The folder that the app starts with; models lie in `models` of it. */
  home: string;
  /** The folder of the pack that is always there. */
  builtIn: string;
  spawn: SpawnEngine;
  /** The built-in model was named for this start: it answers first, whatever was remembered. */
  named?: boolean;
  /** Moves a folder to the system's trash; absent where there is none. @throws what the system says */
  trash?: ((folder: string) => Promise<void>) | undefined;
  /** Whether the system can show a folder. */
  folders?: boolean;
  /** The folder of the pack in memory, or on its way there; default: that of the one that answers. */
  loadedDir?: () => string;
  /** Of this machine, bytes. */
  memory?: number;
  /** Told of every change. */
  onChange?: (state: LibraryState) => void;
}

const choiceSchema = v.object({ version: v.literal(1), current: v.nullable(modelIdSchema) });

const isOver = (job: ImportJob): boolean => job.stage === 'done' || job.stage === 'failed';

export class Library {
  readonly folder: string;
  readonly #o: LibraryOptions;
  #found: Found[] = [];
  #current: string;
  #job: ImportJob | null = null;
  #running: Asked<unknown> | null = null;
  /** Questions that nobody waits for once the app closes. */
  readonly #asked = new Set<Asked<unknown>>();
  /** What a person should know of the choice that was remembered. */
  readonly notices: readonly AppError[];
  readonly #usage: Usage;
  readonly #idlers = new Set<() => void>();
  /** Waits for the import under way. */
  #over: ((job: ImportJob | null) => void) | null = null;

  constructor(options: LibraryOptions) {
    this.#o = options;
    this.folder = path.join(options.home, 'models');
    this.#usage = new Usage(this.folder);
    dropLeftovers(this.folder);
    this.#scan();
    const wanted = options.named === true ? null : this.#remembered();
    const found = this.#found.find(({ model }) => model.id === wanted);
    this.#current = found?.model.error === null ? found.model.id : this.#builtIn.model.id;
    this.notices =
      wanted === null || wanted === this.#current ? [] : [this.#instead(wanted, found?.model.error ?? null)];
  }
  /** Says of a model that was chosen why it can't answer, and which one does instead. */
  instead(wanted: string, why: unknown): AppError {
    const error = toAppError(why);
    return this.#instead(wanted, error.id === 'library.no-model' ? null : error, this.current.name);
  }
  #instead(wanted: string, why: AppError | null, instead = this.#builtIn.model.name): AppError {
    return why
      ? errorOf('library.chosen-unusable', { wanted, instead, why })
      : errorOf('library.chosen-gone', { wanted, instead });
  }
  get #builtIn(): Found {
    return this.#found[0] as Found;
  }
  get state(): LibraryState {
    return {
      folder: this.folder,
      models: this.#found.map(({ model }) => model),
      current: this.#current,
      loaded: this.loaded,
      job: this.#job,
      trash: this.#o.trash !== undefined,
      folders: this.#o.folders === true,
    };
  }
  /** The model in memory, or on its way there. */
  get loaded(): string {
    const dir = this.#o.loadedDir?.();
    return this.#found.find((one) => one.dir === dir)?.model.id ?? this.current.id;
  }
  /** Another pack is loaded now. */
  changed(): void {
    this.#changed();
  }
  /** The model that answers where nobody chose another one. */
  get current(): Model {
    return (this.#at(this.#current) ?? this.#builtIn).model;
  }
  nameOf(id: string): string {
    return this.#at(id)?.model.name ?? id;
  }
  /** The folder of the pack that answers. */
  get currentDir(): string {
    return this.#at(this.#current)?.dir ?? this.#builtIn.dir;
  }
  /** Looks at the folders again: a pack may have come by another way. */
  list(): LibraryState {
    this.#scan();
    return this.state;
  }
  /** @throws MezzotintError `not-found` with the models there are */
  find(id: string): Found {
    this.#scan();
    const found = this.#at(id);
    if (found) return found;
    throw failure('library.no-model', { model: id, known: this.#found.map(({ model }) => model.id) });
  }
  /** @throws MezzotintError `not-found`, why the model can't be used, or `out-of-memory` with figures where it would not fit */
  usable(id: string): Found {
    const found = this.find(id);
    if (found.model.error) throw thrownOf(found.model.error);
    return found;
  }
  /** What its authors write with: for a reply by a model that is not in use. @throws MezzotintError as `usable` */
  samplerOf(id: string): SamplerChoice {
    return manifestIn(this.usable(id).dir).manifest.defaults.sampler;
  }
  /** @throws MezzotintError as `usable` */
  use(id: string): LibraryState {
    const { model } = this.usable(id);
    this.#remember(model.builtIn ? null : id);
    this.#current = id;
    return this.#changed();
  }
  /**
   * Into the trash where there is one, unless it is to be deleted for good.
   * @throws MezzotintError `not-found`, `conflict` for the built-in one, `store-failed` where the trash does not take it
   */
  async remove(id: string, forever = false): Promise<LibraryState> {
    const { model, dir } = this.find(id);
    if (model.builtIn) throw failure('library.built-in', { model: model.name });
    const { trash } = this.#o;
    if (trash && !forever)
      await trash(dir).catch((cause: unknown) => {
        throw failure('library.no-trash', { model: model.name, reason: reasonOf(cause) }, { file: dir, cause });
      });
    else {
      const gone = path.join(this.folder, `${REMOVED}${process.pid}-${id}`);
      renameSync(dir, gone);
      rmSync(gone, { recursive: true, force: true, maxRetries: 5 });
    }
    if (this.#current === id || this.#remembered() === id) this.#remember(null);
    if (this.#current === id) this.#current = this.#builtIn.model.id;
    this.#usage.forget(id);
    this.#scan();
    return this.#changed();
  }
  /** A reply was written. */
  noteUse(id: string, tokens: number, ms: number): void {
    if (!this.#at(id)) return;
    this.#usage.note(id, tokens, ms, Date.now());
    this.list();
    this.#changed();
  }
  /** Compares every file with its hash. @returns what is wrong; null: nothing */
  async verify(id: string): Promise<AppError | null> {
    const { dir } = this.find(id);
    try {
      await this.#ask({ kind: 'verify', path: dir });
      return null;
    } catch (thrown) {
      return toAppError(thrown);
    }
  }

  /** What an import would give. @throws MezzotintError that names what can't be honoured */
  async preflight(choice: ImportChoice): Promise<PreflightResult> {
    return (await this.#judge(choice)).result;
  }
  /** Begins an import. @throws MezzotintError at once for what the preflight refuses, `conflict` while another one runs */
  async import(choice: ImportChoice): Promise<LibraryState> {
    this.#idle();
    const { result, id } = await this.#judge(choice);
    if (result.state === 'choose' || id === null) throw failure('library.kind-unknown');
    this.#idle();
    const name = result.plan.name;
    this.#say({ stage: 'converting', name, done: 0, total: result.plan.parameters });
    void this.#convert(choice, id, name);
    return this.state;
  }
  /** Resolves once no import runs. @throws the signal's reason */
  async idle(signal: AbortSignal): Promise<void> {
    while (this.#running || (this.#job && !isOver(this.#job))) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#idlers.add(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    signal.throwIfAborted();
  }
  /**
   * An import, waited for; aborting the signal cancels it. @param repository where the checkpoint was fetched from
   * @returns null where it was cancelled @throws as `import`, and what the import itself failed with
   */
  async imported(
    choice: ImportChoice,
    repository: string,
    signal: AbortSignal,
  ): Promise<{ id: string; name: string } | null> {
    await this.import(choice);
    const cancel = (): void => void this.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      if (signal.aborted) cancel();
      const job = await new Promise<ImportJob | null>((resolve) => {
        this.#over = resolve;
        if (this.#job === null || isOver(this.#job)) resolve(this.#job);
      });
      if (job?.stage === 'failed') throw thrownOf(job.error);
      if (job?.stage !== 'done') return null;
      this.#usage.cameFrom(job.id, repository);
      this.list();
      this.#changed();
      return { id: job.id, name: job.name };
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }
  /** Ends a running import, of which nothing is left; forgets the outcome of one that has ended. */
  cancel(): LibraryState {
    const running = this.#running;
    this.#running = null;
    running?.cancel();
    if (running) this.#dropIncoming();
    this.#job = null;
    this.#over?.(null);
    return this.#changed();
  }
  /** Ends what runs. */
  close(): void {
    for (const asked of this.#asked) asked.cancel();
    if (this.#running) this.cancel();
  }

  #idle(): void {
    if (this.#running) throw failure('library.importing');
  }
  async #judge(choice: ImportChoice): Promise<{ result: PreflightResult; id: string | null }> {
    const out = path.join(this.folder, 'model');
    const answer = await this.#ask({ kind: 'preflight', ...choice, out });
    if (answer.kind !== 'preflight') throw failure('library.check-ended');
    return answer;
  }
  async #ask(request: ImporterRequest): Promise<NonNullable<Last>> {
    const asked = askImporter(this.#o.spawn, request);
    this.#asked.add(asked);
    try {
      const answer = await asked.answered;
      if (answer === null) throw failure('library.check-ended');
      return answer;
    } finally {
      this.#asked.delete(asked);
    }
  }
  async #convert(choice: ImportChoice, id: string, name: string): Promise<void> {
    const incoming = this.#incoming;
    try {
      mkdirSync(incoming, { recursive: true, mode: 0o700 });
    } catch (cause) {
      const error = failure('library.folder-not-made', { folder: incoming }, { file: incoming, cause });
      return this.#say({ stage: 'failed', name, error: toAppError(error) });
    }
    const { place, title } = this.#freePlace(id, name);
    const out = path.join(incoming, place);
    const asked = askImporter(
      this.#o.spawn,
      { kind: 'import', ...choice, out, id: place, name: title },
      (done, total) => {
        if (this.#running === asked)
          this.#say(done < total ? { stage: 'converting', name, done, total } : { stage: 'testing', name });
      },
    );
    this.#running = asked;
    try {
      const answer = await asked.answered;
      if (answer === null || this.#running !== asked) return;
      renameSync(out, path.join(this.folder, place));
      this.#running = null;
      this.#dropIncoming();
      this.#scan();
      this.#say({ stage: 'done', name: title, id: place });
    } catch (thrown) {
      if (this.#running !== asked) return;
      this.#running = null;
      this.#dropIncoming();
      this.#say({ stage: 'failed', name, error: toAppError(thrown) });
    }
  }
  /** An id that no other model has, with a name that tells the two apart. */
  #freePlace(id: string, name: string): { place: string; title: string } {
    const taken = (one: string): boolean => this.#at(one) !== undefined || existsSync(path.join(this.folder, one));
    if (!taken(id)) return { place: id, title: name };
    for (let n = 2; ; n++) {
      const place = `${id.slice(0, 60)}-${n}`;
      if (!taken(place)) return { place, title: `${name} (${n})` };
    }
  }

  get #incoming(): string {
    return path.join(this.folder, `${INCOMING}${process.pid}`);
  }
  #dropIncoming(): void {
    rmSync(this.#incoming, { recursive: true, force: true, maxRetries: 5 });
  }
  #scan(): void {
    const builtIn = describeFolder(this.#o.builtIn, true, this.#usage);
    const others = packsIn(this.folder, this.#usage).filter(({ model }) => model.id !== builtIn.model.id);
    this.#found = [builtIn, ...others].map((found) => fitting(found, this.#o.memory));
  }
  #at(id: string): Found | undefined {
    return this.#found.find(({ model }) => model.id === id);
  }
  get #choiceFile(): string {
    return path.join(this.folder, 'library.json');
  }
  #remembered(): string | null {
    try {
      return v.parse(choiceSchema, JSON.parse(readFileSync(this.#choiceFile, 'utf8'))).current;
    } catch {
      return null; // nothing was ever chosen
    }
  }
  #remember(current: string | null): void {
    if (this.#remembered() === current) return;
    const partial = `${this.#choiceFile}.part`;
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      writeFileSync(partial, `${JSON.stringify({ version: 1, current })}\n`, { mode: 0o600 });
      renameSync(partial, this.#choiceFile);
    } catch (cause) {
      throw failure('library.choice-not-stored', {}, { file: this.#choiceFile, cause });
    }
  }
  #say(job: ImportJob): void {
    this.#job = job;
    this.#changed();
    if (isOver(job)) this.#over?.(job);
  }
  #changed(): LibraryState {
    if (!this.#running && (this.#job === null || isOver(this.#job))) {
      for (const wake of this.#idlers) wake();
      this.#idlers.clear();
    }
    this.#o.onChange?.(this.state);
    return this.state;
  }
}
