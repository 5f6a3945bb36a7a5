/** The channels of core/contract/models.ts over a library. */
import type { ModelHandlers } from '../contract/index.ts';
import { failure } from '../contract/result.ts';
import type { Library } from './library.ts';

export interface ModelServiceOptions {
  library: Library;
  /** Whether a reply is being written. */
  busy: () => boolean;
  /** The pack that answers is another one now. */
  restart: () => void;
  /** Asks for a checkpoint by the system's own dialog. */
  choose?: ((kind: 'folder' | 'file') => Promise<string | null>) | undefined;
}

export function createModelHandlers({ library, busy, restart, choose }: ModelServiceOptions): ModelHandlers {
  const idle = (): void => {
    if (busy()) throw failure('profile.reply-under-way');
  };
  return {
    'models.list': () => library.list(),
    'models.preflight': (choice) => library.preflight(choice),
    'models.import': (choice) => library.import(choice),
    'models.cancel': () => library.cancel(),
    'models.use': ({ id }) => {
      const before = library.currentDir;
      if (library.find(id).dir !== before) idle();
      const state = library.use(id);
      if (library.currentDir !== before) restart();
      return state;
    },
    'models.remove': ({ id }) => {
      const before = library.currentDir;
      if (library.find(id).dir !== before) return library.remove(id);
      idle();
      const state = library.remove(id);
      restart();
      return state;
    },
    'models.choose': async ({ kind }) => {
      if (!choose) throw failure('library.files-chosen-on-desktop');
      return { path: await choose(kind) };
    },
  };
}
