/** Plain text for reading anywhere: the branch shown of each conversation. */
import type { ArchivedConversation } from '../../contract/transfer.ts';
import { shownBranch } from '../tree.ts';
import { minute, modelOf, oneLine, speakers } from '../words.ts';
import type { Writer } from './format.ts';

const RULE = '-'.repeat(72);

export function* writePlain(conversations: Iterable<ArchivedConversation>): Generator<string> {
  let between = '';
  for (const conversation of conversations) {
    const title = oneLine(conversation.title) || 'Conversation';
    yield `${between}${title}\n${'='.repeat(Math.min(72, [...title].length))}\n${minute(conversation.createdAt)} UTC\n`;
    for (const message of shownBranch(conversation)) {
      const model = modelOf(message);
      const ended = message.status === 'complete' ? '' : `\n(${message.status})`;
      yield `\n${speakers[message.role].toUpperCase()}${model === undefined ? '' : ` (${oneLine(model)})`}\n${message.text.trimEnd()}${ended}\n`;
    }
    between = `\n${RULE}\n\n`;
  }
}

export const plainWriter: Writer = { extension: 'txt', mimeType: 'text/plain', write: writePlain };
