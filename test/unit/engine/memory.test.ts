/** Which errors mean that memory ran out, and what is said then. */
import { expect, it } from 'vitest';
import { explained, ranOutOfMemory } from '../../../core/engine/memory.ts';
import { MezzotintError } from '../../../core/contract/result.ts';

it.each([
  'std::bad_alloc',
  'bad allocation',
  'Non-zero status code returned while running MatMul node. Status Message: bad_alloc',
  '/onnxruntime/core/framework/bfc_arena.cc:376 void* onnxruntime::BFCArena::AllocateRawInternal(...) Failed to allocate memory for requested buffer of size 4294967296',
  'Array buffer allocation failed',
  'Cannot allocate memory',
  'ENOMEM: not enough memory, read',
  'CUDA failure 2: out of memory',
  'DeviceError: Out of device memory',
  'DXGI: 8007000E Not enough memory resources are available',
])('“%s” is said in words, with what to do', (words) => {
  expect(ranOutOfMemory(words)).toBe(true);
  const error = explained(new RangeError(words));
  expect(error).toMatchObject({ code: 'out-of-memory', action: expect.stringContaining('smaller model') as string });
  expect(error.message).toContain('not enough memory');
});

it('other errors keep their words, and those with a code their code', () => {
  expect(explained(new Error('Tensor is not allocated on this device'))).toMatchObject({
    code: 'internal',
    params: { reason: 'Tensor is not allocated on this device' },
  });
  expect(explained(new MezzotintError('pack-damaged', 'out of memory.bin differs'))).toMatchObject({
    code: 'pack-damaged',
  });
});
