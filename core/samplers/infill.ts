/**
 * Fills a short hole between fixed tokens. What may stand there is weighed by the causal head: the likelihood of the span
 * after what stands before it, times the likelihood of the fixed tokens after the span. A beam grows the span from the
 * left, steered by what the canvas makes of the right context (right.ts); at each length its ways are tried with the first fixed tokens behind them, and the best ones with more of
 * them. Comparing these over lengths is the end-of-span rule: going on costs likelihood unless the fixed tokens then fit
 * better. Ways to propose that lost against this are in docs/decisions/020. Pure: the model is a function.
 */
import { largest } from '../contract/lists.ts';
import { probability, type Row } from '../sampling/choose.ts';
import { gumbel } from '../sampling/noise.ts';

/** Asks for rows of tokens that are tried after the last known one. */
export interface Query {
  /** Tokens after the last known one. */
  ids: readonly number[];
  /** How many rows, from the last back: the last predicts what follows `ids`, the one before it their last token … At most ids.length + 1. */
  wanted: number;
}
export type RunQueries = (queries: readonly Query[]) => Promise<Row[][]>;

export interface InfillHole {
  min: number;
  max: number;
  /** Fixed tokens that follow, the nearest first; empty where nothing is known of what follows. */
  suffix: readonly number[];
  /** Whether a token may stand at a place of the span. */
  allowed: (id: number, at: number) => boolean;
  /** Whether the span may end with a token. */
  ends: (id: number) => boolean;
  /** Never proposed: what stood there before. */
  avoid?: readonly number[];
  /** Taken as the first token where the model offers none that is allowed there. */
  fallback: number;
  /** What a token gains by the right context, in nats: it decides what is tried, not what is best. */
  right?: (at: number, id: number) => number;
}
export interface InfillOptions {
  /** Ways wanted. */
  count: number;
  /** 0: the likeliest; else noise of this strength, a function of seed, slot and token, is added. */
  temperature: number;
  seed: number;
  /** The span's first slot. */
  slot: number;
}

export interface FilledToken {
  id: number;
  p: number;
  row: Row;
  /** The step, from 1, that proposed it. */
  step: number;
}
export interface Filled {
  tokens: FilledToken[];
  /** Log-likelihood in nats, summed: of the span, and of the fixed tokens after it that were looked at. */
  span: number;
  rest: number;
  /** How many fixed tokens those are. */
  seen: number;
}

/** Ways that are grown, and ways that are tried as a whole, at each length. */
const GROWN = 6;
const TRIED = 10;
/** Next tokens looked at for each way. */
const BRANCHING = 24;
/** Fixed tokens looked at for every way, and for the best ones. */
const NEAR = 4;
export const FAR = 16;
const FINALISTS = 8;
/** Nats a token: without it the shortest way that is grammatical nearly always wins. */
const LENGTH_BONUS = 0.7;
/** What a token more may gain at best, on average and in nats; more is rare, and looking for it costs forwards. */
const HOPE = 0.2;
const NOISE = 0.8;
const EULER = 0.5772156649;

interface Way {
  tokens: FilledToken[];
  lp: number;
  noise: number;
  right: number;
}
interface Tried extends Way {
  rest: number;
  seen: number;
}

/** Log-probability of a token in a row; one that is not among the candidates counts as a little less than the last of them. */
export function logOf(row: Row, id: number): number {
  for (let i = 0; i < row.ids.length; i++) if (row.ids[i] === id) return (row.logits[i] as number) - row.lse;
  return (row.logits[row.ids.length - 1] as number) - row.lse - 1;
}
/** The same as a probability. */
export const chanceOf = (row: Row, id: number): number => Math.min(1, Math.exp(logOf(row, id)));

export async function infill(
  run: RunQueries,
  hole: InfillHole,
  options: InfillOptions,
  onStep: (best: readonly FilledToken[]) => void = () => undefined,
): Promise<Filled[]> {
  const near = hole.suffix.slice(0, NEAR);
  const scoreOf = (way: Tried): number => way.lp + way.noise + way.rest + LENGTH_BONUS * way.tokens.length;
  const ids = (way: Way): number[] => way.tokens.map((token) => token.id);
  const avoided = (way: Way): boolean =>
    hole.avoid?.length === way.tokens.length && hole.avoid.every((id, i) => way.tokens[i]?.id === id);
  /** Rows after each way, and how well the nearest fixed tokens follow it. */
  const look = async (ways: readonly Way[], fixed: readonly number[]): Promise<{ next: Row; rest: number }[]> => {
    const rows = await run(
      ways.map((way) => ({ ids: [...ids(way), ...fixed.slice(0, -1)], wanted: Math.max(1, fixed.length) })),
    );
    return rows.map((list) => ({
      next: list[0] as Row,
      rest: fixed.reduce((sum, id, i) => sum + logOf(list[i] as Row, id), 0),
    }));
  };

  const tried: Tried[] = [];
  let grown: { way: Way; next: Row }[] = [
    {
      way: { tokens: [], lp: 0, noise: 0, right: 0 },
      next: (await look([{ tokens: [], lp: 0, noise: 0, right: 0 }], []))[0]?.next as Row,
    },
  ];
  for (let at = 0; at < hole.max && grown.length > 0; at++) {
    const step = at + 1;
    const ways = grown
      .flatMap(({ way, next }) =>
        expansions(next, (id) => hole.allowed(id, at), at === 0 ? hole.fallback : null).map(({ id, lp }): Way => {
          const noise =
            options.temperature > 0
              ? NOISE * options.temperature * (gumbel(options.seed, options.slot + at, id) - EULER)
              : 0;
          return {
            tokens: [...way.tokens, { id, p: Math.min(1, Math.exp(lp)), row: next, step }],
            lp: way.lp + lp,
            noise: way.noise + noise,
            right: way.right + (hole.right?.(at, id) ?? 0),
          };
        }),
      )
      .sort((a, b) => b.lp + b.noise + b.right - a.lp - a.noise - a.right)
      .slice(0, TRIED);
    const looks = await look(ways, near);
    ways.forEach((way, i) => {
      if (step >= hole.min && hole.ends(way.tokens.at(-1)?.id ?? -1) && !avoided(way))
        tried.push({ ...way, rest: looks[i]?.rest ?? 0, seen: near.length });
    });
    grown = ways.slice(0, GROWN).map((way, i) => ({ way, next: looks[i]?.next as Row }));
    tried.sort((a, b) => scoreOf(b) - scoreOf(a));
    onStep((tried[0] ?? grown[0]?.way)?.tokens ?? []);
    const reached = tried[Math.min(FINALISTS, tried.length) - 1];
    // a way that could not come among the best, if what is fixed fitted it as well as any, is not gone on with
    if (reached && tried.length >= options.count) {
      const fits = largest(tried.map(({ rest }) => rest));
      grown = grown.filter(
        ({ way }) => way.lp + way.noise + fits + LENGTH_BONUS * step + HOPE * (hole.max - step) >= scoreOf(reached),
      );
    }
  }
  const finalists = tried.slice(0, FINALISTS);
  if (hole.suffix.length > near.length && finalists.length > 0) {
    const far = hole.suffix.slice(0, FAR);
    (await look(finalists, far)).forEach(({ rest }, i) =>
      Object.assign(finalists[i] as Tried, { rest, seen: far.length }),
    );
    finalists.sort((a, b) => scoreOf(b) - scoreOf(a));
  }
  // noise decides which ways are handed out, not which of them is the likeliest
  return apart(finalists, options.count, scoreOf)
    .sort((a, b) => scoreOf(b) - b.noise - scoreOf(a) + a.noise)
    .map(({ tokens, lp, rest, seen }) => ({ tokens, span: lp, rest, seen }));
}

function expansions(row: Row, allowed: (id: number) => boolean, fallback: number | null): { id: number; lp: number }[] {
  const list: { id: number; lp: number }[] = [];
  for (let i = 0; i < row.ids.length && list.length < BRANCHING; i++) {
    const id = row.ids[i] as number;
    if (Number.isFinite(row.logits[i] as number) && allowed(id))
      list.push({ id, lp: Math.log(probability(row, row.logits[i] as number)) });
  }
  if (list.length === 0 && fallback !== null) list.push({ id: fallback, lp: logOf(row, fallback) });
  return list;
}

/** The best, then those that are good and unlike the ones taken: a candidate that differs in one small word helps nobody choose. */
function apart(ways: readonly Tried[], count: number, scoreOf: (way: Tried) => number): Tried[] {
  const left = [...ways];
  const taken: Tried[] = [];
  while (taken.length < count && left.length > 0) {
    const worth = (way: Tried): number =>
      scoreOf(way) -
      2 *
        largest(
          taken.map((other) => likeness(way, other)),
          0,
        );
    const best = left.reduce((a, b) => (worth(b) > worth(a) ? b : a));
    taken.push(best);
    left.splice(left.indexOf(best), 1);
  }
  return taken;
}
function likeness(a: Way, b: Way): number {
  const theirs = new Set(b.tokens.map((token) => token.id));
  return a.tokens.filter((token) => theirs.has(token.id)).length / Math.max(a.tokens.length, b.tokens.length);
}
