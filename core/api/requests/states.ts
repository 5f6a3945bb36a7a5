/** What a client may ask to see of the canvas: the `mezzotint` object, and the two other dialects of it. */
import * as v from 'valibot';
import { knobFields } from './sampling.ts';
import { optional } from './optional.ts';

export const ALTERNATIVES = 4;
/** Its other keys are parameters of the sampler, by the registry's names. */
export const mezzotintSchema = v.objectWithRest(
  {
    /** changes: every event of the reply · canvas: the same, with the block's whole text. */
    states: optional(v.picklist(['changes', 'canvas'], 'changes or canvas is needed')),
    confidence: optional(v.boolean()),
    alternatives: optional(
      v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(ALTERNATIVES, `${ALTERNATIVES} are the most`)),
    ),
    /** Milliseconds between two states of a block; its last one always comes. */
    interval_ms: optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000))),
    /** The reply's skeleton: ___ and [3 words] are holes, everything else stays as it is. */
    template: optional(v.pipe(v.string(), v.minLength(1), v.maxLength(20_000))),
    ...knobFields,
  },
  v.union([v.number(), v.boolean(), v.string(), v.null()], 'no field of this name'),
);
export type Mezzotint = v.InferOutput<typeof mezzotintSchema>;
const named = new Set(['states', 'confidence', 'alternatives', 'interval_ms', 'template', ...Object.keys(knobFields)]);
export const othersOf = (given: Partial<Mezzotint>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given).filter(([key]) => !named.has(key)));
