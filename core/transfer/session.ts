/**
 * The channels of files in and out (core/contract/transfer.ts) over a store. What is under way lives in memory only: an export
 * reads the store as its pieces are taken; an import writes nothing before `import.run`, and then whole conversations.
 */
import { randomUUID } from 'node:crypto';
import type { TransferHandlers } from '../contract/index.ts';
import { failure } from '../contract/result.ts';
import { IMPORT_ITEMS_PAGE } from '../contract/transfer.ts';
import { openExport, type Export, type ExportSource } from './export-session.ts';
import { Import, type ImportContext } from './import-session.ts';
import { exportName, kindOf } from './name.ts';
import { Open } from './under-way.ts';

export interface TransferOptions extends Omit<ImportContext, 'now'>, Pick<ExportSource, 'conversations' | 'toPdf'> {
  /** Milliseconds since 1970. */
  now?: () => number;
  /** A new identifier: 1 to 64 of 0-9 a-z A-Z _ -. */
  newId?: () => string;
}
export interface Transfer {
  handlers: TransferHandlers;
  /** Ends what is under way: a running import between two conversations. */
  close(): Promise<void>;
}

const EXPORTS = 8;
const IMPORTS = 2;

export function createTransfer({
  archive,
  conversations,
  notify,
  titleFrom,
  toPdf,
  formats,
  now = Date.now,
  newId = randomUUID,
}: TransferOptions): Transfer {
  const exports = new Open<Export>();
  const imports = new Open<Import>((dropped) => dropped.cancel.abort());
  const importing = (id: string): Import => {
    const found = imports.get(id);
    if (!found) throw failure('transfer.import-gone');
    return found;
  };

  /** What is being read or written: `close` waits for it. */
  const working = new Set<Promise<unknown>>();
  async function stage<T>(work: Promise<T>): Promise<T> {
    const settled = work.catch(() => undefined);
    working.add(settled);
    try {
      return await work;
    } finally {
      working.delete(settled);
    }
  }

  const handlers: TransferHandlers = {
    'export.begin': async ({ format, ids, frames }) => {
      const { title, count, ...made } = await openExport({ archive, conversations, toPdf, now }, format, ids, frames);
      exports.makeRoom(EXPORTS);
      const exportId = newId();
      exports.put(exportId, made);
      return {
        exportId,
        fileName: exportName(format, title, now()),
        mimeType: kindOf(format).mimeType,
        encoding: format === 'pdf' ? 'base64' : 'text',
        conversations: count,
      };
    },
    'export.read': ({ exportId, piece }) => {
      const found = exports.get(exportId);
      if (!found) throw failure('transfer.export-gone');
      const taken = found.pieces.take(piece);
      if (!taken) throw failure('transfer.pieces-in-order');
      return { ...taken, conversations: found.written() };
    },
    'export.end': ({ exportId }) => {
      exports.drop(exportId);
      return {};
    },

    'import.begin': ({ files }) => {
      if (!imports.makeRoom(IMPORTS, ({ stage }) => stage === 'receiving' || stage === 'planned'))
        throw failure('transfer.others-under-way');
      const importId = newId();
      const begun = new Import(files, { archive, notify, titleFrom, now, formats });
      imports.put(importId, begun);
      return { importId, wanted: begun.wanted, expected: begun.expected };
    },
    'import.add': ({ importId, file, at, data }) => {
      const it = importing(importId);
      it.add(file, at, Buffer.from(data, 'base64'));
      return { wanted: it.wanted, expected: it.expected };
    },
    'import.plan': async ({ importId }) => {
      const it = importing(importId);
      const { stage: before } = it;
      try {
        const files = await stage(it.plan(importId));
        return { files, items: it.items.length };
      } catch (thrown) {
        // one that could be planned and failed is over; one that was asked too early, or twice, goes on
        if (before === 'receiving' && it.stage !== 'receiving') imports.drop(importId);
        throw thrown;
      }
    },
    'import.items': ({ importId, from }) => ({
      items: importing(importId).items.slice(from, from + IMPORT_ITEMS_PAGE),
    }),
    'import.run': async ({ importId }) => {
      const it = importing(importId);
      const { stage: before } = it;
      try {
        return await stage(it.write(importId));
      } finally {
        if (before === 'planned') imports.drop(importId);
      }
    },
    'import.cancel': ({ importId }) => {
      imports.drop(importId);
      return {};
    },
  };

  return {
    handlers,
    async close() {
      for (const it of imports.values()) it.cancel.abort();
      await Promise.all(working);
    },
  };
}
