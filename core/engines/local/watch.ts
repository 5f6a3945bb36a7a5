/**
 * Tells a standstill from slow work. While there is work a process beats about once a second, whatever its forwards take;
 * a beat says how many forwards have ended and how much processor time was used.
 *
 * Everything is counted in looks, not in the clock's time: a computer that sleeps, or a host that is busy itself, does not
 * look, so neither makes an engine silent.
 */
import type { FromEngine } from '../../contract/engine.ts';
import type { Timers } from '../timers.ts';

type Beat = Extract<FromEngine, { type: 'beat' }>;

export interface WatchLimits {
  /** Milliseconds between two looks: those between two beats. */
  everyMs: number;
  /** Looks without a beat until the process counts as stopped. */
  beats: number;
  /** The same before its first beat: a cold start reads much from the disk. */
  firstBeat: number;
  /** Looks with beats, and without a message, a forward or use of the processor: it waits for something that does not come. */
  still: number;
  /** Looks with beats and use of the processor, and without a message or a forward, once a model is loaded: it turns in circles. */
  circling: number;
}
export const watchLimits: WatchLimits = { everyMs: 1000, beats: 5, firstBeat: 20, still: 60, circling: 600 };

/** Processor milliseconds between two beats that count as work; a thread that only beats uses less than a tenth of it. */
const WORK_MS = 5;

export interface Watching {
  timers: Timers;
  limits: WatchLimits;
  /** Whether the engine has work. Nothing is looked at while it has none. */
  working: () => boolean;
  /** Whether a model is loaded: loading ends no forwards, and may take long. */
  loaded: () => boolean;
  /** It has given no sign of life for as long as the limits say. Called once a silence. */
  onSilent: () => void;
  /** It beats again. */
  onHeard: () => void;
}

export class Watch {
  readonly #o: Watching;
  #timer: unknown = null;
  #last: Beat | null = null;
  #missed = 0;
  #still = 0;
  #circling = 0;
  silent = false;

  constructor(options: Watching) {
    this.#o = options;
  }
  /** There may be work now. */
  look(): void {
    if (this.#timer !== null || !this.#o.working()) return;
    // an engine that had no work did not beat
    this.#missed = 0;
    this.#still = 0;
    this.#circling = 0;
    this.#wait();
  }
  #wait(): void {
    this.#timer = this.#o.timers.set(() => {
      this.#timer = null;
      // one that is silent stays so until it beats again
      if (!this.#o.working()) return;
      this.#missed++;
      const { beats, firstBeat, still, circling } = this.#o.limits;
      const stopped = this.#missed >= (this.#last ? beats : firstBeat);
      if (!this.silent && (stopped || this.#still >= still || (this.#circling >= circling && this.#o.loaded()))) {
        this.silent = true;
        this.#o.onSilent();
      }
      if (this.#timer === null) this.#wait();
    }, this.#o.limits.everyMs);
  }
  beat(beat: Beat): void {
    this.#missed = 0;
    const before = this.#last;
    this.#last = beat;
    const forwards = before === null || beat.forwards > before.forwards;
    const works = forwards || beat.cpuMs - before.cpuMs >= WORK_MS;
    this.#still = works ? 0 : this.#still + 1;
    this.#circling = forwards ? 0 : this.#circling + 1;
    const { still, circling } = this.#o.limits;
    if (this.#still < still && (this.#circling < circling || !this.#o.loaded())) this.#alive();
  }
  /** A message came that is no beat. */
  message(): void {
    this.#missed = 0;
    this.#still = 0;
    this.#circling = 0;
    this.#alive();
  }
  #alive(): void {
    if (!this.silent) return;
    this.silent = false;
    this.#o.onHeard();
  }
  /** The process is gone. */
  end(): void {
    this.#o.timers.clear(this.#timer);
    this.#timer = null;
  }
}
