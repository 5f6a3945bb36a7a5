/**
 * Markdown of a growing text, block by block. Blocks that can no longer change keep their identity, so that only the
 * last ones are lexed and drawn again; feeding a text in pieces gives the same blocks as lexing it whole.
 */
import type { Tokens } from 'marked';
import { lex, type BlockToken } from './grammar.ts';

export interface Block {
  /** Offset of the block in the text: stable, unique. */
  readonly key: number;
  readonly token: BlockToken;
}

/**
 * The last two blocks stay open: the last one still grows, and what follows a list may turn out to belong to it
 * (`2` … `2.` … `2. item`).
 */
const OPEN_BLOCKS = 2;

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

/** The row under a table's head, for as many cells as the head has. */
const underHead = (head: string): string => head.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map(() => ' --- ').join('|');

/**
 * Closes what is still being written, so that no bare `**` flashes up and a table is one from its first sign; null: nothing is
 * open. @param block the last block's text
 */
export function heal(block: string): string | null {
  if (/^\s*(```|~~~| {4}|\$\$|\\\[)/.test(block) || /\n\s*(```|~~~)/.test(block)) return null;
  const [head = '', under, ...more] = block.split('\n');
  if (/^ {0,3}\|/.test(head) && more.length === 0 && (under === undefined || /^[\s|:-]*$/.test(under))) return `${head}\n|${underHead(head)}|\n`;
  const line = block.slice(block.lastIndexOf('\n') + 1);
  // The first signs of a fence to come.
  if (/^\s*`{1,2}$/.test(line)) return block.slice(0, -line.length);
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
  if (token.type === 'math') return token.open ? 'inside' : 'after';
  if (token.type === 'asWritten') return 'inside';
  if (/\n\s*\n\s*$/.test(text)) return 'after';
  if (/\n\s*$/.test(text)) return token.type === 'list' || token.type === 'table' || token.type === 'blockquote' || token.type === 'note' || token.type === 'definitions' ? 'line' : token.type === 'heading' ? 'after' : 'inside';
  return 'inside';
}
export const isOpenFence = (token: BlockToken): boolean => token.type === 'code' && !isClosedFence(token);

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

/** Footnotes' numbers, by the order of their marks in the text; `growing`: those whose words are still to come, too. */
export function noteNumbers(text: string, growing = false): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  if (!text.includes('[^')) return numbers;
  const written = new Set([...text.matchAll(/^\[\^([^\s\]^[]{1,60})\]:/gm)].map(([, label]) => label));
  for (const [, label = ''] of text.matchAll(/(?!^\[\^[^\s\]^[]{1,60}\]:)\[\^([^\s\]^[]{1,60})\]/gm)) if (!numbers.has(label) && (growing || written.has(label))) numbers.set(label, numbers.size + 1);
  return numbers;
}

/** A link that may be opened outside, or null. */
export function safeHref(href: string): string | null {
  if (!/^(https?|mailto):/i.test(href)) return null;
  try {
    // not URL.canParse: the oldest Electron that runs this page has none
    return new URL(href).protocol === '' ? null : href;
  } catch {
    return null;
  }
}
