/**
 * The channels of files in and out (core/contract/transfer.ts) over a store. What is under way lives in memory only: an export
 * reads the store as its pieces are taken; an import writes nothing before `import.run`, and then whole conversations.
 */
import { randomUUID } from 'node:crypto';
import type { ArchivedConversation, ExportFormat } from '../contract/exchange.ts';
import type { TransferHandlers } from '../contract/index.ts';
import type { Push } from '../contract/push.ts';
import { MezzotintError, toAppError, type AppError } from '../contract/result.ts';
import { IMPORT_ITEMS_PAGE, MAX_FILE_BYTES, type ImportFile, type ImportItem, type ImportOutcome } from '../contract/transfer.ts';
import { exportName, kindOf } from './name.ts';
import { inPieces, type Pieces } from './pieces.ts';
import { createPlanner, runImport, type ImportPlan, type ImportTarget } from './plan.ts';
import { openFile } from './read.ts';
import { textsIn } from './unpack.ts';
import { prepareExport, writeExport } from './write.ts';

export interface TransferOptions {
  archive: ImportTarget;
  conversations: {
    /** All that are not in the trash, in the order of the list. */
    list(): readonly { id: string }[];
    /** @throws MezzotintError not-found */
    get(id: string): { id: string; title: string };
  };
  notify: (push: Push) => void;
  titleFrom: (question: string) => string;
  /** Prints HTML to a PDF; absent: nothing here can. */
  toPdf?: (html: string) => Promise<Uint8Array>;
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
/** What nobody asked after for so long is forgotten. */
const IDLE_MS = 30 * 60_000;
const PROGRESS_MS = 100;
/** A list of many thousands takes its time to be drawn. */
const LIST_MS = 2500;
/** Work of an import that is done without giving others their turn. */
const TURN_MS = 12;
const MOST_PROBLEMS = 200;
/** Characters of HTML that are printed at once: some thousand pages. */
const MOST_PRINTED = 20_000_000;
/** Bytes of a piece in base64. Pieces are cut where a group of four signs ends, so each can be read by itself. */
const PIECE_BYTES = 192 * 1024;

interface Export {
  pieces: Pieces;
  written: () => number;
}
interface Upload {
  name: string;
  size: number;
  /** Null once it was read. */
  bytes: Buffer | null;
  received: number;
}
interface Import {
  stage: 'receiving' | 'reading' | 'planned' | 'writing';
  files: Upload[];
  /** What each text in the files brings. */
  plans: Array<ImportPlan & { name: string }>;
  items: ImportItem[];
  cancel: AbortController;
}

/** Things under way by name, the ones left alone longest first; forgotten when nobody asks after them. */
class Open<T> {
  readonly #all = new Map<string, { value: T; timer: ReturnType<typeof setTimeout> }>();
  readonly #onDrop: (value: T) => void;
  constructor(onDrop: (value: T) => void = () => {}) {
    this.#onDrop = onDrop;
  }
  put(id: string, value: T): void {
    const before = this.#all.get(id);
    if (before) clearTimeout(before.timer);
    this.#all.delete(id);
    const timer = setTimeout(() => this.drop(id), IDLE_MS);
    timer.unref();
    this.#all.set(id, { value, timer });
  }
  get(id: string): T | undefined {
    const found = this.#all.get(id);
    if (found) this.put(id, found.value);
    return found?.value;
  }
  drop(id: string): void {
    const found = this.#all.get(id);
    if (!found) return;
    clearTimeout(found.timer);
    this.#all.delete(id);
    this.#onDrop(found.value);
  }
  /** Makes room for one more; only what `idle` lets go is dropped. Returns whether there is room. */
  makeRoom(most: number, idle: (value: T) => boolean = () => true): boolean {
    if (this.#all.size < most) return true;
    const oldest = [...this.#all].find(([, { value }]) => idle(value));
    if (oldest) this.drop(oldest[0]);
    return oldest !== undefined;
  }
  values(): T[] {
    return [...this.#all.values()].map(({ value }) => value);
  }
}

const badRequest = (message: string): MezzotintError => new MezzotintError('bad-request', message);
const gone = (what: string): MezzotintError => new MezzotintError('not-found', `This ${what} is no longer under way.`, { action: 'Begin it again: what is in your list is as it was.' });

/** What to tell of a file that can't be read; anything else is no matter of the file. */
function unreadable(thrown: unknown): AppError {
  if (!(thrown instanceof MezzotintError) || thrown.code !== 'file-invalid') throw thrown;
  return toAppError(thrown);
}

/** Calls `task` at most once in `ms`, the first time at once. */
function seldom(ms: number, task: () => void): () => void {
  let last = -Infinity;
  return () => {
    const now = performance.now();
    if (now - last < ms) return;
    last = now;
    task();
  };
}
/** Resolves at once while there is time left in this turn, else in the next one. */
function turns(ms: number): () => Promise<void> {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < ms) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    began = performance.now();
  };
}

export function createTransfer({ archive, conversations, notify, titleFrom, toPdf, now = Date.now, newId = randomUUID }: TransferOptions): Transfer {
  const exports = new Open<Export>();
  const imports = new Open<Import>((dropped) => dropped.cancel.abort());
  const importing = (id: string): Import => {
    const found = imports.get(id);
    if (!found) throw gone('import');
    return found;
  };

  /** The conversations' web page, printed, in base64. */
  async function printed(list: Iterable<ArchivedConversation>): Promise<string[]> {
    if (!toPdf) throw new MezzotintError('bad-request', 'A PDF is made by the desktop app.', { action: 'Export a web page, open it, and print it to a PDF.' });
    const turn = turns(TURN_MS);
    let html = '';
    for (const piece of writeExport('html', list, { exportedAt: now(), frames: false })) {
      html += piece;
      if (html.length > MOST_PRINTED) throw new MezzotintError('bad-request', 'That is more than is printed at once.', { action: 'Export fewer conversations, or a web page.' });
      await turn();
    }
    let pdf: Buffer;
    try {
      pdf = Buffer.from(await toPdf(html));
    } catch (cause) {
      const { code, message } = toAppError(cause);
      throw new MezzotintError(code, `The PDF cannot be printed: ${message} No file was saved.`, { action: 'Export a web page, open it, and print it to a PDF.', cause });
    }
    return Array.from({ length: Math.ceil(pdf.length / PIECE_BYTES) }, (_, n) => pdf.toString('base64', n * PIECE_BYTES, (n + 1) * PIECE_BYTES));
  }

  async function beginExport(format: ExportFormat, ids: readonly string[] | null, frames: boolean): Promise<Export & { title: string | null; count: number }> {
    if (frames && format !== 'json') throw badRequest('Only JSON holds the steps of a reply.');
    // oldest first: taken in again in this order, those of the same moment stand in the list as they did
    const wanted = ids === null ? conversations.list().map(({ id }) => id).reverse() : [...new Set(ids)].map((id) => conversations.get(id).id);
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
      pieces: inPieces(format === 'pdf' ? await printed(read()) : writeExport(format, read(), { exportedAt: now(), frames })),
      written: () => written,
      title: ids !== null && wanted.length === 1 && only !== undefined ? conversations.get(only).title : null,
      count: wanted.length,
    };
  }

  /** Reads all files, those in archives too, and places their conversations; ends early, by an error, where it was cancelled. */
  async function plan(importId: string, it: Import): Promise<ImportFile[]> {
    const place = createPlanner(archive);
    const turn = turns(TURN_MS);
    const total = it.files.reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    const tell = seldom(PROGRESS_MS, () => notify({ topic: 'import', importId, stage: 'reading', done: Math.min(total, Math.round(done)), total }));
    const said: ImportFile[] = [];
    const at = now();

    /** One text; `share` of the upload's bytes are done when it is read. */
    async function readOne(name: string, text: () => string, share: number): Promise<void> {
      const number = said.length;
      const made: ImportPlan = { format: 'mezzotint', items: [], problems: [] };
      const counts = { new: 0, copy: 0, duplicate: 0 };
      let error: ImportFile['error'] = null;
      const before = done;
      try {
        const file = openFile(text());
        made.format = file.format;
        for (let i = 0; i < file.length; i++) {
          const part = file.read(i, { now: at - number, titleFrom });
          if ('problem' in part) made.problems.push(part.problem);
          else made.items.push(place(file.format, part.conversation));
          done = before + (share * (i + 1)) / file.length;
          tell();
          await turn();
          if (it.cancel.signal.aborted) throw gone('import');
        }
      } catch (thrown) {
        error = unreadable(thrown);
      }
      done = before + share;
      for (const { where, why } of made.problems) it.items.push({ standing: 'bad', file: number, where: where.slice(0, 400), why: why.slice(0, 1000) });
      for (const { standing, conversation } of made.items) {
        counts[standing] += 1;
        it.items.push({ standing, file: number, title: conversation.title, messages: conversation.messages.length, createdAt: conversation.createdAt });
      }
      it.plans.push({ name, ...made });
      said.push({ name, format: error ? null : made.format, fresh: counts.new, copies: counts.copy, duplicates: counts.duplicate, bad: made.problems.length, error });
      await turn();
    }

    for (const upload of it.files) {
      const bytes = upload.bytes ?? Buffer.alloc(0);
      upload.bytes = null;
      try {
        const texts = textsIn(upload.name, bytes);
        const unpacked = texts.reduce((sum, { size }) => sum + size, 0);
        for (const { name, size, text } of texts) await readOne(name, text, unpacked === 0 ? 0 : (upload.size * size) / unpacked);
      } catch (thrown) {
        unreadable(thrown);
        await readOne(upload.name, () => { throw thrown; }, upload.size);
      }
    }
    return said;
  }

  async function write(importId: string, it: Import): Promise<ImportOutcome> {
    const total = it.plans.reduce((sum, { items }) => sum + items.length, 0);
    const outcome: ImportOutcome = { imported: 0, duplicates: 0, first: null, problems: [], bad: 0, cancelled: false, error: null };
    let before = 0;
    let done = 0;
    const tell = seldom(PROGRESS_MS, () => notify({ topic: 'import', importId, stage: 'writing', done, total }));
    const list = seldom(LIST_MS, () => notify({ topic: 'conversations-changed' }));
    try {
      for (const made of it.plans) {
        const result = await runImport(made, archive, {
          signal: it.cancel.signal,
          onProgress(n) {
            done = before + n;
            tell();
            list();
          },
        });
        before += made.items.length;
        outcome.imported += result.imported.length;
        outcome.duplicates += result.duplicates;
        outcome.first ??= result.imported[0] ?? null;
        outcome.bad += result.problems.length;
        for (const { where, why } of result.problems.slice(0, MOST_PROBLEMS - outcome.problems.length)) outcome.problems.push({ file: made.name, where, why });
        if (result.stopped === 'cancelled') outcome.cancelled = true;
        else outcome.error = result.stopped;
        if (result.stopped) break;
      }
    } finally {
      notify({ topic: 'conversations-changed' });
    }
    return outcome;
  }

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
      const { title, count, ...made } = await beginExport(format, ids, frames);
      exports.makeRoom(EXPORTS);
      const exportId = newId();
      exports.put(exportId, made);
      return { exportId, fileName: exportName(format, title, now()), mimeType: kindOf(format).mimeType, encoding: format === 'pdf' ? 'base64' : 'text', conversations: count };
    },
    'export.read': ({ exportId, piece }) => {
      const found = exports.get(exportId);
      if (!found) throw gone('export');
      const taken = found.pieces.take(piece);
      if (!taken) throw badRequest('The pieces of an export come in order.');
      return { ...taken, conversations: found.written() };
    },
    'export.end': ({ exportId }) => {
      exports.drop(exportId);
      return {};
    },

    'import.begin': ({ files }) => {
      const size = files.reduce((sum, file) => sum + file.size, 0);
      if (size > MAX_FILE_BYTES) throw new MezzotintError('file-invalid', `These files have more than ${MAX_FILE_BYTES / 1024 / 1024} MB together.`, { action: 'Import them in smaller groups. Of a zip that is larger by itself, unpack it and import the conversations.json in it.' });
      if (!imports.makeRoom(IMPORTS, ({ stage }) => stage === 'receiving' || stage === 'planned')) throw new MezzotintError('conflict', 'Other imports are under way.', { action: 'Wait until they have ended.' });
      const importId = newId();
      imports.put(importId, { stage: 'receiving', files: files.map(({ name, size: bytes }) => ({ name, size: bytes, bytes: null, received: 0 })), plans: [], items: [], cancel: new AbortController() });
      return { importId };
    },
    'import.add': ({ importId, file, at, data }) => {
      const it = importing(importId);
      const upload = it.files[file];
      if (it.stage !== 'receiving' || !upload) throw badRequest('No bytes are expected for this file.');
      const bytes = Buffer.from(data, 'base64');
      // a piece that comes again, because its answer was lost
      if (at + bytes.length <= upload.received) return { received: upload.received };
      if (at !== upload.received || at + bytes.length > upload.size) throw badRequest('These bytes do not follow those before, or are more than the file has.');
      upload.bytes ??= Buffer.alloc(upload.size);
      upload.bytes.set(bytes, at);
      upload.received += bytes.length;
      return { received: upload.received };
    },
    'import.plan': async ({ importId }) => {
      const it = importing(importId);
      const short = it.files.find(({ received, size }) => received < size);
      if (it.stage !== 'receiving' || short) throw badRequest(short ? `${short.name} was not sent whole.` : 'These files were read already.');
      it.stage = 'reading';
      try {
        const files = await stage(plan(importId, it));
        it.stage = 'planned';
        return { files, items: it.items.length };
      } catch (thrown) {
        imports.drop(importId);
        throw thrown;
      }
    },
    'import.items': ({ importId, from }) => ({ items: importing(importId).items.slice(from, from + IMPORT_ITEMS_PAGE) }),
    'import.run': async ({ importId }) => {
      const it = importing(importId);
      if (it.stage !== 'planned') throw badRequest('This import was not read yet, or runs already.');
      it.stage = 'writing';
      try {
        return await stage(write(importId, it));
      } finally {
        imports.drop(importId);
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
