/** A reply as HTML, by the same grammar as the window's (core/markdown). What a reply says is text; only what it means is markup. */
import {
  blockDirection,
  noteNumbers,
  parse,
  safeHref,
  uniform,
  type Block,
  type Direction,
  type Inline,
  type List,
} from '../../markdown/index.ts';
import { escapeHtml } from './escape.ts';
import { formula } from './formulas.ts';

type Numbers = ReadonlyMap<string, number>;

const inlineHtml = (inline: readonly Inline[], numbers: Numbers): string =>
  inline.map((piece) => pieceHtml(piece, numbers)).join('');
function pieceHtml(piece: Inline, numbers: Numbers): string {
  switch (piece.type) {
    case 'text':
      return escapeHtml(piece.text);
    case 'strong':
    case 'em':
    case 'del':
      return `<${piece.type}>${inlineHtml(piece.children, numbers)}</${piece.type}>`;
    case 'code':
      return `<code dir="ltr">${escapeHtml(piece.text)}</code>`;
    case 'break':
      return '<br>\n';
    case 'link':
      return linked(piece.href, inlineHtml(piece.children, numbers));
    case 'image':
      return linked(piece.href, `[image: ${escapeHtml(piece.alt)}]`);
    case 'math':
      return piece.display ? `<span class="formula">${formula(piece.tex, true)}</span>` : formula(piece.tex, false);
    case 'noteMark': {
      const number = numbers.get(piece.label);
      return number === undefined ? escapeHtml(`[^${piece.label}]`) : `<sup>${number}</sup>`;
    }
  }
}
function linked(href: string, inner: string): string {
  const safe = safeHref(href);
  return safe === null ? inner : `<a href="${escapeHtml(safe)}" rel="noopener noreferrer">${inner}</a>`;
}

const directed = (dir: Direction | null | undefined): string => (dir ? ` dir="${dir}"` : '');

function listHtml(list: List, dir: string, numbers: Numbers): string {
  const tag = list.ordered ? 'ol' : 'ul';
  const start = list.ordered && list.start !== 1 ? ` start="${list.start}"` : '';
  const items = list.items.map(({ task, blocks }) => {
    const sign = task === null ? '' : task ? '☑ ' : '☐ ';
    const inner = blocks
      .map((block) =>
        block.type === 'paragraph' && !list.loose
          ? `${inlineHtml(block.inline, numbers)}\n`
          : blockHtml(block, '', numbers),
      )
      .join('');
    return `<li${task === null ? '' : ' class="task"'}>${sign}${inner.trimEnd()}</li>\n`;
  });
  return `<${tag}${start}${dir}>\n${items.join('')}</${tag}>\n`;
}

/** @param dir the attribute of a block that is in no other */
function blockHtml(block: Block, dir: string, numbers: Numbers): string {
  const inline = (words: readonly Inline[]): string => inlineHtml(words, numbers);
  const blocks = (inner: readonly Block[]): string => inner.map((one) => blockHtml(one, '', numbers)).join('');
  switch (block.type) {
    case 'paragraph':
      return `<p${dir}>${inline(block.inline)}</p>\n`;
    case 'heading': {
      // below the headings of the page: title, speaker
      const level = Math.min(6, block.depth + 2);
      return `<h${level}${dir}>${inline(block.inline)}</h${level}>\n`;
    }
    case 'code':
      return `<pre dir="ltr"><code>${escapeHtml(block.text)}</code></pre>\n`;
    case 'quote':
      return `<blockquote${dir}>\n${blocks(block.blocks)}</blockquote>\n`;
    case 'list':
      return listHtml(block, dir, numbers);
    case 'table': {
      const cell = (tag: string) => (words: readonly Inline[], i: number) =>
        `<${tag}${block.aligns[i] ? ` align="${block.aligns[i]}"` : ''}>${inline(words)}</${tag}>`;
      const rows = block.rows.map((row) => `<tr>${row.map(cell('td')).join('')}</tr>\n`);
      return `<table${dir}>\n<thead>\n<tr>${block.head.map(cell('th')).join('')}</tr>\n</thead>\n<tbody>\n${rows.join('')}</tbody>\n</table>\n`;
    }
    case 'rule':
      return '<hr>\n';
    case 'math':
      return `<p class="formula" dir="ltr">${formula(block.tex, true)}</p>\n`;
    case 'note':
      return `<div class="note"${dir}><sup>${numbers.get(block.label) ?? escapeHtml(block.label)}</sup> ${blocks(block.blocks)}</div>\n`;
    case 'definitions':
      return `<dl${dir}>\n${block.items.map(({ term, meanings }) => `<dt>${inline(term)}</dt>\n${meanings.map((meaning) => `<dd>${inline(meaning)}</dd>\n`).join('')}`).join('')}</dl>\n`;
    case 'asWritten':
      return asItStands(block.text);
  }
}

export const asItStands = (text: string): string => `<div class="plain" dir="auto">${escapeHtml(text)}</div>\n`;

/** A reply's Markdown as blocks of HTML. */
export function replyHtml(text: string): string {
  const blocks = parse(uniform(text)).map(({ block }) => block);
  const numbers = noteNumbers(blocks);
  let last: Direction | null = null;
  return blocks.map((block) => blockHtml(block, directed((last = blockDirection(block) ?? last)), numbers)).join('');
}
