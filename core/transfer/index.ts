/**
 * Conversations in and out of files. Out: after `prepareExport`, `writeExport` gives the file in pieces. In: `textsIn(name, bytes)` or
 * `textsOfFile(name, path)`, `readFile(text)`, `planImport(file, store.archive)` to show what would happen,
 * `runImport(plan, store.archive)`. For a client that sends and takes files in pieces: `createTransfer`.
 */
export {
  planImport,
  runImport,
  type ImportPlan,
  type ImportResult,
  type ImportTarget,
  type PlannedConversation,
} from './plan.ts';
export { createTransfer, type Transfer, type TransferOptions } from './session.ts';
export { checkSize, readFile, textOf, type Problem, type ReadFile } from './read.ts';
export { prepareExport, writeExport } from './write.ts';
export { textsIn, textsOfFile, type PackedText } from './unpack.ts';
