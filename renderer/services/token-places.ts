/**
 * A reply's tokens in its set text: where each stands, which one is under a point, and marks under some of them by CSS
 * highlights, which touch nothing in the page. Where the browser has no highlights nothing is marked and nothing else differs.
 */
import type { CommittedToken } from '../../core/contract/generation.ts';
import type { Range as Tokens } from '../state/rewrite/spans.ts';
import { placesOf, tokenPlaces, type Place } from '../state/inspector/token-places.ts';

/** Shown in the reply's text, but no words of it. */
const LABELS = 'figcaption, button, .said, [aria-hidden=true]';
const CODE = 'pre, code, math';
const can = (): boolean => typeof Highlight === 'function' && 'highlights' in CSS;

export interface MarkGroup {
  /** Of the highlight, as the styles name it. */
  readonly name: string;
  readonly ranges: readonly Tokens[];
  /** Not under code and formulas. */
  readonly proseOnly?: boolean;
}

/** Of a text, while some of its tokens are marked: highlights are styled for every element below it (styles/marks.css). */
const STYLED = 'data-marked';
/** By text, who marks tokens in it. */
const markers = new WeakMap<Element, Set<TokenPlaces>>();

export class TokenPlaces {
  readonly #prose: Element;
  readonly #tokens: readonly Pick<CommittedToken, 'text'>[];
  readonly #observer: MutationObserver;
  readonly #marked = new Map<string, Range[]>();
  #groups: readonly MarkGroup[] = [];
  #nodes: Text[] = [];
  #places: readonly (readonly Place[])[] = [];
  /** Of each shown text, the places in it, in order. */
  #inText = new Map<Text, { from: number; end: number; token: number }[]>();
  #frame = 0;
  #onDrawn: () => void = () => undefined;

  /** Follows the text as it is drawn again (a formula, a language, other words); `onDrawn` is called each time. */
  constructor(prose: Element, tokens: readonly Pick<CommittedToken, 'text'>[], onDrawn: () => void = () => undefined) {
    this.#prose = prose;
    this.#tokens = tokens;
    this.#onDrawn = onDrawn;
    this.#read();
    this.#observer = new MutationObserver(() => {
      this.#frame ||= requestAnimationFrame(() => {
        this.#frame = 0;
        this.#read();
        this.#draw();
        this.#onDrawn();
      });
    });
    this.#observer.observe(prose, { childList: true, characterData: true, subtree: true });
  }

  #read(): void {
    this.#nodes = [];
    this.#inText = new Map();
    const walker = document.createTreeWalker(this.#prose, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node instanceof Text; node = walker.nextNode())
      if (node.parentElement?.closest(LABELS) === null) this.#nodes.push(node);
    this.#places = tokenPlaces(this.#tokens, this.#texts);
    this.#places.forEach((places, token) => {
      for (const { text, from, end } of places) {
        const node = this.#nodes[text];
        if (!node) continue;
        const list = this.#inText.get(node) ?? [];
        list.push({ from, end, token });
        this.#inText.set(node, list);
      }
    });
  }
  get #texts(): string[] {
    return this.#nodes.map(({ data }) => data);
  }
  #rangeOf({ text, from, end }: Place, proseOnly = false): Range[] {
    const node = this.#nodes[text];
    if (!node || (proseOnly && node.parentElement?.closest(CODE))) return [];
    const range = document.createRange();
    range.setStart(node, from);
    range.setEnd(node, end);
    return [range];
  }

  /** The token's places on the page; none where it is not shown (marks of Markdown). */
  rangesOf(token: number): Range[] {
    return (this.#places[token] ?? []).flatMap((place) => this.#rangeOf(place));
  }
  /** The boxes of a range of tokens, relative to the viewport. */
  boxesOf({ from, to }: Tokens): DOMRect[] {
    return Array.from({ length: to - from }, (_, i) => this.rangesOf(from + i)).flatMap((ranges) =>
      ranges.flatMap((range) => [...range.getClientRects()]),
    );
  }
  /** The token under a point of the viewport; null where there is none. */
  at(x: number, y: number): number | null {
    const near = this.#caret(x, y);
    if (!near) return null;
    const inside = (this.#inText.get(near.node) ?? []).filter(
      ({ from, end }) => near.offset >= from && near.offset <= end,
    );
    return (
      inside.find(({ token }) =>
        this.rangesOf(token).some((range) =>
          [...range.getClientRects()].some((box) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom),
        ),
      )?.token ?? null
    );
  }
  #caret(x: number, y: number): { node: Text; offset: number } | null {
    // the two names of one thing: the oldest browsers that show the page know only the second
    const page = document as Document & {
      caretPositionFromPoint?: (x: number, y: number) => { offsetNode: Node; offset: number } | null;
      caretRangeFromPoint?: (x: number, y: number) => Range | null;
    };
    const position = page.caretPositionFromPoint?.(x, y);
    const range = position ? null : page.caretRangeFromPoint?.(x, y);
    const [node, offset] = position
      ? [position.offsetNode, position.offset]
      : [range?.startContainer, range?.startOffset ?? 0];
    return node instanceof Text ? { node, offset } : null;
  }

  /** Marks these tokens instead of those before. */
  mark(groups: readonly MarkGroup[]): void {
    this.#groups = groups;
    this.#draw();
  }
  #draw(): void {
    if (!can()) return;
    this.#clear();
    const texts = this.#texts;
    for (const { name, ranges, proseOnly } of this.#groups) {
      const drawn = placesOf(this.#tokens, ranges, texts)
        .flat()
        .flatMap((place) => this.#rangeOf(place, proseOnly));
      const all = CSS.highlights.get(name) ?? new Highlight();
      for (const range of drawn) all.add(range);
      CSS.highlights.set(name, all);
      this.#marked.set(name, drawn);
    }
    this.#style();
  }
  #style(): void {
    const by = markers.get(this.#prose) ?? new Set();
    markers.set(this.#prose, by);
    if (this.#marked.size > 0) by.add(this);
    else by.delete(this);
    this.#prose.toggleAttribute(STYLED, by.size > 0);
  }
  #clear(): void {
    for (const [name, ranges] of this.#marked) {
      const all = CSS.highlights.get(name);
      for (const range of ranges) all?.delete(range);
      if (all?.size === 0) CSS.highlights.delete(name);
    }
    this.#marked.clear();
  }
  /** Whether a point of the viewport is on a mark. */
  marked(name: string, x: number, y: number): boolean {
    return (this.#marked.get(name) ?? []).some((range) =>
      [...range.getClientRects()].some((box) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom),
    );
  }
  stop(): void {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
    if (!can()) return;
    this.#clear();
    this.#style();
  }
}
