/**
 * Changes the folder of models. A move copies every model and download and compares the copies; then the new folder is named, in
 * one step, and only then the originals are removed. A kill at any moment leaves every model whole in the folder that is named
 * (move-journal.ts), and the next start takes away what is left.
 */
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { FolderChange, FolderPlan } from '../contract/model-folder.ts';
import type { LibraryState } from '../contract/models.ts';
import { failure, MezzotintError, reasonOf, thrownOf, toAppError } from '../contract/result.ts';
import { fetchesIn, freeOn, holdFetch, owner, placeOf as downloadIn } from '../hub/index.ts';
import { copyFolder, filesIn, isSameFolder } from './copying.ts';
import { incomingIn } from './leftovers.ts';
import type { Library } from './library.ts';
import { endMove, moves, undoMove, writeJournal, type Journal } from './move-journal.ts';
import { packsIn } from './packs.ts';
import { claim, folderFor, markIn, placeIn, usualPlace, writePlace, type Place } from './place.ts';
import { Usage } from './usage.ts';

export interface MoverOptions {
  library: Library;
  /** Whether something is fetched here at this moment. */
  fetching?: () => boolean;
  /** Resolves when no reply is being written. */
  quiet?: () => Promise<void>;
  /** Models lie elsewhere now: what is loaded is loaded again from there. */
  onMoved?: () => void;
  /** Bytes free where a folder is or will be; null: the system does not say. */
  free?: (folder: string) => number | null;
}

/** Kept free in any case. */
const MARGIN = 50e6;
/** Milliseconds between two words of progress. */
const EVERY_MS = 250;

/** What is moved: a model, or a download that was begun. */
interface Item {
  from: string;
  name: string;
  /** null: a download. */
  model: string | null;
  bytes: number;
}
const bytesOf = (folder: string): number => filesIn(folder).reduce((sum, { bytes }) => sum + bytes, 0);
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
const downloadsAt = (place: Place, home: string): string =>
  place.id === null ? path.join(home, 'downloads') : path.join(place.folder, '.downloads');
/** The folder, or the nearest above it that is there. */
const nearest = (folder: string): string =>
  existsSync(folder) || path.dirname(folder) === folder ? folder : nearest(path.dirname(folder));
const freeNear = (folder: string): number | null => freeOn(nearest(folder));
/** Then nothing is copied, and it takes no room. */
const isOneDisk = (one: string, other: string): boolean => statSync(nearest(one)).dev === statSync(nearest(other)).dev;

export class Mover {
  readonly #o: MoverOptions;
  #work: AbortController | null = null;
  #running: Promise<void> | null = null;

  constructor(options: MoverOptions) {
    this.#o = options;
  }
  /** What a change would mean. @param chosen null: the usual folder @throws MezzotintError for what speaks against it */
  async plan(chosen: string | null): Promise<FolderPlan> {
    const { library, free = freeNear } = this.#o;
    const { place } = library;
    place.look();
    const folder = folderFor(chosen, place.home, place.path, library.builtInDir);
    if (folder === place.path) throw failure('library.folder-same', { folder });
    const items = place.away ? [] : await this.#items();
    const usual = usualPlace(place.home).folder;
    return {
      folder,
      usual: folder === usual,
      there: packsIn(folder, new Usage(usual)).map(({ model }) => model.name),
      models: items.filter(({ model }) => model !== null).length,
      bytes: items.reduce((sum, { bytes }) => sum + bytes, 0),
      free: free(folder),
    };
  }
  /**
   * A move goes on after the answer: `ended` waits for it.
   * @throws MezzotintError as `plan`; `conflict` while models are imported, fetched or moved; `store-failed` without room
   */
  async change({ folder: chosen, what }: FolderChange): Promise<LibraryState> {
    const { library } = this.#o;
    const { place } = library;
    if (library.importing || this.#o.fetching?.() === true) throw failure('library.folder-busy');
    const { folder, usual, bytes, free } = await this.plan(chosen);
    const to = usual ? usualPlace(place.home) : placeIn(folder);
    if (place.away === null) place.ready();
    else if (what === 'move') throw thrownOf(place.away);
    const items = what === 'move' ? await this.#items() : [];
    if (items.length === 0) {
      await this.#name(to);
      return library.sayMove(null);
    }
    if (free !== null && bytes + MARGIN > free && !isOneDisk(place.path, folder))
      throw failure('library.move-no-room', { needed: bytes, free }, { file: folder });
    if (this.#work) throw failure('library.moving', { folder });
    const work = new AbortController();
    this.#work = work;
    moves.add(place.home);
    this.#running = this.#run(to, items, bytes, work.signal).finally(() => {
      moves.delete(place.home);
      this.#work = null;
    });
    return library.state;
  }
  /** Ends a move, of which nothing is left; forgets the outcome of one that has ended. */
  async stop(): Promise<LibraryState> {
    this.#work?.abort();
    await this.ended();
    return this.#o.library.sayMove(null);
  }
  /** Resolves when no move runs. */
  async ended(): Promise<void> {
    await this.#running;
  }

  async #items(): Promise<Item[]> {
    const { place } = this.#o.library;
    const packs = packsIn(place.path, new Usage(place.notes)).map(({ dir, model }) => ({
      from: dir,
      name: path.basename(dir),
      model: model.name,
      bytes: bytesOf(dir),
    }));
    const begun = (await fetchesIn(place.downloads)).map(({ repository }) => {
      const from = downloadIn(place.downloads, repository);
      return { from, name: path.basename(from), model: null, bytes: bytesOf(from) };
    });
    return [...packs, ...begun];
  }
  async #run(to: Place, items: Item[], total: number, signal: AbortSignal): Promise<void> {
    const { library } = this.#o;
    const { home } = library.place;
    const from: Place = { folder: library.place.path, id: library.place.usual ? null : markIn(library.place.path) };
    const journal: Journal = {
      version: 1,
      owner,
      from,
      to,
      madeFolder: to.id !== null && !existsSync(to.folder),
      madeMark: to.id !== null && markIn(to.folder) === null,
      items: [],
    };
    const held = items.filter(({ model }) => model === null);
    const releases: (() => void)[] = [];
    const names = new Map<string, string>();
    let named = false;
    try {
      for (const { from: place } of held)
        releases.push(holdFetch(path.dirname(place), path.basename(place).replace('--', '/')));
      writeJournal(home, journal);
      if (to.id === null) mkdirSync(to.folder, { recursive: true, mode: 0o700 });
      else claim(to);
      await this.#copyAll(journal, items, total, names, signal);
      library.sayMove({ stage: 'ending', folder: to.folder });
      await Promise.race([this.#o.quiet?.(), aborted(signal)]);
      signal.throwIfAborted();
      writePlace(home, to);
      named = true;
      library.moved(names);
      this.#o.onMoved?.();
      const stayed = this.#dropOriginals(journal);
      moves.delete(home);
      library.sayMove({ stage: 'done', folder: to.folder, stayed });
    } catch (cause) {
      if (!named) this.#undo(journal);
      moves.delete(home);
      if (signal.aborted) library.sayMove(null);
      else {
        const error =
          cause instanceof MezzotintError ? cause : failure('library.move-failed', { reason: reasonOf(cause) });
        library.sayMove({ stage: 'failed', error: toAppError(error) });
      }
    } finally {
      for (const release of releases) release();
    }
  }
  async #copyAll(
    journal: Journal,
    items: readonly Item[],
    total: number,
    names: Map<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const { library } = this.#o;
    const { home } = library.place;
    const { folder } = journal.to;
    const downloads = downloadsAt(journal.to, home);
    let done = 0;
    let said = -Infinity;
    const incoming = incomingIn(folder);
    mkdirSync(incoming, { mode: 0o700 });
    try {
      for (const { from, name, model } of items) {
        const say = (): void => {
          said = performance.now();
          library.sayMove({ stage: 'copying', folder, name: model ?? name, done: Math.min(done, total), total });
        };
        say();
        const into = model === null ? downloads : folder;
        const target = await freeTarget(into, name, from, signal);
        if (model !== null) names.set(name, path.basename(target.path));
        if (!target.there) {
          const partial = path.join(incoming, path.basename(target.path));
          await copyFolder(from, partial, {
            signal,
            onBytes(bytes) {
              done += bytes;
              if (performance.now() - said >= EVERY_MS) say();
            },
          });
          // of a download, the lock of this very move
          if (model === null) rmSync(path.join(partial, 'lock'), { force: true });
          mkdirSync(into, { recursive: true, mode: 0o700 });
          journal.items.push({ from, to: target.path, model });
          writeJournal(home, journal);
          renameSync(partial, target.path);
        } else {
          done += bytesOf(from);
          journal.items.push({ from, to: null, model });
          writeJournal(home, journal);
        }
      }
    } finally {
      rmSync(incoming, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  /** @returns names of models whose originals stay */
  #dropOriginals(journal: Journal): string[] {
    const { library } = this.#o;
    try {
      return endMove(library.place.home, journal, library.place.uses);
    } catch {
      // the journal stays, and the next start removes them
      return journal.items.flatMap(({ from, model }) => (model !== null && existsSync(from) ? [model] : []));
    }
  }
  #undo(journal: Journal): void {
    const { library } = this.#o;
    try {
      undoMove(library.place.home, journal, library.place.uses);
    } catch {
      // that disk is gone: the journal stays, and a later start removes the copies
    }
  }
  /** Nothing is moved: another folder is used from now on. */
  async #name(to: Place): Promise<void> {
    const { library, quiet, onMoved } = this.#o;
    await quiet?.();
    try {
      if (to.id !== null) claim(to);
      writePlace(library.place.home, to);
    } catch (cause) {
      throw failure('library.folder-not-named', { folder: to.folder, reason: reasonOf(cause) }, { cause });
    }
    library.moved(new Map());
    onMoved?.();
  }
}

/** Where a copy comes to lie: under its own name, unless something else has it. `there`: the same lies there already. */
async function freeTarget(
  folder: string,
  name: string,
  from: string,
  signal: AbortSignal,
): Promise<{ path: string; there: boolean }> {
  for (let n = 1; ; n++) {
    const target = path.join(folder, n === 1 ? name : `${name.slice(0, 60)}-${n}`);
    if (!existsSync(target)) return { path: target, there: false };
    if (await isSameFolder(target, from, signal)) return { path: target, there: true };
  }
}
