/** What leaves a graph of a row's logits: the best candidates, and two sums over the vocabulary. */
import type { Manifest } from '../manifest.ts';
import { types, type GraphBuilder } from './builder.ts';
import { CANDIDATES, outputs } from './contract.ts';

/** @param logits float32 [W, vocabulary] */
export function candidates(g: GraphBuilder, m: Pick<Manifest, 'tokens' | 'dimensions'>, logits: string): void {
  // ids that the tokenizer has no text for count in the sums, as in the authors' code, but are no candidates
  const partly = m.tokens.known < m.dimensions.vocabulary;
  const known = partly ? g.op('Slice', [logits, g.ints([0]), g.ints([m.tokens.known]), g.ints([1])]) : logits;
  const [top, ids] = g.ops('TopK', [known, g.ints([CANDIDATES])], { axis: 1, largest: 1, sorted: 1 }, [
    outputs.topLogits,
    outputs.topIds,
  ]) as [string, string];
  // by hand: the best logit is known, and ReduceLogSumExp took longer than all of this
  const best = partly
    ? g.op('ReduceMax', [logits, g.ints([1])], { keepdims: 1 })
    : g.op('Slice', [top, g.ints([0]), g.ints([1]), g.ints([1])]); // [W, 1]
  const below = g.op('Sub', [logits, best]);
  const weight = g.op('Exp', [below]);
  const total = g.op('ReduceSum', [weight, g.ints([1])], { keepdims: 0 });
  const logTotal = g.op('Log', [total]);
  g.op('Add', [g.op('Squeeze', [best, g.ints([1])]), logTotal], {}, outputs.lse);
  const mean = g.op('Div', [g.op('ReduceSum', [g.op('Mul', [weight, below]), g.ints([1])], { keepdims: 0 }), total]);
  g.op('Sub', [logTotal, mean], {}, outputs.entropy);
  g.output(top, types.float, ['W', CANDIDATES]);
  g.output(ids, types.int64, ['W', CANDIDATES]);
  g.output(outputs.lse, types.float, ['W']);
  g.output(outputs.entropy, types.float, ['W']);
}
