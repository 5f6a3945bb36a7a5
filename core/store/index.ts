/**
 * The store. `openStore({ dataDir })` gives `Result<{ store, notices }>`; everything else goes through the store's
 * repositories, each call a transaction of its own unless it runs inside `store.transaction`.
 */
export { openStore, type OpenedStore, type Store, type StoreOptions } from './open.ts';
export { defaultSettings } from './repositories/settings.ts';
export { roundEvent } from './trace/index.ts';
export { type Backup, type BackupFile } from './recovery/backup.ts';
export { freeName } from './db/names.ts';
export { closeToOthers, copyPrivately, makeFolder, makePrivate, refuseLongPath, writePrivately } from './db/private.ts';
export { inspectAway } from './recovery/inspect-away.ts';
export { isWhole } from './recovery/inspect.ts';
export { checkSearch, rebuildSearch } from './search/check.ts';
export type { Search } from './search/index.ts';
export type { Archive } from './repositories/archive.ts';
export type { SpeedProfiles } from './repositories/speed-profiles.ts';
export type { OpenGeneration } from './repositories/generations.ts';
export type { Overdue } from './repositories/order.ts';
export type { Pack } from './repositories/rows.ts';
export type { QueuedQuestion, QueueStore } from './repositories/queue.ts';
export type { DriverName } from './db/driver.ts';
