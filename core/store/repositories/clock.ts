/**
 * The time that deletions go by. The wall clock may be wrong by weeks for one start and right again at the next, so a single look at
 * it decides nothing: a time far from the last one believed is a jump. A jump is believed once the clock has run on evenly from
 * there for six days, counted over several looks; until then nothing is due that was not due before.
 */
import { integer, integerOrNull, type Db } from '../db/driver.ts';

const DAY_MS = 86_400_000;
/** The longest stretch between two looks that is no jump, and the most that one look adds to the wait. */
const EVEN_MS = 2 * DAY_MS;
/** How long the clock must run evenly after a jump. */
export const WAIT_MS = 6 * DAY_MS;
/** A longer stretch between two looks during the wait is another jump. */
const LONGEST_MS = 30 * DAY_MS;

export interface Look {
  /** The time deletions may go by; never later than the wall clock. Milliseconds since 1970. */
  readonly time: number;
  /** Milliseconds from the time believed to the wall clock, where they are far apart and the wait is on; else 0. */
  readonly jump: number;
  /** How long the clock must still run evenly; 0 where it does not wait. */
  readonly wait: number;
}
export interface Clock {
  /** Notes the wall clock's time. */
  look(now: number): Look;
  /** The wait at the last look, and when that was; null where there is none. */
  waiting(): { since: number; wait: number } | null;
  /** The time to note for something deleted now: a clock that was set back must not make it look older than it is. */
  latest(now: number): number;
}

interface State {
  believed: number;
  waitsAt: number | null;
  waited: number;
}

/** The state after another look. Pure. */
export function looked({ believed, waitsAt, waited }: State, now: number): State {
  if (Math.abs(now - believed) <= EVEN_MS) return { believed: now, waitsAt: null, waited: 0 };
  const step = waitsAt === null ? -1 : now - waitsAt;
  if (step < 0 || step > LONGEST_MS) return { believed, waitsAt: now, waited: 0 };
  const total = waited + Math.min(step, EVEN_MS);
  return total >= WAIT_MS ? { believed: now, waitsAt: null, waited: 0 } : { believed, waitsAt: now, waited: total };
}

export function createClock(db: Db): Clock {
  const get = db.prepare('SELECT seen_at, waits_at, waited FROM clock');
  const put = db.prepare(
    'INSERT INTO clock (one, seen_at, waits_at, waited) VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET seen_at = excluded.seen_at, waits_at = excluded.waits_at, waited = excluded.waited',
  );
  // where no look was noted yet, the conversations say when the app last ran
  const last = db.prepare('SELECT max(max(updated_at), coalesce(max(deleted_at), 0)) AS at FROM conversations');

  const state = (now: number): State => {
    const row = get.get();
    if (row)
      return {
        believed: integer(row, 'seen_at'),
        waitsAt: integerOrNull(row, 'waits_at'),
        waited: integer(row, 'waited'),
      };
    return { believed: integerOrNull(last.get() ?? { at: null }, 'at') ?? now, waitsAt: null, waited: 0 };
  };
  return {
    look: (now) =>
      db.transaction(() => {
        const after = looked(state(now), now);
        put.run(after.believed, after.waitsAt, after.waited);
        const waits = after.waitsAt !== null;
        return {
          time: Math.min(now, after.believed),
          jump: waits ? now - after.believed : 0,
          wait: waits ? WAIT_MS - after.waited : 0,
        };
      }),
    waiting() {
      const row = get.get();
      const since = row ? integerOrNull(row, 'waits_at') : null;
      return row && since !== null ? { since, wait: WAIT_MS - integer(row, 'waited') } : null;
    },
    latest: (now) => Math.max(now, state(now).believed),
  };
}
