/** Writes a checkpoint in a published model's shape: bfloat16 noise of the usual size, norms of 1, a golden's tokenizer. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { uniform } from '../../../core/sampling/noise.ts';
import type { Shape } from './shapes.ts';

const goldens = path.join(import.meta.dirname, '../../fixtures/goldens');
const NOISE = 8 * 1024 * 1024;

/** bfloat16, uniform over ±0.035: a deviation of 0.02. */
function noise(): Uint8Array {
  const floats = Float32Array.from({ length: NOISE }, (_, i) => (uniform(1, i, 0) - 0.5) * 0.07);
  const words = new Uint16Array(floats.buffer);
  return new Uint8Array(Uint16Array.from({ length: NOISE }, (_, i) => words[2 * i + 1] as number).buffer);
}

const numbers = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
export const weightsOf = (shape: Shape, layers: number): number =>
  shape.tensors(layers).reduce((sum, [, dims]) => sum + numbers(dims), 0);

export function writeSynthetic(shape: Shape, layers: number, dir: string): void {
  mkdirSync(dir, { recursive: true });
  const golden = path.join(goldens, shape.golden);
  const config = JSON.parse(readFileSync(path.join(golden, 'config.json'), 'utf8')) as object;
  writeFileSync(
    path.join(dir, 'config.json'),
    JSON.stringify({ ...config, ...shape.config, num_hidden_layers: layers }),
  );
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'generation_config.json'])
    if (existsSync(path.join(golden, name))) copyFileSync(path.join(golden, name), path.join(dir, name));
  const header: Record<string, unknown> = {};
  let at = 0;
  const tensors = shape.tensors(layers);
  for (const [name, dims] of tensors) {
    const bytes = 2 * numbers(dims);
    header[name] = { dtype: 'BF16', shape: dims, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(json.length));
  const fd = openSync(path.join(dir, 'model.safetensors'), 'w');
  try {
    writeSync(fd, head);
    writeSync(fd, json);
    const random = noise();
    for (const [name, dims] of tensors) {
      const bytes = 2 * numbers(dims);
      if (/norm\.weight$/.test(name)) writeSync(fd, new Uint8Array(new Uint16Array(numbers(dims)).fill(0x3f80).buffer));
      else
        for (let done = 0; done < bytes; done += random.length)
          writeSync(fd, random.subarray(0, Math.min(random.length, bytes - done)));
    }
  } finally {
    closeSync(fd);
  }
}
