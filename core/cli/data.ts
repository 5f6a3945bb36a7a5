/**
 * The conversations of a data folder, over the contract's channels (files in and out, search, the list): served by the app that has
 * the folder open, else by the store itself. What only reads never makes a folder; what writes makes one and says so.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checkChosen, chosenFolder, defaultDataDir } from '../app/paths.ts';
import { createSearching } from '../chat/index.ts';
import { titleFrom } from '../chat/title.ts';
import type { Handlers, Request, Response, SearchHandlers, TransferHandlers } from '../contract/index.ts';
import { failure, reasonOf, thrownOf } from '../contract/result.ts';
import { dataDirOf } from '../profile/index.ts';
import { createTransfer } from '../transfer/index.ts';
import { openStore } from '../store/index.ts';
import type { Option } from './command.ts';
import { reachApp } from './running-app.ts';

/** `--data` of every command that works with conversations. */
export const dataOption = {
  kind: 'text',
  value: 'DIR',
  help: 'the data folder (default: MEZZOTINT_DATA, else the one of the app)',
} as const satisfies Option;

type ChatsHandlers = TransferHandlers & SearchHandlers & Pick<Handlers, 'conversations.list'>;
/** Calls a channel. @throws MezzotintError as its handler does */
export type Call = <N extends keyof ChatsHandlers>(name: N, request: Request<N>) => Promise<Response<N>>;

export interface DataUse {
  /** `--data`, as it was typed. */
  data: string | undefined;
  /** read: there must be something · look: an empty store stands in for one that is not there · write: one is made. */
  purpose: 'read' | 'look' | 'write';
  say: (line: string) => void;
}

/** True where the folder holds a database, or backups that one can be made of. */
function holdsData(folder: string): boolean {
  const has = (sub: string, wanted: (name: string) => boolean): boolean => {
    try {
      return readdirSync(path.join(folder, sub)).some(wanted);
    } catch (thrown) {
      if (['ENOENT', 'ENOTDIR'].includes((thrown as NodeJS.ErrnoException).code ?? '')) return false;
      throw failure('cli.data-unreadable', { reason: reasonOf(thrown) }, { file: folder, cause: thrown });
    }
  };
  return (
    has('', (name) => name.startsWith('mezzotint.db') || name.startsWith('mezzotint-damaged')) ||
    has('backups', (name) => name.endsWith('.db'))
  );
}

/** Works with the conversations of a folder. @throws MezzotintError `not-found` where nothing is there to be read, else as `openStore` */
export async function withChats<T>({ data, purpose, say }: DataUse, work: (call: Call) => Promise<T>): Promise<T> {
  const chosen = chosenFolder(data);
  const { dataDir, notices } = dataDirOf(chosen ?? defaultDataDir());
  for (const notice of notices) say(notice.message);
  if (holdsData(dataDir)) return use(dataDir, say, work);
  const there = statSync(dataDir, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (purpose === 'read') throw failure(there ? 'cli.no-conversations' : 'cli.no-folder', { folder: dataDir });
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

async function use<T>(dataDir: string, say: DataUse['say'], work: (call: Call) => Promise<T>): Promise<T> {
  const opened = openStore({ dataDir, who: 'command' });
  if (!opened.ok) {
    const app = opened.error.code === 'store-locked' ? await reachApp(dataDir) : null;
    if (!app) throw thrownOf(opened.error);
    try {
      return await work((name, request) => app.call(name, request));
    } finally {
      app.close();
    }
  }
  const { store, notices } = opened.value;
  for (const notice of notices) say(notice.message);
  const searching = createSearching(store.search);
  const transfer = createTransfer({
    archive: store.archive,
    conversations: store.conversations,
    notify: () => undefined,
    titleFrom,
  });
  const handlers: ChatsHandlers = {
    ...transfer.handlers,
    ...searching.handlers,
    'conversations.list': ({ newest }) => store.conversations.list(newest),
  };
  try {
    return await work(
      async (name, request) => (handlers[name] as (asked: typeof request) => ReturnType<Call>)(request) as never,
    );
  } finally {
    searching.close();
    await transfer.close();
    store.close();
  }
}
