/** Weak spots marked under the words of a reply, without touching the page: one CSS highlight over ranges of its text. */
import type { CommittedToken } from '../../core/contract/generation.ts';
import type { Range as Tokens } from '../state/spans.ts';
import { placesOf } from '../state/weak-places.ts';

const NAME = 'weak';
/** Shown in the reply's text, but no words of it. */
const LABELS = 'figcaption, button, .said, [aria-hidden=true]';
const can = (): boolean => typeof Highlight === 'function' && 'highlights' in CSS;

/**
 * Marks these tokens in a reply's set text, and goes on doing so as the text is drawn again (a formula, a language).
 * `at` says which mark is under a point of the window, `stop` takes the marks away.
 */
export function markWeak(prose: Element, tokens: readonly CommittedToken[], spots: readonly Tokens[]): { at(x: number, y: number): boolean; stop(): void } {
  let ranges: Range[] = [];
  const clear = (): void => {
    const all = can() ? CSS.highlights.get(NAME) : undefined;
    for (const range of ranges) all?.delete(range);
    ranges = [];
  };
  const draw = (): void => {
    clear();
    const nodes: Text[] = [];
    const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node instanceof Text; node = walker.nextNode()) if (node.parentElement?.closest(LABELS) === null) nodes.push(node);
    ranges = placesOf(tokens, spots, nodes.map(({ data }) => data)).flat().flatMap(({ text, from, end }) => {
      const node = nodes[text];
      if (!node) return [];
      const range = document.createRange();
      range.setStart(node, from);
      range.setEnd(node, end);
      return [range];
    });
    if (!can()) return;
    const all = CSS.highlights.get(NAME) ?? new Highlight();
    for (const range of ranges) all.add(range);
    CSS.highlights.set(NAME, all);
  };
  let frame = 0;
  const observer = new MutationObserver(() => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  });
  draw();
  observer.observe(prose, { childList: true, characterData: true, subtree: true });
  return {
    at: (x, y) => ranges.some((range) => [...range.getClientRects()].some((box) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom)),
    stop() {
      observer.disconnect();
      cancelAnimationFrame(frame);
      clear();
    },
  };
}
