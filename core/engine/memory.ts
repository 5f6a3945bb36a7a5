/** Says in words that memory ran out, whoever noticed it: ONNX Runtime, V8, the system or a graphics driver. */
import { MezzotintError, toAppError, type AppError } from '../contract/result.ts';

const SHORT =
  /bad[ _]?alloc|(?:fail\w*|unable|could ?n.t|not able) to allocate|allocation fail|cannot allocate|out of (?:\w+ )?memory|(?:not enough|insufficient) memory|E_OUTOFMEMORY|8007000E|\bENOMEM\b|invalid (?:typed )?array (?:buffer )?length/i;

/** Whether an error's words say that memory could not be had. */
export const ranOutOfMemory = (words: string): boolean => SHORT.test(words);

/** @param what what could not be done, as the first half of a sentence @param detail the error's own words */
export const memoryError = (what: string, detail: string): MezzotintError =>
  new MezzotintError(
    'out-of-memory',
    `${what}, because there was not enough memory (${detail.split('\n')[0]?.slice(0, 200) ?? ''}). What was committed is kept.`,
    {
      action:
        'Close programs that need much memory, begin a shorter conversation, or use a smaller model. Then try again.',
    },
  );

/** Any error of the engine as a value; one that means memory says what to do about it. */
export function explained(thrown: unknown): AppError {
  const error = toAppError(thrown);
  return error.code === 'internal' && ranOutOfMemory(error.message)
    ? toAppError(memoryError('This step could not be done', error.message))
    : error;
}
