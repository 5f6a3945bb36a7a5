/** What transfers under way need: a place by name, turns for others, seldom words. */

/** What nobody asked after for so long is forgotten. */
const IDLE_MS = 30 * 60_000;

/** Things under way by name, the ones left alone longest first; forgotten when nobody asks after them. */
export class Open<T> {
  readonly #all = new Map<string, { value: T; timer: ReturnType<typeof setTimeout> }>();
  readonly #onDrop: (value: T) => void;
  constructor(onDrop: (value: T) => void = () => {}) {
    this.#onDrop = onDrop;
  }
  put(id: string, value: T): void {
    const before = this.#all.get(id);
    if (before) clearTimeout(before.timer);
    this.#all.delete(id);
    const timer = setTimeout(() => this.drop(id), IDLE_MS);
    timer.unref();
    this.#all.set(id, { value, timer });
  }
  get(id: string): T | undefined {
    const found = this.#all.get(id);
    if (found) this.put(id, found.value);
    return found?.value;
  }
  drop(id: string): void {
    const found = this.#all.get(id);
    if (!found) return;
    clearTimeout(found.timer);
    this.#all.delete(id);
    this.#onDrop(found.value);
  }
  /** Makes room for one more; only what `idle` lets go is dropped. Returns whether there is room. */
  makeRoom(most: number, idle: (value: T) => boolean = () => true): boolean {
    if (this.#all.size < most) return true;
    const oldest = [...this.#all].find(([, { value }]) => idle(value));
    if (oldest) this.drop(oldest[0]);
    return oldest !== undefined;
  }
  values(): T[] {
    return [...this.#all.values()].map(({ value }) => value);
  }
}

/** Calls `task` at most once in `ms`, the first time at once. */
export function seldom(ms: number, task: () => void): () => void {
  let last = -Infinity;
  return () => {
    const now = performance.now();
    if (now - last < ms) return;
    last = now;
    task();
  };
}
/** Resolves at once while there is time left in this turn, else in the next one. */
export function turns(ms: number): () => Promise<void> {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < ms) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    began = performance.now();
  };
}
