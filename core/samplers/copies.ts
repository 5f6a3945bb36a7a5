/**
 * Drafts from the conversation itself: where the last tokens stood before, what followed them then is a fair guess of
 * what follows now. Free, and strong where text is quoted, rewritten or listed. (Prompt lookup decoding.) The longer the
 * match, the surer the guess; how sure is corrected by how the reply's own copies fared. It reads no clock.
 */
import { probability, type Row } from '../sampling/choose.ts';

/** A token copied from earlier in the conversation. */
export interface Copied {
  id: number;
  /** That it holds where those before it did. */
  chance: number;
  /** How many tokens before it matched. */
  matched: number;
}

/** How a reply copies. `known`: all tokens so far, the same sequence each time, grown at its end; `drafts`: what is drafted after them. */
export interface Copying {
  /** At most `most` tokens to draft in the drafter's place; none where too little matches. */
  instead(known: readonly number[], most: number): Copied[];
  /** At most `most` tokens to draft behind the drafter's block. */
  behind(known: readonly number[], drafts: readonly number[], most: number): Copied[];
  /** A row of the drafter's for the token after `drafts`, with what the conversation says of it. */
  inform(row: Row, known: readonly number[], drafts: readonly number[]): Row;
  /** Of a forward's drafts, undefined where not copied, the first `held` held. */
  fared(copied: readonly (Copied | undefined)[], held: number): void;
}

/** Where the last tokens stood before. */
export interface Match {
  /** Index of the token that followed them. */
  at: number;
  /** How many tokens before it are the last ones; `LEAST` … `MOST`. */
  length: number;
}

/** A match of so many tokens is copied from without asking the drafter. */
const INSTEAD_FROM = 4;
/** Where the drafter's block ends, a copy goes on after a match of so many. */
const BEHIND_FROM = 3;
/** Last tokens that must match, and how many are compared at most. */
const LEAST = 2;
const MOST = 32;
/** Earlier places that are compared, newest first. */
const PLACES = 64;
/** Above every token id. */
const IDS = 2 ** 24;
/** Share of what is known of copies that one more observation replaces. */
const RATE = 0.03;
/** Breaks that are taken as seen, and as expected, before the first copy. */
const PRIOR = 3;

/** The chance that a copy breaks at a token, after a match of `length` tokens. Fitted roughly to replies that the bench does not ask for. */
const hazard = (length: number): number => 2 / (length + 2);
/** What a match counts for in a row of the drafter's: a share, 0 … 1. Fitted as `hazard` is. */
export const weightOf = (length: number): number => (length - 1) / (length + 5);

/** Exact's: as sure as the match is long. */
export class Copies implements Copying {
  /** By a pair of tokens: the newest index that followed it. */
  readonly #follows = new Map<number, number>();
  /** By such an index: the one before, that followed the same pair; −1 where there is none. */
  readonly #before: number[] = [];
  #indexed = LEAST;
  #broken = 0;
  #expected = 0;

  /**
   * The longest earlier match of the last tokens of `known` and, after it, `drafts`; of several the newest. Null where the
   * last two never stood side by side. `known` must be the one sequence that was asked about before, grown at its end.
   */
  find(known: readonly number[], drafts: readonly number[] = []): Match | null {
    // A pair is entered only once a token follows it, so the sequence's own end never finds itself.
    for (; this.#indexed < known.length; this.#indexed++) {
      const key = pair(known[this.#indexed - 2] as number, known[this.#indexed - 1] as number);
      this.#before[this.#indexed] = this.#follows.get(key) ?? -1;
      this.#follows.set(key, this.#indexed);
    }
    const length = known.length + drafts.length;
    if (length < LEAST) return null;
    const token = (i: number): number => (i < known.length ? known[i] : drafts[i - known.length]) as number;
    let best: Match | null = null;
    let at = this.#follows.get(pair(token(length - 2), token(length - 1))) ?? -1;
    for (let place = 0; at >= 0 && place < PLACES; place++) {
      let same = LEAST;
      while (same < MOST && at > same && known[at - same - 1] === token(length - same - 1)) same++;
      if (same > (best?.length ?? 0)) best = { at, length: same };
      at = this.#before[at] as number;
    }
    return best;
  }

  /** The chance that a copied token after a match of `length` tokens holds, where all before it did. */
  chance(length: number): number {
    const trust = (this.#broken + PRIOR) / (this.#expected + PRIOR);
    return 1 - Math.min(0.95, hazard(length) * trust);
  }

  instead(known: readonly number[], most: number): Copied[] {
    return this.#from(known, this.find(known), INSTEAD_FROM, most);
  }
  behind(known: readonly number[], drafts: readonly number[], most: number): Copied[] {
    return this.#from(known, this.find(known, drafts), BEHIND_FROM, most);
  }
  #from(known: readonly number[], match: Match | null, least: number, most: number): Copied[] {
    if (!match || match.length < least) return [];
    return known.slice(match.at, match.at + Math.max(0, most)).map((id, i) => {
      const matched = match.length + i;
      return { id, chance: this.chance(matched), matched };
    });
  }

  inform(row: Row, known: readonly number[], drafts: readonly number[]): Row {
    const match = this.find(known, drafts);
    return match ? expecting(row, known[match.at] as number, weightOf(match.length)) : row;
  }

  fared(copied: readonly (Copied | undefined)[], held: number): void {
    for (const [i, copy] of copied.slice(0, held + 1).entries()) {
      if (!copy) continue;
      this.#broken = (1 - RATE) * this.#broken + (i < held ? 0 : 1);
      this.#expected = (1 - RATE) * this.#expected + hazard(copy.matched);
    }
  }
}

const pair = (first: number, second: number): number => first * IDS + second;

/** A row that gives `weight` of its probability to a token, and the rest to all as before. The token need not be a candidate. @param weight 0 … 1, less than 1 */
export function expecting(row: Row, id: number, weight: number): Row {
  let at = 0;
  while (at < row.ids.length && row.ids[at] !== id) at++;
  const before = at < row.ids.length ? probability(row, row.logits[at] as number) : 0;
  const after = (1 - weight) * before + weight;
  if (before >= 1 || after <= before) return row;
  const others = 1 - weight; // what is left of each other's probability
  const lse = row.lse - Math.log(others);
  const count = Math.max(at + 1, row.ids.length);
  const ids = new Int32Array(count);
  const logits = new Float32Array(count);
  ids.set(row.ids);
  logits.set(row.logits);
  ids[at] = id;
  logits[at] = lse + Math.log(after);
  const plogp = (p: number): number => (p > 0 ? p * Math.log(p) : 0);
  const entropy = others * (row.entropy + plogp(before) - (1 - before) * Math.log(others)) - plogp(after);
  return { ids, logits, lse, entropy };
}
