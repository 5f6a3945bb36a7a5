/**
 * Words marked in the page without touching it: CSS highlights over ranges of its text. Where the browser has none, nothing
 * is marked and nothing else differs.
 */
import { append } from '../../core/contract/lists.ts';
import { foldWithPlaces, rangesOf, type Needle } from '../../core/contract/fold.ts';

const ALL = 'found';
const CURRENT = 'found-current';
/** Of the page, while words are marked: highlights are styled for every element below it (styles/marks.css). */
const STYLED = 'data-found';
/** In one message: more of them nobody looks at one by one. */
const MOST = 500;

const can = (): boolean => typeof Highlight === 'function' && 'highlights' in CSS;

/** Texts that a reader sees as text, questions and replies: no labels, no figures. Of one within another, the inner one. */
const TEXTS = '.prose:not(:has(.prose)), [data-testid=message][data-role=user] .words';

/** The places of the words in one message, as ranges of the page, in order. */
export function rangesIn(message: Element, needle: Needle): Range[] {
  const ranges: Range[] = [];
  for (const part of message.querySelectorAll(TEXTS)) {
    const nodes: { node: Text; from: number }[] = [];
    let text = '';
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    let block: Element | null = null;
    for (let node = walker.nextNode(); node instanceof Text; node = walker.nextNode()) {
      // words do not go on from one paragraph into the next
      const home = node.parentElement?.closest('p, li, td, th, pre, h1, h2, h3, h4, h5, h6, blockquote, div') ?? null;
      if (block !== null && home !== block) text += '\n';
      block = home;
      nodes.push({ node, from: text.length });
      text += node.data;
    }
    const point = (at: number, end: boolean): [Text, number] | null => {
      const holder = nodes.findLast(({ from }) => (end ? from < at : from <= at)) ?? nodes[0];
      return holder ? [holder.node, Math.min(at - holder.from, holder.node.data.length)] : null;
    };
    for (const [from, to] of rangesOf(foldWithPlaces(text), needle, MOST)) {
      const start = point(from, false);
      const stop = point(to, true);
      if (!start || !stop) continue;
      const range = document.createRange();
      range.setStart(start[0], start[1]);
      range.setEnd(stop[0], stop[1]);
      ranges.push(range);
    }
  }
  return ranges;
}

/** Marks the words in all messages that are in the page; the one looked at more strongly. Returns that one's range, if it is there. */
export function mark(
  page: ParentNode,
  needle: Needle,
  current: { messageId: string; nth: number } | null,
): Range | null {
  const all: Range[] = [];
  let looked: Range | null = null;
  for (const message of page.querySelectorAll<HTMLElement>('[data-testid=message]')) {
    const ranges = rangesIn(message, needle);
    if (current && message.dataset['messageId'] === current.messageId)
      looked = ranges[Math.min(current.nth, ranges.length - 1)] ?? null;
    append(all, ranges);
  }
  if (can()) {
    const others = new Highlight();
    for (const range of all) if (range !== looked) others.add(range);
    CSS.highlights.set(ALL, others);
    CSS.highlights.set(CURRENT, new Highlight(...(looked ? [looked] : [])));
    document.documentElement.toggleAttribute(STYLED, true);
  }
  return looked;
}
export function unmark(): void {
  if (!can()) return;
  CSS.highlights.delete(ALL);
  CSS.highlights.delete(CURRENT);
  document.documentElement.toggleAttribute(STYLED, false);
}
