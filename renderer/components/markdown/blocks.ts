/**
 * Markdown of a growing text, block by block. Blocks that can no longer change keep their identity, so that only the
 * last ones are lexed and drawn again; feeding a text in pieces gives the same blocks as lexing it whole.
 */
import { Lexer, type MarkedToken, type Tokens } from 'marked';

export interface Block {
  /** Offset of the block in the text: stable, unique. */
  readonly key: number;
  readonly token: MarkedToken;
}

/**
 * The last two blocks stay open: the last one still grows, and what follows a list may turn out to belong to it
 * (`2` … `2.` … `2. item`).
 */
const OPEN_BLOCKS = 2;

const lex = (text: string): MarkedToken[] => new Lexer({ gfm: true, breaks: false }).lex(text) as MarkedToken[];

export class BlockStream {
  #text = '';
  #settled: Block[] = [];
  /** Where the open part begins. */
  #offset = 0;
  #blocks: Block[] = [];

  /** The blocks of `text`. Cheap when `text` continues the one before. `growing`: close open emphasis for display. */
  update(text: string, growing = false): readonly Block[] {
    if (!text.startsWith(this.#text)) {
      this.#settled = [];
      this.#offset = 0;
    }
    this.#text = text;
    const open: Block[] = [];
    const rest = text.slice(this.#offset);
    let at = this.#offset;
    for (const token of lex(rest)) {
      if (token.type !== 'space' && token.type !== 'def') open.push({ key: at, token });
      at += token.raw.length;
    }
    // marked normalises line ends and tabs in places: only settle when the offsets are exact.
    if (at - this.#offset === rest.length) {
      while (open.length > OPEN_BLOCKS) {
        const block = open.shift();
        const next = open[0];
        if (!block || !next) break;
        this.#settled.push(block);
        this.#offset = next.key;
      }
    }
    const last = open.at(-1);
    if (growing && last) {
      const healed = heal(text.slice(last.key));
      const token = healed === null ? undefined : lex(healed)[0];
      if (token) open[open.length - 1] = { key: last.key, token };
    }
    this.#blocks = [...this.#settled, ...open];
    return this.#blocks;
  }
}

/** Closes emphasis and code spans that are still being written, so that no bare `**` flashes up; null: nothing open. */
export function heal(block: string): string | null {
  if (/^\s*(```|~~~| {4})/.test(block) || /\n\s*(```|~~~)/.test(block)) return null;
  const line = block.slice(block.lastIndexOf('\n') + 1);
  const ticks = line.split('`').length - 1;
  if (ticks % 2 === 1) return line.endsWith('`') ? block.slice(0, -1) : `${block}\``;
  const bare = line.replace(/`[^`]*`/g, '').replace(/^\s*[*+-]\s/, '');
  if ((bare.split('**').length - 1) % 2 === 1) return /\*\*\s*$/.test(block) ? block.replace(/\*\*\s*$/, '') : `${block.replace(/\s+$/, '')}**`;
  return null;
}

const isClosedFence = (token: Tokens.Code): boolean => token.codeBlockStyle === 'indented' || /\n[ \t]*(`{3,}|~{3,})[ \t]*\n*$/.test(token.raw);

/**
 * Where the canvas goes: `inside` the last block (the running line), or `after` it — on the next line (`line`) or as a
 * new paragraph.
 */
export function tailPlace(blocks: readonly Block[], text: string): 'inside' | 'line' | 'after' {
  const token = blocks.at(-1)?.token;
  if (!token) return 'after';
  if (token.type === 'code') return isClosedFence(token) ? 'after' : 'inside';
  if (token.type === 'hr' || token.type === 'html') return 'after';
  if (/\n\s*\n\s*$/.test(text)) return 'after';
  if (/\n\s*$/.test(text)) return token.type === 'list' || token.type === 'table' || token.type === 'blockquote' ? 'line' : token.type === 'heading' ? 'after' : 'inside';
  return 'inside';
}
export const isOpenFence = (token: MarkedToken): boolean => token.type === 'code' && !isClosedFence(token);

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', hellip: '…', mdash: '—', ndash: '–', copy: '©', times: '×', deg: '°' };
/** Character references as characters; an unknown name stays as written. */
export const decode = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
        if (name !== undefined) return entities[name] ?? whole;
        const code = decimal !== undefined ? Number(decimal) : parseInt(hex ?? '', 16);
        return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
      })
    : text;

/** A link that may be opened outside, or null. */
export const safeHref = (href: string): string | null => (/^(https?|mailto):/i.test(href) && URL.canParse(href) ? href : null);
