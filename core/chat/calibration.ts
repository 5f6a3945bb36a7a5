/**
 * Measures the stops of the slider in the background: short replies to a few questions of its own, while nobody wants the
 * engine and the machine has little else to do. A real reply comes first: the run under way is given up at once and done again
 * later. Figures are kept by pack, device and version of the app.
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
import { DISTURBED, measureOf, type RunResult } from './calibration-tally.ts';
import { Turns, type Turn } from './calibration-turns.ts';

/** All runs together take less than this, whatever the machine: each has its share and is cut there. */
const BUDGET_MS = 50_000;
/** Of the budget, the part for runs that are made once more. */
const AGAIN = 0.2;
/** The share of the machine's processors that others may use when measuring begins by itself. */
const QUIET = 0.25;
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
  /** The share of the machine's processors that was used since it was last asked. */
  load: () => number;
}
type Ready = Extract<EngineStatus, { state: 'ready' }>;
type Stop = Omit<SpeedStop, 'measured'>;
interface Measuring {
  ready: Ready;
  stops: Stop[];
  turns: Turns;
  /** Milliseconds of the engine that runs have taken. */
  spent: number;
}

/** What ratios compare with: one by one, or the first stop of a pack without it. */
const referenceOf = (stops: readonly Pick<SpeedStop, 'id'>[]): string => (stops.find(({ id }) => id === 'ar') ?? stops[0])?.id ?? '';

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
    const spreads = stops.flatMap(({ measured }) => (measured?.spread === undefined ? [] : [measured.spread]));
    return {
      stops,
      measuredAt: kept?.measuredAt ?? null,
      ...(spreads.length > 0 ? { reference: referenceOf(stops), steady: spreads.every((spread) => spread <= DISTURBED) } : {}),
      progress: m && { done: m.turns.done, of: m.turns.of, waiting: this.#running === null },
      error: this.#error,
    };
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
    else if (idleMs !== null && this.#error === null && !this.#complete()) this.#waitForQuiet(idleMs);
  }
  /** Begins once the machine had little to do for a while: the engine itself rests meanwhile. */
  #waitForQuiet(ms: number): void {
    const { timers, load } = this.#o;
    load();
    this.#timer = timers.set(() => {
      if (load() <= QUIET) this.#begin();
      else this.#waitForQuiet(ms);
    }, ms);
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
    const stops = stopsOf(status.pack);
    this.#measuring = { ready: status, stops, turns: new Turns(stops.map(({ id }) => id), referenceOf(stops)), spent: 0 };
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
    const turn = m.turns.next;
    const stop = m.stops.find(({ id }) => id === turn?.stop);
    if (!turn || !stop) {
      this.#measuring = null;
      return this.#tell();
    }
    const generationId = `calibration-${++this.#count}`;
    this.#running = generationId;
    void this.#run(generationId, m, turn, stop).then(
      (result) => this.#took(generationId, m, result),
      (thrown: unknown) => {
        if (this.#running !== generationId) return;
        this.#give(toAppError(thrown));
        this.#tell();
      },
    );
  }
  #took(generationId: string, m: Measuring, result: RunResult): void {
    if (this.#running !== generationId || this.#measuring !== m) return;
    this.#running = null;
    if (m.turns.took(result, m.spent < BUDGET_MS)) this.#store(m);
    this.#next();
    this.#tell();
  }
  #store({ ready, stops, turns }: Measuring): void {
    const resultsOf = (id: string): RunResult[] => turns.results.get(id) ?? [];
    const reference = resultsOf(referenceOf(stops));
    const exact = turns.results.get('exact') ?? resultsOf('ar');
    const measured = Object.fromEntries(stops.flatMap(({ id }) => {
      const measure = measureOf(resultsOf(id), exact, reference);
      return measure ? [[id, measure]] : [];
    }));
    this.#o.store.write({ pack: ready.pack.hash, device: ready.device, version: this.#o.version }, { measuredAt: this.#o.now(), stops: measured });
  }

  async #run(generationId: string, m: Measuring, { question, turn }: Turn, stop: Stop): Promise<RunResult> {
    const { engine } = this.#o;
    const { defaults } = m.ready.pack;
    const settings = { sampling: { ...defaults.sampling, seed: SEED }, sampler: stop.sampler, ending: { ...defaults.ending, maxTokens: MAX_TOKENS, stop: [] } };
    const messages = [{ role: 'user' as const, content: calibrationPrompts[question] as string }];
    const share = (BUDGET_MS * (1 - AGAIN)) / (m.stops.length * calibrationPrompts.length * 2);
    const ids: number[] = [];
    let cut = false;
    const end = await new Promise<GenerationEvent>((resolve) => {
      engine.generate({ generationId, messages, replyPrefix: [], settings, seed: SEED }, (event) => {
        if (event.type === 'blockCommitted') for (const { id } of event.tokens) ids.push(id);
        if (isFinal(event)) return resolve(event);
        if (event.t <= share || cut) return;
        cut = true;
        engine.cancel(generationId);
      });
    });
    if (end.type === 'failed') throw Object.assign(new Error(end.error.message), end.error);
    if (end.type !== 'finished' && end.type !== 'stopped') throw new Error('a reply ended without an end');
    if (this.#running !== generationId) throw new Error('given up');
    m.spent += end.t;
    // a twin writes the same tokens: they are judged once
    const { equal } = turn > 0 ? { equal: null } : ids.length > 0 ? await engine.agree({ messages, tokens: ids, settings, seed: SEED }) : { equal: 0 };
    return { ids, whole: end.type === 'finished' && end.reason !== 'length', counts: end.counts, equal, question, turn };
  }
}
