/**
 * Which models running apps use: a file for each app in `.in-use` of the models' folder, so that none is deleted under another app
 * that shares the folder. An app that was killed leaves its file, which then counts for nothing.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { owner, ownerState } from '../hub/index.ts';

/** An app of another machine counts while it renews its file. */
const RENEW_MS = 5 * 60_000;
const FOREIGN_MS = 3 * RENEW_MS;

let made = 0;
const own = new Set<string>();
const placeIn = (folder: string): string => path.join(folder, '.in-use');

function counts(folder: string, name: string): boolean {
  switch (ownerState(name)) {
    case 'mine':
      return own.has(name);
    case 'alive':
      return true;
    case 'elsewhere': {
      const stat = statSync(path.join(placeIn(folder), name), { throwIfNoEntry: false });
      return stat !== undefined && Date.now() - stat.mtimeMs < FOREIGN_MS;
    }
    default:
      return false;
  }
}

export class Uses {
  readonly #name = `${owner}-${++made}`;
  /** What is written down. */
  #folder: string | null = null;
  #model: string | null = null;
  #closed = false;
  #renewal: ReturnType<typeof setInterval> | null = null;

  /** This app uses a model of this folder; null: none. A folder that can't be written costs the note, no more. */
  set(folder: string, model: string | null): void {
    if (this.#closed) return;
    if (folder === this.#folder && model === this.#model) return;
    if (this.#folder !== null && (folder !== this.#folder || model === null)) this.#drop();
    if (model === null) return;
    this.#folder = folder;
    this.#model = model;
    own.add(this.#name);
    try {
      mkdirSync(placeIn(folder), { recursive: true, mode: 0o700 });
      writeFileSync(this.#file, model, { mode: 0o600 });
    } catch {
      // see above
    }
    this.#renewal ??= setInterval(() => this.#renew(), RENEW_MS).unref();
  }
  /** Whether another app uses a model of this folder. Files of apps that are gone are taken away. */
  elsewhere(folder: string, model: string): boolean {
    let names: string[];
    try {
      names = readdirSync(placeIn(folder));
    } catch {
      return false; // nobody ever used one
    }
    return names.some((name) => {
      if (name === this.#name) return false;
      const file = path.join(placeIn(folder), name);
      if (!counts(folder, name)) {
        rmSync(file, { force: true });
        return false;
      }
      try {
        return readFileSync(file, 'utf8') === model;
      } catch {
        return false; // that app has just ended
      }
    });
  }
  /** Nothing is used any more, whatever is said later. */
  close(): void {
    this.#closed = true;
    if (this.#folder !== null) this.#drop();
  }
  get #file(): string {
    return path.join(placeIn(this.#folder ?? ''), this.#name);
  }
  #renew(): void {
    try {
      utimesSync(this.#file, new Date(), new Date());
    } catch {
      // its disk is gone
    }
  }
  #drop(): void {
    rmSync(this.#file, { force: true });
    own.delete(this.#name);
    this.#folder = null;
    this.#model = null;
    if (this.#renewal) clearInterval(this.#renewal);
    this.#renewal = null;
  }
}
