/**
 * A layer of routed experts, from plain nodes: each row's picks are sorted by expert, one Split gives every expert its rows
 * (often none), and what the experts make is added back, weighted. ONNX Runtime's own QMoE was 33 to 45 times slower.
 */
import type { Experts, Manifest } from '../manifest.ts';
import { types, type GraphBuilder } from './builder.ts';
import { packTensor } from './packed.ts';

/** Added to scores of experts whose group is closed. */
const CLOSED = -1e9;

/**
 * x [T, hidden] → [T, hidden].
 * @param gated a gated feed-forward: rows, the name its matrices begin with, its width
 */
export function routedExperts(
  g: GraphBuilder,
  m: Pick<Manifest, 'tensors'>,
  e: Experts,
  name: string,
  x: string,
  gated: (x: string, name: string, width: number) => string,
): string {
  const vector = (part: string): string => g.weight(`${name}.${part}`, packTensor(m, `${name}.${part}`));
  const sum = (values: string, axis: number, keepdims: 0 | 1): string =>
    g.op('ReduceSum', [values, g.ints([axis])], { keepdims });
  const oneHot = (indices: string, depth: number): string =>
    g.op('OneHot', [indices, g.ints([depth], true), g.floats([0, 1])], { axis: -1 });
  const logits = g.op('MatMul', [x, g.op('Transpose', [vector('router')], { perm: [1, 0] })]); // float32 [T, E]
  const score = e.score === 'sigmoid' ? g.op('Sigmoid', [logits]) : g.op('Softmax', [logits], { axis: -1 });
  // the bias takes part in choosing alone
  let ranked = m.tensors[`${name}.router_bias`] ? g.op('Add', [score, vector('router_bias')]) : score;
  if (e.groups > 1) {
    const grouped = g.op('Reshape', [ranked, g.ints([-1, e.groups, e.count / e.groups])]);
    const [two] = g.ops('TopK', [grouped, g.ints([2])], { axis: 2, largest: 1, sorted: 1 }, 2) as [string, string];
    const [, open] = g.ops('TopK', [sum(two, 2, 0), g.ints([e.topGroups])], { axis: 1, largest: 1, sorted: 1 }, 2) as [
      string,
      string,
    ];
    const closed = g.op('Mul', [
      g.op('Sub', [g.floats([1], []), sum(oneHot(open, e.groups), 1, 0)]),
      g.floats([CLOSED], []),
    ]); // [T, groups]
    ranked = g.op('Reshape', [g.op('Add', [grouped, g.op('Unsqueeze', [closed, g.ints([2])])]), g.ints([-1, e.count])]);
  }
  const [, picks] = g.ops('TopK', [ranked, g.ints([e.top])], { axis: 1, largest: 1, sorted: 1 }, 2) as [string, string]; // [T, top]
  let weights = g.op('GatherElements', [score, picks], { axis: 1 });
  if (e.renormalise) weights = g.op('Div', [weights, sum(weights, 1, 1)]);
  if (e.scale !== 1) weights = g.op('Mul', [weights, g.floats([e.scale], [])]);
  const routed = sentToExperts(g, e, x, { picks, weights }, (part, i) =>
    gated(part, `${name}.experts.${i}`, e.feedForward),
  );
  return e.shared > 0 ? g.op('Add', [routed, gated(x, `${name}.shared`, e.shared)]) : routed;
}

/** Which experts a row goes to, int64 [T, top], and with which weights, float32 [T, top]. */
export interface Routes {
  picks: string;
  weights: string;
}

/** x [T, hidden] → [T, hidden]: what the picked experts make of each row, weighted. @param expert makes the i-th one's rows */
export function sentToExperts(
  g: GraphBuilder,
  e: Pick<Experts, 'count' | 'top'>,
  x: string,
  { picks, weights }: Routes,
  expert: (rows: string, i: number) => string,
): string {
  const flat = g.op('Reshape', [picks, g.ints([-1])]);
  const [, order] = g.ops(
    'TopK',
    [g.op('Neg', [flat]), g.op('Shape', [flat])],
    { axis: 0, largest: 1, sorted: 1 },
    2,
  ) as [string, string];
  const row = g.op('Div', [order, g.ints([e.top])]); // of each pick, sorted by expert
  const chosen = g.op('OneHot', [flat, g.ints([e.count], true), g.floats([0, 1])], { axis: -1 });
  const counts = g.op('Cast', [g.op('ReduceSum', [chosen, g.ints([0])], { keepdims: 0 })], { to: types.int64 });
  const parts = g.ops('Split', [g.op('Gather', [x, row], { axis: 0 }), counts], { axis: 0 }, e.count);
  const made = parts.map(expert);
  const weight = g.op('Unsqueeze', [
    g.op('Gather', [g.op('Reshape', [weights, g.ints([-1])]), order], { axis: 0 }),
    g.ints([1]),
  ]);
  const weighted = g.op('Mul', [g.op('Concat', made, { axis: 0 }), weight]);
  const nothing = g.op('ConstantOfShape', [g.op('Shape', [x])]);
  return g.op('ScatterND', [nothing, g.op('Unsqueeze', [row, g.ints([1])]), weighted], { reduction: 'add' });
}
