/** An import under way: files as they come in, what is in them, and writing it. Nothing is written before it is asked for. */
import type { Push } from '../contract/push.ts';
import { type AppError, failure, MezzotintError, toAppError } from '../contract/result.ts';
import {
  IMPORT_PIECE_BYTES,
  MAX_FILE_BYTES,
  type ImportFile,
  type ImportItem,
  type ImportOutcome,
  type ImportWanted,
} from '../contract/transfer.ts';
import { seldom, turns } from './under-way.ts';
import type { Reader } from './formats/format.ts';
import { createPlanner, runImport, type ImportPlan, type ImportTarget } from './plan.ts';
import { openFile } from './read.ts';
import { Receiving } from './source.ts';
import { openPacked, type PackedText } from './unpack.ts';

const PROGRESS_MS = 100;
/** A list of many thousands takes its time to be drawn. */
const LIST_MS = 2500;
/** Work that is done without giving others their turn. */
const TURN_MS = 12;
const MOST_PROBLEMS = 200;
/** An archive with more files than this is reported as one, not file by file. */
const MOST_TOLD_APART = 40;

export interface ImportContext {
  archive: ImportTarget;
  notify: (push: Push) => void;
  titleFrom: (question: string) => string;
  now: () => number;
  /** The formats that are read; absent: those of the registry. */
  formats?: readonly Reader[] | undefined;
}
interface Upload {
  name: string;
  size: number;
  receiving: Receiving<PackedText[]> | null;
}
/** What to tell of a file that can't be read; anything else is no matter of the file. */
function unreadable(thrown: unknown): AppError {
  if (!(thrown instanceof MezzotintError) || thrown.code !== 'file-invalid') throw thrown;
  return toAppError(thrown);
}

export class Import {
  stage: 'receiving' | 'reading' | 'planned' | 'writing' = 'receiving';
  readonly items: ImportItem[] = [];
  readonly cancel = new AbortController();
  readonly #files: Upload[];
  readonly #context: ImportContext;
  /** What each text in the files brings. */
  #plans: Array<ImportPlan & { name: string }> = [];
  /** The file that is being sent. */
  #at = 0;
  /** Bytes that came in, of all files. */
  #received = 0;

  constructor(files: readonly { name: string; size: number }[], context: ImportContext) {
    this.#files = files.map(({ name, size }) => ({ name, size, receiving: null }));
    this.#context = context;
    this.#next();
  }

  /** Goes on to the first file of which something is still wanted. */
  #next(): void {
    const { formats } = this.#context;
    for (; this.#at < this.#files.length; this.#at++) {
      const file = this.#files[this.#at];
      if (!file) return;
      file.receiving ??= new Receiving(
        openPacked(file.name, file.size, { headBytes: IMPORT_PIECE_BYTES, ...(formats ? { formats } : {}) }),
        file.size,
        IMPORT_PIECE_BYTES,
      );
      const { receiving } = file;
      if (this.#received + receiving.missing > MAX_FILE_BYTES) {
        receiving.outcome = {
          thrown: failure('transfer.too-much-at-once', { megabytes: MAX_FILE_BYTES / 1024 / 1024 }),
        };
      }
      if (receiving.outcome === null) return;
    }
  }
  /** What is to be sent next; null: all is there. */
  get wanted(): ImportWanted {
    const file = this.#files[this.#at];
    const range = file?.receiving?.wanted;
    return file && range ? { file: this.#at, ...range } : null;
  }
  /** Bytes to be sent, as far as that is known. */
  get expected(): number {
    const file = this.#files[this.#at];
    return this.#received + (file?.receiving?.missing ?? 0);
  }
  /** @throws MezzotintError bad-request where these bytes are not wanted */
  add(number: number, at: number, bytes: Buffer): void {
    const file = this.#files[number];
    if (this.stage !== 'receiving' || !file?.receiving) throw failure('transfer.no-bytes-expected');
    const before = file.receiving.received;
    if (!file.receiving.take(at, bytes)) throw failure('transfer.other-bytes-expected');
    this.#received += file.receiving.received - before;
    this.#next();
  }

  /** Reads all files, those in archives too, and places their conversations; ends early, by an error, where it was cancelled. */
  async plan(importId: string): Promise<ImportFile[]> {
    const { archive, notify, titleFrom, now, formats } = this.#context;
    const missing = this.#files[this.#at];
    if (this.stage !== 'receiving' || missing)
      throw this.stage === 'receiving' && missing
        ? failure('transfer.not-sent-whole', { name: missing.name })
        : failure('transfer.read-already');
    this.stage = 'reading';
    const place = createPlanner(archive);
    const turn = turns(TURN_MS);
    const total = this.#files.reduce((sum, { receiving }) => sum + (receiving?.received ?? 0), 0);
    let done = 0;
    const showProgress = seldom(PROGRESS_MS, () =>
      notify({ topic: 'import', importId, stage: 'reading', done: Math.min(total, Math.round(done)), total }),
    );
    const said: ImportFile[] = [];
    const at = now();
    /** Entries of the list by what is reported of them as one. */
    let together: Map<string, number> | null = null;

    /** One text; `share` of the upload's bytes are done when it is read. */
    const readOne = async (name: string, text: () => string, share: number, archiveName: string): Promise<void> => {
      const made: ImportPlan = { format: null, formatName: null, items: [], problems: [] };
      let error: ImportFile['error'] = null;
      const before = done;
      const number = this.#plans.length;
      try {
        const file = openFile(text(), formats);
        ({ format: made.format, formatName: made.formatName } = file);
        for (let i = 0; i < file.length; i++) {
          const part = file.read(i, { now: at - number, titleFrom });
          if ('problem' in part) made.problems.push(part.problem);
          else made.items.push(place(part));
          done = before + (share * (i + 1)) / file.length;
          showProgress();
          await turn();
          if (this.cancel.signal.aborted) throw failure('transfer.import-gone');
        }
      } catch (thrown) {
        error = unreadable(thrown);
      }
      done = before + share;
      this.#plans.push({ name, ...made });
      const key = `${made.format ?? ''}\0${error?.message ?? ''}`;
      let entry = together?.get(key);
      if (entry === undefined) {
        entry = said.length;
        together?.set(key, entry);
        said.push({
          name: together ? archiveName : name,
          format: error ? null : made.format,
          formatName: error ? null : made.formatName,
          fresh: 0,
          updated: 0,
          copies: 0,
          duplicates: 0,
          bad: 0,
          noted: 0,
          error,
        });
      }
      const file = said[entry];
      if (file) this.#list(file, entry, made, together ? `${name.slice(archiveName.length + 2)}: ` : '');
      await turn();
    };

    for (const { name, receiving } of this.#files) {
      const share = receiving?.received ?? 0;
      const outcome = receiving?.outcome;
      together = null;
      if (!outcome || 'thrown' in outcome) {
        const thrown = outcome?.thrown ?? failure('transfer.import-gone');
        unreadable(thrown);
        await readOne(
          name,
          () => {
            throw thrown;
          },
          share,
          name,
        );
        continue;
      }
      const texts = outcome.value;
      const unpacked = texts.reduce((sum, { size }) => sum + size, 0);
      if (texts.length > MOST_TOLD_APART) together = new Map();
      for (const text of texts)
        await readOne(text.name, text.text, unpacked === 0 ? 0 : (share * text.size) / unpacked, name);
    }
    for (const file of this.#files) file.receiving = null;
    this.stage = 'planned';
    return said;
  }

  /** Enters what a text brings in the list that is shown. */
  #list(file: ImportFile, number: number, { items, problems }: ImportPlan, within: string): void {
    for (const { where, why } of problems)
      this.items.push({
        standing: 'bad',
        file: number,
        where: (within + where).slice(0, 400),
        why,
      });
    for (const { standing, conversation, addition, notes } of items) {
      if (standing === 'new') file.fresh += 1;
      else if (standing === 'updated') file.updated += 1;
      else if (standing === 'copy') file.copies += 1;
      else file.duplicates += 1;
      if (notes.length > 0) file.noted += 1;
      this.items.push({
        standing,
        file: number,
        title: conversation.title,
        messages: (addition ?? conversation).messages.length,
        createdAt: conversation.createdAt,
        notes,
      });
    }
    file.bad += problems.length;
  }

  async write(importId: string): Promise<ImportOutcome> {
    const { archive, notify } = this.#context;
    if (this.stage !== 'planned') throw failure('transfer.not-read-yet');
    this.stage = 'writing';
    const total = this.#plans.reduce((sum, { items }) => sum + items.length, 0);
    const outcome: ImportOutcome = {
      imported: 0,
      updated: 0,
      duplicates: 0,
      first: null,
      problems: [],
      bad: 0,
      cancelled: false,
      error: null,
    };
    let before = 0;
    let done = 0;
    const showProgress = seldom(PROGRESS_MS, () =>
      notify({ topic: 'import', importId, stage: 'writing', done, total }),
    );
    const list = seldom(LIST_MS, () => notify({ topic: 'conversations-changed' }));
    try {
      for (const made of this.#plans) {
        const result = await runImport(made, archive, {
          signal: this.cancel.signal,
          onProgress(n) {
            done = before + n;
            showProgress();
            list();
          },
        });
        before += made.items.length;
        outcome.imported += result.imported.length;
        outcome.updated += result.updated.length;
        outcome.duplicates += result.duplicates;
        outcome.first ??= result.imported[0] ?? result.updated[0] ?? null;
        outcome.bad += result.problems.length;
        for (const { where, why } of result.problems.slice(0, MOST_PROBLEMS - outcome.problems.length))
          outcome.problems.push({ file: made.name, where, why });
        if (result.stopped === 'cancelled') outcome.cancelled = true;
        else outcome.error = result.stopped;
        if (result.stopped) break;
      }
    } finally {
      notify({ topic: 'conversations-changed' });
    }
    return outcome;
  }
}
