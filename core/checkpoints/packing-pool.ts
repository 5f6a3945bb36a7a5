/** Packs windows of rows in threads, as many as there are cores; in this one where the model is small or no thread can be had. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { packWindow, type PackedWindow, type Window } from './packing.ts';

/** From so many weights on threads are worth their start. */
const WORTH = 16e6;
/** Each holds a window of its own: more would cost memory, and the disk is then what is waited for. */
const MOST = 8;

export type FromThread = { ready: true } | { packed: PackedWindow } | { failed: string };

export interface Packing {
  /** How many windows may be under way before the first has to be awaited. */
  readonly depth: number;
  /** The bytes of the window are given away. */
  pack(window: Window): Promise<PackedWindow>;
  close(): Promise<void>;
}

const here: Packing = {
  depth: 1,
  pack: (window) => Promise.resolve().then(() => packWindow(window)),
  close: () => Promise.resolve(),
};

/** Bundled, the thread lies beside this file; run from source, in its room. */
const bundled = path.join(import.meta.dirname, 'packing.cjs');
const entry = existsSync(bundled) ? bundled : path.join(import.meta.dirname, 'packing-thread.ts');

/** @param weights of the whole model @param threads as many as asked for, for measurements; absent: by the machine */
export async function openPacking(weights: number, threads = Math.min(MOST, availableParallelism())): Promise<Packing> {
  if (weights < WORTH || threads < 2) return here;
  const started = Array.from({ length: threads }, () => new Thread());
  const running = (await Promise.all(started.map(async (thread) => ((await thread.runs) ? [thread] : [])))).flat();
  return running.length === 0 ? here : new Pool(running);
}

class Pool implements Packing {
  readonly depth: number;
  readonly #threads: readonly Thread[];

  constructor(threads: readonly Thread[]) {
    this.#threads = threads;
    this.depth = 2 * threads.length; // each has the next one at hand when it is done
  }

  pack(window: Window): Promise<PackedWindow> {
    const idlest = this.#threads.reduce((a, b) => (b.waiting < a.waiting ? b : a));
    return idlest.pack(window);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}

/** One worker: it answers windows in their order. */
class Thread {
  readonly #worker = new Worker(entry);
  readonly #waiting: { resolve: (packed: PackedWindow) => void; reject: (reason: Error) => void }[] = [];
  /** Whether it could be started. */
  readonly runs: Promise<boolean>;

  constructor() {
    let started: (runs: boolean) => void;
    this.runs = new Promise((resolve) => (started = resolve));
    const failed = (reason: Error): void => {
      started(false);
      this.#waiting.splice(0).forEach(({ reject }) => reject(reason));
    };
    this.#worker.on('message', (message: FromThread) => {
      if ('ready' in message) return started(true);
      const next = this.#waiting.shift();
      if ('packed' in message) next?.resolve(message.packed);
      else next?.reject(new Error(message.failed));
    });
    this.#worker.on('error', failed);
    this.#worker.on('exit', (code) => failed(new Error(`a thread of the import ended with code ${code}`)));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  pack(window: Window): Promise<PackedWindow> {
    const { bytes } = window;
    // small buffers lie in one that Node shares among many
    const own = bytes.buffer.byteLength === bytes.byteLength ? bytes : new Uint8Array(bytes);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage({ ...window, bytes: own }, [own.buffer as ArrayBuffer]);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
