/** The thread of inspect-away.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import type { DriverName } from '../db/driver.ts';
import { inspect } from './inspect.ts';

const { file, driver, thorough } = workerData as { file: string; driver: DriverName; thorough: boolean };
parentPort?.postMessage(inspect(file, driver, thorough));
