/** Conversations to a file's text, one format a writer. */
import type { ArchivedConversation, ExportFormat } from '../contract/exchange.ts';
import { writeMarkdown } from './markdown.ts';
import { writeOpenAi } from './openai.ts';
import { writeOwn } from './own.ts';

/** The file in pieces. @param conversations read one at a time, as the pieces are taken */
export function writeExport(format: ExportFormat, conversations: Iterable<ArchivedConversation>, info: { exportedAt: number; frames: boolean }): Iterable<string> {
  if (format === 'markdown') return writeMarkdown(conversations);
  if (format === 'openai') return writeOpenAi(conversations);
  return writeOwn(conversations, info);
}
