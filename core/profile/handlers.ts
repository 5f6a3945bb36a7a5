/** The channels of core/contract/data.ts over an open store. What changes the folder in use is done by the host, which opens it again. */
import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { BackupInfo } from '../contract/data.ts';
import type { DataHandlers } from '../contract/index.ts';
import type { Push } from '../contract/push.ts';
import { failure, reasonOf, thrownOf } from '../contract/result.ts';
import {
  closeToOthers,
  copyPrivately,
  freeName,
  inspectAway,
  isWhole,
  makeFolder,
  type Backup,
  type BackupFile,
  type Store,
} from '../store/index.ts';
import { bytesIn, copyData, roomIn, targetIn } from './copy.ts';
import { isFolder, locationOf, writeLocation } from './location.ts';
import { watchFolder } from './watch.ts';
import { createSchedule, type ScheduleOptions } from './schedule.ts';

/** What the desktop can show of folders. */
export interface Desktop {
  /** Asks for a folder; null where none was chosen. */
  chooseFolder: () => Promise<string | null>;
  showFolder: (folder: string) => Promise<void>;
  /** Asks for a model's folder or GGUF file; null where none was chosen. */
  chooseModel: (kind: 'folder' | 'file') => Promise<string | null>;
  /** Moves a folder to the system's trash. @throws what the system says */
  trash: (folder: string) => Promise<void>;
  /** Keeps secrets in the system's key store. */
  keyStore: {
    /** Whether there is one that is more than a file in clear. */
    readonly available: boolean;
    read(name: string): string | null;
    write(name: string, secret: string | null): void;
  };
}
export interface DataOptions {
  store: Store;
  /** The folder that names the one in use. */
  home: string;
  notify: (push: Push) => void;
  /** Whether a reply is being written. */
  busy: () => boolean;
  /** Closes the store, does the work, opens the folder that is current then; where the work fails, the one from before. */
  reopen: (work: () => Promise<void>) => Promise<void>;
  desktop?: Desktop;
  schedule?: Pick<ScheduleOptions, 'firstAfterMs' | 'everyMs'>;
  /** Milliseconds between two looks for the folder. */
  watchMs?: number;
}
export interface DataService {
  handlers: DataHandlers;
  close(): Promise<void>;
}

const LIST_MS = 2500;
const shown = ({ name, at, bytes, kind, conversations, messages, ...look }: Backup): BackupInfo => ({
  name,
  at,
  bytes,
  kind,
  conversations,
  messages,
  good: isWhole(look),
});

export function createDataService({
  store,
  home,
  notify,
  busy,
  reopen,
  desktop,
  schedule: times,
  watchMs,
}: DataOptions): DataService {
  const { backups, dataDir } = store;
  // the folder in use is closed by the store; the home and other profiles hold words too
  for (const folder of locationOf(home).known) closeToOthers(folder);
  const schedule = createSchedule({
    store,
    onTrouble: (error) => notify({ topic: 'notice', error }),
    onChange: () => notify({ topic: 'backups-changed' }),
    ...times,
  });
  const watch = watchFolder({
    store,
    report: (error) => notify({ topic: 'notice', error }),
    ...(watchMs === undefined ? {} : { everyMs: watchMs }),
  });

  function found(name: string): BackupFile {
    const backup = backups.list().find((listed) => listed.name === name);
    if (!backup) throw failure('profile.no-backup');
    return backup;
  }
  const onDesktop = (): Desktop => {
    if (!desktop) throw failure('profile.desktop-only');
    return desktop;
  };
  const idle = (): void => {
    if (busy()) throw failure('profile.reply-under-way');
  };
  /** What is gone can't be copied, and closing the store would lose what can still be read. */
  const present = (): void => {
    const trouble = store.trouble();
    if (trouble) throw thrownOf(trouble);
  };
  const goTo = (folder: string): void => {
    const { known } = locationOf(home);
    writeLocation(home, { current: folder, known: [...known, folder] });
  };

  const handlers: DataHandlers = {
    'backup.list': async () => ({
      folder: backups.folder,
      backups: (await backups.look()).map(shown),
      trouble: schedule.trouble,
    }),
    'backup.now': async () => {
      const made = await schedule.run((signal) => backups.take('asked', signal));
      notify({ topic: 'backups-changed' });
      return shown(made);
    },
    'backup.merge': async ({ name }) => {
      const { file } = found(name);
      let lastPush = performance.now();
      try {
        const { conversations, messages, fromTrash, left } = await schedule.run((signal) =>
          store.mergeFrom(file, {
            signal,
            onProgress() {
              if (performance.now() - lastPush < LIST_MS) return;
              lastPush = performance.now();
              notify({ topic: 'conversations-changed' });
            },
          }),
        );
        return { conversations, messages, fromTrash, left };
      } finally {
        notify({ topic: 'conversations-changed' });
      }
    },
    'backup.restore': async ({ name }) => {
      idle();
      present();
      const { file, at } = found(name);
      const folder = freeName(
        path.join(home, 'profiles'),
        new Date(at).toISOString().slice(0, 16).replace(':', ''),
        '',
      );
      const target = path.join(folder, 'mezzotint.db');
      try {
        makeFolder(folder);
        copyPrivately(file, `${target}.part`);
      } catch (cause) {
        throw failure('profile.backup-not-copied', { reason: reasonOf(cause) }, { file: folder, cause });
      }
      if (!isWhole(await inspectAway(`${target}.part`, 'better-sqlite3'))) {
        rmSync(folder, { recursive: true, force: true });
        throw failure('store.backup-damaged', {}, { file });
      }
      renameSync(`${target}.part`, target);
      await reopen(async () => goTo(folder));
      return { folder };
    },
    'data.info': () => {
      const { known } = locationOf(home);
      return {
        folder: dataDir,
        bytes: bytesIn(dataDir),
        room: roomIn(dataDir),
        profiles: [...new Set([...known, dataDir])].map((folder) => ({
          folder,
          current: folder === dataDir,
          home: folder === home,
          there: isFolder(folder),
        })),
      };
    },
    'data.check': async () => {
      const { problems, conversations, messages } = await store.check();
      return { problems, conversations, messages };
    },
    'data.open': async ({ which }) => {
      await onDesktop().showFolder(which === 'data' ? dataDir : backups.folder);
      return {};
    },
    'data.choose': async () => ({ folder: await onDesktop().chooseFolder() }),
    'data.switch': async ({ folder }) => {
      idle();
      if (!locationOf(home).known.includes(folder)) throw failure('profile.unknown');
      if (folder !== home && !isFolder(folder)) throw failure('profile.folder-away', {}, { file: folder });
      await reopen(async () => goTo(folder));
      return {};
    },
    'data.move': async ({ folder }) => {
      idle();
      present();
      const target = targetIn(folder, dataDir);
      await reopen(async () => {
        await copyData(dataDir, target);
        goTo(target);
      });
      return { folder: target };
    },
  };
  return {
    handlers,
    close() {
      watch.close();
      return schedule.close();
    },
  };
}
