/** Forwards of a stepper over one session and one cache: groups of rows, split where the graph asks for it. */
import { CANDIDATES } from '../model/graph/contract.ts';
import type { Passes, Wanted } from '../samplers/rules/passes.ts';
import type { Row } from '../samplers/rules/rule.ts';
import type { PrefixCache } from './cache.ts';
import type { ForwardRows, Predictions } from './session.ts';

/** Rows of a prompt's blocks in one forward, about: attention over them grows with their square. */
const PROMPT_ROWS = 256;

/** A reply was stopped while its prompt was read. */
export class Stopped extends Error {}
/** @returns null where the work ended because it was stopped */
export const unlessStopped = <T>(work: Promise<T>): Promise<T | null> =>
  work.catch((thrown: unknown) => {
    if (thrown instanceof Stopped) return null;
    throw thrown;
  });

export type Forward = (rows: ForwardRows, cache: PrefixCache) => Promise<Predictions>;

export class SessionPasses implements Passes {
  readonly #forward: Forward;
  readonly #cache: PrefixCache;
  #glanced: { ids: readonly number[]; made: Predictions } | null = null;

  constructor(forward: Forward, cache: PrefixCache) {
    this.#forward = forward;
    this.#cache = cache;
  }

  get cached(): number {
    return this.#cache.length;
  }

  beside(): SessionPasses {
    return new SessionPasses(this.#forward, this.#cache.fresh());
  }

  async glance(
    ids: readonly number[],
    at: number,
    { rows, whole = false, shadow, conditioned }: Wanted,
  ): Promise<Row[]> {
    // a forward has one row at least that goes through the head
    const wanted = rows.length > 0 ? [...new Set(rows)].sort((a, b) => a - b) : [0];
    const made = await this.#forward(
      {
        ids: [...ids, ...(shadow?.ids ?? [])],
        positions: [...ids.map((_, i) => at + i), ...(shadow?.ids ?? []).map((_, i) => (shadow?.at ?? 0) + i)],
        contextRows: 0,
        canvases: [
          { rows: ids.length, sees: 0 },
          ...(shadow ? [{ rows: shadow.ids.length, sees: 0, follows: true, without: shadow.at - at }] : []),
        ],
        wanted,
        whole,
        ...(conditioned === undefined ? {} : { prior: this.#prior(ids.length, conditioned) }),
      },
      this.#cache,
    );
    this.#glanced = { ids, made };
    const list = rowsOf(made, wanted.length);
    return rows.map((row) => list[wanted.indexOf(row)] as Row);
  }

  #prior(rows: number, temperature: number): NonNullable<ForwardRows['prior']> {
    const logits = this.#glanced?.made.whole;
    if (!logits || this.#glanced?.ids.length !== rows)
      throw new RangeError('there was no glance at this canvas before');
    return { logits, temperature };
  }

  keep(rows: readonly number[]): void {
    const glanced = this.#glanced;
    if (!glanced) throw new RangeError('there was no glance whose rows could be kept');
    this.#cache.appendRows(
      rows.map((row) => glanced.ids[row] as number),
      rows,
      glanced.made,
    );
  }

  async read(
    ids: readonly number[],
    within: 'causal' | readonly number[],
    { rows, whole = false }: Wanted,
  ): Promise<Row[]> {
    const found = new Map<number, Row>();
    for (let from = 0, block = 0; from < ids.length;) {
      const lengths: number[] = [];
      let count = 0;
      if (within === 'causal') count = Math.min(this.#cache.room, ids.length - from);
      else {
        while (block < within.length && (count === 0 || count + (within[block] as number) <= PROMPT_ROWS)) {
          lengths.push(within[block] as number);
          count += within[block++] as number;
        }
      }
      const some = ids.slice(from, from + count);
      const here = rows.filter((row) => row >= from && row < from + count);
      const wanted = here.length > 0 ? here.map((row) => row - from) : [count - 1];
      const at = this.#cache.length;
      const canvases = lengths.map((length) => ({ rows: length, sees: 0, follows: true }));
      const made = await this.#forward(
        {
          ids: [...some],
          positions: some.map((_, i) => at + i),
          contextRows: within === 'causal' ? count : 0,
          canvases,
          wanted,
          whole,
        },
        this.#cache,
      );
      const list = rowsOf(made, wanted.length);
      here.forEach((row, i) => found.set(row, list[i] as Row));
      this.#cache.appendRows(
        some,
        some.map((_, i) => i),
        made,
      );
      from += count;
    }
    this.#glanced = null;
    return rows.map((row) => found.get(row) as Row);
  }

  cut(length: number): void {
    this.#cache.truncate(length);
  }
}

function rowsOf(made: Predictions, count: number): Row[] {
  const vocabulary = made.whole ? made.whole.length / count : 0;
  return Array.from({ length: count }, (_, i) => ({
    ids: made.ids.subarray(i * CANDIDATES, (i + 1) * CANDIDATES),
    logits: made.logits.subarray(i * CANDIDATES, (i + 1) * CANDIDATES),
    lse: made.lse[i] as number,
    entropy: made.entropy[i] as number,
    ...(made.whole ? { whole: made.whole.subarray(i * vocabulary, (i + 1) * vocabulary) } : {}),
  }));
}
