/** ggml's blocks written from the numbers they stand for, and read back. */
import { expect, test } from 'vitest';
import { ggmlBlocks, ggmlFloats } from '../../../core/checkpoints/gguf-blocks.ts';

/** Half precision of powers of two and their small multiples, as 16 bits. */
function half(value: number): [number, number] {
  if (value === 0) return [0, 0];
  const sign = value < 0 ? 0x8000 : 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const bits = sign | ((exponent + 15) << 10) | Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
  return [bits & 255, bits >> 8];
}
/** Whole numbers below `limit` that look random. */
const levels = (count: number, limit: number, seed = 1): number[] =>
  Array.from({ length: count }, (_, i) => ((i * i * 31 + i * 17 + seed * 7) >> 2) % limit);

test('Q5_0 and Q5_1: a nibble each, and a fifth bit in a word', () => {
  const q = levels(32, 32);
  const nibbles = Array.from({ length: 16 }, (_, i) => ((q[i] as number) & 15) | (((q[i + 16] as number) & 15) << 4));
  const high = q.reduce((word, level, i) => (word | ((level >> 4) << i)) >>> 0, 0);
  const word = [high & 255, (high >> 8) & 255, (high >> 16) & 255, high >>> 24];
  expect([...ggmlFloats('Q5_0', Uint8Array.of(...half(0.25), ...word, ...nibbles))]).toEqual(
    q.map((level) => 0.25 * (level - 16)),
  );
  expect([...ggmlFloats('Q5_1', Uint8Array.of(...half(0.25), ...half(-3), ...word, ...nibbles))]).toEqual(
    q.map((level) => 0.25 * level - 3),
  );
});

/** Eight six-bit scales and minima in twelve bytes. */
function sixBits(scales: number[], mins: number[]): number[] {
  const bytes = new Array<number>(12).fill(0);
  for (let j = 0; j < 4; j++) {
    bytes[j] = (scales[j] as number) | (((scales[j + 4] as number) >> 4) << 6);
    bytes[j + 4] = (mins[j] as number) | (((mins[j + 4] as number) >> 4) << 6);
    bytes[j + 8] = ((scales[j + 4] as number) & 15) | (((mins[j + 4] as number) & 15) << 4);
  }
  return bytes;
}

test.each([
  ['Q4_K', 16],
  ['Q5_K', 32],
] as const)('%s: eight parts with six-bit scales and minima', (type, limit) => {
  const [scales, mins] = [
    [1, 17, 33, 63, 5, 40, 22, 63],
    [0, 3, 62, 9, 33, 1, 63, 16],
  ];
  const q = levels(256, limit);
  const low = new Array<number>(128).fill(0);
  const high = new Array<number>(32).fill(0);
  q.forEach((level, i) => {
    const part = i >> 5;
    low[(part >> 1) * 32 + (i & 31)] =
      (low[(part >> 1) * 32 + (i & 31)] as number) | ((level & 15) << (4 * (part & 1)));
    high[i & 31] = (high[i & 31] as number) | ((level >> 4) << part);
  });
  const bytes = Uint8Array.of(
    ...half(0.5),
    ...half(0.25),
    ...sixBits(scales, mins),
    ...(type === 'Q5_K' ? high : []),
    ...low,
  );
  expect(bytes).toHaveLength(ggmlBlocks[type]?.bytes ?? 0);
  expect([...ggmlFloats(type, bytes)]).toEqual(
    q.map((level, i) => 0.5 * (scales[i >> 5] as number) * level - 0.25 * (mins[i >> 5] as number)),
  );
});

test('Q6_K: sixteen parts with signed scales, four low bits and two high ones', () => {
  const q = levels(256, 64);
  const scales = levels(16, 255).map((scale) => scale - 128);
  const low = new Array<number>(128).fill(0);
  const high = new Array<number>(64).fill(0);
  q.forEach((level, i) => {
    const [half256, part, at] = [i >> 7, (i >> 5) & 3, i & 31];
    const l = half256 * 64 + (part & 1) * 32 + at;
    low[l] = (low[l] as number) | ((level & 15) << (part < 2 ? 0 : 4));
    const h = half256 * 32 + at;
    high[h] = (high[h] as number) | ((level >> 4) << (2 * part));
  });
  const bytes = Uint8Array.of(...low, ...high, ...scales.map((scale) => scale & 255), ...half(0.125));
  expect(bytes).toHaveLength(210);
  const floats = [...ggmlFloats('Q6_K', bytes)];
  expect(floats.map((x) => x + 0)).toEqual(q.map((level, i) => 0.125 * (scales[i >> 4] as number) * (level - 32) + 0));
});

test('floats of two bytes, at an odd place of a larger buffer too', () => {
  const buffer = new Uint8Array(9);
  buffer.set([0x80, 0x3f, 0x00, 0xc0], 1); // 1 and −2 in bfloat16
  expect([...ggmlFloats('BF16', buffer.subarray(1, 5))]).toEqual([1, -2]);
  expect([...ggmlFloats('F16', Uint8Array.of(...half(1.5), ...half(-0.25)))]).toEqual([1.5, -0.25]);
});

test('blocks that are cut off, and types that are not read, are refused by name', () => {
  expect(() => ggmlFloats('Q6_K', new Uint8Array(100))).toThrow(/100 bytes/);
  expect(() => ggmlFloats('IQ2_XS', new Uint8Array(74))).toThrow(/IQ2_XS/);
});
