/** The place of the canvas in a reply that is being written. */
import type { Block } from './tree.ts';

const goesOnBelow = new Set<Block['type']>(['list', 'table', 'quote', 'note', 'definitions']);

/**
 * `inside` the last block (the running line), or `after` it: on the next line (`line`) or as a new paragraph.
 * @param last the text's last block
 */
export function tailPlace(last: Block | undefined, text: string): 'inside' | 'line' | 'after' {
  if (!last) return 'after';
  if (last.type === 'code' || last.type === 'math') return last.open ? 'inside' : 'after';
  if (last.type === 'rule') return 'after';
  if (last.type === 'asWritten') return 'inside';
  const ends = text.slice(text.trimEnd().length).split('\n').length - 1;
  if (ends > 1) return 'after';
  if (ends === 0) return 'inside';
  return goesOnBelow.has(last.type) ? 'line' : last.type === 'heading' ? 'after' : 'inside';
}
