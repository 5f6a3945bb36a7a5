/** The graph speaks 64-bit integers: read and written as halves, since a BigInt for each costs more than what is done with it. */
import { Tensor } from 'onnxruntime-node';

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** The graph's 64-bit integers, which fit 32 bits. */
export function small(integers: BigInt64Array): Int32Array {
  if (!LITTLE_ENDIAN) return Int32Array.from(integers, Number);
  const words = new Int32Array(integers.buffer, integers.byteOffset, 2 * integers.length);
  const made = new Int32Array(integers.length);
  for (let i = 0; i < made.length; i++) made[i] = words[2 * i] as number;
  return made;
}

/** Whole numbers that fit 32 bits as the graph's 64-bit ones. */
export function ints(values: readonly number[]): Tensor {
  const integers = LITTLE_ENDIAN ? new BigInt64Array(values.length) : BigInt64Array.from(values, BigInt);
  if (LITTLE_ENDIAN) {
    const words = new Int32Array(integers.buffer);
    for (let i = 0; i < values.length; i++) {
      words[2 * i] = values[i] as number;
      words[2 * i + 1] = (values[i] as number) < 0 ? -1 : 0;
    }
  }
  return new Tensor('int64', integers, [values.length]);
}
