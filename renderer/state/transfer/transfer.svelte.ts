/** Conversations out to a file and in from files: what is under way, how far it is, how it came out. */
import { getContext, setContext } from 'svelte';
import type { ChannelName, Client, Request, Response } from '../../../core/contract/index.ts';
import { type AppError, errorOf, type Result } from '../../../core/contract/result.ts';
import {
  MAX_IMPORT_FILES,
  type ImportFile,
  type ImportItem,
  type ImportOutcome,
} from '../../../core/contract/transfer.ts';

export type ExportState =
  | { stage: 'idle' }
  | { stage: 'writing'; done: number; total: number }
  | { stage: 'saved'; name: string; bytes: number; conversations: number }
  | { stage: 'failed'; error: AppError };
/** `sending` counts bytes, `reading` bytes, `writing` conversations. */
export type ImportState =
  | { stage: 'idle'; error: AppError | null }
  | { stage: 'sending' | 'reading' | 'writing'; done: number; total: number }
  | { stage: 'planned'; files: readonly ImportFile[]; items: readonly ImportItem[]; total: number }
  | { stage: 'done'; outcome: ImportOutcome };

/** What a dropped or chosen file gives; the browser's `File`. */
export type Source = Pick<File, 'name' | 'size' | 'slice'>;

/** A piece whose answer was lost is asked for again so often. */
const TRIES = 4;

/** Bytes as base64. */
function base64(bytes: Uint8Array): string {
  let text = '';
  // eslint-disable-next-line mezzotint/no-spread-of-data -- 32,768 bytes at most
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

/** Base64 as bytes. */
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

/** Hands a file to the person under a name. */
export type SaveFile = (file: Blob, name: string) => void;

export class Transfers {
  readonly #client: Client;
  readonly #save: (file: Blob, name: string) => void;
  #importId: string | null = null;
  #exportId: string | null = null;
  /** Counts what was begun, so that an answer which comes after a cancel changes nothing. */
  #exports = 0;
  #imports = 0;
  exported = $state.raw<ExportState>({ stage: 'idle' });
  imported = $state.raw<ImportState>({ stage: 'idle', error: null });

  constructor(client: Client, save: SaveFile) {
    this.#client = client;
    this.#save = save;
    client.onPush((push) => {
      if (push.topic !== 'import' || push.importId !== this.#importId || this.imported.stage !== push.stage) return;
      this.imported = { stage: push.stage, done: push.done, total: push.total };
    });
  }

  /** A call that may be made twice without harm: made again where the connection was lost under it. */
  async #again<N extends ChannelName>(
    name: N,
    request: Request<N>,
    wanted: () => boolean,
  ): Promise<Result<Response<N>>> {
    for (let left = TRIES; ; left--) {
      const result = await this.#client.call(name, request);
      if (result.ok || result.error.code !== 'connection-lost' || left <= 1 || !wanted()) return result;
    }
  }

  /** @param ids null: all conversations */
  async export(request: Request<'export.begin'>): Promise<void> {
    const mine = ++this.#exports;
    const wanted = (): boolean => mine === this.#exports;
    this.exported = { stage: 'writing', done: 0, total: request.ids?.length ?? 0 };
    const failed = (error: AppError): void => {
      this.exported = { stage: 'failed', error };
    };
    const begun = await this.#client.call('export.begin', request);
    if (!begun.ok) return wanted() ? failed(begun.error) : undefined;
    const { exportId, fileName, mimeType, encoding, conversations: total } = begun.value;
    if (!wanted()) return void this.#client.call('export.end', { exportId });
    this.#exportId = exportId;
    const parts: Blob[] = [];
    for (let piece = 0; ; piece++) {
      const taken = await this.#again('export.read', { exportId, piece }, wanted);
      if (!wanted()) return;
      if (!taken.ok) {
        this.#exportId = null;
        void this.#client.call('export.end', { exportId });
        return failed(taken.error);
      }
      // as a Blob of its own: the browser may put it on the disk
      parts.push(new Blob([encoding === 'text' ? taken.value.text : bytesOf(taken.value.text)]));
      this.exported = { stage: 'writing', done: taken.value.conversations, total };
      if (taken.value.done) break;
    }
    this.#exportId = null;
    void this.#client.call('export.end', { exportId });
    const file = new Blob(parts, { type: mimeType });
    this.#save(file, fileName);
    this.exported = { stage: 'saved', name: fileName, bytes: file.size, conversations: total };
  }
  /** Ends a running export; nothing was saved. */
  cancelExport(): void {
    this.#exports += 1;
    if (this.#exportId !== null) void this.#client.call('export.end', { exportId: this.#exportId });
    this.#exportId = null;
    this.exported = { stage: 'idle' };
  }

  /** Sends the files and has them read: what would be imported is then shown. Nothing is imported yet. */
  async read(sources: readonly Source[]): Promise<void> {
    if (sources.length === 0) return;
    this.cancelImport();
    const mine = this.#imports;
    const wanted = (): boolean => mine === this.#imports;
    const refuse = (error: AppError): void => {
      if (!wanted()) return;
      this.cancelImport();
      this.imported = { stage: 'idle', error };
    };
    if (sources.length > MAX_IMPORT_FILES) return refuse(errorOf('window.too-many-files', { most: MAX_IMPORT_FILES }));
    this.imported = { stage: 'sending', done: 0, total: 0 };
    const begun = await this.#client.call('import.begin', {
      files: sources.map(({ name, size }) => ({ name: name.slice(-1000) || '?', size })),
    });
    if (!begun.ok) return refuse(begun.error);
    const { importId } = begun.value;
    if (!wanted()) return void this.#client.call('import.cancel', { importId });
    this.#importId = importId;
    let sent = 0;
    // of an archive only what is wanted of it is read and sent, however large it is
    for (let now: Response<'import.add'> = begun.value; now.wanted;) {
      const { file, at, length } = now.wanted;
      const source = sources[file];
      let bytes: Uint8Array;
      try {
        bytes = new Uint8Array((await source?.slice(at, at + length).arrayBuffer()) ?? new ArrayBuffer(0));
        if (bytes.length !== length) throw new Error('It became shorter.');
      } catch {
        return refuse(errorOf('window.file-unreadable', { name: source?.name ?? '?' }));
      }
      const added = await this.#again('import.add', { importId, file, at, data: base64(bytes) }, wanted);
      if (!wanted()) return;
      if (!added.ok) return refuse(added.error);
      sent += bytes.length;
      now = added.value;
      this.imported = { stage: 'sending', done: sent, total: Math.max(sent, now.expected) };
    }
    const total = sent;
    this.imported = { stage: 'reading', done: 0, total };
    const planned = await this.#client.call('import.plan', { importId });
    if (!wanted()) return;
    if (!planned.ok) return refuse(planned.error);
    this.imported = { stage: 'planned', files: planned.value.files, items: [], total: planned.value.items };
    await this.more();
  }
  /** Fetches further entries of what would be imported. */
  async more(): Promise<void> {
    const now = this.imported;
    if (now.stage !== 'planned' || this.#importId === null || now.items.length >= now.total) return;
    const listed = await this.#client.call('import.items', { importId: this.#importId, from: now.items.length });
    if (this.imported !== now) return;
    if (listed.ok) this.imported = { ...now, items: [...now.items, ...listed.value.items] };
    else this.imported = { stage: 'idle', error: listed.error };
  }
  /** Imports what was shown. */
  async run(): Promise<void> {
    const importId = this.#importId;
    if (importId === null || this.imported.stage !== 'planned') return;
    const mine = this.#imports;
    this.imported = { stage: 'writing', done: 0, total: this.imported.total };
    const run = await this.#client.call('import.run', { importId });
    if (mine !== this.#imports) return;
    this.#importId = null;
    this.imported = run.ok ? { stage: 'done', outcome: run.value } : { stage: 'idle', error: run.error };
  }
  /** Before the import: forgets the files. While it runs: ends it between two conversations; its outcome is still told. */
  cancelImport(): void {
    if (this.#importId !== null) void this.#client.call('import.cancel', { importId: this.#importId });
    if (this.imported.stage === 'writing') return;
    this.#imports += 1;
    this.#importId = null;
    this.imported = { stage: 'idle', error: null };
  }
  /** The window of it is closed: a running import goes on, everything else is put away. */
  leave(): void {
    if (this.imported.stage !== 'writing') this.cancelImport();
    this.cancelExport();
  }
}

const key = Symbol('transfers');
export const provideTransfers = (transfers: Transfers): Transfers => setContext(key, transfers);
export const useTransfers = (): Transfers => getContext<Transfers>(key);
