/**
 * Every error that Mezzotint can give, one row an id. To add one, for example where the trash is empty already:
 *
 * 1. a row in the file of its room here: `'chat.trash-empty': ['conflict', { folder: 'text' }]`. The first is the code for
 *    programs (../codes.ts), the second says the kind of each parameter (../kinds.ts);
 * 2. its words in ../words/en/chat.ts and ../words/zh/chat.ts: what happened and what is safe, then what to do next:
 *    `['The trash of {folder} is empty already.', 'There is nothing to do.']`. A count brings its noun: `{n#file#files}`;
 * 3. `throw failure('chat.trash-empty', { folder })`, or `errorOf(…)` where it is a value. A file goes into the third argument.
 *
 * Words that are missing in a language, and parameters that are unknown or not shown, are errors of types. Sentences are built
 * nowhere else (a lint rule). An id once released keeps its meaning: stored replies and older clients know it.
 */
import type { ErrorTable } from '../kinds.ts';
import { chatErrors } from './chat.ts';
import { checkpointsErrors } from './checkpoints.ts';
import { cliErrors } from './cli.ts';
import { engineErrors } from './engine.ts';
import { hubErrors } from './hub.ts';
import { libraryErrors } from './library.ts';
import { modelErrors } from './model.ts';
import { profileErrors } from './profile.ts';
import { remoteErrors } from './remote.ts';
import { samplersErrors } from './samplers.ts';
import { serverErrors } from './server.ts';
import { storeErrors } from './store.ts';
import { transferErrors } from './transfer.ts';
import { windowErrors } from './window.ts';

export const errorTable = {
  ...chatErrors,
  ...checkpointsErrors,
  ...cliErrors,
  ...engineErrors,
  ...hubErrors,
  ...libraryErrors,
  ...modelErrors,
  ...profileErrors,
  ...remoteErrors,
  ...samplersErrors,
  ...serverErrors,
  ...storeErrors,
  ...transferErrors,
  ...windowErrors,
} satisfies ErrorTable;
export type Errors = typeof errorTable;
export type ErrorId = keyof Errors;
export const isErrorId = (id: string): id is ErrorId => Object.hasOwn(errorTable, id);
