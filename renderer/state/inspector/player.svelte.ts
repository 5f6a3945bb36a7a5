/** Plays a timeline in the pace it was written in, or steps through it. */
import type { Schedule } from '../reply/live.svelte.ts';
import { struckFor } from '../reply/reply.ts';
import type { Timeline } from './timeline.ts';

export const SPEEDS = [0.5, 1, 2, 4] as const;
export type Speed = (typeof SPEEDS)[number];

export class Player {
  readonly timeline: Timeline;
  step = $state(0);
  playing = $state(false);
  speed = $state<Speed>(1);
  /** While it plays: what the step took back stands struck, before what the step put there. */
  #struck = $state(false);
  /** What was on the screen after `step`. */
  view = $derived.by(() => (this.#struck ? this.timeline.struckAt(this.step) : null) ?? this.timeline.at(this.step));
  /** Milliseconds on the timeline; between two steps while it plays. */
  #ms = 0;
  #last = 0;
  readonly #schedule: Schedule;
  readonly #now: () => number;

  /** @param timeline has at least one step. `now` in milliseconds. Begins at the first step. */
  constructor(timeline: Timeline, schedule: Schedule, now: () => number = () => performance.now()) {
    this.timeline = timeline;
    this.#schedule = schedule;
    this.#now = now;
  }

  /** To a step; a number beyond the ends goes to the end. Playing goes on from there. */
  seek(step: number): void {
    this.step = Math.max(0, Math.min(this.timeline.length - 1, Math.round(step)));
    this.#ms = this.timeline.steps[this.step]?.ms ?? 0;
  }
  /** One step by hand: playing ends. */
  by(steps: number): void {
    this.pause();
    this.seek(this.step + steps);
  }
  pause(): void {
    this.playing = false;
    this.#struck = false;
  }
  /** Milliseconds on the timeline that the words struck in a step stand. */
  #struckFor(step: number): number {
    const { steps } = this.timeline;
    const [here, next] = [steps[step], steps[step + 1]];
    if (!here || here.struck === '') return 0;
    return struckFor((next ? next.ms - here.ms : 0) / this.speed) * this.speed;
  }
  /** Plays, from the beginning where the end is reached; pauses where it plays. */
  toggle(): void {
    if (this.playing) return this.pause();
    this.seek(this.step === this.timeline.length - 1 ? 0 : this.step);
    this.playing = true;
    this.#last = this.#now();
    this.#next();
  }
  #next(): void {
    this.#schedule(() => {
      if (!this.playing) return;
      const now = this.#now();
      this.#ms += (now - this.#last) * this.speed;
      this.#last = now;
      const step = this.timeline.stepAt(this.#ms);
      this.#struck = this.#ms - (this.timeline.steps[step]?.ms ?? 0) < this.#struckFor(step);
      if (step !== this.step) this.step = step;
      if (step === this.timeline.length - 1 && !this.#struck) this.playing = false;
      else this.#next();
    });
  }
}
