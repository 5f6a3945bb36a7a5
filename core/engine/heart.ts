/**
 * The process's signs of life. ONNX Runtime blocks the event loop for as long as a forward or the opening of a session takes,
 * which may be minutes; so a thread of its own beats, and tells what the host needs to see work from a standstill: forwards
 * ended and processor time used. A process that is stopped does not beat at all.
 *
 * Beats are lines on standard output: Electron's and Node's message channels belong to the main thread alone.
 */
import { Worker } from 'node:worker_threads';
import { BEAT_MARK, BEAT_MS, BEATS_WANTED } from '../contract/beat.ts';

/** Places in the memory that both threads see. */
const BUSY = 0;
const FORWARDS = 1;

const beating = `
  const { workerData: { shared, mark, ms } } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  for (;;) {
    Atomics.wait(shared, ${BUSY}, 0);
    const { user, system } = process.cpuUsage();
    try {
      writeSync(1, mark + Atomics.load(shared, ${FORWARDS}) + ' ' + Math.round((user + system) / 1000) + '\\n');
    } catch (thrown) {
      if (thrown.code !== 'EAGAIN') break; // nobody is there to hear it
    }
    Atomics.wait(shared, ${BUSY}, 1, ms);
  }
`;

export interface Heart {
  /** It beats while something that was begun has not ended. */
  begin(): void;
  end(): void;
  /** A forward has ended. */
  forward(): void;
}

/** Begins to beat where the host listens; where it does not, nothing is written. The thread does not keep the process alive. */
export function startHeart(): Heart {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  let works = 0;
  const set = (): void => {
    Atomics.store(shared, BUSY, works > 0 ? 1 : 0);
    Atomics.notify(shared, BUSY);
  };
  if (process.env[BEATS_WANTED] === '1')
    new Worker(beating, { eval: true, workerData: { shared, mark: BEAT_MARK, ms: BEAT_MS } }).unref();
  return {
    begin() {
      if (++works === 1) set();
    },
    end() {
      if (--works === 0) set();
    },
    forward: () => void Atomics.add(shared, FORWARDS, 1),
  };
}
