/** The channels of core/contract/models.ts over a library. */
import type { ModelHandlers } from '../contract/index.ts';
import type { LibraryState } from '../contract/models.ts';
import { failure } from '../contract/result.ts';
import { exportPack } from './export.ts';
import type { Costs } from './costs.ts';
import type { Library } from './library.ts';
import type { Mover } from './mover.ts';

export interface ModelServiceOptions {
  library: Library;
  mover: Mover;
  costs: Costs;
  /** Whether a reply is being written. */
  busy: () => boolean;
  /** The folder of the pack that is loaded, or loads next. */
  loadedDir: () => string;
  /** The pack that answers is another one now. */
  restart: () => void;
  /** Loads the pack of a model. @throws MezzotintError where it can't be used here */
  prepare: (id: string) => void;
  /** Ends the load under way; what answered before does again. @param alone the model of all conversations stays the choice */
  stopLoad: (alone: boolean) => LibraryState;
  /** Asks for a checkpoint by the system's own dialog. */
  choose?: ((kind: 'folder' | 'file') => Promise<string | null>) | undefined;
  /** Shows a folder in the system's file manager. */
  showFolder?: ((folder: string) => Promise<void>) | undefined;
}

export function createModelHandlers({
  library,
  mover,
  costs,
  busy,
  loadedDir,
  restart,
  prepare,
  stopLoad,
  choose,
  showFolder,
}: ModelServiceOptions): ModelHandlers {
  const idle = (): void => {
    if (busy()) throw failure('profile.reply-under-way');
  };
  return {
    'models.list': () => {
      const before = library.current.id;
      const state = library.list();
      // the disk of the model that was chosen is there again
      if (state.current !== before && !busy()) restart();
      return library.state;
    },
    'models.preflight': (choice) => library.preflight(choice),
    'models.cost': (choice) => costs.of(choice),
    'models.stopCost': () => {
      costs.stop();
      return {};
    },
    'models.import': (choice) => library.import(choice),
    'models.cancel': () => library.cancel(),
    'models.prepare': ({ id }) => {
      if (!busy()) prepare(id);
      return {};
    },
    'models.use': ({ id }) => {
      const loaded = loadedDir();
      if (library.find(id).dir !== loaded) idle();
      library.use(id);
      if (library.currentDir !== loaded) restart();
      return library.state;
    },
    'models.remove': async ({ id, forever }) => {
      const { dir } = library.find(id);
      if (dir !== library.currentDir && dir !== loadedDir()) return library.remove(id, forever);
      idle();
      await library.remove(id, forever);
      restart();
      return library.state;
    },
    'models.verify': async ({ id }) => ({ error: await library.verify(id) }),
    'models.reveal': async ({ id }) => {
      const { dir } = library.find(id);
      if (!showFolder) throw failure('library.shown-on-desktop', { folder: dir });
      await showFolder(dir);
      return {};
    },
    'models.export': async ({ id, folder }) => ({ path: await exportPack(library.find(id), folder) }),
    'models.choose': async ({ kind }) => {
      if (!choose) throw failure('library.files-chosen-on-desktop');
      return { path: await choose(kind) };
    },
    'models.stopLoad': ({ alone = false }) => stopLoad(alone),
    'models.planFolder': ({ folder }) => mover.plan(folder),
    'models.changeFolder': (change) => mover.change(change),
    'models.stopMove': () => mover.stop(),
  };
}
