import type { Migration } from './migration.ts';

/** What the trash needs to wait after a jump of the clock (core/store/repositories/clock.ts). */
export const evenClock: Migration = {
  version: 8,
  name: 'even clock',
  sql: `
    -- seen_at is the time believed; waits_at: the last look at a clock that has jumped away from it; null: it has not
    ALTER TABLE clock ADD COLUMN waits_at INTEGER;
    -- milliseconds for which the clock has run evenly since the jump
    ALTER TABLE clock ADD COLUMN waited INTEGER NOT NULL DEFAULT 0;
  `,
};
