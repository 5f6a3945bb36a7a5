/** Words that are selected in the set text of a reply. */

export interface Chosen {
  readonly messageId: string;
  /** The text shown before the selection, and the selected one. */
  readonly before: string;
  readonly selected: string;
}

/** What is selected in one reply's text; null where nothing is, or more than one reply's. */
export function selectedIn(page: Document): Chosen | null {
  const selection = page.getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  const within =
    range.commonAncestorContainer instanceof Element
      ? range.commonAncestorContainer
      : range.commonAncestorContainer.parentElement;
  const prose = within?.closest('[data-testid=message][data-role=assistant] .prose');
  const messageId = prose?.closest<HTMLElement>('[data-testid=message]')?.dataset['messageId'];
  if (!prose || messageId === undefined || selection.toString().trim() === '') return null;
  const before = page.createRange();
  before.selectNodeContents(prose);
  before.setEnd(range.startContainer, range.startOffset);
  return { messageId, before: before.toString(), selected: range.toString() };
}
