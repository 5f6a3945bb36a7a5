/** What a family of models is: one file and one row of the registry. Nothing else names a family. */
import type { Diffusion, Experts, Manifest, Rope, Windows } from '../manifest.ts';
import type { GraphOptions } from '../graph/transformer.ts';
import type { Config } from './config.ts';
import type { Naming } from './naming.ts';
import type { PlannedPack, TensorPlan } from './plan.ts';

export type { Naming } from './naming.ts';

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
  windows?: Windows;
  logitCap?: number;
  /** null: the config doesn't say. */
  tied: boolean | null;
  contextLength: number;
}

/** Whether the checkpoint has an optional tensor. */
export type Has = (role: string, layer: number) => boolean;

export interface Family {
  id: string;
  /** For people. */
  name: string;
  matches(identity: Identity): boolean;
  /** @throws MezzotintError for whatever can't be computed, by its name */
  describe(config: Config): Shape;
  naming: Partial<Record<CheckpointFormat, Naming>>;
  /** Where a checkpoint may name its tensors in one way or another: the naming of one that has these. */
  namingOf?(has: (tensor: string) => boolean): Naming;
  /** The tensors of families that have others than the common transformer. */
  tensors?(pack: PlannedPack, naming: Naming): TensorPlan;
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
