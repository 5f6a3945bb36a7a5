/** What stands where on the page of a thread, read from its elements. All figures are pixels. */
import type { ScrollPlace } from '../../../core/contract/order.ts';

/** Where an element begins, in the page's own coordinates. */
export const topIn = (page: HTMLElement, element: Element): number =>
  element.getBoundingClientRect().top - page.getBoundingClientRect().top + page.scrollTop;

/** Where the written text ends, in the page's own coordinates; 0: there is none. */
export function footOf(page: HTMLElement | undefined, sheet: HTMLElement | undefined): number {
  const end = sheet?.querySelector<HTMLElement>('[data-end]');
  return page && end ? end.getBoundingClientRect().bottom - page.getBoundingClientRect().top + page.scrollTop : 0;
}

/** The message of a row at the page's upper edge, and how far it is above it; null: the row has none. */
export function placeIn(page: HTMLElement, row: HTMLElement): ScrollPlace | null {
  const edge = page.getBoundingClientRect().top;
  const messages = [...row.querySelectorAll<HTMLElement>('[data-message-id]')];
  const at = messages.findLast((element) => element.getBoundingClientRect().top <= edge) ?? messages[0];
  const messageId = at?.dataset['messageId'];
  return at && messageId !== undefined
    ? { messageId, offset: Math.round(edge - at.getBoundingClientRect().top) }
    : null;
}

/** Whether a selection holds everything from the first of these elements to the last. */
export const selectsAll = (
  selection: Selection | null,
  first: Element | null | undefined,
  last: Element | null | undefined,
): boolean =>
  Boolean(selection && first && last && selection.containsNode(first, true) && selection.containsNode(last, true));

export const prefersStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
