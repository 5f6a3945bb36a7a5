/** Colours for code, from a worker with a deadline: code that takes longer stays plain. */
import type { ColourAnswer, ColourRequest } from './highlight-worker.ts';
import type { Run } from './highlight.ts';

export type Lines = readonly (readonly Run[])[];
/** The part of a Worker that is used. */
export interface ColourWorker {
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(request: ColourRequest): void;
  terminate(): void;
}
export interface ColouristOptions {
  /** Null: there are no workers here, and all code stays plain. */
  readonly spawn: () => ColourWorker | null;
  /** Calls back after so many milliseconds, unless the answer's function is called. */
  readonly later: (task: () => void, ms: number) => () => void;
}

/** Milliseconds for one block of code. The longest takes a fiftieth of it, on a machine that has nothing else to do. */
const DEADLINE_MS = 5000;
/** Results that are kept, so that what comes into sight again is coloured at once. */
const KEPT = 60;

interface Job {
  readonly key: string;
  readonly request: ColourRequest;
  readonly done: (lines: Lines | null) => void;
}

export class Colourist {
  readonly #options: ColouristOptions;
  #worker: ColourWorker | null = null;
  #ready = false;
  #ids = 0;
  readonly #waiting: Job[] = [];
  #job: Job | null = null;
  #stopClock: () => void = () => undefined;
  readonly #known = new Map<string, Lines | null>();
  constructor(options: ColouristOptions) {
    this.#options = options;
  }

  /** What is known already; undefined: it has to be asked for. */
  known(code: string, info: string): Lines | null | undefined {
    return this.#known.get(keyOf(code, info));
  }

  /** The lines of code in colours; null: it stays plain. */
  colour(code: string, info: string): Promise<Lines | null> {
    const key = keyOf(code, info);
    const known = this.#known.get(key);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((done) => {
      this.#ids += 1;
      this.#waiting.push({ key, request: { id: this.#ids, code, info }, done });
      this.#next();
    });
  }

  #next(): void {
    if (this.#job || this.#waiting.length === 0) return;
    this.#worker ??= this.#begin();
    if (!this.#worker) {
      for (const { done } of this.#waiting.splice(0)) done(null);
      return;
    }
    if (!this.#ready) return;
    const job = this.#waiting.shift();
    if (!job) return;
    this.#job = job;
    this.#stopClock = this.#options.later(() => this.#giveUp(), DEADLINE_MS);
    this.#worker.postMessage(job.request);
  }

  #begin(): ColourWorker | null {
    const worker = this.#options.spawn();
    this.#ready = false;
    if (!worker) return null;
    worker.onmessage = ({ data }: MessageEvent<'ready' | ColourAnswer>) => {
      if (data === 'ready') this.#ready = true;
      else if (data.id === this.#job?.request.id) this.#finish(data.lines);
      this.#next();
    };
    worker.onerror = () => this.#giveUp();
    return worker;
  }

  #finish(lines: Lines | null): void {
    this.#stopClock();
    const job = this.#job;
    this.#job = null;
    if (!job) return;
    this.#known.set(job.key, lines);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
    job.done(lines);
  }

  /** The worker is ended with what it was at; that stays plain, and the next one begins. */
  #giveUp(): void {
    this.#worker?.terminate();
    this.#worker = null;
    if (this.#job) this.#finish(null);
    else for (const { done } of this.#waiting.splice(0)) done(null);
    this.#next();
  }
}
const keyOf = (code: string, info: string): string => `${info}\n${code}`;

export const colourist = new Colourist({
  spawn: () =>
    typeof Worker === 'function'
      ? new Worker(new URL('./highlight-worker.ts', import.meta.url), { type: 'module' })
      : null,
  later: (task, ms) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
});
