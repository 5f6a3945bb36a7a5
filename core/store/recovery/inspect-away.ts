/** `inspect` in a thread of its own: reading a whole database takes seconds where it is large, and replies go on meanwhile. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { runsBetterSqlite, type DriverName } from '../db/driver.ts';
import { inspect, type Inspection } from './inspect.ts';

/** Bundled, the thread lies beside this file; run from source, in its room. */
const bundled = path.join(import.meta.dirname, 'inspect.cjs');
const entry = existsSync(bundled) ? bundled : path.join(import.meta.dirname, 'inspect-thread.ts');

export function inspectAway(file: string, driver: DriverName, thorough = false): Promise<Inspection> {
  // a stand-in is known to the main thread alone
  if (!runsBetterSqlite()) return Promise.resolve().then(() => inspect(file, driver, thorough));
  return new Promise((resolve) => {
    // where no thread can be had, it is done here
    const here = (): void => resolve(inspect(file, driver, thorough));
    try {
      const worker = new Worker(entry, { workerData: { file, driver, thorough } });
      worker.once('message', (found: Inspection) => resolve(found));
      worker.once('error', here);
      worker.once('exit', (code) => (code === 0 ? undefined : here()));
    } catch {
      here();
    }
  });
}
