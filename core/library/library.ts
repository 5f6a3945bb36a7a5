/**
 * The models on this machine: the built-in one and those that were imported, which one answers, and the import under way.
 * Imported packs lie in `models` of the home folder, each in a folder named by its id; all profiles share them. What is on its
 * way in or out lies in folders that begin with a dot and name the process that works on them: a kill leaves nothing that
 * looks usable, and the next start takes it away.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import type { SpawnEngine } from '../contract/engine.ts';
import {
  modelIdSchema,
  type ImportChoice,
  type ImportJob,
  type LibraryState,
  type PreflightResult,
} from '../contract/models.ts';
import { type AppError, errorOf, failure, thrownOf, toAppError } from '../contract/result.ts';
import { askImporter, type Asked } from './importer.ts';
import { describeFolder, packsIn, type Found } from './packs.ts';

export interface LibraryOptions {
  /** The folder that the app starts with; models lie in `models` of it. */
  home: string;
  /** The folder of the pack that is always there. */
  builtIn: string;
  spawn: SpawnEngine;
  /** The built-in model was named for this start: it answers first, whatever was remembered. */
  named?: boolean;
  /** Told of every change. */
  onChange?: (state: LibraryState) => void;
}

const choiceSchema = v.object({ version: v.literal(1), current: v.nullable(modelIdSchema) });
const INCOMING = '.incoming-';
const REMOVED = '.removed-';

/** Whether a process of this machine has this id. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

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

  constructor(options: LibraryOptions) {
    this.#o = options;
    this.folder = path.join(options.home, 'models');
    this.#clear();
    this.#scan();
    const wanted = options.named === true ? null : this.#remembered();
    const found = this.#found.find(({ model }) => model.id === wanted);
    this.#current = found?.model.error === null ? found.model.id : this.#builtIn.model.id;
    this.notices =
      wanted === null || wanted === this.#current ? [] : [this.#instead(wanted, found?.model.error ?? null)];
  }
  /** Said once where the model that was chosen can't answer. */
  #instead(wanted: string, why: AppError | null): AppError {
    const instead = this.#builtIn.model.name;
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
      job: this.#job,
    };
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
  /** @throws MezzotintError `not-found`, or why the model can't be used */
  use(id: string): LibraryState {
    const { model } = this.find(id);
    if (model.error) throw thrownOf(model.error);
    this.#remember(model.builtIn ? null : id);
    this.#current = id;
    return this.#changed();
  }
  /** @throws MezzotintError `not-found`, or `conflict` for the built-in one */
  remove(id: string): LibraryState {
    const { model, dir } = this.find(id);
    if (model.builtIn) throw failure('library.built-in', { model: model.name });
    if (this.#current === id || this.#remembered() === id) this.#remember(null);
    if (this.#current === id) this.#current = this.#builtIn.model.id;
    const gone = path.join(this.folder, `${REMOVED}${process.pid}-${id}`);
    renameSync(dir, gone);
    rmSync(gone, { recursive: true, force: true, maxRetries: 5 });
    this.#scan();
    return this.#changed();
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
  /** Ends a running import, of which nothing is left; forgets the outcome of one that has ended. */
  cancel(): LibraryState {
    const running = this.#running;
    this.#running = null;
    running?.cancel();
    if (running) this.#dropIncoming();
    this.#job = null;
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
    const asked = askImporter(this.#o.spawn, { kind: 'preflight', ...choice, out });
    this.#asked.add(asked);
    try {
      const answer = await asked.answered;
      if (answer?.kind !== 'preflight') throw failure('library.check-ended');
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
  /** Takes away what processes that are gone have left half-way. */
  #clear(): void {
    let names: string[];
    try {
      names = readdirSync(this.folder);
    } catch {
      return; // no model was ever imported
    }
    for (const name of names) {
      const pid = Number(/^\.(?:incoming|removed)-(\d+)/.exec(name)?.[1] ?? NaN);
      if (Number.isNaN(pid) || (isAlive(pid) && pid !== process.pid)) continue;
      try {
        rmSync(path.join(this.folder, name), { recursive: true, force: true });
      } catch {
        // a folder that can't be changed: it looks like no model, and the next start tries again
      }
    }
  }
  #scan(): void {
    const builtIn = describeFolder(this.#o.builtIn, true);
    const others = packsIn(this.folder).filter(({ model }) => model.id !== builtIn.model.id);
    this.#found = [builtIn, ...others];
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
  }
  #changed(): LibraryState {
    this.#o.onChange?.(this.state);
    return this.state;
  }
}
