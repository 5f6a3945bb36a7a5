/** A server on another machine, as replies carry it. core/contract/servers.ts has the channels. */
import * as v from 'valibot';

/**
 * mezzotint: everything that Mezzotint's own API sends · openai-blocks: any OpenAI-compatible server, finished text alone ·
 * unsloth: the text of the block at work, step by step · mercury: the whole text so far, noise included.
 */
export const dialectSchema = v.picklist(['mezzotint', 'openai-blocks', 'unsloth', 'mercury']);
export type DialectId = v.InferOutput<typeof dialectSchema>;

const perMillion = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1_000_000));
/** What a server asks for a million tokens. Where no price is known there is none: nothing is estimated. */
export const priceSchema = v.object({
  input: perMillion,
  output: perMillion,
  /** Of input that the server had in its cache; absent: as `input`. */
  cached: v.optional(perMillion),
  /** ISO 4217. */
  currency: v.pipe(v.string(), v.regex(/^[A-Z]{3}$/)),
  /** person: entered · server: listed by the server · published: resources/prices.json. */
  from: v.picklist(['person', 'server', 'published']),
  /** The day on which it was entered, listed or read: `2026-11-30`. */
  day: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d$/)),
});
export type Price = v.InferOutput<typeof priceSchema>;

export const serverRefSchema = v.object({
  /** As the person called it. */
  name: v.string(),
  /** With the port where it is not the usual one. */
  host: v.string(),
  dialect: dialectSchema,
  /** Whether states of the canvas are sent, or finished text alone. */
  states: v.boolean(),
  /** What a slot is: a token of the model, or a piece of text as it came. Pieces are not counted as tokens. */
  unit: v.picklist(['token', 'text']),
  /** Settings that the server refused and wrote without, by the names of OpenAI's fields. */
  leftOut: v.optional(v.array(v.string())),
  /** As it was when the reply was written. */
  price: v.optional(priceSchema),
});
export type ServerRef = v.InferOutput<typeof serverRefSchema>;

export interface Cost {
  amount: number;
  currency: string;
}
/** What writing took, by the tokens that the server counted; null where the price or the count is not known. */
export function costOf(
  server: ServerRef | undefined,
  counts: { promptTokens: number; cachedTokens: number; tokens: number } | null,
): Cost | null {
  const price = server?.price;
  if (!price || !counts || counts.promptTokens + counts.tokens === 0) return null;
  const cached = Math.min(counts.cachedTokens, counts.promptTokens);
  const { input, output, currency } = price;
  const amount =
    ((counts.promptTokens - cached) * input + cached * (price.cached ?? input) + counts.tokens * output) / 1_000_000;
  return { amount, currency };
}
/** Sums by currency, the first one first. */
export function totals(costs: Iterable<Cost>): Cost[] {
  const sums = new Map<string, number>();
  for (const { amount, currency } of costs) sums.set(currency, (sums.get(currency) ?? 0) + amount);
  return [...sums].map(([currency, amount]) => ({ amount, currency }));
}
