/**
 * One HTML file for reading and printing, with nothing outside it: no script, no picture, no font, and a policy that lets none in.
 * The branch shown of each conversation; replies are set from their Markdown, in which HTML is text.
 */
import type { ArchivedConversation, ArchivedMessage } from '../../contract/transfer.ts';
import { escapeHtml } from './escape.ts';
import { asItStands, replyHtml } from './html-reply.ts';
import { STYLE } from './html-style.ts';
import { shownBranch } from '../tree.ts';
import { minute, modelOf, oneLine, speakers } from '../words.ts';
import type { Writer } from './format.ts';
import { loadFormulas } from './formulas.ts';

function section(message: ArchivedMessage): string {
  const { role, text, status } = message;
  const model = modelOf(message);
  const body = role === 'assistant' ? replyHtml(text) : asItStands(text);
  return `<section class="${role}">\n<h2 dir="ltr">${speakers[role]}${model === undefined ? '' : ` <small>${escapeHtml(oneLine(model))}</small>`}</h2>\n${body}${status === 'complete' ? '' : `<p class="ended" dir="ltr">(${status})</p>\n`}</section>\n`;
}

/**
 * Formulas must be loaded (`loadFormulas`).
 * @param name for the browser's title bar
 */
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

export const htmlWriter: Writer = {
  extension: 'html',
  mimeType: 'text/html',
  prepare: loadFormulas,
  write: (conversations) => writeHtml(conversations, 'Conversations from Mezzotint'),
};
