/** Says in words that memory ran out, whoever noticed it: ONNX Runtime, V8, the system or a graphics driver. */
import { type AppError, failure, type MezzotintError, toAppError } from '../contract/result.ts';

const SHORT =
  /bad[ _]?alloc|(?:fail\w*|unable|could ?n.t|not able) to allocate|allocation fail|cannot allocate|out of (?:\w+ )?memory|(?:not enough|insufficient) memory|E_OUTOFMEMORY|8007000E|\bENOMEM\b|invalid (?:typed )?array (?:buffer )?length/i;

/** Whether an error's words say that memory could not be had. */
export const ranOutOfMemory = (words: string): boolean => SHORT.test(words);

/** @param what what could not be done @param detail the error's own words */
export const memoryError = (what: 'step' | 'load', detail: string): MezzotintError =>
  failure(`engine.out-of-memory-${what}`, { reason: detail.split('\n')[0]?.slice(0, 200) ?? '' });

/** Any error of the engine as a value; one that means memory says what to do about it. */
export function explained(thrown: unknown): AppError {
  const error = toAppError(thrown);
  const reason = error.params?.['reason'];
  return error.code === 'internal' && typeof reason === 'string' && ranOutOfMemory(reason)
    ? toAppError(memoryError('step', reason))
    : error;
}
