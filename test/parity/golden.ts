/** Reads a folder in the form of test/fixtures/goldens: a checkpoint with its authors' logits and traces. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { openSafetensors } from '../../core/model/safetensors.ts';

const ids = v.array(v.number());
const traceSchema = v.looseObject({
  sampler: v.string(),
  args: v.record(v.string(), v.unknown()),
  prompt: ids,
  forwards: v.number(),
  sequence: ids,
});
export type Trace = v.InferOutput<typeof traceSchema>;
const goldenSchema = v.looseObject({
  family: v.string(),
  kind: v.optional(v.string()),
  attention: v.string(),
  block: v.optional(v.number()),
  contextRows: v.optional(v.number()),
  mask: v.nullable(v.number()),
  canvas: ids,
  float32Spread: v.optional(v.number()),
  traces: v.array(traceSchema),
});
export type Golden = v.InferOutput<typeof goldenSchema>;

/** Logits may be off by so much where the golden itself does not say what float32 does to them. */
export const TOLERANCE = 3e-4;
/** What a golden's logits are divided by before its canvas is run on them once more. */
export const CONDITIONED = 0.8;

export interface GoldenFolder {
  dir: string;
  golden: Golden;
  /** [rows, vocabulary] */
  logits: Float32Array;
  /** Of the same canvas, conditioned on its logits divided by `CONDITIONED`, where the family does so. */
  conditioned: Float32Array | null;
  tolerance: number;
}

/** @throws Error with what is missing */
export function readGolden(dir: string): GoldenFolder {
  const file = join(dir, 'golden.json');
  if (!existsSync(file)) throw new Error(`${dir} has no golden.json`);
  const golden = v.parse(goldenSchema, JSON.parse(readFileSync(file, 'utf8')));
  const reader = openSafetensors(join(dir, 'golden-logits.safetensors'));
  const logits = reader.floats('logits');
  const second = 'logits_self_conditioned';
  const conditioned = reader.names.includes(second) ? reader.floats(second) : null;
  reader.close();
  return { dir, golden, logits, conditioned, tolerance: golden.float32Spread ?? TOLERANCE };
}
