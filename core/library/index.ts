/** The models on this machine. `Library` is what the window, the command line and browser mode share. */
export { createModelHandlers, type ModelServiceOptions } from './handlers.ts';
export { Library, type LibraryOptions } from './library.ts';
