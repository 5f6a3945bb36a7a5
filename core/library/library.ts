/**
 * The models on this machine: the built-in one and those that were imported, which one answers, and the import under way.
 * Imported packs lie in `models` of the home folder or where a person chose (place.ts), each in a folder named by its id; all
 * profiles share them. What is on its way in or out lies in folders that begin with a dot and name the process that works on
 * them: a kill leaves nothing that looks usable, and the next start takes it away.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { SpawnEngine } from '../contract/engine.ts';
import type { FolderMove } from '../contract/model-folder.ts';
import type { ImportChoice, ImportJob, LibraryState, Model, PreflightResult } from '../contract/models.ts';
import { type AppError, errorOf, failure, reasonOf, thrownOf, toAppError } from '../contract/result.ts';
import type { SamplerChoice } from '../contract/settings.ts';
import { manifestIn } from '../model/manifest-file.ts';
import { askImporter, Questions, type Asked } from './importer.ts';
import { ModelsFolder } from './folder.ts';
import { comingIn, removedIn } from './leftovers.ts';
import { describeFolder, fitting, freePlace, packsIn, type Found } from './packs.ts';
import { Remembered } from './remembered.ts';
import { Usage } from './usage.ts';

export interface LibraryOptions {
  /** The folder that the app starts with; models lie in `models` of it, or where it says. */
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
  /** The folder of the pack that answers again where the one that loads is not waited for; null: none loads. */
  backDir?: () => string | null;
  /** Of this machine, bytes. */
  memory?: number;
  /** Told of every change. */
  onChange?: (state: LibraryState) => void;
  /** Told when the disk of the models has gone while the app runs. */
  onAway?: (error: AppError) => void;
}

const isOver = (job: ImportJob): boolean => job.stage === 'done' || job.stage === 'failed';

export class Library {
  readonly #o: LibraryOptions;
  /** Where models lie. */
  readonly place: ModelsFolder;
  #move: FolderMove | null = null;
  readonly #remembered: Remembered;
  #incoming: string | null = null;
  #found: Found[] = [];
  #current: string;
  #job: ImportJob | null = null;
  #running: Asked<unknown> | null = null;
  readonly #questions: Questions;
  /** What a person should know of the choice that was remembered. */
  readonly notices: readonly AppError[];
  readonly #usage: Usage;
  readonly #idlers = new Set<() => void>();
  /** Waits for the import under way. */
  #over: ((job: ImportJob | null) => void) | null = null;

  constructor(options: LibraryOptions) {
    this.#o = options;
    this.#questions = new Questions(options.spawn);
    this.place = new ModelsFolder(options.home);
    this.#remembered = new Remembered(this.place.notes);
    this.#usage = new Usage(this.place.notes);
    this.#scan();
    const wanted = options.named === true ? null : this.#remembered.id;
    const found = this.#found.find(({ model }) => model.id === wanted);
    this.#current = found?.model.error === null ? found.model.id : this.#builtIn.model.id;
    const { notices, away } = this.place;
    const changed =
      wanted === null || wanted === this.#current ? [] : [this.#instead(wanted, found?.model.error ?? null)];
    this.notices = [...notices, ...(away ? [away] : changed)];
  }
  /** Where models lie. */
  get folder(): string {
    return this.place.path;
  }
  get builtInDir(): string {
    return this.#o.builtIn;
  }
  /** The folder may have changed, gone or come back. */
  #look(): void {
    const news = this.place.look();
    if (!news) return;
    this.#scan();
    const wanted = this.#o.named === true ? null : this.#remembered.id;
    const usable = (id: string | null): boolean =>
      this.#found.some(({ model }) => model.id === id && model.error === null);
    if (news.back && usable(wanted)) this.#current = wanted as string;
    else if (!usable(this.#current)) this.#current = this.#builtIn.model.id;
    if (news.away && this.place.away) this.#o.onAway?.(this.place.away);
    this.#changed();
  }
  /** Models lie elsewhere now. @param names new ids by the old ones */
  moved(names: ReadonlyMap<string, string>): void {
    for (const [from, to] of names) {
      if (from === to) continue;
      this.#usage.rename(from, to);
      if (this.#remembered.id === from) this.#remembered.set(to);
      if (this.#current === from) this.#current = to;
    }
    this.list();
    this.#changed();
  }
  /** How far a move is; null: none is shown. */
  sayMove(move: FolderMove | null): LibraryState {
    this.#move = move;
    return this.#changed();
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
      usualFolder: this.place.usual,
      away: this.place.away,
      move: this.#move,
      models: this.#found.map(({ model }) => model),
      current: this.#current,
      loaded: this.loaded,
      back: this.#idOf(this.#o.backDir?.()),
      job: this.#job,
      trash: this.#o.trash !== undefined,
      folders: this.#o.folders === true,
    };
  }
  /** The model in memory, or on its way there. */
  get loaded(): string {
    return this.#idOf(this.#o.loadedDir?.()) ?? this.current.id;
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
    this.#look();
    return this.#at(this.#current)?.dir ?? this.#builtIn.dir;
  }
  /** Looks at the folders again: a pack may have come by another way. */
  list(): LibraryState {
    this.#look();
    this.#scan();
    return this.state;
  }
  /** @throws MezzotintError `not-found` with the models there are */
  find(id: string): Found {
    this.#look();
    this.#scan();
    const found = this.#at(id);
    if (found) return found;
    if (this.place.away) throw thrownOf(this.place.away);
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
    this.#remembered.set(model.builtIn ? null : id);
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
    this.place.ready();
    if (this.place.uses.elsewhere(this.folder, id)) throw failure('library.used-elsewhere', { model: model.name });
    const { trash } = this.#o;
    if (trash && !forever)
      await trash(dir).catch((cause: unknown) => {
        throw failure('library.no-trash', { model: model.name, reason: reasonOf(cause) }, { file: dir, cause });
      });
    else {
      const gone = removedIn(this.folder, id);
      renameSync(dir, gone);
      rmSync(gone, { recursive: true, force: true, maxRetries: 5 });
    }
    if (this.#current === id || this.#remembered.id === id) this.#remembered.set(null);
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
      await this.#questions.ask({ kind: 'verify', path: dir });
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
    this.place.ready();
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
    this.#questions.close();
    if (this.#running) this.cancel();
    this.place.uses.close();
  }

  /** An import runs here, or one of another process into the same folder. */
  get importing(): boolean {
    return this.#running !== null || comingIn(this.folder, true).length > 0;
  }
  #idle(): void {
    if (this.#running) throw failure('library.importing');
  }
  async #judge(choice: ImportChoice): Promise<{ result: PreflightResult; id: string | null }> {
    const out = path.join(this.folder, 'model');
    const answer = await this.#questions.ask({ kind: 'preflight', ...choice, out });
    if (answer.kind !== 'preflight') throw failure('library.check-ended');
    return answer;
  }
  async #convert(choice: ImportChoice, id: string, name: string): Promise<void> {
    let incoming: string;
    try {
      incoming = this.place.makeIncoming();
    } catch (thrown) {
      return this.#say({ stage: 'failed', name, error: toAppError(thrown) });
    }
    this.#incoming = incoming;
    const coming = comingIn(this.folder);
    const { place, title } = freePlace(
      id,
      name,
      (one) => this.#at(one) !== undefined || existsSync(path.join(this.folder, one)) || coming.includes(one),
    );
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
      renameSync(out, path.join(path.dirname(incoming), place));
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
  #dropIncoming(): void {
    if (this.#incoming !== null) rmSync(this.#incoming, { recursive: true, force: true, maxRetries: 5 });
    this.#incoming = null;
  }
  #scan(): void {
    const builtIn = describeFolder(this.#o.builtIn, true, this.#usage);
    const there = this.place.away ? [] : packsIn(this.folder, this.#usage);
    const others = there.filter(({ model }) => model.id !== builtIn.model.id);
    this.#found = [builtIn, ...others].map((found) => fitting(found, this.#o.memory));
  }
  #idOf(dir: string | null | undefined): string | null {
    return this.#found.find((one) => one.dir === dir)?.model.id ?? null;
  }
  #at(id: string): Found | undefined {
    return this.#found.find(({ model }) => model.id === id);
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
    if (this.#o.loadedDir && !this.place.away) {
      const { loaded } = this;
      this.place.uses.set(this.folder, loaded === this.#builtIn.model.id ? null : loaded);
    }
    this.#o.onChange?.(this.state);
    return this.state;
  }
}
