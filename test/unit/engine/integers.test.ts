/** 64-bit integers of the graph, read and written without a BigInt for each. */
import { expect, test } from 'vitest';
import { ints, small } from '../../../core/engine/integers.ts';

const numbers = [0, 1, 49151, 2 ** 31 - 1, -1, -(2 ** 31)];

test('what is written is what BigInts would be', () => {
  const { data, dims, type } = ints(numbers);
  expect([type, dims, Array.from(data as BigInt64Array)]).toEqual(['int64', [6], numbers.map(BigInt)]);
  expect(ints([]).dims).toEqual([0]);
});

test('what is read is what stood there, from any place of its memory', () => {
  const memory = BigInt64Array.from([7n, ...numbers.map(BigInt)]);
  expect(Array.from(small(memory.subarray(1)))).toEqual(numbers);
});
