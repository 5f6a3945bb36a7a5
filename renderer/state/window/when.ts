/** When something was, as a person says it. Pure. */

const UNITS = [
  ['minute', 60_000, 60],
  ['hour', 3_600_000, 24],
  ['day', 86_400_000, 7],
] as const;

/** “5 min ago”, to a week; then the day. `locale`: a BCP 47 tag; times in milliseconds; `justNow`: the words for less than a minute, or a clock that went back. */
export function ago(at: number, now: number, locale: string, justNow: string): string {
  const past = now - at;
  if (past < 60_000) return justNow;
  for (const [unit, length, most] of UNITS)
    if (past < length * most)
      return new Intl.RelativeTimeFormat(locale, { style: 'short', numeric: 'auto' }).format(
        -Math.floor(past / length),
        unit,
      );
  return new Date(at).toLocaleDateString(locale, { day: 'numeric', month: 'short', year: 'numeric' });
}

/** “25 Nov 2026, 14:05”, with the words of the language. */
export const exactly = (at: number, locale: string): string =>
  new Date(at).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short' });
