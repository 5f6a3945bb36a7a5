/**
 * The store. `openStore({ dataDir })` gives `Result<{ store, notices }>`; everything else goes through the store's
 * repositories, each call a transaction of its own unless it runs inside `store.transaction`.
 */
export { openStore, type OpenedStore, type Store, type StoreOptions } from './open.ts';
export { defaultSettings } from './settings.ts';
export { roundEvent } from './trace.ts';
export { freeName, type Backup, type BackupFile } from './backup.ts';
export { copyPrivately, makeFolder, makePrivate, writePrivately } from './private.ts';
export { inspectAway } from './inspect-away.ts';
export { isWhole } from './inspect.ts';
export { checkSearch, rebuildSearch } from './search/check.ts';
export type { Search } from './search/index.ts';
export type { Archive } from './archive.ts';
export type { Calibrations } from './calibrations.ts';
export type { OpenGeneration } from './generations.ts';
export type { Overdue } from './order.ts';
export type { Pack } from './rows.ts';
export type { QueuedQuestion, QueueStore } from './queue.ts';
export type { DriverName } from './driver.ts';
