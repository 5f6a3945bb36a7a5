/** Where a person's data lies, its profiles, and its backups by the clock and on request. */
export { createDataService, type DataOptions, type DataService, type Desktop } from './handlers.ts';
export { dataDirOf, locationOf, writeLocation } from './location.ts';
export type { ScheduleOptions } from './schedule.ts';
