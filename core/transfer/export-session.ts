/** An export under way: the store is read as its pieces are taken. */
import type { ArchivedConversation, ExportFormat } from '../contract/transfer.ts';
import { failure, toAppError } from '../contract/result.ts';
import { turns } from './under-way.ts';
import { inPieces, type Pieces } from './pieces.ts';
import type { ImportTarget } from './plan.ts';
import { prepareExport, writeExport } from './write.ts';

export interface ExportSource {
  archive: Pick<ImportTarget, 'hasConversation' | 'read'>;
  conversations: {
    /** All that are not in the trash, in the order of the list. */
    list(): readonly { id: string }[];
    /** @throws MezzotintError not-found */
    get(id: string): { id: string; title: string };
  };
  /** Prints HTML to a PDF; absent: nothing here can. */
  toPdf?: ((html: string) => Promise<Uint8Array>) | undefined;
  now: () => number;
}
export interface Export {
  pieces: Pieces;
  written: () => number;
}

/** Work that is done without giving others their turn. */
const TURN_MS = 12;
/** Characters of HTML that are printed at once: some thousand pages. */
const MOST_PRINTED = 20_000_000;
/** Bytes of a piece in base64. Pieces are cut where a group of four signs ends, so each can be read by itself. */
const PIECE_BYTES = 192 * 1024;

/** The conversations' web page, printed, in base64. */
async function printed(list: Iterable<ArchivedConversation>, { toPdf, now }: ExportSource): Promise<string[]> {
  if (!toPdf) throw failure('transfer.no-pdf-here');
  const turn = turns(TURN_MS);
  let html = '';
  for (const piece of writeExport('html', list, { exportedAt: now(), frames: false })) {
    html += piece;
    if (html.length > MOST_PRINTED) throw failure('transfer.pdf-too-long');
    await turn();
  }
  let pdf: Buffer;
  try {
    pdf = Buffer.from(await toPdf(html));
  } catch (cause) {
    const why = toAppError(cause);
    throw failure('transfer.pdf-failed', { why }, { code: why.code, cause });
  }
  return Array.from({ length: Math.ceil(pdf.length / PIECE_BYTES) }, (_, n) =>
    pdf.toString('base64', n * PIECE_BYTES, (n + 1) * PIECE_BYTES),
  );
}

/** @throws MezzotintError not-found, bad-request, and in words where a PDF can't be made */
export async function openExport(
  source: ExportSource,
  format: ExportFormat,
  ids: readonly string[] | null,
  frames: boolean,
): Promise<Export & { title: string | null; count: number }> {
  const { archive, conversations, now } = source;
  if (frames && format !== 'json') throw failure('transfer.steps-only-in-json');
  // oldest first: taken in again in this order, those of the same moment stand in the list as they did
  const wanted =
    ids === null
      ? conversations
          .list()
          .map(({ id }) => id)
          .reverse()
      : [...new Set(ids)].map((id) => conversations.get(id).id);
  const [only] = wanted;
  await prepareExport(format);
  let written = 0;
  function* read(): Generator<ArchivedConversation> {
    for (const id of wanted) {
      // one that was erased for good since then has nothing to be written
      if (archive.hasConversation(id)) yield archive.read(id, { frames });
      written += 1;
    }
  }
  return {
    pieces: inPieces(
      format === 'pdf' ? await printed(read(), source) : writeExport(format, read(), { exportedAt: now(), frames }),
    ),
    written: () => written,
    title: ids !== null && wanted.length === 1 && only !== undefined ? conversations.get(only).title : null,
    count: wanted.length,
  };
}
