/** Conversations to a file's text, one format a writer. */
import type { ArchivedConversation, TextFormat } from '../contract/exchange.ts';
import { writeCsv } from './csv.ts';
import { writeHtml } from './html.ts';
import { writeMarkdown } from './markdown.ts';
import { writeOpenAi } from './openai.ts';
import { writeOwn } from './own.ts';
import { writePlain } from './plain.ts';
import { writeShareGpt } from './sharegpt.ts';

export interface ExportInfo {
  /** Milliseconds since 1970. */
  exportedAt: number;
  /** Whether the conversations were read with the steps of each reply. */
  frames: boolean;
}
const writers: Record<TextFormat, (conversations: Iterable<ArchivedConversation>, info: ExportInfo) => Iterable<string>> = {
  json: writeOwn,
  markdown: writeMarkdown,
  html: (conversations) => writeHtml(conversations, 'Conversations from Mezzotint'),
  text: writePlain,
  openai: writeOpenAi,
  sharegpt: writeShareGpt,
  csv: writeCsv,
};

/** The file in pieces. @param conversations read one at a time, as the pieces are taken */
export const writeExport = (format: TextFormat, conversations: Iterable<ArchivedConversation>, info: ExportInfo): Iterable<string> => writers[format](conversations, info);
