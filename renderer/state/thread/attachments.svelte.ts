/** The files attached to the question being written, by conversation; what was refused, and why. */
import { getContext, setContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import {
  MAX_ATTACHED_CHARACTERS,
  MAX_ATTACHMENT_CHARACTERS,
  MAX_ATTACHMENTS,
  withFiles,
  type AttachedFile,
} from '../../../core/contract/attachments.ts';
import { decode } from '../../services/decode.ts';
import { t } from '../../strings.ts';
import type { Session } from '../window/session.svelte.ts';
import type { Thread } from './thread.svelte.ts';

/** Bytes that are read at all: four a character at most. */
const MAX_BYTES = MAX_ATTACHMENT_CHARACTERS * 4;

export interface Attached extends AttachedFile {
  /** Tokens it takes with its name and frame; null: not counted yet. */
  readonly tokens: number | null;
}
/** What a file is to its reader: a browser's `File`, or one made up in a test. */
export type ReadableFile = Pick<File, 'name' | 'size' | 'arrayBuffer'>;

export class Attachments {
  readonly #session: Session;
  readonly #thread: Thread;
  #files = new SvelteMap<string, readonly Attached[]>();
  /** Why files were not taken, in words. */
  refused = $state.raw<readonly string[]>([]);
  /** Which files were read in an encoding that was guessed, in words. */
  guessed = $state.raw<readonly string[]>([]);

  /** Files are being read: the question waits for them. */
  reading = $state(false);

  constructor(session: Session, thread: Thread) {
    this.#session = session;
    this.#thread = thread;
  }
  get #place(): string {
    return this.#thread.id ?? '';
  }
  get files(): readonly Attached[] {
    return this.#files.get(this.#place) ?? [];
  }
  /** The question as it would be read. */
  whole(words: string): string {
    return withFiles(words, this.files);
  }
  /** Takes the files of a conversation away, to be sent. */
  take(): readonly AttachedFile[] {
    const files = this.files;
    this.#files.delete(this.#place);
    this.refused = [];
    this.guessed = [];
    return files.map(({ name, text }) => ({ name, text }));
  }
  /** Puts back what could not be sent, before what was attached meanwhile. */
  putBack(place: string | null, files: readonly AttachedFile[]): void {
    if (files.length > 0)
      this.#files.set(place ?? '', [
        ...files.map((file) => ({ ...file, tokens: null })),
        ...(this.#files.get(place ?? '') ?? []),
      ]);
  }
  /** What was attached for one place goes to another. */
  move(from: string | null, to: string | null): void {
    const files = this.#files.get(from ?? '');
    if (!files) return;
    this.#files.delete(from ?? '');
    this.#files.set(to ?? '', files);
  }
  /** Whether so many more files go with the question; says so where they don't. */
  fits(more: number): boolean {
    const fit = more === 0 || this.files.length + more <= MAX_ATTACHMENTS;
    if (!fit) this.refused = [t.attach.refused.many(MAX_ATTACHMENTS)];
    return fit;
  }
  remove(at: number): void {
    this.#files.set(
      this.#place,
      this.files.filter((_, i) => i !== at),
    );
    this.refused = [];
    this.guessed = [];
  }

  async add(list: Iterable<ReadableFile>): Promise<void> {
    const place = this.#place;
    const words = t.attach.refused;
    const refused: string[] = [];
    this.guessed = [];
    this.reading = true;
    for (const file of list) {
      const there = this.#files.get(place) ?? [];
      const why =
        there.length >= MAX_ATTACHMENTS
          ? words.many(MAX_ATTACHMENTS)
          : await this.#read(file, there).then(async (read) => {
              if (typeof read === 'string') return read;
              this.#files.set(place, [...(this.#files.get(place) ?? []), read]);
              // counted beside: the question need not wait for that
              void this.#count(place, read);
              return null;
            });
      if (why !== null && !refused.includes(why)) refused.push(why);
    }
    this.reading = false;
    this.refused = refused;
  }
  async #read(file: ReadableFile, there: readonly Attached[]): Promise<Attached | string> {
    const words = t.attach.refused;
    const { name: given, size } = file;
    const name = given.slice(-200).trim() || 'text';
    if (size === 0) return words.empty(name);
    if (size > MAX_BYTES) return words.large(name, size, MAX_ATTACHMENT_CHARACTERS);
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(await file.arrayBuffer());
    } catch {
      return words.unreadable(name);
    }
    const decoded = await decode(bytes);
    if (decoded === 'binary') return words.binary(name);
    if (decoded === 'unknown') return words.encoding(name);
    const { text, encoding } = decoded;
    if (text.trim() === '') return words.empty(name);
    if (text.length > MAX_ATTACHMENT_CHARACTERS) return words.large(name, size, MAX_ATTACHMENT_CHARACTERS);
    if (there.reduce((sum, one) => sum + one.text.length, text.length) > MAX_ATTACHED_CHARACTERS)
      return words.together(MAX_ATTACHED_CHARACTERS);
    if (encoding !== null) this.guessed = [...this.guessed, t.attach.guessed(name, encoding)];
    return { name, text, tokens: null };
  }
  async #count(place: string, file: Attached): Promise<void> {
    const result = await this.#session.client.call('chat.preview', {
      conversationId: null,
      parentId: null,
      text: withFiles('', [file]),
      instructions: '',
      maxTokens: 1,
      withText: true,
    });
    if (!result.ok) return;
    const tokens = result.value.parts.findLast(({ role }) => role === 'user')?.tokens ?? null;
    const now = this.#files.get(place) ?? [];
    // taken off or sent meanwhile
    if (now.includes(file))
      this.#files.set(
        place,
        now.map((one) => (one === file ? { ...one, tokens } : one)),
      );
  }
}

const key = Symbol('attachments');
export const provideAttachments = (attachments: Attachments): Attachments => setContext(key, attachments);
export const useAttachments = (): Attachments => getContext<Attachments>(key);
