/** What is said where the engine does not do its part. */
import type { EngineExit } from '../../contract/engine.ts';
import type { AppError } from '../../contract/result.ts';

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

const FREE_MEMORY = 'Close programs that need much memory, or use a smaller model';

export const notReady = (message: string): AppError => ({
  code: 'engine-not-ready',
  message,
  action: 'Wait until the model is loaded, or restart the engine.',
});

export const silent = (): AppError => ({
  code: 'engine-silent',
  message: 'The engine does not answer. Nothing was changed.',
  action: 'Restart the engine, or wait until it answers again.',
});

export const tooSlow = (): AppError => ({
  code: 'engine-silent',
  message: 'The engine is busy with a long step and did not answer in time. Nothing was changed.',
  action: 'Try again in a moment, or restart the engine.',
});

export const restarted = (): AppError => ({
  code: 'engine-crashed',
  message: 'The engine was restarted under this reply. What was committed is kept.',
  action: 'Continue or retry the reply.',
});

export const didNotAnswer = (): AppError => ({
  code: 'engine-crashed',
  message: 'The engine did not answer and was ended. What was committed is kept.',
  action: 'It is starting again by itself: continue or retry the reply.',
});

/** For the replies that were under way. `givesUp`: it is not started again by itself. */
export function crashedUnder(exit: EngineExit, givesUp: boolean): AppError {
  const memory = endedForMemory(exit);
  const next = givesUp
    ? 'Restart the engine, then continue or retry the reply.'
    : 'It is starting again by itself: continue or retry the reply.';
  return {
    code: 'engine-crashed',
    message: `${memory ? 'The engine was ended, most likely because memory ran out.' : 'The engine ended unexpectedly.'} What was committed is kept.`,
    action: memory ? `${FREE_MEMORY}. ${next}` : next,
  };
}

/** For the window, once it is not started again by itself. */
export function crashedTooOften(exit: EngineExit, times: number): AppError {
  const memory = endedForMemory(exit);
  return {
    code: memory ? 'out-of-memory' : 'engine-crashed',
    message: `${memory ? `The engine was ended ${times} times, most likely because memory ran out.` : `The engine ended unexpectedly ${times} times in a short time.`} Your conversations are safe.`,
    action: `${FREE_MEMORY}. Then restart the engine.`,
  };
}
