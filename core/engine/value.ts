/** Fills a hole with a value of JSON. What can't stand there is never drawn, so that whatever the model says the value is one. */
import type { HoleKind } from '../contract/layout.ts';
import { couldBe, isOne } from '../contract/numbers.ts';
import type { KnownToken } from '../contract/generation.ts';
import { gumbel } from '../sampling/noise.ts';
import { choose, type Row } from '../sampling/choose.ts';
import { chanceOf, logOf } from '../samplers/infill.ts';
import type { StepToken } from '../samplers/stepper.ts';
import { shapesOf } from '../text/parts.ts';
import { PieceDecoder } from '../text/tokenizer.ts';
import { decode } from './decode.ts';
import type { ShowSpan } from './span.ts';
import type { Writing } from './writing.ts';

type ValueKind = Exclude<HoleKind, { type: 'free' }>;
type Kind<T extends ValueKind['type']> = Extract<ValueKind, { type: T }>;
export interface ValueHole {
  as: ValueKind;
  /** Tokens of a string at most. */
  max: number;
  /** Fixed tokens that follow. */
  suffix: readonly number[];
}
/** Fixed tokens after a choice that are weighed with it. */
const NEAR = 4;

/** @returns null where it was cancelled. Leaves rows of the hole in the cache. */
export async function fillValue(
  writing: Writing,
  known: readonly number[],
  { as, max, suffix }: ValueHole,
  show: ShowSpan,
): Promise<StepToken[] | null> {
  await writing.readFixed(known, known.length);
  const tokens =
    as.type === 'choice'
      ? await choice(writing, known, as, suffix)
      : as.type === 'number'
        ? await number(writing, known, as)
        : await string(writing, known, as, max, show);
  return writing.job.cancelled() ? null : tokens;
}

const tokenOf = (writing: Writing, id: number, row: Row): StepToken => ({
  id,
  p: chanceOf(row, id),
  via: 'revealed',
  row,
  forward: writing.counts.forwards,
});
/** The row after `known` and some tokens more. */
async function rowAfter(writing: Writing, known: readonly number[], held: readonly StepToken[]): Promise<Row> {
  const ids = held.map(({ id }) => id);
  const { rows } = await writing.tryOut(known.at(-1) as number, [{ ids, wanted: 1 }]);
  return rows[0]?.[0] as Row;
}

async function choice(
  writing: Writing,
  known: readonly number[],
  { options }: Kind<'choice'>,
  suffix: readonly number[],
): Promise<StepToken[]> {
  const { model, settings, job } = writing;
  const near = suffix.slice(0, NEAR);
  const ids = options.map((option) => model.tokenizer.encode(option));
  const { rows } = await writing.tryOut(
    known.at(-1) as number,
    ids.map((own) => ({ ids: [...own, ...near].slice(0, -1), wanted: own.length + near.length })),
  );
  const { temperature } = settings.sampling;
  let best = { at: 0, worth: -Infinity };
  ids.forEach((own, at) => {
    const log = [...own, ...near].reduce((sum, id, i) => sum + logOf(rows[at]?.[i] as Row, id), 0);
    const worth = temperature === 0 ? log : log / temperature + gumbel(job.request.seed, writing.slot, at);
    if (worth > best.worth) best = { at, worth };
  });
  return (ids[best.at] ?? []).map((id, i) => tokenOf(writing, id, rows[best.at]?.[i] as Row));
}

async function number(writing: Writing, known: readonly number[], as: Kind<'number'>): Promise<StepToken[]> {
  const { model, settings, job } = writing;
  const shapes = shapesOf(model.tokenizer);
  const never = new Set([...model.suppressed, ...model.endOfTurn]);
  const held: StepToken[] = [];
  let text = as.begun;
  let space = as.space;
  /** What a token adds to the number; null where it can't follow. */
  const adds = (id: number): string | null => {
    if (never.has(id)) return null;
    const piece = shapes.text(id);
    if (space && !piece.startsWith(' ')) return null;
    const digits = space ? piece.slice(1) : piece;
    return (digits !== '' || (space && piece === ' ')) && couldBe(text + digits, as) ? digits : null;
  };
  for (;;) {
    const row = await rowAfter(writing, known, held);
    if (job.cancelled()) return held;
    const done = !space && isOne(text, as);
    const ends = (id: number): boolean => done && /^[^0-9.eE+-]/.test(shapes.text(id));
    const unfit = new Set(Array.from(row.ids).filter((id) => adds(id) === null && !ends(id)));
    let id: number;
    if (unfit.size < new Set(Array.from(row.ids)).size)
      id = choose(row, {
        // figures repeat
        sampling: { ...settings.sampling, repetitionPenalty: 1 },
        seed: job.request.seed,
        slot: writing.slot + held.length,
        history: [],
        suppressed: unfit,
      }).id;
    else if (done) return held;
    else {
      const lead = space ? ' ' : '';
      const digit =
        ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '-'].find((one) => couldBe(text + one, as)) ?? '0';
      const ids = model.tokenizer.encode(lead + digit);
      for (const one of ids) held.push(tokenOf(writing, one, row));
      text += digit;
      space = false;
      continue;
    }
    const added = adds(id);
    if (added === null) return held;
    held.push(tokenOf(writing, id, row));
    text += added;
    space = false;
  }
}

async function string(
  writing: Writing,
  known: readonly number[],
  { least, most }: Kind<'string'>,
  max: number,
  show: ShowSpan,
): Promise<StepToken[] | null> {
  const { model, settings, job } = writing;
  const shapes = shapesOf(model.tokenizer);
  if (most === 0) return [];
  const suppressed = new Set([...shapes.unquotable, ...model.endOfTurn, ...model.suppressed]);
  const closes = (id: number): boolean => shapes.text(id).startsWith('"');
  const pieces = new PieceDecoder(model.tokenizer);
  const held: StepToken[] = [];
  let length = 0;
  const lengthOf = (text: string): number => [...text].length;
  const hold = (token: StepToken): KnownToken => {
    held.push(token);
    return { id: token.id, text: pieces.push(token.id), p: token.p, forward: token.forward, via: token.via };
  };

  // the first token, where an empty string is not one
  const row = await rowAfter(writing, known, []);
  const unfit = new Set(
    Array.from(row.ids).filter(
      (id) => suppressed.has(id) || (least > 0 && closes(id)) || (least > 0 && shapes.blank(id) && !closes(id)),
    ),
  );
  const offered = new Set(Array.from(row.ids));
  const first =
    unfit.size < offered.size
      ? choose(row, {
          sampling: settings.sampling,
          seed: job.request.seed,
          slot: writing.slot,
          history: known,
          suppressed: unfit,
        }).id
      : (model.tokenizer.encode('a')[0] ?? 0);
  if (closes(first)) return [];
  length += lengthOf(hold(tokenOf(writing, first, row)).text);
  if (length > most) return [tokenOf(writing, model.tokenizer.encode('a')[0] ?? 0, row)];
  if (held.length >= max || length >= most) return held;

  let over = false;
  const reason = await decode(writing, [...known, first], {
    suppressed,
    ahead: 1,
    commit: hold,
    onTokens: () => undefined,
    onFrame: ({ changes }) =>
      show([
        ...held.map(({ id, p }) => ({ state: 'revealed' as const, id, p })),
        ...changes.filter(({ state }) => state !== 'rejected').map(({ state, id, p }) => ({ state, id, p })),
      ]),
    rules: {
      push: ({ id, text }) => {
        length += lengthOf(text);
        over = closes(id) || length > most;
        if (over) held.pop();
        return { released: [], reason: over || held.length >= max || length >= most ? 'end' : null };
      },
      end: () => [],
    },
  });
  return reason === null ? null : held;
}
