/** How a processor runs a model: the threads of its pool, and how long they look out for work before they sleep. */
import * as v from 'valibot';

export const MOST_THREADS = 64;
/** Microseconds for which a pool's threads look out for more work; 0: they sleep at once. */
export const USUAL_SPIN_US = 200;

/** Of weights and activations: in blocks with a scale each, or as integers by output channel and row. */
export const productsSchema = v.picklist(['blocks', 'integers']);

export const kernelsSchema = v.object({
  threads: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_THREADS)),
  /** Microseconds. */
  spinUs: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100_000)),
  /** Absent: blocks. */
  products: v.optional(productsSchema),
});
export type Kernels = v.InferOutput<typeof kernelsSchema>;

/** A candidate with its median milliseconds of a forward, by the number of rows. It has fewer layers than the model. */
export const timedKernelsSchema = v.object({
  ...kernelsSchema.entries,
  rows: v.array(v.object({ rows: v.number(), ms: v.number() })),
});
export type TimedKernels = v.InferOutput<typeof timedKernelsSchema>;

/** Why integers don't serve: the processor does not sum them exactly, the model has no place for them, the memory is too small for 8 bits a weight, its folder can't be written, the disk is full, it would say other things, or the attempt failed. */
export const integersRefusedSchema = v.picklist([
  'processor',
  'model',
  'memory',
  'read-only',
  'room',
  'quality',
  'failed',
]);
export type IntegersRefused = v.InferOutput<typeof integersRefusedSchema>;

/** What serves, and why: measured on this machine, asked for by a person, or the usual ones where neither is so. */
export const kernelChoiceSchema = v.object({
  ...kernelsSchema.entries,
  why: v.picklist(['measured', 'asked', 'usual']),
  /** All candidates, where they were measured. */
  measured: v.optional(v.array(timedKernelsSchema)),
  /** Integers were chosen, or asked for, and don't serve. */
  integersRefused: v.optional(integersRefusedSchema),
});
export type KernelChoice = v.InferOutput<typeof kernelChoiceSchema>;

/** What a person may ask for: the fastest as measured here, the usual ones, or named ones. */
export const kernelsAskedSchema = v.union([v.picklist(['auto', 'usual']), kernelsSchema]);
export type KernelsAsked = v.InferOutput<typeof kernelsAskedSchema>;

/** Reads `auto`, `usual`, `threads=4`, or that with `spin=0` and `products=integers` after it; null for anything else. */
export function parseKernels(text: string): KernelsAsked | null {
  if (text === 'auto' || text === 'usual') return text;
  const found = /^threads=(\d{1,3})(?:,spin=(\d{1,6}))?(?:,products=([a-z]+))?$/.exec(text);
  if (!found) return null;
  const parsed = v.safeParse(kernelsSchema, {
    threads: Number(found[1]),
    spinUs: found[2] === undefined ? USUAL_SPIN_US : Number(found[2]),
    ...(found[3] === undefined ? {} : { products: found[3] }),
  });
  return parsed.success ? parsed.output : null;
}
