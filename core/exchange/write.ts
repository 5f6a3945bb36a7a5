/** Conversations to a file's text, one format a writer. */
import type { ArchivedConversation, ExportFormat, TextFormat } from '../contract/exchange.ts';
import { MezzotintError, toAppError } from '../contract/result.ts';
import { writeCsv } from './csv.ts';
import { loadFormulas } from './formulas.ts';
import { writeHtml } from './html.ts';
import { writeMarkdown } from './formats/markdown.ts';
import { writeOpenAi } from './formats/openai.ts';
import { writeOwn } from './formats/own.ts';
import { writePlain } from './plain.ts';
import { writeShareGpt } from './formats/sharegpt.ts';

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

/** Loads what a format is written with; to be awaited before `writeExport`. */
export async function prepareExport(format: ExportFormat): Promise<void> {
  if (format === 'html' || format === 'pdf') await loadFormulas();
}

/** An export that can't go on, in words: which conversation it was at, why, and what is safe. */
function brokenAt(conversation: ArchivedConversation | null, thrown: unknown): MezzotintError {
  const { code, message, action } = toAppError(thrown);
  const what = conversation === null ? 'A conversation cannot be read' : `“${String(conversation.title).replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 80)}” cannot be written`;
  const why = /[.!?…]$/.test(message) ? message : `${message}.`;
  return new MezzotintError(code, `${what}: ${why} No file was saved, and your conversations are as they were.`, { action: action ?? 'Export the others without it, or choose another format.', cause: thrown });
}

/**
 * The file in pieces.
 * @param conversations read one at a time, as the pieces are taken
 * @throws MezzotintError in words, while pieces are taken: what was given until then is no whole file
 */
export function* writeExport(format: TextFormat, conversations: Iterable<ArchivedConversation>, info: ExportInfo): Generator<string> {
  let at: ArchivedConversation | null = null;
  function* watched(): Generator<ArchivedConversation> {
    for (const conversation of conversations) {
      yield (at = conversation);
      at = null;
    }
  }
  try {
    yield* writers[format](watched(), info);
  } catch (thrown) {
    throw brokenAt(at, thrown);
  }
}
