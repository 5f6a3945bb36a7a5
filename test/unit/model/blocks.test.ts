import { expect, test } from 'vitest';
import { repackBlocks } from '../../../core/checkpoints/gguf-blocks.ts';
import { halfToNumber, packFloats, packSymmetric, type PackedBlocks } from '../../../core/model/quantisation.ts';

const weights = (packed: PackedBlocks): number[] =>
  Array.from(
    packed.values,
    (value, i) =>
      (packed.scales[Math.floor(i / 32)] as number) * (value - (packed.zeros[Math.floor(i / 32)] as number)),
  );
/** fp16 bits of powers of two and small multiples, written out by hand. */
const half = { one: 0x3c00, quarter: 0x3400, minusTwo: 0xc000, tiny: 0x0001, three: 0x4200 };

test('half precision, subnormals included', () => {
  expect([half.one, half.quarter, half.minusTwo, half.three].map(halfToNumber)).toEqual([1, 0.25, -2, 3]);
  expect(halfToNumber(half.tiny)).toBe(2 ** -24);
  expect(halfToNumber(0x7c00)).toBe(Infinity);
});

function block(bytes: number, fill: (view: DataView) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(bytes));
  fill(view);
  return new Uint8Array(view.buffer);
}

test('Q8_0 maps without loss', () => {
  const source = block(34, (v) => {
    v.setUint16(0, half.quarter, true);
    for (let i = 0; i < 32; i++) v.setInt8(2 + i, i * 8 - 128);
  });
  expect(weights(repackBlocks('Q8_0', source))).toEqual(Array.from({ length: 32 }, (_, i) => (i * 8 - 128) / 4));
});

test("Q4_1 keeps the source's levels: low nibbles first, then high ones", () => {
  const source = block(20, (v) => {
    v.setUint16(0, half.quarter, true);
    v.setUint16(2, half.minusTwo, true);
    for (let i = 0; i < 16; i++) v.setUint8(4 + i, i | ((15 - i) << 4));
  });
  expect(weights(repackBlocks('Q4_1', source))).toEqual([
    ...Array.from({ length: 16 }, (_, i) => i / 4 - 2),
    ...Array.from({ length: 16 }, (_, i) => (15 - i) / 4 - 2),
  ]);
});

test.each([
  ['all of one value', 0, half.three],
  ['wholly above zero', half.quarter, half.three],
  ['wholly below zero', half.quarter, 0xc800],
])('a Q4_1 block %s stays within half an 8-bit step', (_, d, m) => {
  const source = block(20, (v) => {
    v.setUint16(0, d, true);
    v.setUint16(2, m, true);
    for (let i = 0; i < 16; i++) v.setUint8(4 + i, i | (i << 4));
  });
  const packed = repackBlocks('Q4_1', source);
  weights(packed).forEach((w, i) =>
    expect(Math.abs(w - (halfToNumber(d) * (i % 16) + halfToNumber(m)))).toBeLessThanOrEqual(
      (packed.scales[0] as number) * 0.51,
    ),
  );
});

test('Q4_0 is centred on 8', () => {
  const source = block(18, (v) => {
    v.setUint16(0, half.one, true);
    for (let i = 0; i < 16; i++) v.setUint8(2 + i, i);
  });
  expect(weights(repackBlocks('Q4_0', source))).toEqual([
    ...Array.from({ length: 16 }, (_, i) => i - 8),
    ...Array.from({ length: 16 }, () => -8),
  ]);
});

test('float rows and adapter rows stay within half a step', () => {
  const rows = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * 3) * (i < 32 ? 1 : 0.01));
  const packed8: PackedBlocks = { values: new Uint8Array(64), scales: new Float32Array(2), zeros: new Uint8Array(2) };
  packFloats(rows, 8, packed8);
  for (const packed of [packed8, packSymmetric(rows)]) {
    weights(packed).forEach((w, i) =>
      expect(Math.abs(w - (rows[i] as number))).toBeLessThanOrEqual(
        (packed.scales[Math.floor(i / 32)] as number) * 0.51,
      ),
    );
  }
});

test('a type that would be quantised a second time is refused with what to do', () => {
  expect(() => repackBlocks('Q3_K', new Uint8Array(110))).toThrow(/Q3_K can't be imported/);
});
