/** Fills one hole: a short one by a search over whole spans, a longer one by writing on and ending it where what follows fits best. */
import type { KnownToken } from '../contract/generation.ts';
import type { Hole } from '../contract/layout.ts';
import { alternatives, choose, type Row } from '../sampling/choose.ts';
import { chanceOf, FAR, infill, logOf, type Filled } from '../samplers/infill.ts';
import { lookRight } from '../samplers/right.ts';
import type { StepChange, StepToken } from '../samplers/stepper.ts';
import { shapesOf } from '../text/parts.ts';
import { displayPiece, PieceDecoder } from '../text/tokenizer.ts';
import { decode } from './decode.ts';
import type { Writing } from './writing.ts';

/** A hole where it stands. */
export interface SpanHole {
  hole: Hole;
  suffix: readonly number[];
  /** Its first token must begin with a space, or may not be blank. */
  space: boolean;
  fresh: boolean;
  /** Line ends may stand in it, and signs that end a sentence or a part of one. */
  lines: boolean;
  breaks: boolean;
  avoid?: readonly number[];
  /** Any text may stand in it, code too: it may end with any token. */
  free?: boolean;
}
/** A filled span; sums of log-likelihood as in `Filled`. */
export interface SpanFilled {
  tokens: StepToken[];
  span: number;
  rest: number;
  seen: number;
}
/** Slots of a hole on the canvas while it is filled, from its first. */
export type ShowSpan = (slots: readonly Omit<StepChange, 'slot'>[]) => void;

/** Ends of a long hole that are compared. */
const ENDS = 8;

/** Up to `count` ways to fill a short hole, the best first; `known` is in the cache but for its last token. */
export async function fillShort(
  writing: Writing,
  known: readonly number[],
  where: SpanHole,
  options: { count: number; seed: number; slot: number },
  show: ShowSpan,
): Promise<SpanFilled[]> {
  const { model, settings, counts } = writing;
  const { hole, suffix } = where;
  const shapes = shapesOf(model.tokenizer);
  const never = new Set([...model.suppressed, ...model.endOfTurn]);
  const last = known.at(-1) as number;
  const space = model.tokenizer.encode(' ')[0] ?? 0;
  const right = await lookRight(async (canvases) => (await writing.tryOut(last, [], canvases)).canvasRows, {
    min: hole.min,
    max: hole.max,
    suffix: suffix.filter((id) => !model.endOfTurn.includes(id)),
  });
  const forwards: number[] = [];
  const expected = Math.round((hole.min + hole.max) / 2);
  const filled = await infill(
    async (queries) => (await writing.tryOut(last, queries)).rows,
    {
      min: Math.max(1, hole.min),
      max: hole.max,
      suffix: suffix.slice(0, FAR),
      allowed: (id, at) => {
        if (never.has(id) || (!where.lines && shapes.lines.has(id)) || (!where.breaks && shapes.breaks(id)))
          return false;
        return (
          at > 0 ||
          (where.space
            ? shapes.beginsWord(id)
            : !where.fresh || (!shapes.blank(id) && !shapes.text(id).startsWith(' ')))
        );
      },
      ends: (id) => !shapes.endsBlank(id),
      ...(where.avoid ? { avoid: where.avoid } : {}),
      fallback: where.space ? space : (model.tokenizer.encode('a')[0] ?? 0),
      right,
    },
    { ...options, temperature: settings.sampling.temperature },
    (best) => {
      forwards.push(counts.forwards);
      const slots: Omit<StepChange, 'slot'>[] = best.map(({ id, p }) => ({ state: 'revealed', id, p }));
      while (slots.length < expected) slots.push({ state: 'masked', id: null, p: 0 });
      show(slots);
    },
  );
  const stepToken = (token: Filled['tokens'][number]): StepToken => ({
    id: token.id,
    p: token.p,
    via: 'revealed',
    row: token.row,
    forward: forwards[token.step - 1] ?? counts.forwards,
  });
  return filled.map(({ tokens, ...sums }) => ({ tokens: tokens.map(stepToken), ...sums }));
}

/** One way to fill a long hole, or null where it was cancelled. Leaves rows of the hole in the cache. */
export async function fillLong(
  writing: Writing,
  known: readonly number[],
  where: SpanHole,
  show: ShowSpan,
): Promise<SpanFilled | null> {
  const { model, job } = writing;
  const { hole, suffix } = where;
  const shapes = shapesOf(model.tokenizer);
  const pieces = new PieceDecoder(model.tokenizer);
  const held: StepToken[] = [];
  const suppressed = new Set([...model.endOfTurn, ...(where.lines ? [] : shapes.lines)]);
  const hold = (token: StepToken): KnownToken => {
    held.push(token);
    return { id: token.id, text: pieces.push(token.id), p: token.p, forward: token.forward, via: token.via };
  };
  const first = await firstToken(writing, known, where, suppressed);
  const sequence = [...known];
  if (first) {
    hold(first);
    sequence.push(first.id);
  }
  let sentences = 0;
  const done = (): boolean =>
    held.length >= hole.max ||
    (hole.sentences !== undefined && sentences >= hole.sentences[1] && held.length >= hole.min);
  const reason = await decode(writing, sequence, {
    suppressed,
    ahead: held.length,
    commit: hold,
    onTokens: () => undefined,
    onFrame: ({ changes }) =>
      show([
        ...held.map(({ id, p }): Omit<StepChange, 'slot'> => ({ state: 'revealed', id, p })),
        ...changes.filter(({ state }) => state !== 'rejected').map(({ state, id, p }) => ({ state, id, p })),
      ]),
    rules: {
      push: () => {
        if (
          shapes.endsSentence(
            held.map(({ id }) => id),
            held.length - 1,
          )
        )
          sentences++;
        return { released: [], reason: done() ? 'end' : null };
      },
      end: () => [],
    },
  });
  if (reason === null || job.cancelled()) return null;
  const ids = held.map((token) => token.id);
  const spans = where.free ? likelihoodsOf(held) : null;
  const ends = spans ? freeEnds(writing, held, spans, where) : endsOf(writing, ids, where);
  const cut = await bestEnd(writing, known, ids, ends, suffix, spans);
  const tokens = held.slice(0, cut.length);
  return {
    tokens,
    span: tokens.reduce((sum, { p }) => sum + Math.log(Math.max(p, 1e-9)), 0),
    rest: cut.rest,
    seen: cut.seen,
  };
}

/** The first token, where its kind is fixed by the text before the hole. */
async function firstToken(
  writing: Writing,
  known: readonly number[],
  where: SpanHole,
  suppressed: ReadonlySet<number>,
): Promise<StepToken | null> {
  if (!where.space && !where.fresh) return null;
  const { model, settings, job } = writing;
  const shapes = shapesOf(model.tokenizer);
  const { rows } = await writing.tryOut(known.at(-1) as number, [{ ids: [], wanted: 1 }]);
  const row = rows[0]?.[0] as Row;
  const fits = (id: number): boolean =>
    (where.space ? shapes.beginsWord(id) : !shapes.blank(id) && !shapes.text(id).startsWith(' ')) &&
    !shapes.lines.has(id);
  const unfit = new Set([...model.suppressed, ...suppressed, ...Array.from(row.ids).filter((id) => !fits(id))]);
  if (Array.from(row.ids).every((id) => unfit.has(id))) {
    const id = model.tokenizer.encode(where.space ? ' ' : 'I')[0] ?? 0;
    return { id, p: chanceOf(row, id), via: 'context', row, forward: writing.counts.forwards };
  }
  return {
    ...choose(row, {
      sampling: settings.sampling,
      seed: job.request.seed,
      slot: writing.slot,
      history: known,
      suppressed: unfit,
    }),
    via: 'context',
    row,
    forward: writing.counts.forwards,
  };
}

/** Where a long hole may end, as lengths: with its sentences, or with a word; a few of them, spread out. */
function endsOf(writing: Writing, ids: readonly number[], { hole }: SpanHole): number[] {
  const shapes = shapesOf(writing.model.tokenizer);
  let sentences = 0;
  const fitting: number[] = [];
  ids.forEach((id, i) => {
    if (shapes.endsSentence(ids, i)) sentences++;
    const whole = hole.sentences
      ? shapes.endsSentence(ids, i) && sentences >= hole.sentences[0] && sentences <= hole.sentences[1]
      : !shapes.endsBlank(id) &&
        (i + 1 === ids.length || shapes.beginsWord(ids[i + 1] as number) || shapes.breaks(ids[i + 1] as number));
    if (whole && i + 1 >= hole.min) fitting.push(i + 1);
  });
  if (fitting.length === 0) {
    const last = hole.sentences ? ids.findLastIndex((_, i) => shapes.endsSentence(ids, i)) + 1 : 0;
    return [last > 0 ? last : ids.length];
  }
  return fitting.filter(
    (_, i) => fitting.length <= ENDS || i === fitting.length - 1 || i % Math.ceil(fitting.length / ENDS) === 0,
  );
}

/** The log-likelihood of each beginning of what was written, by its length. */
function likelihoodsOf(held: readonly StepToken[]): number[] {
  const sums = [0];
  for (const { p } of held) sums.push((sums.at(-1) ?? 0) + Math.log(Math.max(p, 1e-9)));
  return sums;
}

/**
 * Where a hole of any text may end: after every token but a blank. Those are compared whole after which the model would go on
 * with the first fixed token: the rows that wrote the next token say so, at no cost.
 */
function freeEnds(
  writing: Writing,
  held: readonly StepToken[],
  spans: readonly number[],
  { hole, suffix }: SpanHole,
): number[] {
  const shapes = shapesOf(writing.model.tokenizer);
  const [first] = suffix;
  const likely = held.flatMap(({ row }, end) =>
    end < Math.max(1, hole.min) || shapes.endsBlank(held[end - 1]?.id ?? -1)
      ? []
      : [{ end, worth: (spans[end] ?? 0) + (first === undefined ? 0 : logOf(row, first)) }],
  );
  likely.sort((a, b) => b.worth - a.worth);
  const ends = likely.slice(0, ENDS - 1).map(({ end }) => end);
  return [...ends, held.length].sort((a, b) => a - b);
}

/** Compares how likely the fixed tokens are after each end. */
async function bestEnd(
  writing: Writing,
  known: readonly number[],
  ids: readonly number[],
  ends: readonly number[],
  suffix: readonly number[],
  /** Log-likelihoods of the spans that may be left, by their lengths; null: only what follows decides. */
  spans: readonly number[] | null,
): Promise<{ length: number; rest: number; seen: number }> {
  const far = suffix.slice(0, FAR);
  const longest = ends.at(-1) ?? ids.length;
  if (far.length === 0) return { length: longest, rest: 0, seen: 0 };
  const from = ends[0] ?? ids.length;
  const trunk = [...known, ...ids.slice(0, from)];
  writing.rewind(trunk);
  await writing.readFixed(trunk, trunk.length);
  const { rows } = await writing.tryOut(
    trunk.at(-1) as number,
    ends.map((end) => ({ ids: [...ids.slice(from, end), ...far.slice(0, -1)], wanted: far.length })),
  );
  let best = { length: longest, rest: -Infinity, seen: far.length };
  let most = -Infinity;
  rows.forEach((list, i) => {
    const length = ends[i] ?? longest;
    const rest = far.reduce((sum, id, k) => sum + logOf(list[k] as Row, id), 0);
    const both = rest + (spans?.[length] ?? 0);
    if (both <= most) return;
    most = both;
    best = { length, rest, seen: far.length };
  });
  return best;
}

/** The same sums for tokens that stood there before. */
export async function likelihoodOf(
  writing: Writing,
  known: readonly number[],
  span: readonly number[],
  suffix: readonly number[],
): Promise<{ span: number; rest: number; seen: number }> {
  const far = suffix.slice(0, FAR);
  const ids = [...span, ...far];
  const { rows } = await writing.tryOut(known.at(-1) as number, [{ ids: ids.slice(0, -1), wanted: ids.length }]);
  const logs = ids.map((id, i) => logOf(rows[0]?.[i] as Row, id));
  const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
  return { span: sum(logs.slice(0, span.length)), rest: sum(logs.slice(span.length)), seen: far.length };
}

/** Tokens of a span as they are handed out: their texts are pieces after the text before them. */
export function spanTokens(writing: Writing, before: readonly number[], tokens: readonly StepToken[]): KnownToken[] {
  const { tokenizer } = writing.model;
  const pieces = new PieceDecoder(tokenizer);
  for (const id of before) pieces.push(id);
  return tokens.map(({ id, p, via, row, forward }) => ({
    id,
    text: pieces.push(id),
    p,
    forward,
    via,
    alternatives: alternatives(row, id, 4, (other) => displayPiece(tokenizer, other)),
  }));
}
