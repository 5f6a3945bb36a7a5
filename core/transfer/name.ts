/** What an exported file is called: readable, and a valid name on every system. Pure. */
import type { ExportFormat } from '../contract/transfer.ts';
import { writers } from './formats/index.ts';

interface FileKind {
  extension: string;
  mimeType: string;
}
export const kindOf = (format: ExportFormat): FileKind =>
  format === 'pdf' ? { extension: 'pdf', mimeType: 'application/pdf' } : writers[format];

const two = (n: number): string => String(n).padStart(2, '0');
/** Names that Windows keeps for devices, whatever their extension. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/** A title as the stem of a file name: letters and digits of any script, the rest as hyphens. Empty where there are none. */
export function stemOf(title: string): string {
  const words = title
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  const cut = [...words].slice(0, 60).join('').replace(/-+$/, '');
  return RESERVED.test(cut) ? `chat-${cut}` : cut;
}

/**
 * @param title of the one conversation in the file; null: several, and the file is named by the day
 * @param now milliseconds since 1970
 */
export function exportName(format: ExportFormat, title: string | null, now: number): string {
  const day = new Date(now);
  const stem =
    title === null
      ? `mezzotint-${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`
      : stemOf(title) || 'conversation';
  return `${stem}.${kindOf(format).extension}`;
}
