/** What a family of models is: one file and one row of the registry. Nothing else names a family. */
import type { Diffusion, Experts, Manifest, Rope } from '../manifest.ts';
import type { GraphOptions } from '../graph/transformer.ts';
import type { Config } from './config.ts';

export type CheckpointFormat = 'gguf' | 'safetensors';

/** How a checkpoint calls itself: `architectures[0]` and `model_type` of config.json, `general.architecture` of a GGUF. */
export interface Identity {
  format: CheckpointFormat;
  architecture: string;
  modelType: string;
}

/** What a checkpoint's config tells of the arithmetic. */
export interface Shape {
  dimensions: Omit<Manifest['dimensions'], 'vocabulary'>;
  /** Rows of the table; null: as many as it has. */
  vocabulary: number | null;
  norm: Manifest['norm'];
  rope: Rope;
  experts?: Experts;
  /** null: the config doesn't say. */
  tied: boolean | null;
  contextLength: number;
}

/** Whether the checkpoint has an optional tensor. */
export type Has = (role: string, layer: number) => boolean;

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

export interface Family {
  id: string;
  /** For people. */
  name: string;
  matches(identity: Identity): boolean;
  /** @throws MezzotintError for whatever can't be computed, by its name */
  describe(config: Config): Shape;
  naming: Partial<Record<CheckpointFormat, Naming>>;
  /** The diffusion part of a manifest; null for what a recipe or the config has to say. Plain causal models have none of their own. */
  diffusion: Omit<Diffusion, 'maskToken' | 'blockLength' | 'blockLengths'> & { blockLength: number | null };
  /** Reads the block length off the config, where it is there. */
  blockLength?(config: Config): number | null;
  /** Texts of the mask token, and its id where neither the config nor the tokenizer names it. */
  mask: { texts: readonly string[]; id?: number };
  /** True where the mask's row of the table was trained; others draft with the table's mean. */
  trainedMask: boolean;
  graph(manifest: Manifest, options: GraphOptions): Uint8Array;
}
