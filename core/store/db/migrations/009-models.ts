import type { Migration } from './migration.ts';

/** Which model wrote a reply that came from another app: it has no generation that would say. */
export const models: Migration = {
  version: 9,
  name: 'models',
  sql: `
    ALTER TABLE messages ADD COLUMN model TEXT;
  `,
};
