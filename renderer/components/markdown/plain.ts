/** A reply's words without its markup, as a person would type them. Pure. */
import type { Token, Tokens } from 'marked';
import { decode } from './blocks.ts';
import { lex, type BlockToken, type InlineToken } from './grammar.ts';

const inline = (tokens: readonly Token[]): string => (tokens as readonly InlineToken[]).map(one).join('');
function one(token: InlineToken): string {
  switch (token.type) {
    case 'link': {
      const words = inline(token.tokens);
      return words === token.href || `mailto:${words}` === token.href ? words : `${words} (${token.href})`;
    }
    case 'image':
      return token.text;
    case 'br':
      return '\n';
    case 'codespan':
    case 'escape':
    case 'math':
      return token.text;
    case 'checkbox':
      return '';
    case 'text':
      return token.tokens ? inline(token.tokens) : decode(token.text);
    default:
      return 'tokens' in token && token.tokens ? inline(token.tokens) : token.raw;
  }
}

const indented = (text: string, by: number): string => text.replace(/\n(?=[^\n])/g, `\n${' '.repeat(by)}`);
function item({ tokens, task, checked, loose }: Tokens.ListItem, sign: string): string {
  const mark = `${sign} ${task ? (checked ? '[x] ' : '[ ] ') : ''}`;
  return mark + indented(blocks(tokens as BlockToken[], loose ? '\n\n' : '\n'), sign.length + 1);
}
function block(token: BlockToken): string | null {
  switch (token.type) {
    case 'space':
    case 'def':
    case 'checkbox':
      return null;
    case 'heading':
    case 'paragraph':
      return inline(token.tokens);
    case 'text':
      return inline(token.tokens ?? [token]);
    case 'code':
    case 'math':
      return token.text;
    case 'list':
      return token.items.map((part, i) => item(part, token.ordered ? `${Number(token.start || 1) + i}.` : '–')).join(token.loose ? '\n\n' : '\n');
    case 'blockquote':
      return blocks(token.tokens as BlockToken[]);
    case 'table':
      return [token.header, ...token.rows].map((row) => row.map((cell) => inline(cell.tokens)).join('\t')).join('\n');
    case 'hr':
      return '* * *';
    case 'note':
      return `[${token.label}] ${blocks(token.tokens as BlockToken[])}`;
    case 'definitions':
      return token.items.map(({ term, meanings }) => [inline(term), ...meanings.map((meaning) => `  ${inline(meaning)}`)].join('\n')).join('\n');
    default:
      return token.raw.trimEnd();
  }
}
const blocks = (tokens: readonly BlockToken[], between = '\n\n'): string => tokens.map(block).filter((text) => text !== null).join(between);

/** Tables become cells with tabs between them, so that they can be pasted into a sheet; code and formulas stay as they are. */
export const plainOf = (text: string): string => blocks(lex(text)).trim();
