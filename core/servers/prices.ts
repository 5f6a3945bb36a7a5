/** What servers ask for a million tokens: as a person entered it, as the server lists it, or as it was published. Else it is not known. */
import * as v from 'valibot';
import pricesJson from '../../resources/prices.json' with { type: 'json' };
import { priceSchema, type Price } from '../contract/remote.ts';

const { entries } = priceSchema;
export const publishedSchema = v.strictObject({
  source: v.pipe(v.string(), v.minLength(1)),
  read: entries.day,
  currency: entries.currency,
  models: v.array(
    v.strictObject({
      host: v.string(),
      model: v.string(),
      input: entries.input,
      output: entries.output,
      cached: entries.cached,
    }),
  ),
});
const published = v.parse(publishedSchema, pricesJson);

/** null: no price of this model there was published. */
export function publishedPrice(host: string, model: string): Price | null {
  const found = published.models.find((one) => one.host === host && one.model === model);
  if (!found) return null;
  const { input, output, cached } = found;
  const { currency, read } = published;
  return { input, output, ...(cached === undefined ? {} : { cached }), currency, from: 'published', day: read };
}
/** `2026-11-30`, in UTC. @param at milliseconds since 1970 */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
