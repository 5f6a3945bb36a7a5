/** How what has no place in a message here stands in its text: files, thoughts, pictures, values of other apps. Pure. */
import { fenceFor } from '../contract/attachments.ts';

/** In a code fence longer than any in the text, so that nothing ends it early. */
export function fenced(text: string, language = ''): string {
  const fence = fenceFor(text);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Text in one line, at most so many characters. */
export const brief = (text: string, most = 200): string =>
  text
    .slice(0, most * 4)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, most);

/** Bytes written as text: they say nothing to a reader and fill the message. */
const isBytes = (text: string): boolean =>
  text.length > 1000 && (/^data:/i.test(text) || /^[\w+/=-]+$/.test(text.slice(0, 2000)));

/** A value that has no place in a message here, kept where it stood as a note that can be read; without bytes of pictures and sounds. */
export function note(what: string, value: unknown): string {
  let written: string;
  try {
    written =
      JSON.stringify(
        value,
        (_key, part: unknown) =>
          typeof part === 'string' && isBytes(part) ? `(${part.length} characters left out)` : part,
        2,
      ) ?? '';
  } catch {
    written = 'too deeply nested to be kept';
  }
  return `*[${brief(what, 80)}]*\n\n${fenced(written, 'json')}`;
}

/** @param source an address or name, if one is known; bytes in it are left out */
export function media(what: string, source?: unknown): string {
  const name = typeof source === 'string' && !/^data:/i.test(source) ? brief(source).replace(/[\][*]/g, '') : '';
  return name === '' ? `*[${what}]*` : `*[${what}: ${name}]*`;
}

/** A file that came along: with its text where there is one. */
export const file = (name: unknown, text?: string | null): string => {
  const label = media('File', typeof name === 'string' && name.trim() !== '' ? name : 'without a name');
  return text === undefined || text === null || text === '' ? label : `${label}\n\n${fenced(text)}`;
};

/** What a model thought before it answered. */
export const thinking = (text: string): string =>
  text.trim() === ''
    ? ''
    : `*[Thinking]*\n\n${text
        .trim()
        .split('\n')
        .map((line) => `> ${line}`.trimEnd())
        .join('\n')}`;

/** Parts of one message, those with nothing in them left out. */
export const joined = (parts: readonly string[]): string => parts.filter((part) => part.trim() !== '').join('\n\n');
