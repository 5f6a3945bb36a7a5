/** JSON numbers as they are written figure by figure: what may still become one within its bounds, and what is one. */

export interface Bounds {
  integer: boolean;
  /** Of whole numbers alone, both inclusive. */
  minimum?: number | undefined;
  maximum?: number | undefined;
}

/** Digits before the point, and after it. */
const WHOLE = 12;
const PLACES = 6;
const begins = (text: string, integer: boolean): boolean =>
  (integer
    ? new RegExp(`^-?(?:0|[1-9]\\d{0,${WHOLE - 1}})?$`)
    : new RegExp(`^-?(?:(?:0|[1-9]\\d{0,${WHOLE - 1}})(?:\\.\\d{0,${PLACES}})?)?$`)
  ).test(text);
const isWhole = (text: string): boolean => /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text);

/** Whether a number within the bounds begins with (or is) this text. */
export function couldBe(text: string, { integer, minimum, maximum }: Bounds): boolean {
  if (!begins(text, integer)) return false;
  const least = minimum ?? -(10 ** WHOLE);
  const most = maximum ?? 10 ** WHOLE;
  if (text === '') return true;
  if (text === '-') return least < 0;
  if (!integer) return true;
  const negative = text.startsWith('-');
  let low = Math.abs(Number(text));
  let high = low;
  for (let more = 0; more <= WHOLE; more++) {
    const [from, to] = negative ? [-high, -low] : [low, high];
    if (to >= least && from <= most) return true;
    if (low === 0) return false;
    low *= 10;
    high = high * 10 + 9;
  }
  return false;
}
/** Whether it is a number within the bounds as it stands. */
export const isOne = (text: string, bounds: Bounds): boolean =>
  isWhole(text) &&
  (!bounds.integer || (Number(text) >= (bounds.minimum ?? -Infinity) && Number(text) <= (bounds.maximum ?? Infinity)));
