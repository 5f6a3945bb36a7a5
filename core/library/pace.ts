/** How fast bytes come: lately, and over the whole of a run. */
const LATELY_MS = 8000;
/** Less says nothing. */
const LEAST_MS = 1000;

export class Pace {
  readonly #now: () => number;
  #marks: { at: number; done: number }[] = [];
  #first: { at: number; done: number } | null = null;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }
  begin(): void {
    this.#marks = [];
    this.#first = null;
  }
  /** @param done bytes there are by now */
  note(done: number): void {
    const mark = { at: this.#now(), done };
    this.#first ??= mark;
    const last = this.#marks.at(-1);
    if (last && mark.at - last.at < LEAST_MS / 4) return;
    this.#marks = [...this.#marks.filter(({ at }) => mark.at - at < LATELY_MS), mark];
  }
  /** Bytes a second of the last seconds; null: too little is known. */
  get rate(): number | null {
    return speed(this.#marks[0], this.#marks.at(-1));
  }
  /** Bytes a second since it began. */
  get overall(): number | null {
    return speed(this.#first ?? undefined, this.#marks.at(-1));
  }
}

function speed(
  from: { at: number; done: number } | undefined,
  to: { at: number; done: number } | undefined,
): number | null {
  if (!from || !to || to.at - from.at < LEAST_MS || to.done <= from.done) return null;
  return ((to.done - from.done) * 1000) / (to.at - from.at);
}
