import type { Migration } from './migration.ts';

/** Measured speeds by model, device and version of the app. */
export const calibrations: Migration = {
  version: 6,
  name: 'calibrations',
  sql: `
    CREATE TABLE calibrations (
      -- hash of the pack
      pack TEXT NOT NULL,
      device TEXT NOT NULL,
      version TEXT NOT NULL,
      measured_at INTEGER NOT NULL,
      -- JSON: what was measured, by the stop's name
      stops TEXT NOT NULL,
      PRIMARY KEY (pack, device, version)
    ) STRICT, WITHOUT ROWID;
  `,
};
