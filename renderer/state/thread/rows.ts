/**
 * Where the rows of a long page stand: measured heights where a row has been drawn, guesses elsewhere. And which rows are
 * to be drawn for what is in sight. Pure; distances in CSS pixels from the first row's top.
 */

/** Rows `from` to `to`, without `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}
/** What is in sight. */
export interface Sight {
  readonly top: number;
  readonly bottom: number;
}

export class Rows {
  readonly gap: number;
  #keys: readonly string[] = [];
  #indexes = new Map<string, number>();
  #guesses: readonly number[] = [];
  readonly #measured = new Map<string, number>();
  /** `#tops[i]` is right for i up to `#right`. */
  #tops = new Float64Array(1);
  #right = 0;

  /** `gap`: between two rows. */
  constructor(gap: number) {
    this.gap = gap;
  }
  get length(): number {
    return this.#keys.length;
  }
  /** Takes other rows; those known by their key keep their measured height. */
  set(keys: readonly string[], guesses: readonly number[]): void {
    this.#keys = keys;
    this.#guesses = guesses;
    this.#indexes = new Map(keys.map((key, i) => [key, i]));
    this.#tops = new Float64Array(keys.length + 1);
    this.#right = 0;
  }
  /** Forgets all rows and heights. */
  clear(): void {
    this.#measured.clear();
    this.set([], []);
  }
  /** −1: there is none. */
  indexOf(key: string): number {
    return this.#indexes.get(key) ?? -1;
  }
  keyAt(index: number): string | undefined {
    return this.#keys[index];
  }
  height(index: number): number {
    return this.#measured.get(this.#keys[index] ?? '') ?? this.#guesses[index] ?? 0;
  }
  /** Takes a row's height as it was drawn. Returns by how much it differs from what was held until now. */
  measure(key: string, height: number): number {
    const index = this.indexOf(key);
    if (index < 0) return 0;
    const change = height - this.height(index);
    this.#measured.set(key, height);
    if (change !== 0) this.#right = Math.min(this.#right, index);
    return change;
  }
  /** Where row `index` begins; for `length`, where one more row would. */
  top(index: number): number {
    const last = Math.min(index, this.length);
    for (; this.#right < last; this.#right++)
      this.#tops[this.#right + 1] = (this.#tops[this.#right] ?? 0) + this.height(this.#right) + this.gap;
    return this.#tops[last] ?? 0;
  }
  bottom(index: number): number {
    return this.top(index) + this.height(index);
  }
  /** The row that holds this place, or the gap below it; the first or last one outside of all. */
  at(y: number): number {
    let low = 0;
    let high = this.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.top(middle) <= y) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }
  /** The rows that touch what is in sight, with `reach` more on both sides. */
  touching({ top, bottom }: Sight, reach: number): Span {
    if (this.length === 0) return { from: 0, to: 0 };
    return { from: this.at(top - reach), to: this.at(bottom + reach) + 1 };
  }
}

/** Reaches beyond what is in sight: drawn at once · drawn a few rows at a time · dropped only further away. */
export interface Reach {
  readonly now: number;
  readonly soon: number;
  readonly keep: number;
}

/**
 * The rows to draw next, given those drawn now: everything in sight at once, and at most `budget` more rows towards what
 * comes into sight soon, in the direction of travel first. `done`: there is nothing more to draw.
 */
export function nextSpan(
  rows: Rows,
  drawn: Span,
  sight: Sight,
  reach: Reach,
  budget: number,
  upwards: boolean,
): Span & { done: boolean } {
  const now = rows.touching(sight, reach.now);
  const soon = rows.touching(sight, reach.soon);
  const keep = rows.touching(sight, reach.keep);
  const apart = drawn.to <= now.from || drawn.from >= now.to;
  let from = apart ? now.from : Math.min(now.from, Math.max(drawn.from, keep.from));
  let to = apart ? now.to : Math.max(now.to, Math.min(drawn.to, keep.to));
  let left = apart ? 0 : budget;
  const above = (): void => {
    for (; left > 0 && from > soon.from; left--) from--;
  };
  const below = (): void => {
    for (; left > 0 && to < soon.to; left--) to++;
  };
  if (upwards) above();
  below();
  above();
  return { from, to, done: from <= soon.from && to >= soon.to };
}

/** Letters in a line of a reply, and its height, about. */
const LINE_LETTERS = 64;
const LINE = 27;
const FURNITURE = 60;
/** A guess of a text's height. `bytes`: its size where the text itself is not here. */
export function guessHeight(text: string, bytes?: number): number {
  if (bytes !== undefined) return FURNITURE + Math.ceil(bytes / 36) * LINE;
  let lines = 0;
  for (let at = 0; at <= text.length;) {
    const end = text.indexOf('\n', at);
    const stop = end < 0 ? text.length : end;
    lines += stop === at ? 0.5 : Math.ceil((stop - at) / LINE_LETTERS);
    at = stop + 1;
  }
  return FURNITURE + lines * LINE;
}
