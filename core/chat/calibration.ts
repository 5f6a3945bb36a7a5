/**
 * Measures the stops of the slider in the background: short replies to a few questions of its own, while nobody wants the
 * engine. A real reply comes first: the run under way is given up at once and done again later. Figures are kept by pack,
 * device and version of the app.
 */
import type { Calibration, SpeedStop } from '../contract/calibration.ts';
import type { EngineStatus } from '../contract/engine.ts';
import { isFinal, type GenerationEvent } from '../contract/generation.ts';
import type { Handlers } from '../contract/index.ts';
import type { calibrationChannels } from '../contract/calibration.ts';
import type { Push } from '../contract/push.ts';
import { toAppError, type AppError } from '../contract/result.ts';
import type { EngineClient, Timers } from '../engine/client/index.ts';
import type { Calibrations } from '../store/index.ts';
import { calibrationPrompts, stopsOf } from './calibration-stops.ts';
import { measureOf, type RunResult } from './calibration-tally.ts';

/** All runs together take less than this, whatever the machine: each has its share and is cut there. */
const BUDGET_MS = 50_000;
const MAX_TOKENS = 48;
const SEED = 1;

export interface CalibratorOptions {
  engine: EngineClient;
  store: Calibrations;
  notify: (push: Push) => void;
  version: string;
  timers: Timers;
  now: () => number;
  /** Quiet time before it begins by itself, in milliseconds; null: only when asked. */
  idleMs: number | null;
  /** Whether a reply is being written or waits. */
  busy: () => boolean;
}
type Ready = Extract<EngineStatus, { state: 'ready' }>;
interface Measuring {
  ready: Ready;
  stops: ReturnType<typeof stopsOf>;
  /** Results by stop, a prompt each. */
  results: Map<string, RunResult[]>;
  done: number;
}

export class Calibrator {
  readonly #o: CalibratorOptions;
  #measuring: Measuring | null = null;
  /** The generation being measured now. */
  #running: string | null = null;
  #timer: unknown = null;
  #error: AppError | null = null;
  #count = 0;
  #closed = false;
  /** Other work of the engine that is under way. */
  #aside = 0;

  constructor(options: CalibratorOptions) {
    this.#o = options;
  }
  readonly handlers: Pick<Handlers, keyof typeof calibrationChannels> = {
    'calibration.get': () => this.state(),
    'calibration.run': () => {
      this.#give(null);
      this.#begin();
      return this.state();
    },
    'calibration.stop': () => {
      this.#give(null);
      this.#tell();
      return this.state();
    },
  };

  state(): Calibration {
    const { engine, store, version } = this.#o;
    const { status } = engine;
    const kept = status.state === 'ready' ? store.read({ pack: status.pack.hash, device: status.device, version }) : null;
    const stops: SpeedStop[] = status.state === 'ready' ? stopsOf(status.pack).map((stop) => ({ ...stop, measured: kept?.stops[stop.id] ?? null })) : [];
    const m = this.#measuring;
    return { stops, measuredAt: kept?.measuredAt ?? null, progress: m && { done: m.done, of: m.stops.length * calibrationPrompts.length, waiting: this.#running === null }, error: this.#error };
  }

  /** Somebody wants the engine: it is free within a forward. */
  yield(): void {
    this.#o.timers.clear(this.#timer);
    this.#timer = null;
    if (this.#running === null) return;
    const running = this.#running;
    this.#running = null;
    this.#o.engine.cancel(running);
    this.#tell();
  }
  /** Other work than replies has the engine to itself until it has ended. */
  async aside<T>(work: () => T | Promise<T>): Promise<T> {
    this.#aside++;
    this.yield();
    try {
      return await work();
    } finally {
      this.#aside--;
      this.rest();
    }
  }
  /** Nobody wants the engine any more. */
  rest(): void {
    const { timers, idleMs, busy, engine } = this.#o;
    timers.clear(this.#timer);
    this.#timer = null;
    if (this.#closed || this.#aside > 0 || busy() || engine.status.state !== 'ready') return;
    if (this.#measuring) this.#timer = timers.set(() => this.#next(), Math.min(idleMs ?? 0, 2_000));
    else if (idleMs !== null && this.#error === null && !this.#complete()) this.#timer = timers.set(() => this.#begin(), idleMs);
  }
  close(): void {
    this.#closed = true;
    this.#give(null);
  }

  #complete(): boolean {
    return this.state().stops.every(({ measured }) => measured !== null);
  }
  #tell(): void {
    if (!this.#closed) this.#o.notify({ topic: 'calibration', calibration: this.state() });
  }
  /** Ends the measuring; what whole rounds gave is stored already. */
  #give(error: AppError | null): void {
    this.yield();
    this.#measuring = null;
    this.#error = error;
  }
  #begin(): void {
    const { status } = this.#o.engine;
    if (status.state !== 'ready' || this.#closed) return;
    this.#error = null;
    this.#measuring = { ready: status, stops: stopsOf(status.pack), results: new Map(), done: 0 };
    this.#next();
    this.#tell();
  }

  #next(): void {
    this.#timer = null;
    const m = this.#measuring;
    if (!m || this.#running !== null || this.#aside > 0 || this.#o.busy()) return;
    const { status } = this.#o.engine;
    // another model or device: what was measured so far says nothing about it
    if (status.state !== 'ready' || status.pack.hash !== m.ready.pack.hash || status.device !== m.ready.device) return this.#give(null);
    const stop = m.stops[m.done % m.stops.length];
    const prompt = calibrationPrompts[Math.floor(m.done / m.stops.length)];
    if (!stop || prompt === undefined) {
      this.#measuring = null;
      return this.#tell();
    }
    const generationId = `calibration-${++this.#count}`;
    this.#running = generationId;
    void this.#run(generationId, prompt, stop).then(
      (result) => this.#took(generationId, m, stop.id, result),
      (thrown: unknown) => {
        if (this.#running !== generationId) return;
        this.#give(toAppError(thrown));
        this.#tell();
      },
    );
  }
  #took(generationId: string, m: Measuring, stopId: string, result: RunResult): void {
    if (this.#running !== generationId || this.#measuring !== m) return;
    this.#running = null;
    m.results.set(stopId, [...(m.results.get(stopId) ?? []), result]);
    m.done++;
    if (m.done % m.stops.length === 0) this.#store(m);
    this.#next();
    this.#tell();
  }
  #store({ ready, stops, results }: Measuring): void {
    const exact = results.get('exact') ?? results.get('ar') ?? [];
    const measured = Object.fromEntries(stops.flatMap(({ id }) => {
      const measure = measureOf(results.get(id) ?? [], exact);
      return measure ? [[id, measure]] : [];
    }));
    this.#o.store.write({ pack: ready.pack.hash, device: ready.device, version: this.#o.version }, { measuredAt: this.#o.now(), stops: measured });
  }

  async #run(generationId: string, prompt: string, stop: Omit<SpeedStop, 'measured'>): Promise<RunResult> {
    const { engine } = this.#o;
    const { defaults } = (this.#measuring as Measuring).ready.pack;
    const settings = { sampling: { ...defaults.sampling, seed: SEED }, sampler: stop.sampler, ending: { ...defaults.ending, maxTokens: MAX_TOKENS, stop: [] } };
    const messages = [{ role: 'user' as const, content: prompt }];
    const share = BUDGET_MS / ((this.#measuring as Measuring).stops.length * calibrationPrompts.length);
    const ids: number[] = [];
    let cut = false;
    const end = await new Promise<GenerationEvent>((resolve) => {
      engine.generate({ generationId, messages, replyPrefix: [], settings, seed: SEED }, (event) => {
        if (event.type === 'blockCommitted') ids.push(...event.tokens.map(({ id }) => id));
        if (isFinal(event)) return resolve(event);
        if (event.t <= share || cut) return;
        cut = true;
        engine.cancel(generationId);
      });
    });
    if (end.type === 'failed') throw Object.assign(new Error(end.error.message), end.error);
    if (end.type !== 'finished' && end.type !== 'stopped') throw new Error('a reply ended without an end');
    if (this.#running !== generationId) throw new Error('given up');
    const { equal } = ids.length > 0 ? await engine.agree({ messages, tokens: ids, settings, seed: SEED }) : { equal: 0 };
    return { ids, whole: end.type === 'finished' && end.reason !== 'length', counts: end.counts, equal };
  }
}
