/**
 * A message that stops inside a code fence, or inside HTML that only its own end closes, would swallow what follows it in a file
 * of Markdown. The writer closes it and adds a line that says so; the reader removes both. Pure.
 */
import { parse, uniform } from '../../markdown/index.ts';

/** Not shown by what shows Markdown. */
export const CLOSED = '<!-- closed here: the message ends before -->';

/** HTML that only its own end closes: what it begins with, at the head of a line, and what ends it. */
const ENDLESS: readonly { begins: RegExp; ends: (found: RegExpExecArray) => string }[] = [
  { begins: /^ {0,3}<!--/, ends: () => '-->' },
  { begins: /^ {0,3}<\?/, ends: () => '?>' },
  { begins: /^ {0,3}<!\[CDATA\[/, ends: () => ']]>' },
  { begins: /^ {0,3}<![A-Za-z]/, ends: () => '>' },
  { begins: /^ {0,3}<(script|pre|style|textarea)(?=[\s>]|$)/i, ends: ([, tag = '']) => `</${tag.toLowerCase()}>` },
];

/** What would end the HTML in which the lines end; null: they end in none. */
function openHtml(lines: readonly string[], within: string | null): string | null {
  let end = within;
  for (const line of lines) {
    let rest = line;
    if (end === null) {
      for (const { begins, ends } of ENDLESS) {
        const found = begins.exec(line);
        if (!found) continue;
        end = ends(found);
        rest = line.slice(found[0].length);
        break;
      }
    }
    if (end !== null && rest.toLowerCase().includes(end.toLowerCase())) end = null;
  }
  return end;
}

/** The signs of the fence in which the lines of a text that is too long to parse end. */
function openFence(text: string): string | null {
  let open: string | null = null;
  for (const line of text.split('\n')) {
    const signs = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (signs === undefined) continue;
    if (open === null) open = signs;
    else if (signs.startsWith(open) && line.trim() === signs) open = null;
  }
  return open;
}

/** The line that closes what a message leaves open; null: it leaves nothing open. */
function closingOf(text: string): string | null {
  const blocks = parse(uniform(text));
  let html: string | null = null;
  for (const { from, to, block } of blocks) {
    if (html !== null || block.type !== 'code') html = openHtml(text.slice(from, to).split('\n'), html);
  }
  if (html !== null) return html;
  const last = blocks.at(-1);
  if (last?.block.type === 'asWritten') return openFence(last.block.text);
  if (!last || !('open' in last.block) || !last.block.open) return null;
  return /^ {0,3}(`{3,}|~{3,}|\$\$|\\\[)/.exec(text.slice(last.from))?.[1]?.replace('\\[', '\\]') ?? null;
}

/** @param text without space at its end, with line ends `\n` */
export function closed(text: string): string {
  const closing = closingOf(text);
  return closing === null ? text : `${text}\n${closing}\n${CLOSED}`;
}

/** What `closed` was given. */
export function reopened(text: string): string {
  if (!text.endsWith(`\n${CLOSED}`)) return text;
  const before = text.slice(0, -CLOSED.length - 1);
  return before.slice(0, Math.max(0, before.lastIndexOf('\n')));
}
