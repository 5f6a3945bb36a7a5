/**
 * Draws those rows of the page that are in sight, or soon will be, and keeps what is read in its place while rows above it
 * get their true heights.
 *
 * Nothing is ever scrolled while a hand is scrolling, as that would stop the page under it: where rows above turn out
 * taller or smaller than guessed, the empty stretch above the first drawn row takes up the difference (`drift`). When the
 * page has come to rest, or its first row is near, the stretch and the scroll place are put right together, unseen.
 */
/* eslint-disable svelte/prefer-svelte-reactivity -- the maps and sets here are replaced as a whole, or nothing draws them */
import { flushSync } from 'svelte';
import { nextSpan, Rows, type Reach, type Sight, type Span } from '../../state/thread/rows.ts';

/** Between two turns, in pixels. */
const GAP = 44;
/** Up to so many rows are all drawn, always. */
const ALL = 40;
/** Rows drawn ahead in one frame. */
const BUDGET = 2;
const REST_MS = 160;

export interface Drawn<T> {
  readonly row: T;
  readonly index: number;
  /** From the row above, or from the top of the sheet. */
  readonly gap: number;
}
/** What the scroller needs of the page. */
export interface Page {
  readonly element: HTMLElement;
  /** Where the first row's top is, from the page's own top. */
  readonly padding: number;
  /** Called when the scroll place was put right by so much. */
  moved(by: number): void;
  /** Called when the page has come to rest. */
  rested(): unknown;
}

export class Scroller<T extends { readonly key: string }> {
  readonly rows = new Rows(GAP);
  readonly #guess: (row: T) => number;
  #list = $state.raw<readonly T[]>([]);
  #span = $state.raw<Span>({ from: 0, to: 0 });
  #drift = $state(0);
  /** Keys of rows that stay drawn wherever they are. */
  #held = $state.raw<ReadonlySet<string>>(new Set());
  #page: Page | null = null;
  #lastTop = 0;
  #upwards = true;
  #frame = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  readonly #elements = new Map<string, HTMLElement>();
  readonly #observer =
    typeof ResizeObserver === 'undefined' ? null : new ResizeObserver((entries) => this.#resized(entries));
  readonly #keys = new WeakMap<Element, string>();

  /** The rows on the page, in order. The last one always is: the foot of the page is measured by it. */
  drawn = $derived.by((): readonly Drawn<T>[] => {
    const list = this.#list;
    const { from, to } = this.#span;
    const indexes = new Set<number>();
    for (const key of this.#held) if (this.rows.indexOf(key) >= 0) indexes.add(this.rows.indexOf(key));
    for (let i = from; i < Math.min(to, list.length); i++) indexes.add(i);
    if (list.length > 0) indexes.add(list.length - 1);
    let before = -1;
    return [...indexes]
      .sort((a, b) => a - b)
      .flatMap((index) => {
        const row = list[index];
        if (!row) return [];
        const gap =
          (index === 0 ? 0 : before < 0 ? this.rows.top(index) : this.rows.top(index) - this.rows.bottom(before)) +
          (index === from ? this.#drift : 0);
        before = index;
        return [{ row, index, gap }];
      });
  });

  constructor(guess: (row: T) => number) {
    this.#guess = guess;
  }

  attach(page: Page): () => void {
    this.#page = page;
    return () => {
      cancelAnimationFrame(this.#frame);
      clearTimeout(this.#rest);
      this.#page = null;
    };
  }
  /** Watches a row's element; returns the end of it. */
  observe(key: string, element: HTMLElement): () => void {
    this.#elements.set(key, element);
    this.#keys.set(element, key);
    this.#observer?.observe(element);
    return () => {
      this.#observer?.unobserve(element);
      if (this.#elements.get(key) === element) this.#elements.delete(key);
    };
  }
  element(key: string): HTMLElement | undefined {
    return this.#elements.get(key);
  }
  hold(keys: Iterable<string>): void {
    const held = new Set(keys);
    if (held.size === this.#held.size && [...held].every((key) => this.#held.has(key))) return;
    this.#held = held;
  }

  /** Takes the rows as they are now. What is read stays where it is, if it is still among them. */
  replace(list: readonly T[]): void {
    const { top } = this.#sight();
    const anchor = this.rows.length > 0 ? this.rows.at(top) : 0;
    const key = this.rows.keyAt(anchor);
    const was = this.rows.top(anchor);
    this.rows.set(
      list.map((row) => row.key),
      list.map((row) => this.#guess(row)),
    );
    this.#list = list;
    const index = key === undefined ? -1 : this.rows.indexOf(key);
    if (index >= 0) {
      const by = index - anchor;
      if (by !== 0) this.#span = { from: Math.max(0, this.#span.from + by), to: Math.max(0, this.#span.to + by) };
      this.#drift -= this.rows.top(index) - was;
    }
    if (list.length <= ALL) this.#span = { from: 0, to: list.length };
    else if (this.#span.from >= list.length) this.#span = { from: list.length - 1, to: list.length };
    if (this.#span.from === 0) this.#drift = 0;
    this.#later();
  }
  /** Other rows altogether: nothing of what was known holds. The end is drawn first. */
  reset(list: readonly T[]): void {
    this.rows.clear();
    this.#drift = 0;
    this.#span = { from: 0, to: 0 };
    this.rows.set(
      list.map((row) => row.key),
      list.map((row) => this.#guess(row)),
    );
    this.#list = list;
    this.#span = this.#around(list.length - 1);
  }
  /** Draws the rows around one, in this very call, so that it can be scrolled to. */
  show(index: number): void {
    if (this.#list.length > ALL) {
      this.#span = this.#around(index);
      this.#drift = 0;
    }
    flushSync();
    this.#measureNew();
    flushSync();
  }
  #around(index: number): Span {
    if (this.#list.length <= ALL) return { from: 0, to: this.#list.length };
    const height = this.#page?.element.clientHeight ?? 800;
    const top = this.rows.top(index);
    return this.rows.touching(
      { top: top - (index === this.#list.length - 1 ? height * 0.6 : 0), bottom: top + height },
      height * 0.5,
    );
  }

  /** What is in sight, from the first row's top. */
  #sight(): Sight {
    const page = this.#page;
    if (!page) return { top: 0, bottom: 0 };
    const top = page.element.scrollTop - page.padding - this.#drift;
    return { top, bottom: top + page.element.clientHeight };
  }
  /** Where the page is read: the row at its upper edge, and how much of it is above the edge. */
  get place(): { key: string; offset: number } | null {
    const { top } = this.#sight();
    const index = this.rows.at(top);
    const key = this.rows.keyAt(index);
    return key === undefined ? null : { key, offset: top - this.rows.top(index) };
  }

  scrolled(): void {
    const page = this.#page;
    if (!page) return;
    const { scrollTop } = page.element;
    if (scrollTop !== this.#lastTop) this.#upwards = scrollTop < this.#lastTop;
    this.#lastTop = scrollTop;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      this.#putRight();
      page.rested();
    }, REST_MS);
    this.sync();
  }
  #later(): void {
    if (this.#list.length <= ALL || this.#frame !== 0 || typeof requestAnimationFrame === 'undefined') return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.sync();
    });
  }
  /** Draws what is in sight now, and a little of what will be. */
  sync(): void {
    const page = this.#page;
    if (!page || this.#list.length <= ALL) return;
    const height = page.element.clientHeight;
    if (height === 0) return;
    const reach: Reach = { now: height * 0.25, soon: height * 1.75, keep: height * 3 };
    let sight = this.#sight();
    const near = this.rows.touching(sight, reach.now);
    if (near.to <= this.#span.from || near.from >= this.#span.to) {
      // Far away: nothing in sight has to be kept in its place.
      this.#drift = 0;
      sight = this.#sight();
    }
    const next = nextSpan(this.rows, this.#span, sight, reach, BUDGET, this.#upwards);
    if (next.from !== this.#span.from || next.to !== this.#span.to) {
      const anchor = this.rows.at(sight.top);
      const was = this.rows.top(anchor);
      this.#draw({ from: next.from, to: next.to });
      this.#shift(this.rows.top(anchor) - was);
      if (!this.#fits()) this.#putRight();
    }
    if (!next.done) this.#later();
  }
  #draw(span: Span): void {
    // The stretch above the first drawn row ends at its guessed top: the same place in any span.
    this.#span = span;
    flushSync();
    this.#measureNew();
  }
  #measureNew(): void {
    for (const { row } of this.drawn) {
      const element = this.#elements.get(row.key);
      if (element) this.rows.measure(row.key, element.getBoundingClientRect().height);
    }
  }
  /** Rows above what is read have moved it by so much: the empty stretch above them takes it back. */
  #shift(by: number): void {
    if (Math.abs(by) < 0.01) return;
    this.#drift -= by;
    flushSync();
  }
  /** Whether there is a stretch that can take up the drift. */
  #fits(): boolean {
    if (this.#drift === 0) return true;
    const { from } = this.#span;
    const first = this.drawn.find(({ index }) => index === from);
    return from > 0 && first !== undefined && first.gap >= GAP && !this.drawn.some(({ index }) => index === from - 1);
  }
  #putRight(): void {
    const page = this.#page;
    const drift = this.#drift;
    if (!page || drift === 0) return;
    // Read first: a page that gets shorter is scrolled back by the browser, near its end.
    const { scrollTop } = page.element;
    this.#drift = 0;
    flushSync();
    page.element.scrollTop = scrollTop - drift;
    this.#lastTop = page.element.scrollTop;
    page.moved(-drift);
  }
  #resized(entries: readonly ResizeObserverEntry[]): void {
    const { top } = this.#sight();
    let above = 0;
    for (const { target, borderBoxSize } of entries) {
      const key = this.#keys.get(target);
      const height = borderBoxSize[0]?.blockSize;
      if (key === undefined || height === undefined || !target.isConnected) continue;
      const index = this.rows.indexOf(key);
      const read = this.rows.bottom(index) <= top;
      const change = this.rows.measure(key, height);
      if (read) above += change;
    }
    if (this.#list.length <= ALL) {
      // Everything is drawn: there is no stretch, so the page itself gives way.
      if (Math.abs(above) >= 0.5 && this.#page) {
        this.#page.element.scrollTop += above;
        this.#lastTop = this.#page.element.scrollTop;
        this.#page.moved(above);
      }
      return;
    }
    this.#shift(above);
    if (!this.#fits()) this.#putRight();
    this.#later();
  }
}
