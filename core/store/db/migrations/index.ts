/** The database's versions: `user_version` counts them. One file a migration, never changed once released. */
import { failure, MezzotintError, reasonOf } from '../../../contract/result.ts';
import { pragma, type Db } from '../driver.ts';
import { firstLight } from './001-first-light.ts';
import { versions } from './002-versions.ts';
import { search } from './003-search.ts';
import { order } from './004-order.ts';
import { presets } from './005-presets.ts';
import { calibrations } from './006-calibrations.ts';
import { attachments } from './007-attachments.ts';
import type { Migration } from './migration.ts';
import { evenClock } from './008-even-clock.ts';
import { models } from './009-models.ts';
import { queue } from './010-queue.ts';
import { presetModel } from './011-preset-model.ts';
import { hosts } from './012-hosts.ts';

export type { Migration };
export const migrations: readonly Migration[] = [
  firstLight,
  versions,
  search,
  order,
  presets,
  calibrations,
  attachments,
  evenClock,
  models,
  queue,
  presetModel,
  hosts,
];

/** @throws where versions are not 1, 2, 3 … in order: a mistake of ours, found before any database is opened. */
export function latestVersion(list: readonly Migration[]): number {
  list.forEach((migration, i) => {
    if (migration.version !== i + 1)
      throw failure('store.migration-misplaced', { name: migration.name, version: migration.version, expected: i + 1 });
  });
  return list.length;
}

export const databaseVersion = (db: Db): number => Number(pragma(db, 'user_version'));

/** Brings the database to the newest version: each migration whole or not at all. Returns the names of those that ran. */
export function migrate(db: Db, list: readonly Migration[]): string[] {
  const from = databaseVersion(db);
  return list.slice(from).map((migration) => {
    try {
      db.transaction(() => {
        db.exec(migration.sql);
        const broken = db.prepare('PRAGMA foreign_key_check').all();
        if (broken.length > 0) throw new Error(`${broken.length} rows would point at nothing`);
        db.exec(`PRAGMA user_version = ${migration.version}`);
      });
    } catch (cause) {
      if (cause instanceof MezzotintError) throw cause;
      throw failure(
        'store.migration-failed',
        { from: migration.version - 1, to: migration.version, reason: reasonOf(cause) },
        { cause },
      );
    }
    return migration.name;
  });
}
