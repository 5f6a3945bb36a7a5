/**
 * Measures the stops of the slider in the background: short replies to a few questions of its own, while nobody wants the
 * engine and the machine has little else to do. It is background work: whatever else comes goes first, and the run under way is
 * begun again later. Figures are kept by pack, device and version of the app.
 */
import type { SpeedFigures, SpeedPoint } from '../contract/speed-profile.ts';
import { capabilitiesOf } from '../contract/capabilities.ts';
import type { EngineStatus } from '../contract/engine.ts';
import { isFinal, type GenerationEvent } from '../contract/generation.ts';
import type { Handlers } from '../contract/index.ts';
import type { speedProfileChannels } from '../contract/speed-profile.ts';
import type { Push } from '../contract/push.ts';
import { thrownOf, toAppError, type AppError } from '../contract/result.ts';
import type { Engine, Scheduler } from '../engines/index.ts';
import type { SpeedProfiles } from '../store/index.ts';
import { stopsOf } from '../contract/speed-stops.ts';
import { speedPrompts } from './speed-profile-prompts.ts';
import { DISTURBED, measureOf, type RunResult } from './speed-profile-tally.ts';
import { FULL, SHORT, Turns, type Turn } from './speed-profile-turns.ts';
import { Standing } from './speed-profile-standing.ts';

/** All runs together take less than this, whatever the machine: each has its share and is cut there. */
const BUDGET_MS = 50_000;
/** Of the budget, the part for runs that are made once more. */
const AGAIN = 0.2;
/** The share of the machine's processors that others may use when measuring begins by itself. */
const QUIET = 0.25;
const MAX_TOKENS = 48;
const SEED = 1;

export interface SpeedProfilerOptions {
  engine: Pick<Engine, 'status'>;
  scheduler: Scheduler;
  store: SpeedProfiles;
  notify: (push: Push) => void;
  version: string;
  now: () => number;
  /** Quiet time before it begins by itself, in milliseconds; null: only when asked. */
  idleMs: number | null;
  /** The share of the machine's processors that was used since it was last asked. */
  load: () => number;
}
type Ready = Extract<EngineStatus, { state: 'ready' }>;
type Stop = Omit<SpeedPoint, 'measured'>;
/** `cut`: it took longer than its share of the time. */
type Run = RunResult & { cut: boolean };
interface Measuring {
  ready: Ready;
  stops: Stop[];
  turns: Turns;
  /** Milliseconds of the engine that runs have taken. */
  spent: number;
}

type Named = readonly Pick<SpeedPoint, 'id'>[];
/** What ratios compare with: one by one, or the first stop of a pack without it. */
const referenceOf = (stops: Named): string => (stops.find(({ id }) => id === 'ar') ?? stops[0])?.id ?? '';
/** Whose replies all are compared with: those of Exact, or of the slowest stop of a pack without it. */
const comparedOf = (stops: Named): string => stops.find(({ id }) => id === 'exact')?.id ?? referenceOf(stops);
/** A first reply that was cut after fewer steps says that the model is slow; a machine that is busy for a moment does more. */
const FEW = 3;

export class SpeedProfiler {
  readonly #o: SpeedProfilerOptions;
  #measuring: Measuring | null = null;
  /** The reply that is wanted for it now. */
  #wanted: string | null = null;
  #error: AppError | null = null;
  #count = 0;
  #closed = false;
  #disarm = (): void => undefined;

  constructor(options: SpeedProfilerOptions) {
    this.#o = options;
  }
  readonly handlers: Pick<Handlers, keyof typeof speedProfileChannels> = {
    'speedProfile.get': () => this.state(),
    'speedProfile.measure': () => {
      this.#give(null);
      this.#begin();
      return this.state();
    },
    'speedProfile.measureStop': () => {
      this.#give(null);
      this.#announce();
      return this.state();
    },
  };

  state(): SpeedFigures {
    const { engine, scheduler, store, version } = this.#o;
    const { status } = engine;
    const kept =
      status.state === 'ready' ? store.read({ pack: status.pack.hash, device: status.device, version }) : null;
    const stops: SpeedPoint[] =
      status.state === 'ready'
        ? stopsOf(status.pack).map((stop) => ({ ...stop, measured: kept?.stops[stop.id] ?? null }))
        : [];
    const m = this.#measuring;
    const spreads = stops.flatMap(({ measured }) => (measured?.spread === undefined ? [] : [measured.spread]));
    return {
      stops,
      measuredAt: kept?.measuredAt ?? null,
      ...(stops.some(({ measured }) => measured?.ratio !== undefined)
        ? { reference: referenceOf(stops), compared: comparedOf(stops) }
        : {}),
      ...(spreads.length > 0 ? { steady: spreads.every((spread) => spread <= DISTURBED) } : {}),
      progress: m && { done: m.turns.done, of: m.turns.of, waiting: !scheduler.inBackground },
      error: this.#error,
    };
  }

  /** A model is ready: what is not measured of it is, once nobody has wanted the engine for a while and the machine is quiet. */
  arm(): void {
    this.#disarm();
    const { idleMs, scheduler, load } = this.#o;
    const lacks = this.state().stops.some(({ measured }) => measured === null);
    if (this.#closed || idleMs === null || this.#measuring || !lacks || !this.#possible()) return;
    load();
    this.#disarm = scheduler.whenIdle(idleMs, () => {
      if (load() <= QUIET) this.#begin();
      else this.arm();
    });
  }
  close(): void {
    this.#closed = true;
    this.#give(null);
  }

  /** Whether the engine gives what is measured: replies that can be compared. */
  #possible(): boolean {
    const { tokenIds, seeded } = capabilitiesOf(this.#o.engine.status);
    return tokenIds && seeded;
  }
  #announce(): void {
    if (!this.#closed) this.#o.notify({ topic: 'speed-profile', figures: this.state() });
  }
  /** Ends the measuring; what questions that are done with gave is stored already. */
  #give(error: AppError | null): void {
    this.#disarm();
    this.#measuring = null;
    this.#error = error;
    if (this.#wanted !== null) this.#o.scheduler.cancel(this.#wanted);
    this.#wanted = null;
  }
  #begin(): void {
    const { status } = this.#o.engine;
    if (status.state !== 'ready' || this.#closed || !this.#possible()) return;
    this.#error = null;
    const stops = stopsOf(status.pack);
    const m = {
      ready: status,
      stops,
      turns: this.#turns(stops, FULL),
      spent: 0,
    };
    this.#measuring = m;
    void this.#measure(m);
    this.#announce();
  }
  #turns(stops: readonly Stop[], plan: typeof FULL): Turns {
    return new Turns(
      stops.map(({ id }) => id),
      referenceOf(stops),
      plan,
    );
  }
  async #measure(m: Measuring): Promise<void> {
    for (let turn = m.turns.next; turn; turn = m.turns.next) {
      const stop = m.stops.find(({ id }) => id === turn?.stop);
      if (!stop) break;
      let result: Run;
      try {
        result = await this.#run(m, turn, stop);
      } catch (thrown) {
        if (this.#measuring !== m) return;
        this.#give(toAppError(thrown));
        return this.#announce();
      }
      if (this.#measuring !== m) return;
      if (m.turns.plan === FULL && m.turns.done === 0 && result.cut && result.counts.forwards < FEW) {
        m.turns = this.#turns(m.stops, SHORT);
        continue;
      }
      const { status } = this.#o.engine;
      // another model or device: what was measured so far says nothing about it
      if (status.state === 'ready' && (status.pack.hash !== m.ready.pack.hash || status.device !== m.ready.device))
        return this.#give(null);
      if (m.turns.took(result, m.spent < BUDGET_MS)) this.#store(m);
      this.#announce();
    }
    this.#measuring = null;
    this.#announce();
  }
  #store({ ready, stops, turns }: Measuring): void {
    const resultsOf = (id: string): RunResult[] => turns.results.get(id) ?? [];
    const reference = resultsOf(referenceOf(stops));
    const model = resultsOf(comparedOf(stops));
    const measured = Object.fromEntries(
      stops.flatMap(({ id }) => {
        const measure = measureOf(resultsOf(id), model, reference);
        return measure ? [[id, measure]] : [];
      }),
    );
    this.#o.store.write(
      { pack: ready.pack.hash, device: ready.device, version: this.#o.version },
      { measuredAt: this.#o.now(), stops: measured },
    );
  }

  async #run(m: Measuring, { question, turn }: Turn, stop: Stop): Promise<Run> {
    const { scheduler } = this.#o;
    const { defaults } = m.ready.pack;
    const settings = {
      sampling: { ...defaults.sampling, seed: SEED },
      sampler: stop.sampler,
      ending: { ...defaults.ending, maxTokens: MAX_TOKENS, stop: [] },
    };
    const messages = [{ role: 'user' as const, content: speedPrompts[question] as string }];
    const { questions, turns } = m.turns.plan;
    const share = (BUDGET_MS * (1 - AGAIN)) / (m.stops.length * questions * turns);
    const generationId = `speed-${++this.#count}`;
    this.#wanted = generationId;
    const background = scheduler.at('background');
    let ids: number[] = [];
    const standing = new Standing();
    let cut = false;
    const end = await new Promise<GenerationEvent>((resolve) => {
      const take = (event: GenerationEvent): void => {
        standing.take(event);
        if (event.type === 'blockCommitted') for (const { id } of event.tokens) if (id !== null) ids.push(id);
        if (isFinal(event)) return resolve(event);
        if (event.t <= share || cut) return;
        cut = true;
        scheduler.cancel(generationId);
      };
      background.generate({ generationId, messages, replyPrefix: [], settings, seed: SEED }, take, () => {
        ids = [];
        standing.clear();
        cut = false;
        this.#announce();
      });
    });
    if (end.type === 'failed') throw thrownOf(end.error);
    if (end.type !== 'finished' && end.type !== 'stopped') throw new Error('a reply ended without an end');
    m.spent += end.t;
    // a twin writes the same tokens: they are judged once, and only where there is a causal head
    const { equal } =
      turn > 0 || this.#measuring !== m || !capabilitiesOf(this.#o.engine.status).agreement
        ? { equal: null }
        : ids.length > 0
          ? await background.agree({ messages, tokens: ids, settings, seed: SEED })
          : { equal: 0 };
    return {
      ids,
      whole: end.type === 'finished' && end.reason !== 'length',
      counts: { ...end.counts, tokens: ids.length + (cut ? standing.count : 0) },
      cut,
      equal,
      question,
      turn,
    };
  }
}
