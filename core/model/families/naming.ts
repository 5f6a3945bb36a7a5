/**
 * Names of a checkpoint's tensors by their role. Layer roles: norm1, norm2, q, k, v (or qkv in one), o, gate, up, down, q_bias,
 * k_bias, v_bias, q_norm, k_norm, router, router_bias, expert_gate, expert_up, expert_down, shared_gate, shared_up,
 * shared_down; others: embed, head, final_norm. `{n}` is the layer, `{e}` the expert.
 */
export interface Naming {
  names: Readonly<Record<string, string>>;
  /** Rows of q and k lie interleaved, for another kind of rotation, and are put back in order. */
  permuted?: boolean;
  /** Tensors that may be there and hold nothing that is computed with. */
  unused?: RegExp;
  /** Tensors that say how far each pair's frequency is divided, [rope/2]. */
  ropeFactors?: string;
}
