/**
 * A reply's layout: what is fixed and what is to be written, in order. Fixed text is in the reply byte for byte, whatever
 * the model says. The end of the last part is the end of the reply.
 */
import * as v from 'valibot';
import { knownTokenSchema, type CommittedToken } from './committed.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8192));

/** The longest hole that is filled by a search over whole spans; a longer one is written, and ended where what follows fits best. */
export const SHORT_HOLE = 16;

/** What a hole may hold, where that is not prose. Whatever the model says, nothing else stands there. */
export const holeKindSchema = v.variant('type', [
  /** Any text, line ends too. `space`: its first token begins with one. */
  v.strictObject({ type: v.literal('free'), space: v.boolean() }),
  /** What may stand between the quotes of a JSON string without escapes. `least`, `most`: characters. */
  v.strictObject({ type: v.literal('string'), least: v.pipe(count, v.maxValue(1)), most: count }),
  /** A JSON number. `begun`: its characters that stand before the hole. Bounds are of whole numbers alone, both inclusive. */
  v.strictObject({
    type: v.literal('number'),
    integer: v.boolean(),
    space: v.boolean(),
    begun: v.pipe(v.string(), v.maxLength(20)),
    minimum: v.optional(v.pipe(v.number(), v.safeInteger())),
    maximum: v.optional(v.pipe(v.number(), v.safeInteger())),
  }),
  /** One of these texts, by their likelihood. */
  v.strictObject({
    type: v.literal('choice'),
    options: v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(2000))), v.minLength(1), v.maxLength(256)),
  }),
]);
export type HoleKind = v.InferOutput<typeof holeKindSchema>;

/** To be written. `min`, `max`: tokens, both inclusive. A person's own hole before the reply's end may end anywhere in between. */
export const holeSchema = v.strictObject({
  kind: v.literal('hole'),
  min: count,
  max: v.pipe(count, v.minValue(1)),
  /** Ends with a sentence, after this many of them: fewest, most. */
  sentences: v.optional(v.tuple([v.pipe(count, v.minValue(1)), v.pipe(count, v.minValue(1))])),
  /** The last hole only: from this many tokens on, the end of a sentence ends the reply. */
  close: v.optional(count),
  /** Absent: prose. */
  as: v.optional(holeKindSchema),
});
export type Hole = v.InferOutput<typeof holeSchema>;

export const lockedSchema = v.strictObject({
  kind: v.literal('locked'),
  text: v.pipe(v.string(), v.minLength(1), v.maxLength(20_000)),
});
/** Locked tokens of an earlier reply, as they are. */
export const keptSchema = v.strictObject({ kind: v.literal('kept'), ids: v.array(v.number()) });
/** A span that was written before (a candidate that a person accepted), with how it was written. */
export const writtenSchema = v.strictObject({
  kind: v.literal('written'),
  tokens: v.pipe(v.array(knownTokenSchema), v.maxLength(2000)),
});

const PARTS = 400;
export const layoutSchema = v.pipe(
  v.array(v.variant('kind', [holeSchema, lockedSchema, keptSchema, writtenSchema])),
  v.minLength(1),
  v.maxLength(PARTS),
);
export type Layout = v.InferOutput<typeof layoutSchema>;
export type LayoutPart = Layout[number];

/** What a person lays out: fixed text and holes. */
export const templateSchema = v.pipe(
  v.array(v.variant('kind', [holeSchema, lockedSchema])),
  v.minLength(1),
  v.maxLength(PARTS),
);
export type Template = v.InferOutput<typeof templateSchema>;

/** A sentence's length, about: how far before its budget a long reply may end. */
const CLOSING = 24;
/** A reply of about `tokens` tokens: not ended before, and then with a sentence; cut there at the latest. */
export const budgetLayout = (tokens: number): Template => [
  {
    kind: 'hole',
    min: Math.max(Math.round(tokens * 0.6), tokens - 2 * CLOSING),
    max: Math.max(1, tokens),
    close: Math.max(Math.round(tokens * 0.75), tokens - CLOSING),
  },
];
/** A short reply: a paragraph or so, ended with a sentence. */
export const shortLayout = (): Template => [{ kind: 'hole', min: 0, max: 96, close: 32 }];

/**
 * What is left to do of a template after some committed tokens: a reply that was stopped in it goes on there. Holes before
 * the last are committed whole, so tokens tell by how they came where each part ends.
 */
export function layoutAfter(layout: Template, committed: readonly Pick<CommittedToken, 'text' | 'via'>[]): Template {
  let at = 0;
  const rest: Template = [];
  layout.forEach((part, i) => {
    if (at >= committed.length) return void rest.push(part);
    const from = at;
    if (part.kind === 'hole') {
      while (at < committed.length && committed[at]?.via !== 'locked') at++;
      const last = i === layout.length - 1;
      if (last && at === committed.length)
        rest.push({
          ...part,
          min: Math.max(0, part.min - (at - from)),
          max: Math.max(1, part.max - (at - from)),
          ...(part.close === undefined ? {} : { close: Math.max(0, part.close - (at - from)) }),
        });
      return;
    }
    // a space before a hole is committed with the hole's first word
    const before = layout[i + 1]?.kind === 'hole' && part.text.endsWith(' ') ? part.text.slice(0, -1) : part.text;
    let length = 0;
    while (at < committed.length && committed[at]?.via === 'locked' && length < before.length)
      length += committed[at++]?.text.length ?? 0;
    if (length < before.length) rest.push({ ...part, text: part.text.slice(length) });
  });
  return rest;
}
