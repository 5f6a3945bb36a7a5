/** Where a reply's time goes: each phase is measured by the clock, around the work itself. Counts' fields say what each holds. */
import type { Counts } from '../contract/generation.ts';

export class Phases {
  readonly #now: () => number;
  readonly #ms = { msDraft: 0, msCanvas: 0, msVerify: 0, msCommit: 0 };

  constructor(now: () => number) {
    this.#now = now;
  }
  async of<T>(phase: 'msDraft' | 'msCanvas' | 'msVerify' | 'msCommit', work: () => T | Promise<T>): Promise<T> {
    const before = this.#now();
    const made = await work();
    this.#ms[phase] += this.#now() - before;
    return made;
  }
  get counts(): Pick<Counts, 'msForward' | 'msDraft' | 'msCanvas' | 'msVerify' | 'msCommit'> {
    const { msDraft, msCanvas, msVerify } = this.#ms;
    return { ...this.#ms, msForward: msDraft + msCanvas + msVerify };
  }
}
