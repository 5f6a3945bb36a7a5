/** The texts that one file to import brings: its own, or those in a zip archive. */
import { MezzotintError } from '../contract/result.ts';
import { MAX_FILE_BYTES, MAX_IMPORT_FILES } from '../contract/transfer.ts';
import { textOf } from './read.ts';
import { isZip, readZip } from './zip.ts';

export interface PackedText {
  /** The file's name, or the archive's with that of the file in it. */
  name: string;
  /** Unpacked, in bytes. */
  size: number;
  /** @throws MezzotintError file-invalid */
  text(): string;
}

const base = (name: string): string => name.split(/[/\\]/).at(-1) ?? '';
/** The conversations of a ChatGPT export, in one file or in numbered ones, in whatever folder. */
const isConversations = (name: string): boolean => /^conversations[-_.]?\d*\.json$/i.test(base(name));
const isReadable = (name: string): boolean => /\.(json|jsonl|ndjson|md|markdown)$/i.test(name);
/** What macOS puts beside each file. */
const isShadow = (name: string): boolean => base(name).startsWith('._') || name.startsWith('__MACOSX/');

/**
 * @param name of the file, for what is told of it
 * @throws MezzotintError file-invalid where an archive can't be read or has nothing to import
 */
export function textsIn(name: string, bytes: Uint8Array): PackedText[] {
  if (!isZip(bytes)) return [{ name, size: bytes.length, text: () => textOf(bytes) }];
  const entries = readZip(bytes).filter((entry) => !isShadow(entry.name));
  const ofChatGpt = entries.filter((entry) => isConversations(entry.name));
  const wanted = ofChatGpt.length > 0 ? ofChatGpt : entries.filter((entry) => isReadable(entry.name));
  if (wanted.length === 0) throw new MezzotintError('file-invalid', 'There is no file in this zip archive that can be imported.', { action: 'Choose the zip that ChatGPT sent, or one with JSON, JSONL or Markdown files in it.' });
  const size = wanted.reduce((sum, entry) => sum + entry.size, 0);
  if (wanted.length > MAX_IMPORT_FILES || size > MAX_FILE_BYTES) {
    throw new MezzotintError('file-invalid', `Unpacked, this zip archive has ${wanted.length.toLocaleString('en')} files and ${Math.round(size / 1e6).toLocaleString('en')} MB to import; at most ${MAX_IMPORT_FILES} and ${MAX_FILE_BYTES / 1024 / 1024} MB are read.`, { action: 'Unpack it and import the files in it in smaller groups.' });
  }
  return wanted
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    .map((entry) => ({ name: `${name}: ${entry.name.replace(/\p{Cc}+/gu, ' ').slice(-200)}`, size: entry.size, text: () => textOf(entry.bytes()) }));
}
