/**
 * A damaged database: a whole one is built beside it, from the newest good backup and from what can still be read of the damaged
 * files; then they change places. The damaged files are set aside, never deleted. A kill at any moment costs nothing: until the new
 * one is complete the old one stays, and a complete one is put in its place at the next start.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { type AppError, errorOf, failure } from '../../contract/result.ts';
import { listBackups, newestGood, type BackupFile } from './backup.ts';
import { openDb, sqliteCode } from '../db/driver.ts';
import { inspect, isWhole } from './inspect.ts';
import { createMerger, nothingMerged, sum, type Merged } from './merge.ts';
import { migrate } from '../db/migrations/index.ts';
import { setAside, type StoreFiles } from '../db/files.ts';
import { copyPrivately } from '../db/private.ts';
import { checkSearch, rebuildSearch } from '../search/check.ts';
import { remove, salvage } from './salvage/salvage.ts';

interface Built {
  backup: BackupFile | undefined;
  /** What came from the damaged file; null: nothing of it could be read. */
  read: (Merged & { breaks: number }) | null;
  /** Why the damaged file was not read to its end. */
  trouble: 'mended.not-looked' | 'mended.not-looked-disk-full' | null;
  conversations: number;
}

const mended = (files: StoreFiles): string => `${files.database}.mended`;
const RELATIVES = 3;

function build(files: StoreFiles, file: string, withSalvage: boolean): Built {
  const { driver, migrations, now } = files;
  remove(file);
  const backup = newestGood(files.backups, driver, now(), files.latest);
  if (backup) copyPrivately(backup.file, file);
  const built: Built = { backup, read: null, trouble: null, conversations: 0 };
  const loose = `${files.database}.salvage`;
  const db = openDb(file, driver);
  try {
    // flushed as a whole, once it is complete
    db.exec('PRAGMA synchronous = OFF');
    db.exec('PRAGMA foreign_keys = ON');
    migrate(db, migrations);
    if (withSalvage) {
      const relatives = listBackups(files.backups, now())
        .slice(0, RELATIVES)
        .map((b) => b.file);
      const found = salvage(files.database, loose, { driver, migrations, relatives });
      if (found) {
        const source = openDb(loose, driver);
        try {
          const merger = createMerger(db, source, {
            source: 'newer',
            now,
            unreadable: '(This message could not be read from the damaged database.)',
            untitled: 'Recovered conversation',
          });
          merger.others();
          let merged = nothingMerged();
          for (const id of merger.ids()) merged = sum(merged, merger.add(id));
          merger.others();
          built.read = { ...merged, breaks: found.breaks };
        } finally {
          source.close();
        }
      }
    }
    if (checkSearch(db).length > 0) rebuildSearch(db);
  } finally {
    db.close();
    remove(loose);
  }
  const seen = inspect(file, driver);
  if (!isWhole(seen)) throw failure('store.mended-not-whole', {}, { file });
  built.conversations = seen.conversations;
  return built;
}

const full = (thrown: unknown): boolean =>
  /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN)/.test(sqliteCode(thrown)) ||
  (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC');

function flush(file: string): void {
  const handle = openSync(file, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function tell({ backup, read, trouble, conversations }: Built, aside: string | null): AppError {
  const course = [errorOf(aside === null ? 'mended.was-missing' : 'mended.was-damaged')];
  const found = [
    ...(read?.conversations ? [errorOf('mended.conversations', { n: read.conversations })] : []),
    ...(read?.messages ? [errorOf('mended.messages', { n: read.messages })] : []),
    ...(read?.longer ? [errorOf('mended.replies', { n: read.longer })] : []),
  ];
  if (backup && found.length > 0)
    course.push(errorOf('mended.from-backup-and-file', { at: backup.at, found, conversations }));
  else if (backup) course.push(errorOf('mended.from-backup', { at: backup.at, conversations }));
  else course.push(found.length > 0 ? errorOf('mended.from-file', { found }) : errorOf('mended.empty'));
  if (aside === null) return errorOf('store.found-missing', { course });
  if (trouble !== null) course.push(errorOf(trouble));
  else if (read && (read.breaks > 0 || read.left > 0))
    course.push(errorOf('mended.parts-unread', { parts: Math.max(read.breaks, 1) }));
  else if (read) course.push(errorOf('mended.all-read'));
  else if (backup) course.push(errorOf('mended.nothing-read'));
  course.push(errorOf('mended.set-aside'));
  return errorOf('store.mended', { course }, { file: aside });
}

/** Puts a new database that was completed but not put in its place, there. Null: there was none. */
export function finishMending(files: StoreFiles): AppError | null {
  if (!existsSync(mended(files))) return null;
  const aside = setAside(files);
  renameSync(mended(files), files.database);
  return errorOf('store.mended-at-start', {}, aside === null ? {} : { file: aside });
}

/** @throws MezzotintError store-failed where there is no room to mend: then the damaged files are as they were */
export function mend(files: StoreFiles): AppError {
  const part = `${files.database}.part`;
  let built: Built;
  try {
    try {
      built = build(files, part, true);
    } catch (thrown) {
      built = {
        ...build(files, part, false),
        trouble: full(thrown) ? 'mended.not-looked-disk-full' : 'mended.not-looked',
      };
    }
    flush(part);
    renameSync(part, mended(files));
  } catch (thrown) {
    remove(part);
    if (full(thrown)) throw failure('store.no-room-to-mend', {}, { file: files.database, cause: thrown });
    throw thrown;
  }
  const aside = setAside(files);
  renameSync(mended(files), files.database);
  return tell(built, aside);
}
