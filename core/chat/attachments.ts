/** The files of a question: those it is sent with, and reading them again (core/contract/attachments.ts). */
import {
  MAX_ATTACHED_CHARACTERS,
  type AttachedFile,
  type attachmentChannels,
  type NewAttachment,
} from '../contract/attachments.ts';
import type { Handlers } from '../contract/index.ts';
import { failure } from '../contract/result.ts';
import type { Store } from '../store/index.ts';

/** The files themselves; those that stand with another question are copied from there. @throws not-found, bad-request */
export function resolveFiles(
  store: Store,
  conversationId: string | null,
  wanted: readonly NewAttachment[],
): AttachedFile[] {
  const files = wanted.map((one) => {
    if ('text' in one) return one;
    if (store.messages.get(one.messageId).conversationId !== conversationId) throw failure('chat.file-of-another');
    return store.attachments.get(one.messageId, one.at);
  });
  const characters = files.reduce((sum, { text }) => sum + text.length, 0);
  if (characters > MAX_ATTACHED_CHARACTERS)
    throw failure('chat.files-too-long', { characters, most: MAX_ATTACHED_CHARACTERS });
  return files;
}

export const createAttachmentHandlers = (store: Store): Pick<Handlers, keyof typeof attachmentChannels> => ({
  'attachments.text': ({ messageId, at }) => store.attachments.get(messageId, at),
});
