/** Windows of rows packed in threads: the same bytes as without them, in their order; failures come back as failures. */
import { afterAll, describe, expect, test } from 'vitest';
import { openPacking } from '../../../core/checkpoints/packing-pool.ts';
import { packWindow, type Window } from '../../../core/checkpoints/packing.ts';
import { uniform } from '../../../core/sampling/noise.ts';

const COLUMNS = 256;
const bytesOf = (seed: number, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => Math.floor(256 * uniform(seed, i, 0)));
/** Finite floats: random bytes would hold NaNs. */
const bf16 = (seed: number, count: number): Uint8Array => {
  const floats = Float32Array.from({ length: count }, (_, i) => uniform(seed, i, 1) - 0.4);
  const words = new Uint16Array(floats.buffer);
  return new Uint8Array(Uint16Array.from({ length: count }, (_, i) => words[2 * i + 1] as number).buffer);
};
const window = (seed: number, more: Partial<Window> = {}): Window => ({
  type: 'BF16',
  bytes: bf16(seed, 8 * COLUMNS),
  columns: COLUMNS,
  bits: seed % 2 === 0 ? 8 : 4,
  headRows: seed % 3 === 0 ? 4 : null,
  sums: seed % 5 === 0,
  ...more,
});

describe('with threads', async () => {
  const packing = await openPacking(1e9, 2);
  afterAll(() => packing.close());

  test('every window comes back as this thread packs it, each for its own request', async () => {
    const windows = Array.from({ length: 24 }, (_, seed) => window(seed));
    const alone = windows.map((one) => packWindow({ ...one, bytes: new Uint8Array(one.bytes) }));
    expect(packing.depth).toBe(4);
    expect(await Promise.all(windows.map((one) => packing.pack(one)))).toEqual(alone);
  });
  test("a GGUF's blocks keep what is theirs", async () => {
    const quantised = { ...window(2), type: 'Q8_0', bytes: bytesOf(7, 8 * 8 * 34) };
    const alone = packWindow({ ...quantised, bytes: new Uint8Array(quantised.bytes) });
    expect(await packing.pack(quantised)).toEqual(alone);
  });
  test('bytes that lie in a buffer with others are not taken from them', async () => {
    const shared = Buffer.from('kept'.repeat(4));
    const bytes = shared.subarray(0, 0);
    await packing.pack(window(1, { bytes }));
    expect(shared.toString()).toBe('kept'.repeat(4));
  });
  test('a window that cannot be packed fails alone', async () => {
    const [bad, good] = [packing.pack(window(4, { type: 'IQ2_XS' })), packing.pack(window(5))];
    await expect(bad).rejects.toThrow('IQ2_XS');
    expect((await good).values.length).toBe((8 * COLUMNS) / 2);
  });
});

test('a small model is packed without threads', async () => {
  const packing = await openPacking(1e6);
  expect(packing.depth).toBe(1);
  expect((await packing.pack(window(8))).values.length).toBe(8 * COLUMNS);
});
