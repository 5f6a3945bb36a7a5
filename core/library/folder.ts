/** The folder of models as it is at this moment: where it is, whether its disk is there, which apps use it. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { errorOf, failure, thrownOf, type AppError } from '../contract/result.ts';
import { dropLeftovers, incomingIn } from './leftovers.ts';
import { finishMove, movingTo } from './move-journal.ts';
import { isThere, placeOf, usualPlace, type Place } from './place.ts';
import { Uses } from './uses.ts';

export class ModelsFolder {
  readonly home: string;
  readonly uses = new Uses();
  #place: Place;
  #away: boolean;
  /** The choice can't be read: the usual folder stands in. */
  readonly notices: readonly AppError[];

  constructor(home: string) {
    this.home = home;
    const place = placeOf(home);
    this.notices = place ? [] : [errorOf('library.folder-unknown', { file: path.join(home, 'models-folder.json') })];
    this.#place = place ?? usualPlace(home);
    this.#away = !isThere(this.#place);
    finishMove(home, this.#place, this.uses);
    if (!this.#away) dropLeftovers(this.path);
  }
  get path(): string {
    return this.#place.folder;
  }
  get usual(): boolean {
    return this.#place.id === null;
  }
  /** Where this profile's notes on models lie, wherever the models are: figures, the choice of one. */
  get notes(): string {
    return usualPlace(this.home).folder;
  }
  /** Where what is fetched lies until it is a model. */
  get downloads(): string {
    return this.usual ? path.join(this.home, 'downloads') : path.join(this.path, '.downloads');
  }
  /** Why it can't be used now; null: it is there. */
  get away(): AppError | null {
    return this.#away ? errorOf('library.folder-away', { folder: this.path }) : null;
  }
  /** @throws MezzotintError `not-found` where its disk is not there, `conflict` while models are moved. Looks first. */
  ready(): void {
    this.look();
    if (this.away) throw thrownOf(this.away);
    const to = movingTo(this.home);
    if (to !== null) throw failure('library.moving', { folder: to });
  }
  /** A new place for a model that comes. @throws MezzotintError as `ready`, `store-failed` where it can't be made */
  makeIncoming(): string {
    this.ready();
    const incoming = incomingIn(this.path);
    try {
      if (this.usual) mkdirSync(this.path, { recursive: true, mode: 0o700 });
      mkdirSync(incoming, { mode: 0o700 });
      return incoming;
    } catch (cause) {
      throw failure('library.folder-not-made', { folder: incoming }, { file: incoming, cause });
    }
  }
  /** It may have changed, gone or come back, by a person's hand or another process's. @returns null where it is as it was */
  look(): { away: boolean; back: boolean } | null {
    const place = placeOf(this.home) ?? usualPlace(this.home);
    const away = !isThere(place);
    const moved = place.folder !== this.path || place.id !== this.#place.id;
    if (!moved && away === this.#away) return null;
    const back = this.#away && !away;
    this.#place = place;
    this.#away = away;
    if (!away) dropLeftovers(this.path);
    return { away, back };
  }
}
