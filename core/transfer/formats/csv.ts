/** Every message a row, of all branches, by RFC 4180, in UTF-8 with a byte order mark, which spreadsheets need to know it by. */
import { costOf, totals } from '../../contract/remote.ts';
import type { ArchivedConversation, ArchivedMessage } from '../../contract/transfer.ts';
import { asRead, shownBranch } from '../tree.ts';
import { modelOf } from '../words.ts';
import type { Writer } from './format.ts';

const COLUMNS = [
  'conversation_id',
  'conversation_title',
  'message_id',
  'parent_id',
  'shown',
  'role',
  'status',
  'created_at',
  'model',
  'host',
  'cost',
  'currency',
  'text',
];

/** Where a server wrote it, and what that cost with all its parts: known costs alone. */
function servedOf({ generations }: ArchivedMessage): [host: string, cost: string, currency: string] {
  const host = generations.findLast(({ pack }) => pack?.server)?.pack?.server?.host ?? '';
  const [cost] = totals(generations.flatMap(({ pack, counts }) => costOf(pack?.server, counts) ?? []));
  return cost ? [host, String(Number(cost.amount.toPrecision(6))), cost.currency] : [host, '', ''];
}

/** In quotes; what a spreadsheet would take for a formula gets an apostrophe before it. */
const cell = (text: string): string => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
const row = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\r\n`;

export function* writeCsv(conversations: Iterable<ArchivedConversation>): Generator<string> {
  yield `\uFEFF${row(COLUMNS)}`;
  for (const conversation of conversations) {
    const shown = new Set(shownBranch(conversation).map(({ id }) => id));
    for (const m of conversation.messages) {
      if (m.deletedAt !== undefined) continue;
      yield row([
        conversation.id,
        conversation.title,
        m.id,
        m.parentId ?? '',
        shown.has(m.id) ? 'yes' : 'no',
        m.role,
        m.status,
        new Date(m.createdAt).toISOString(),
        modelOf(m) ?? '',
        ...servedOf(m),
        asRead(m).text,
      ]);
    }
  }
}

export const csvWriter: Writer = { extension: 'csv', mimeType: 'text/csv', write: writeCsv };
