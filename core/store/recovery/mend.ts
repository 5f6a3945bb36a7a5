/**
 * A damaged database: a whole one is built beside it, from the newest good backup and from what can still be read of the damaged
 * files; then they change places. The damaged files are set aside, never deleted. A kill at any moment costs nothing: until the new
 * one is complete the old one stays, and a complete one is put in its place at the next start.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { MezzotintError, type AppError } from '../../contract/result.ts';
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
  trouble: string | null;
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
  if (!isWhole(seen)) throw new MezzotintError('store-damaged', 'The mended database is not whole.', { file });
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

const count = (n: number, one: string): string => `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`;
const list = (parts: string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
const when = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

function tell({ backup, read, trouble, conversations }: Built, aside: string | null): AppError {
  const lines = [aside === null ? 'The database was missing.' : 'The database was damaged.'];
  const got =
    read &&
    list(
      [
        read.conversations && count(read.conversations, 'conversation'),
        read.messages && count(read.messages, 'message'),
        read.longer && `the rest of ${count(read.longer, 'reply').replace('replys', 'replies')}`,
      ].filter((part) => typeof part === 'string'),
    );
  if (backup)
    lines.push(
      `The backup of ${when(backup.at)} (UTC) is open in its place${got ? `, and ${got} written since then came from the damaged file` : ''}: ${count(conversations, 'conversation')} in all.`,
    );
  else if (got) lines.push(`There was no backup; ${got} came from the damaged file.`);
  else lines.push('There was no backup, and nothing could be read from the damaged file: Mezzotint starts empty.');
  if (aside !== null) {
    if (trouble !== null) lines.push(`What was written after the backup was not looked for: ${trouble}`);
    else if (!read)
      lines.push(
        backup ? 'Nothing could be read from the damaged file: what was written after the backup is only in it.' : '',
      );
    else if (read.breaks > 0 || read.left > 0)
      lines.push(`${count(Math.max(read.breaks, 1), 'part')} of it could not be read: something may be missing.`);
    else lines.push('All of its rows could be read.');
    lines.push('The damaged file was set aside, not deleted.');
  }
  return {
    code: 'store-damaged',
    message: lines.filter(Boolean).join(' '),
    ...(aside === null ? {} : { file: aside }),
    action:
      aside === null
        ? 'If you moved the database yourself, close Mezzotint and put it back.'
        : 'Keep the old file if you miss something.',
  };
}

/** Puts a new database that was completed but not put in its place, there. Null: there was none. */
export function finishMending(files: StoreFiles): AppError | null {
  if (!existsSync(mended(files))) return null;
  const aside = setAside(files);
  renameSync(mended(files), files.database);
  return {
    code: 'store-damaged',
    message:
      'The database was damaged. It was mended from the newest good backup and from what could be read; the damaged file was set aside, not deleted.',
    ...(aside === null ? {} : { file: aside }),
    action: 'Keep the old file if you miss something.',
  };
}

/** @throws MezzotintError store-failed where there is no room to mend: then the damaged files are as they were */
export function mend(files: StoreFiles): AppError {
  const part = `${files.database}.part`;
  let built: Built;
  try {
    try {
      built = build(files, part, true);
    } catch (thrown) {
      built = { ...build(files, part, false), trouble: full(thrown) ? 'the disk is full.' : 'it broke off.' };
    }
    flush(part);
    renameSync(part, mended(files));
  } catch (thrown) {
    remove(part);
    if (full(thrown))
      throw new MezzotintError(
        'store-failed',
        'The database is damaged, and there is no room to mend it. Nothing was changed.',
        {
          file: files.database,
          action: 'Free some space (as much as the data folder has now) and start again.',
          cause: thrown,
        },
      );
    throw thrown;
  }
  const aside = setAside(files);
  renameSync(mended(files), files.database);
  return tell(built, aside);
}
