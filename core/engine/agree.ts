/** Whether the model's causal head, alone, would have drawn the tokens of a reply: each after the ones before it, with the same noise. */
import type { AgreeRequest } from '../contract/engine.ts';
import { choose } from '../sampling/choose.ts';
import type { PrefixCache } from './cache.ts';
import type { LoopModel } from './loop-model.ts';
import { place, rowsOf } from './writing.ts';

/**
 * @param prompt the rendered prompt @param cache holds a prefix of the prompt, never all of it
 * @returns how many of the reply's tokens are those that one token at a time draws in the same place
 */
export async function agreement(
  model: LoopModel,
  { tokens, settings, seed }: AgreeRequest,
  prompt: readonly number[],
  cache: PrefixCache,
): Promise<number> {
  const known = [...prompt, ...tokens];
  const suppressed = new Set(model.suppressed);
  let equal = 0;
  while (cache.length < known.length - 1) {
    const at = cache.length;
    const ids = known.slice(at, Math.min(known.length - 1, at + Math.min(cache.room, model.contextLength - at)));
    if (ids.length === 0) break;
    // the row of a token draws the next one
    const first = Math.min(ids.length - 1, Math.max(0, prompt.length - 1 - at));
    const wanted = Array.from({ length: ids.length - first }, (_, i) => first + i);
    const made = await model.forward(place({ context: ids, canvases: [], wanted }, at), cache);
    rowsOf(made, wanted.length).forEach((row, i) => {
      const position = at + first + i + 1;
      const slot = position - prompt.length;
      if (slot < 0) return;
      if (
        choose(row, { sampling: settings.sampling, seed, slot, history: known.slice(0, position), suppressed }).id ===
        known[position]
      )
        equal++;
    });
    cache.append(ids, made);
  }
  return equal;
}
