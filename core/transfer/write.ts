/** Conversations to a file's text, in the formats of the registry. */
import { failure, type MezzotintError, toAppError } from '../contract/result.ts';
import type { ArchivedConversation, ExportFormat, TextFormat } from '../contract/transfer.ts';
import type { ExportInfo } from './formats/format.ts';
import { writers } from './formats/index.ts';

/** Loads what a format is written with; to be awaited before `writeExport`. A PDF is the web page, printed. */
export const prepareExport = async (format: ExportFormat): Promise<void> =>
  writers[format === 'pdf' ? 'html' : format].prepare?.();

/** An export that can't go on, in words: which conversation it was at, why, and what is safe. */
function brokenAt(conversation: ArchivedConversation | null, thrown: unknown): MezzotintError {
  const why = toAppError(thrown);
  const extra = { code: why.code, cause: thrown };
  if (conversation === null) return failure('transfer.one-not-read', { why }, extra);
  const title = String(conversation.title)
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .slice(0, 80);
  return failure('transfer.one-not-written', { title, why }, extra);
}

/**
 * The file in pieces.
 * @param conversations read one at a time, as the pieces are taken
 * @throws MezzotintError in words, while pieces are taken: what was given until then is no whole file
 */
export function* writeExport(
  format: TextFormat,
  conversations: Iterable<ArchivedConversation>,
  info: ExportInfo,
): Generator<string> {
  let at: ArchivedConversation | null = null;
  function* watched(): Generator<ArchivedConversation> {
    for (const conversation of conversations) {
      yield (at = conversation);
      at = null;
    }
  }
  try {
    yield* writers[format].write(watched(), info);
  } catch (thrown) {
    throw brokenAt(at, thrown);
  }
}
