/** Footnotes' numbers. */
import type { Block, Inline } from './tree.ts';

interface Found {
  readonly marks: readonly string[];
  readonly notes: readonly string[];
}
/** Of a block that was looked through before. */
const known = new WeakMap<Block, Found>();

function marksIn(inline: readonly Inline[], marks: string[]): void {
  for (const piece of inline) {
    if (piece.type === 'noteMark') marks.push(piece.label);
    else if ('children' in piece) marksIn(piece.children, marks);
  }
}
function look(block: Block, marks: string[], notes: string[]): void {
  const lookAll = (blocks: readonly Block[]): void => {
    for (const inner of blocks) look(inner, marks, notes);
  };
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return marksIn(block.inline, marks);
    case 'quote':
      return lookAll(block.blocks);
    case 'note':
      notes.push(block.label);
      return lookAll(block.blocks);
    case 'list':
      for (const item of block.items) lookAll(item.blocks);
      return;
    case 'table':
      for (const row of [block.head, ...block.rows]) for (const cell of row) marksIn(cell, marks);
      return;
    case 'definitions':
      for (const { term, meanings } of block.items) for (const line of [term, ...meanings]) marksIn(line, marks);
  }
}
function foundIn(block: Block): Found {
  const before = known.get(block);
  if (before) return before;
  const marks: string[] = [];
  const notes: string[] = [];
  look(block, marks, notes);
  const found = { marks, notes };
  known.set(block, found);
  return found;
}

/** By the order of their marks in the text; `growing`: those whose words are still to come, too. */
export function noteNumbers(blocks: readonly Block[], growing = false): ReadonlyMap<string, number> {
  const found = blocks.map(foundIn);
  const written = new Set(found.flatMap(({ notes }) => notes));
  const numbers = new Map<string, number>();
  for (const { marks } of found)
    for (const label of marks)
      if (!numbers.has(label) && (growing || written.has(label))) numbers.set(label, numbers.size + 1);
  return numbers;
}
