/** One thread of packing-pool.ts. */
import { parentPort } from 'node:worker_threads';
import { packWindow, type Window } from './packing.ts';
import type { FromThread } from './packing-pool.ts';

const answer = (message: FromThread, transfer: ArrayBuffer[] = []): void => parentPort?.postMessage(message, transfer);

parentPort?.on('message', (window: Window) => {
  try {
    const packed = packWindow(window);
    const { values, scales, zeros } = packed;
    answer(
      { packed },
      [values, scales, zeros].map(({ buffer }) => buffer as ArrayBuffer),
    );
  } catch (thrown) {
    answer({ failed: thrown instanceof Error ? thrown.message : String(thrown) });
  }
});
answer({ ready: true });
