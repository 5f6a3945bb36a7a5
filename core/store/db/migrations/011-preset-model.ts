import type { Migration } from './migration.ts';

/** Presets can name a model. */
export const presetModel: Migration = {
  version: 11,
  name: 'preset-model',
  sql: `
    -- the id of a model; null: none is named
    ALTER TABLE presets ADD COLUMN model TEXT;
  `,
};
