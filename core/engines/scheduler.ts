/**
 * Whose turn it is with the engine. One thing is done at a time; the others wait by priority, then in order. What a person or a
 * program wants never waits for background work: that gives way within a forward and is begun again, from its start, once the
 * engine has rested. A program's reply that can go on where it was gives way to a person in the same manner.
 */
import { isInMemory } from '../contract/engine.ts';
import type { AgreeRequest, EngineStatus, FillRequest, FillResult, GenerateRequest } from '../contract/engine.ts';
import { isFinal, noCounts, type GenerationEvent } from '../contract/generation.ts';
import type { Engine, OnBest, OnEvent } from './engine.ts';
import type { Timers } from './timers.ts';

/** From the first to be served to the last. */
export const priorities = ['person', 'program', 'background'] as const;
export type Priority = (typeof priorities)[number];

/** The engine, as those of one priority use it. */
export interface Access extends Pick<Engine, 'generate' | 'fill' | 'agree'> {
  /**
   * `onAgain`: it gave way and will begin again; what it was told so far is void. A program that names it gives way to a person
   * too: what it returns is then asked in place of the request, so that a reply goes on where it was.
   */
  generate(request: GenerateRequest, onEvent: OnEvent, onAgain?: () => GenerateRequest | void): void;
  fill(request: FillRequest, onBest?: OnBest): Promise<FillResult | null>;
  agree(request: AgreeRequest): Promise<{ equal: number }>;
}
export interface SchedulerOptions {
  engine: Engine;
  timers: Timers;
  /** Milliseconds without other work before background work goes on. */
  restMs?: number;
}

interface Job {
  readonly id: string;
  /** Its name at the engine: a new one each time it begins. */
  engineId: string;
  readonly priority: Priority;
  /** Whether it gives way to a person while it is at work. */
  readonly yields: boolean;
  /** Asks the engine. `done` is called with what tells its owner, once the engine is free of it. */
  begin(done: (tell: () => void) => void): void;
  /** Ends it unbegun, as cancelled. */
  end(): void;
  /** What it was told is void: it will begin again. */
  again(): void;
  state: 'waiting' | 'running' | 'left';
}

const REST_MS = 2_000;

export class Scheduler {
  readonly #engine: Engine;
  readonly #timers: Timers;
  readonly #restMs: number;
  #running: Job | null = null;
  #waiting: Job[] = [];
  #rested = true;
  #rest: unknown = null;
  #idle = new Set<{ ms: number; work: () => void; timer: unknown }>();
  #asking = 0;
  #closed = false;
  readonly #unsubscribe: () => void;

  constructor({ engine, timers, restMs = REST_MS }: SchedulerOptions) {
    this.#engine = engine;
    this.#timers = timers;
    this.#restMs = restMs;
    this.#unsubscribe = engine.onStatus((status) => {
      if (status.state !== 'ready' && this.inBackground) this.#makeWay();
      this.#next();
      this.#countIdle();
    });
  }
  get status(): EngineStatus {
    return this.#engine.status;
  }
  /** The one at work, by its id. */
  get running(): string | null {
    return this.#running?.id ?? null;
  }
  /** Whether background work is at work. */
  get inBackground(): boolean {
    return this.#running?.priority === 'background';
  }
  /** Ids of those that wait, in order. */
  get waiting(): string[] {
    return this.#waiting.map(({ id }) => id);
  }
  /** Counts a prompt at once: between two forwards of whatever is at work. */
  readonly preview: Engine['preview'] = (messages, options) => this.#engine.preview(messages, options);

  readonly tokenize: Engine['tokenize'] = (text) => this.#engine.tokenize(text);

  at(priority: Priority): Access {
    return {
      generate: (request, onEvent, onAgain) => this.#add(this.#reply(priority, request, onEvent, onAgain)),
      fill: (request, onBest) =>
        this.#question(priority, request.fillId, null, () => this.#engine.fill(request, onBest)),
      agree: (request) =>
        this.#question(priority, `agree-${++this.#asking}`, { equal: 0 }, () => this.#engine.agree(request)),
    };
  }
  /** Ends one, waiting or at work, by its id; does nothing where it has ended. */
  cancel(id: string): void {
    const waits = this.#waiting.find((job) => job.id === id);
    if (waits) {
      this.#waiting = this.#waiting.filter((job) => job !== waits);
      waits.state = 'left';
      waits.end();
      this.#countIdle();
    } else if (this.#running?.id === id) this.#engine.cancel(this.#running.engineId);
  }
  /** Runs `work` once nobody but background work has wanted the ready engine for so long. @returns takes it back */
  whenIdle(ms: number, work: () => void): () => void {
    const waiter = { ms, work, timer: null as unknown };
    this.#idle.add(waiter);
    this.#countIdle(waiter);
    return () => {
      this.#timers.clear(waiter.timer);
      this.#idle.delete(waiter);
    };
  }
  /** Ends what waits, and begins nothing any more. What is at work is for its owner to end. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#timers.clear(this.#rest);
    this.#rest = null;
    this.#rested = true;
    for (const { timer } of this.#idle) this.#timers.clear(timer);
    this.#idle.clear();
    for (const job of this.#waiting.splice(0)) {
      job.state = 'left';
      job.end();
    }
  }

  #reply(
    priority: Priority,
    request: GenerateRequest,
    onEvent: OnEvent,
    again: (() => GenerateRequest | void) | undefined,
  ): Job {
    let asked = request;
    const job: Job = {
      id: request.generationId,
      engineId: request.generationId,
      priority,
      yields: priority === 'background' || (priority === 'program' && again !== undefined),
      state: 'waiting',
      again: () => {
        asked = again?.() ?? asked;
      },
      end: () => onEvent({ type: 'stopped', seq: 0, t: 0, counts: { ...noCounts } }),
      begin: (done) => {
        const { engineId } = job;
        this.#engine.generate({ ...asked, generationId: engineId }, (event: GenerationEvent) => {
          // one that gave way is told of for another forward; that is not heard
          if (job.state !== 'running' || job.engineId !== engineId) return;
          if (isFinal(event)) done(() => onEvent(event));
          else onEvent(event);
        });
      },
    };
    return job;
  }
  #question<T>(priority: Priority, id: string, cancelled: T, ask: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#add({
        id,
        engineId: id,
        priority,
        yields: priority === 'background',
        state: 'waiting',
        again: () => undefined,
        end: () => resolve(cancelled),
        begin: (done) =>
          void ask().then(
            (value) => done(() => resolve(value)),
            (thrown: unknown) => done(() => reject(thrown instanceof Error ? thrown : new Error(String(thrown)))),
          ),
      });
    });
  }

  #add(job: Job): void {
    if (this.#closed) {
      job.state = 'left';
      return job.end();
    }
    this.#waiting.push(job);
    if (job.priority !== 'background') {
      this.#tire();
      if (this.inBackground || job.priority === 'person') this.#makeWay();
    }
    this.#next();
    this.#countIdle();
  }
  /** What is at work gives way, where it can: it waits again, as the first of its kind. */
  #makeWay(): void {
    const job = this.#running;
    if (!job?.yields) return;
    this.#running = null;
    job.state = 'waiting';
    this.#waiting.unshift(job);
    this.#engine.cancel(job.engineId);
    job.engineId = `${job.id}.${++this.#asking}`;
    job.again();
  }
  /** From now on background work waits until there has been nothing else for a while. */
  #tire(): void {
    this.#rested = false;
    this.#timers.clear(this.#rest);
    this.#rest = null;
  }
  #next(): void {
    if (this.#running || this.#closed) return;
    const job = priorities
      .map((priority) => this.#waiting.find((one) => one.priority === priority))
      .find((found) => found !== undefined);
    if (!job) return;
    if (job.priority === 'background') {
      if (!isInMemory(this.#engine.status)) return;
      if (!this.#rested) return;
    }
    this.#waiting = this.#waiting.filter((one) => one !== job);
    this.#running = job;
    job.state = 'running';
    job.begin((tell) => {
      // an answer that comes after it gave way is taken all the same, where one is waited for
      if (job.state === 'left') return;
      if (this.#running === job) this.#running = null;
      else this.#waiting = this.#waiting.filter((one) => one !== job);
      job.state = 'left';
      tell();
      this.#next();
      this.#countIdle();
    });
  }
  get #busy(): boolean {
    return this.#running !== null || this.#waiting.some(({ priority }) => priority !== 'background');
  }
  /** Idle time is counted from the last moment in which the engine was wanted or not ready. */
  #countIdle(only?: { ms: number; work: () => void; timer: unknown }): void {
    const wanted = this.#idle.size > 0 || this.#waiting.some(({ priority }) => priority === 'background');
    if (wanted && !this.#busy && !this.#rested)
      this.#rest ??= this.#timers.set(() => {
        this.#rest = null;
        this.#rested = true;
        this.#next();
      }, this.#restMs);
    for (const waiter of only ? [only] : this.#idle) {
      if (this.#busy || !isInMemory(this.#engine.status)) {
        this.#timers.clear(waiter.timer);
        waiter.timer = null;
      } else
        waiter.timer ??= this.#timers.set(() => {
          this.#idle.delete(waiter);
          waiter.work();
        }, waiter.ms);
    }
  }
}
