/** Which conversations of the list are chosen, for doing something with several at once: as in a file manager. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the sets here are replaced as a whole ($state.raw) */

export class Chosen {
  ids = $state.raw<ReadonlySet<string>>(new Set());
  /** Where a range begins. */
  #anchor: string | null = null;
  /** What was chosen before the range that is being drawn. */
  #kept: ReadonlySet<string> = new Set();

  get size(): number {
    return this.ids.size;
  }
  has(id: string): boolean {
    return this.ids.has(id);
  }
  /** A plain press: nothing is chosen any more, and ranges begin here. */
  begin(id: string): void {
    this.#anchor = id;
    this.#kept = new Set();
    if (this.ids.size > 0) this.ids = new Set();
  }
  toggle(id: string): void {
    const ids = new Set(this.ids);
    if (!ids.delete(id)) ids.add(id);
    this.ids = ids;
    this.#kept = ids;
    this.#anchor = id;
  }
  /** All from where the range began to `id`, in the order shown; instead of the range drawn just before. */
  extend(id: string, shown: readonly string[]): void {
    const to = shown.indexOf(id);
    const from = this.#anchor === null ? to : shown.indexOf(this.#anchor);
    if (to < 0) return;
    if (from < 0) return this.toggle(id);
    this.#anchor ??= id;
    this.ids = new Set([...this.#kept, ...shown.slice(Math.min(from, to), Math.max(from, to) + 1)]);
  }
  all(shown: readonly string[]): void {
    this.ids = new Set(shown);
    this.#kept = this.ids;
  }
  clear(): void {
    if (this.ids.size > 0) this.ids = new Set();
    this.#kept = new Set();
  }
  /** What is not in the list any more can't be chosen. */
  keepOnly(there: (id: string) => boolean): void {
    const ids = [...this.ids].filter(there);
    if (ids.length < this.ids.size) this.ids = new Set(ids);
  }
}
