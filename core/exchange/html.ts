/**
 * One HTML file for reading and printing, with nothing outside it: no script, no picture, no font, and a policy that lets none in.
 * The branch shown of each conversation; replies are set from their Markdown, in which HTML is text.
 */
import { isAddress } from '../contract/address.ts';
import { Marked, type Tokens } from 'marked';
import type { ArchivedConversation, ArchivedMessage } from '../contract/exchange.ts';
import { STYLE } from './html-style.ts';
import { shownBranch } from './tree.ts';
import { minute, modelOf, oneLine, speakers } from './words.ts';

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
/** Keeps a character reference that Markdown allows, and escapes the rest. */
const escapeOnce = (text: string): string => text.replace(/&(?!(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|\w{1,31});)|[<>"']/g, (sign) => entities[sign] ?? sign);

/** A reply longer than this is set as it stands: no person reads it, and setting it takes time. */
const LONGEST_SET = 200_000;
/** Quotes and lists nested deeper than this are set as they stand too. */
const DEEPEST = 60;

const safeHref = (href: string): string | null => (/^(https?|mailto):/i.test(href) && isAddress(href) ? href : null);

const marked = new Marked({
  gfm: true,
  renderer: {
    // within raw HTML the lexer leaves text as it is and calls it escaped
    text(token: Tokens.Text | Tokens.Escape) {
      return 'tokens' in token && token.tokens ? this.parser.parseInline(token.tokens) : escapeOnce(token.text);
    },
    html: ({ text }: Tokens.HTML | Tokens.Tag) => escapeHtml(text),
    link({ href, tokens }: Tokens.Link) {
      const inner = this.parser.parseInline(tokens);
      const safe = safeHref(href);
      return safe === null ? inner : `<a href="${escapeHtml(safe)}" rel="noopener noreferrer">${inner}</a>`;
    },
    image: ({ href, text }: Tokens.Image) => {
      const safe = safeHref(href);
      const label = `[image: ${escapeOnce(text)}]`;
      return safe === null ? label : `<a href="${escapeHtml(safe)}" rel="noopener noreferrer">${label}</a>`;
    },
    code: ({ text }: Tokens.Code) => `<pre><code>${escapeHtml(text)}</code></pre>\n`,
    checkbox: ({ checked }: Tokens.Checkbox) => (checked ? '☑ ' : '☐ '),
    listitem(item: Tokens.ListItem) {
      return `<li${item.task ? ' class="task"' : ''}>${this.parser.parse(item.tokens)}</li>\n`;
    },
    heading({ tokens, depth }: Tokens.Heading) {
      // below the headings of the page: title, speaker
      const level = Math.min(6, depth + 2);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
    },
  },
});

const asItStands = (text: string): string => `<div class="plain">${escapeHtml(text)}</div>\n`;
function setReply(text: string): string {
  if (text.length > LONGEST_SET || text.split('\n').some((line) => (/^[ \t>*+-]{60,}/.exec(line)?.[0].match(/[>*+-]/g)?.length ?? 0) > DEEPEST)) return asItStands(text);
  try {
    return marked.parse(text, { async: false });
  } catch {
    return asItStands(text);
  }
}

function section(message: ArchivedMessage): string {
  const { role, text, status } = message;
  const model = modelOf(message);
  const body = role === 'assistant' ? setReply(text) : asItStands(text);
  return `<section class="${role}" dir="auto">\n<h2 dir="ltr">${speakers[role]}${model === undefined ? '' : ` <small>${escapeHtml(oneLine(model))}</small>`}</h2>\n${body}${status === 'complete' ? '' : `<p class="ended" dir="ltr">(${status})</p>\n`}</section>\n`;
}

/** @param name for the browser's title bar */
export function* writeHtml(conversations: Iterable<ArchivedConversation>, name: string): Generator<string> {
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(name)}</title>
<style>
${STYLE}</style>
</head>
<body>
<main>
`;
  for (const conversation of conversations) {
    const at = new Date(conversation.createdAt).toISOString();
    yield `<article>\n<header>\n<h1 dir="auto">${escapeHtml(oneLine(conversation.title)) || 'Conversation'}</h1>\n<p><time datetime="${at}">${minute(conversation.createdAt)} UTC</time></p>\n</header>\n`;
    for (const message of shownBranch(conversation)) yield section(message);
    yield '</article>\n';
  }
  yield '</main>\n</body>\n</html>\n';
}
