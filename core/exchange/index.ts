/**
 * Conversations in and out of files. Out: `writeExport` gives the file in pieces. In: `textOf(bytes)`, `readFile(text)`,
 * `planImport(file, store.archive)` to show what would happen, `runImport(plan, store.archive)`.
 */
import type { ArchivedConversation, ExportFormat } from '../contract/exchange.ts';
import { writeMarkdown } from './markdown.ts';
import { writeOpenAi } from './openai.ts';
import { writeOwn } from './own.ts';

/** @param conversations read one at a time, as the pieces are taken */
export function writeExport(format: ExportFormat, conversations: Iterable<ArchivedConversation>, info: { exportedAt: number; frames: boolean }): Iterable<string> {
  if (format === 'markdown') return writeMarkdown(conversations);
  if (format === 'openai') return writeOpenAi(conversations);
  return writeOwn(conversations, info);
}
export { planImport, runImport, type ImportPlan, type ImportResult, type ImportTarget, type PlannedConversation } from './plan.ts';
export { checkSize, readFile, textOf, type Problem, type ReadFile } from './read.ts';
