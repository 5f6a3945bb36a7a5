/**
 * Whether the database is still the file that was opened. A folder that is deleted, moved or replaced while the app runs leaves the
 * open file without a name, or with another's: SQLite writes on and nothing of it is found at the next start. So every write looks
 * first (two calls of stat), and what was lost in this way can still be read through the open connection.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { type AppError, failure, type MezzotintError, toAppError } from '../../contract/result.ts';

export interface Presence {
  /** What has become of the folder or the database; null: they are where they were. */
  trouble(): AppError | null;
  /** @throws MezzotintError store-failed where the database is not the file that was opened */
  require(): void;
}

/** A file's identity on its disk; null where it is not there. Windows lets no open file be replaced: there it is enough that one is there. */
function seen(file: string): string | null {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat ? (process.platform === 'win32' ? 'there' : `${stat.dev} ${stat.ino}`) : null;
  } catch {
    // a folder above it may not be entered any more
    return null;
  }
}

/** @param file the database, just opened */
export function watchFile(file: string): Presence {
  const wanted = seen(file);
  /** The log comes with the first reading, and stays while the database is open. */
  let log = seen(`${file}-wal`);

  function found(): MezzotintError | null {
    const now = seen(file);
    if (now !== wanted) {
      if (now !== null) return failure('store.replaced', {}, { file });
      return failure(seen(path.dirname(file)) === null ? 'store.folder-gone' : 'store.database-gone', {}, { file });
    }
    const logNow = seen(`${file}-wal`);
    log ??= logNow;
    if (logNow !== log) return failure('store.log-gone', { name: `${path.basename(file)}-wal` }, { file });
    return null;
  }
  return {
    trouble() {
      const error = found();
      return error && toAppError(error);
    },
    require() {
      const error = found();
      if (error) throw error;
    },
  };
}
