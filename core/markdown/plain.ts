/** A reply's words without its markup, as a person would type them. Pure. */
import { parse, uniform } from './parse.ts';
import type { Block, Inline, ListItem } from './tree.ts';

const inlineText = (inline: readonly Inline[]): string => inline.map(one).join('');
function one(piece: Inline): string {
  switch (piece.type) {
    case 'link': {
      const words = inlineText(piece.children);
      return words === piece.href || `mailto:${words}` === piece.href || `http://${words}` === piece.href
        ? words
        : `${words} (${piece.href})`;
    }
    case 'image':
      return piece.alt;
    case 'break':
      return '\n';
    case 'math':
      return piece.tex;
    case 'noteMark':
      return `[^${piece.label}]`;
    case 'text':
    case 'code':
      return piece.text;
    default:
      return inlineText(piece.children);
  }
}

const indented = (text: string, by: number): string => text.replace(/\n(?=[^\n])/g, `\n${' '.repeat(by)}`);
function itemText({ task, blocks }: ListItem, sign: string, loose: boolean): string {
  const mark = `${sign} ${task === null ? '' : task ? '[x] ' : '[ ] '}`;
  return mark + indented(blocksText(blocks, loose ? '\n\n' : '\n'), sign.length + 1);
}
function blockText(block: Block): string {
  switch (block.type) {
    case 'heading':
    case 'paragraph':
      return inlineText(block.inline);
    case 'code':
    case 'asWritten':
      return block.text;
    case 'math':
      return block.tex;
    case 'list':
      return block.items
        .map((item, i) => itemText(item, block.ordered ? `${block.start + i}.` : '–', block.loose))
        .join(block.loose ? '\n\n' : '\n');
    case 'quote':
      return blocksText(block.blocks);
    case 'table':
      return [block.head, ...block.rows]
        .map((row) => row.map((cell) => inlineText(cell).replaceAll('\n', ' ')).join('\t'))
        .join('\n');
    case 'rule':
      return '* * *';
    case 'note':
      return `[${block.label}] ${blocksText(block.blocks)}`;
    case 'definitions':
      return block.items
        .map(({ term, meanings }) =>
          [inlineText(term), ...meanings.map((meaning) => `  ${inlineText(meaning)}`)].join('\n'),
        )
        .join('\n');
  }
}
const blocksText = (blocks: readonly Block[], between = '\n\n'): string => blocks.map(blockText).join(between);

/** Tables become cells with tabs between them, so that they can be pasted into a sheet; code and formulas stay as they are. */
export const plainOf = (text: string): string => blocksText(parse(uniform(text)).map(({ block }) => block)).trim();
