/** Markdown for reading: the branch shown of each conversation. Replies are Markdown already and stand as they are. */
import type { Role } from '../contract/engine.ts';
import type { ArchivedConversation } from '../contract/exchange.ts';
import { shownBranch } from './tree.ts';

const speakers: Record<Role, string> = { user: 'You', assistant: 'Reply', system: 'Instructions' };
const day = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

/** One line, with the characters that Markdown or HTML would read escaped. */
const plainLine = (text: string): string => text.replace(/\s+/gu, ' ').trim().replace(/[\\`*_[\]<>#|~&]/g, '\\$&');

export function* writeMarkdown(conversations: Iterable<ArchivedConversation>): Generator<string> {
  let between = '';
  for (const conversation of conversations) {
    yield `${between}# ${plainLine(conversation.title) || 'Conversation'}\n\n*${day(conversation.createdAt)} UTC*\n`;
    for (const { role, text, status, generations } of shownBranch(conversation)) {
      const model = generations.at(-1)?.pack?.name;
      const ended = status === 'complete' ? '' : `\n\n*(${status})*`;
      yield `\n## ${speakers[role]}${model === undefined ? '' : ` (${plainLine(model)})`}\n\n${text.trimEnd()}${ended}\n`;
    }
    between = '\n---\n\n';
  }
}
