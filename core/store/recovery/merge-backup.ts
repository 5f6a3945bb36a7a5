/** A backup's conversations into the open database. The backup itself is not touched: an older one is brought to this version in a copy. */
import { failure } from '../../contract/result.ts';
import { openDb, type Db } from '../db/driver.ts';
import { inspect, isWhole } from './inspect.ts';
import { createMerger, nothingMerged, sum, type Merged } from './merge.ts';
import { databaseVersion, migrate } from '../db/migrations/index.ts';
import type { StoreFiles } from '../db/files.ts';
import { copyPrivately } from '../db/private.ts';
import { remove } from './salvage/salvage.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** @throws MezzotintError store-damaged where the backup can't be read, store-newer where a newer app made it */
export async function mergeBackup(
  db: Db,
  file: string,
  files: StoreFiles,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void },
): Promise<Merged> {
  const found = inspect(file, files.driver);
  if (!isWhole(found)) throw failure('store.backup-damaged', {}, { file });
  if (found.version > files.latest)
    throw failure('store.backup-newer', { found: found.version, known: files.latest }, { file });
  const copy = `${files.database}.merge`;
  remove(copy);
  try {
    copyPrivately(file, copy);
    const source = openDb(copy, files.driver);
    try {
      if (databaseVersion(source) < files.latest) migrate(source, files.migrations);
      const merger = createMerger(db, source, {
        source: 'older',
        now: files.now,
        unreadable: '',
        untitled: 'New chat',
      });
      merger.others();
      const ids = merger.ids();
      let merged = nothingMerged();
      for (const [i, id] of ids.entries()) {
        if (signal?.aborted) break;
        merged = sum(merged, merger.add(id));
        onProgress?.(i + 1, ids.length);
        // others get their turn: a running reply, a cancel
        await turn();
      }
      merger.others();
      return merged;
    } finally {
      source.close();
    }
  } finally {
    remove(copy);
  }
}
