/** What is said where the engine's process ends by itself. */
import type { EngineExit } from '../../contract/engine.ts';
import { type AppError, errorOf } from '../../contract/result.ts';

/** Ways in which a system ends a process for memory: killed (Linux, macOS), aborted or trapped by a failed allocation, Windows's own codes. */
const OF_MEMORY = {
  signals: ['SIGKILL', 'SIGABRT', 'SIGTRAP'],
  codes: [9, 137, 6, 134, 5, 133, 0xc0000017, 0xc000012d, 0xe0000008],
};

/** Whether the way a process ended is the one of a machine without memory left. Nobody else sends these signals to it. */
export const endedForMemory = ({ code, signal }: EngineExit): boolean =>
  typeof signal === 'string'
    ? OF_MEMORY.signals.includes(signal)
    : code !== null && OF_MEMORY.codes.includes(code >>> 0);

/** For the replies that were under way. `givesUp`: it is not started again by itself. */
export const crashedUnder = (exit: EngineExit, givesUp: boolean): AppError =>
  endedForMemory(exit)
    ? errorOf(givesUp ? 'engine.ended-for-memory-for-good' : 'engine.ended-for-memory')
    : errorOf(givesUp ? 'engine.ended-for-good' : 'engine.ended');

/** For the window, once it is not started again by itself. */
export const crashedTooOften = (exit: EngineExit, times: number): AppError =>
  errorOf(endedForMemory(exit) ? 'engine.ended-often-for-memory' : 'engine.ended-often', { times });
