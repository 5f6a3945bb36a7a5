/** Text that is still being written, closed for display: no bare `**` flashes up, and a table is one from its first sign. */
import type { Block } from './tree.ts';

/** The row under a table's head, for as many cells as the head has. */
const underHead = (head: string): string =>
  head
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map(() => ' --- ')
    .join('|');
/** The block in which the text ends, within lists and quotes too. */
function lastWithin(block: Block | undefined): Block | undefined {
  let last = block;
  for (;;) {
    const inner: readonly Block[] | undefined =
      last?.type === 'list'
        ? last.items.at(-1)?.blocks
        : last?.type === 'quote' || last?.type === 'note'
          ? last.blocks
          : undefined;
    if (inner === undefined || inner.length === 0) return last;
    last = inner.at(-1);
  }
}
const odd = (count: number): boolean => count % 2 === 1;

/**
 * Null: nothing is open.
 * @param text the last block's
 * @param block as it was parsed
 */
export function heal(text: string, block?: Block): string | null {
  const last = lastWithin(block)?.type;
  if (last === 'code' || last === 'math' || last === 'asWritten') return null;
  const [head = '', under, ...more] = text.split('\n', 3);
  if (/^ {0,3}\|/.test(head) && more.length === 0 && (under === undefined || /^[\s|:-]*$/.test(under)))
    return `${head}\n|${underHead(head)}|\n`;
  const line = text.slice(text.lastIndexOf('\n') + 1);
  const written = line.trim();
  // the first signs of a fence to come
  if (written === '`' || written === '``') return text.slice(0, -line.length);
  if (/^(?:(?:[*+-]|\d{1,9}[.)])[ \t]+)?(?:`{3}|~{3}|\$\$|\\\[)/.test(line.replace(/^[ \t>]+/, ''))) return null;
  const ticks = line.split('`').length - 1;
  if (odd(ticks)) return line.endsWith('`') ? text.slice(0, -1) : `${text}\``;
  const bare = line.replace(/`[^`]*`/g, '').replace(/^[ \t]*[*+-][ \t]/, '');
  if (!odd(bare.split('**').length - 1)) return null;
  const inked = text.trimEnd();
  return inked.endsWith('**') ? inked.slice(0, -2) : `${inked}**`;
}
