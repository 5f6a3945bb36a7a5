/** Dates as other apps write them, in milliseconds since 1970. Pure. */
import { MAX_TIME } from '../contract/transfer.ts';

/** Seconds end here (the year 5138), thousandths begin: no chat is older than 1973. */
const SECONDS_UNTIL = 1e11;
const THOUSANDTHS_UNTIL = 1e14;

/**
 * A number counts seconds, thousandths or millionths, whichever gives a year of our age; text is ISO 8601 or such a number;
 * databases write `{"$date": …}`. Null where it is no time.
 */
export function timeOf(value: unknown): number | null {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const inner = (value as Record<string, unknown>)['$date'] ?? (value as Record<string, unknown>)['$numberLong'];
    return typeof inner === 'object' && inner !== null
      ? timeOf((inner as Record<string, unknown>)['$numberLong'])
      : inner === undefined
        ? null
        : timeOf(inner);
  }
  if (typeof value === 'string') {
    if (value.length > 64 || value.trim() === '') return null;
    return /^\d+(\.\d+)?$/.test(value) ? timeOf(Number(value)) : bounded(Date.parse(value));
  }
  if (typeof value !== 'number') return null;
  return bounded(value < SECONDS_UNTIL ? value * 1000 : value < THOUSANDTHS_UNTIL ? value : value / 1000);
}
const bounded = (ms: number): number | null => (ms >= 0 && ms <= MAX_TIME ? Math.round(ms) : null);
