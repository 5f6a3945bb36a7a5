/** The graph's inputs and outputs, the same for every family. The engine's session speaks only this. */

/** Version of the graphs this code builds. Packs of version 2 run as they are; 3 adds whole rows of logits. */
export const GRAPH_BUILDER = 3;
/** Graphs from this version on give `outputs.logits`. */
export const WHOLE_ROWS_FROM = 3;
/** Candidates returned for each wanted row. */
export const CANDIDATES = 64;

/** Tokens of the cache are attended in chunks of this many; see `inputs`. */
export const CHUNK = 128;
/** Score columns come in multiples of this, so that sums over a row are grouped alike in every forward. */
export const COLUMNS = 64;

/**
 * T rows, of which the first T − K are context rows and the last K canvas rows; W wanted rows; L layers, H_kv key-value
 * heads of D numbers.
 *
 * The cache comes in two parts. *Settled* chunks (S slots, keys transposed) are read where they lie and never copied.
 * The *recent*, incomplete chunk (R slots) is joined with the forward's own rows, followed by Z hidden zero slots.
 * Context rows of one forward lie in one chunk. So each sum over a context row's keys and values is grouped by absolute
 * position, whatever the forward's size: the same token gives the same bits alone, beside drafts, or in a prefill.
 * (int8 activations would blow up a difference in the last bit to quantisation noise: docs/decisions/002.)
 */
export const inputs = {
  /** int64 [T] */
  ids: 'ids',
  /** int64 [T]: absolute positions. */
  positions: 'positions',
  /** int64 [T]: 0 = context row, 1 = canvas row. Canvas rows come last. */
  kind: 'row_kind',
  /** int64 [1]: how many context rows there are = index of the first canvas row. */
  contextRows: 'context_rows',
  /** float32 [T, S + R + T + Z]: 0 where a row sees a slot or row, −1e9 where it doesn't. The width is a multiple of 64. */
  bias: 'attention_bias',
  /** float32 [T, S + R + T + Z], in packs whose layers have windows: the bias of those layers. */
  windowBias: 'window_bias',
  /**
   * float32 [K or 0, vocabulary] and [1], in packs that condition a canvas on their last word of it: the logits of its rows in the
   * forward before, and what they are divided by.
   */
  prior: 'prior_logits',
  priorTemperature: 'prior_temperature',
  /** float32 [Z, H_kv, D]: zeros. */
  padding: 'padding',
  /** int64 [W]: rows that go through the vocabulary head. */
  wanted: 'wanted',
  /** float32 [H_kv, D, S] and [H_kv, S, D]: keys (after RoPE) and values of settled chunks. */
  settledKey: (layer: number) => `settled_key_${layer}`,
  settledValue: (layer: number) => `settled_value_${layer}`,
  /** float32 [R, H_kv, D] */
  recentKey: (layer: number) => `recent_key_${layer}`,
  recentValue: (layer: number) => `recent_value_${layer}`,
} as const;

export const outputs = {
  /** int64 [W, 64] and float32 [W, 64]: candidates, best first, with their logits. */
  topIds: 'top_ids',
  topLogits: 'top_logits',
  /** float32 [W]: log of the sum of exponentials over the whole vocabulary: p = exp(logit − lse). */
  lse: 'logsumexp',
  /** float32 [W, vocabulary]: for rules that need more than the candidates; absent in graphs before version 3. */
  logits: 'logits',
  /** float32 [W]: entropy of the row's distribution in nats. */
  entropy: 'entropy',
  /** float32 [L·T, H_kv, D]: keys (after RoPE) and values of this forward's rows, layer by layer; flat where layers differ in heads. */
  keys: 'new_keys',
  values: 'new_values',
  /** float32 [T, layers read · hidden], in packs with a drafter: each row's auxiliary hidden states, the residual stream after those layers, side by side. */
  auxiliary: 'taps',
} as const;

/**
 * The drafter's graph: N new context rows, P ≥ 0 earlier ones, B block rows, l drafter layers. A block row sees every
 * context row and the whole block; where there are lookahead rows, the rows that draft do not see those. Keys and values
 * of a context row stand side by side for all drafter layers.
 */
export const drafterInputs = {
  /** float32 [N, layers read · hidden], N ≥ 1: the model's auxiliary hidden states of the rows since the last call, oldest first; the last is the anchor's predecessor. */
  auxiliary: 'taps',
  /** int64 [N]: their absolute positions. */
  auxiliaryPositions: 'tap_positions',
  /** float32 [P, l · H_kv, D]: earlier context rows as `newKeys` and `newValues` gave them. */
  pastKeys: 'past_keys',
  pastValues: 'past_values',
  /** int64 [1]: the last known token, the block's first row; masked slots follow it. */
  anchor: 'anchor',
  /** int64 [B]: absolute positions of the block's rows, the anchor's first; slots ≤ B ≤ slots + lookahead. */
  positions: 'positions',
  /** int64 [1]: how many rows, from the first, go through the head: W below. */
  wanted: 'wanted',
} as const;

export const drafterOutputs = {
  /** float32 [N, l · H_kv, D]: keys (after RoPE) and values of the new context rows. */
  newKeys: 'new_keys',
  newValues: 'new_values',
  /** int64 [W, 64] and float32 [W, 64]: candidates, best first, as places in the drafter's word list, with their logits. */
  topWords: 'top_words',
  topLogits: 'top_logits',
  /** float32 [W, followers]: what the row adds to the gate of the followers' table. */
  gate: 'gate',
} as const;
