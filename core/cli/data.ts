/** The data folder of a command. What only reads never makes one; what writes makes one and says so. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { MezzotintError, thrownOf } from '../contract/result.ts';
import { dataDirOf } from '../profile/index.ts';
import { checkChosen, chosenFolder, defaultDataDir } from '../app/paths.ts';
import { openStore, type Store } from '../store/index.ts';

/** True where the folder holds a database, or backups that one can be made of. */
function holdsData(folder: string): boolean {
  const has = (sub: string, wanted: (name: string) => boolean): boolean => {
    try {
      return readdirSync(path.join(folder, sub)).some(wanted);
    } catch (thrown) {
      if (['ENOENT', 'ENOTDIR'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return false;
      throw new MezzotintError('store-failed', `The data folder can't be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { file: folder, action: 'Check its permissions, or name another folder with --data.', cause: thrown });
    }
  };
  return has('', (name) => name.startsWith('mezzotint.db') || name.startsWith('mezzotint-damaged')) || has('backups', (name) => name.endsWith('.db'));
}

export interface DataUse {
  /** `--data`, as it was typed. */
  data: string | undefined;
  /** read: there must be something · look: an empty store stands in for one that is not there · write: one is made. */
  purpose: 'read' | 'look' | 'write';
  say: (line: string) => void;
}

/** Opens the store, works with it, closes it. @throws MezzotintError `not-found` where nothing is there to be read, else as `openStore` */
export async function withStore<T>({ data, purpose, say }: DataUse, work: (store: Store) => T | Promise<T>): Promise<T> {
  const chosen = chosenFolder(data);
  const home = chosen ?? defaultDataDir();
  const { dataDir, notices } = dataDirOf(home);
  for (const notice of notices) say(notice.message);
  if (holdsData(dataDir)) return use(dataDir, say, work);
  const there = statSync(dataDir, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (purpose === 'read') throw new MezzotintError('not-found', there ? `There are no conversations of Mezzotint in ${dataDir}.` : `There is no folder ${dataDir}.`, { action: 'Check --data and MEZZOTINT_DATA.' });
  if (purpose === 'look') {
    say(`There is nothing in ${dataDir} yet.`);
    const empty = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-look-'));
    try {
      return await use(empty, say, work);
    } finally {
      rmSync(empty, { recursive: true, force: true });
    }
  }
  say((chosen === undefined ? null : checkChosen(dataDir)) ?? `Mezzotint's data folder begins empty: ${dataDir}`);
  return use(dataDir, say, work);
}

async function use<T>(dataDir: string, say: DataUse['say'], work: (store: Store) => T | Promise<T>): Promise<T> {
  const opened = openStore({ dataDir, who: 'on the command line' });
  if (!opened.ok) throw thrownOf(opened.error);
  const { store, notices } = opened.value;
  for (const notice of notices) say(notice.message);
  try {
    return await work(store);
  } finally {
    store.close();
  }
}
