/** Which automatic backups are due, and which have had their time. Pure: decided by names and a clock, neither of which is trusted. */

export const DAY_MS = 86_400_000;
export const KEEP_DAYS = 7;
export const KEEP_WEEKS = 4;

/** auto: by the clock · asked: by a person · migration: taken before the database was changed to a newer version. */
export type BackupKind = 'auto' | 'asked' | 'migration';
export interface Dated {
  name: string;
  /** Milliseconds since 1970, as the name says. */
  at: number;
  kind: BackupKind;
}

const day = (at: number): number => Math.floor(at / DAY_MS);
/** Weeks begin on Monday; 1970 began on a Thursday. */
const week = (at: number): number => Math.floor((day(at) + 3) / 7);

/**
 * Whether an automatic backup is due: there is none of the last 24 hours. One with a time to come says nothing: the clock went
 * back, or the name lies.
 */
export const isDue = (backups: readonly Dated[], now: number): boolean =>
  !backups.some(({ at, kind }) => kind !== 'migration' && at <= now && at > now - DAY_MS);

/**
 * The automatic backups that can go. Of the newest `KEEP_DAYS` days that have one, each day's newest stays; of the newest
 * `KEEP_WEEKS` weeks, each week's newest. Days and weeks without a backup are not counted, so a long pause costs none. What a
 * person asked for, what was taken before a migration, and what has a time to come is never named.
 */
export function expired(backups: readonly Dated[], now: number): string[] {
  const known = backups
    .filter(({ at, kind }) => kind === 'auto' && Number.isFinite(at) && at <= now)
    .sort((a, b) => b.at - a.at || (a.name < b.name ? 1 : -1));
  const kept = new Set<string>();
  for (const [period, most] of [
    [day, KEEP_DAYS],
    [week, KEEP_WEEKS],
  ] as const) {
    const seen = new Set<number>();
    for (const { name, at } of known) {
      if (seen.has(period(at))) continue;
      if (seen.size === most) break;
      seen.add(period(at));
      kept.add(name);
    }
  }
  return known.filter(({ name }) => !kept.has(name)).map(({ name }) => name);
}
