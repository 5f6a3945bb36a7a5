/**
 * Grouped-query attention over settled and live slots: scores of both parts are joined, softmaxed, and split again. Queries of
 * one group fold into the rows.
 */
import type { GraphBuilder } from './builder.ts';
import { inputs } from './contract.ts';

export interface Heads {
  heads: number;
  kvHeads: number;
  headDim: number;
}

/** How many columns the scores have, int64 [1], and how many of them are settled and live, int64 [2]. */
export function scoreColumns(g: GraphBuilder): { columns: string; parts: string } {
  const columns = g.op('Shape', [inputs.bias], { start: 1, end: 2 });
  const settled = g.op('Shape', [inputs.settledValue(0)], { start: 1, end: 2 });
  return { columns, parts: g.op('Concat', [settled, g.op('Sub', [columns, settled])], { axis: 0 }) };
}

/** The bias of each query, [T·G, columns]: the queries of a group share a row's. @param bias [T, columns] */
export function foldedBias(g: GraphBuilder, bias: string, columns: string, groups: number): string {
  const repeated = g.op('Expand', [g.op('Unsqueeze', [bias, g.ints([1])]), g.ints([1, groups, 1])]);
  return g.op('Reshape', [repeated, g.op('Concat', [g.ints([-1]), columns], { axis: 0 })]);
}

/** [T, kv, G, D] → [kv, T·G, D] */
export const foldQueries = (g: GraphBuilder, rows: string, { kvHeads, headDim }: Heads): string =>
  g.op('Reshape', [g.op('Transpose', [rows], { perm: [1, 0, 2, 3] }), g.ints([kvHeads, -1, headDim])]);

export interface Attended {
  /** [kv, T·G, D] */
  queries: string;
  /** Of this forward's rows, [T, kv, D]. */
  keys: string;
  values: string;
  /** [T·G, columns] */
  bias: string;
  /** [Z, kv, D]: zeros. */
  padding: string;
  /** See `scoreColumns`. */
  parts: string;
}

/** @param n the layer, whose cache is read @returns [T, kv, G, D] */
export function attend(
  g: GraphBuilder,
  n: number,
  { queries, keys, values, bias, padding, parts }: Attended,
  { heads, kvHeads, headDim }: Heads,
): string {
  const joined = (recent: string, rows: string, perm: number[]): string =>
    g.op('Transpose', [g.op('Concat', [recent, rows, padding], { axis: 0 })], { perm });
  const liveKeys = joined(inputs.recentKey(n), keys, [1, 2, 0]); // [kv, D, R + T + Z]
  const liveValues = joined(inputs.recentValue(n), values, [1, 0, 2]); // [kv, R + T + Z, D]
  const scores = g.op(
    'Concat',
    [g.op('MatMul', [queries, inputs.settledKey(n)]), g.op('MatMul', [queries, liveKeys])],
    { axis: 2 },
  ); // [kv, T·G, columns]
  const weights = g.op('Softmax', [g.op('Add', [scores, bias])], { axis: -1 });
  const [onSettled, onLive] = g.ops('Split', [weights, parts], { axis: 2 }, 2) as [string, string];
  const mixed = g.op('Add', [
    g.op('MatMul', [onSettled, inputs.settledValue(n)]),
    g.op('MatMul', [onLive, liveValues]),
  ]); // [kv, T·G, D]
  return g.op('Transpose', [g.op('Reshape', [mixed, g.ints([kvHeads, -1, heads / kvHeads, headDim])])], {
    perm: [1, 0, 2, 3],
  });
}
