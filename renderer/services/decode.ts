/** Text of a file, in whatever encoding it is: UTF-8, UTF-16 with a mark, and the older ones of East Asia and Europe. Pure. */
export type Decoded =
  | { text: string; /** Null: Unicode. Else the encoding that was guessed. */ encoding: string | null }
  /** binary: no text · unknown: text whose encoding can't be told */
  | 'binary'
  | 'unknown';

/** Control characters that no text has. */
// eslint-disable-next-line no-control-regex -- these alone tell a file of another kind
const CONTROL = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u0080-\u009f]/;
const isControl = (byte: number): boolean =>
  byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b) || byte === 0x7f;

function read(bytes: Uint8Array, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Bytes of which the guess is made. */
const SAMPLE = 64 * 1024;
/** Guesses below this are no guesses. */
const LEAST = 10;
/** How sure a guess has to be where the bytes look like characters of two bytes, to be one of one byte. */
const ADJACENT = 0.7;

/**
 * Encodings of two bytes a character, with the first bytes of their most common characters. A few such characters among much ASCII,
 * as in a program's comments, are too few for statistics of a language.
 */
const PAIRS: ReadonlyArray<{ encoding: string; common: (first: number) => boolean }> = [
  { encoding: 'Shift_JIS', common: (first) => first === 0x82 || first === 0x83 || (first >= 0x88 && first <= 0x97) },
  { encoding: 'GB18030', common: (first) => first >= 0xb0 && first <= 0xd7 },
  { encoding: 'EUC-JP', common: (first) => first === 0xa4 || first === 0xa5 || (first >= 0xb0 && first <= 0xcf) },
  { encoding: 'EUC-KR', common: (first) => first >= 0xb0 && first <= 0xc8 },
  { encoding: 'Big5', common: (first) => first >= 0xa4 && first <= 0xc6 },
];

/** The share of bytes above ASCII that stand beside another one: nearly all in East Asian text, few in European. */
function adjacent(bytes: Uint8Array): number {
  let high = 0;
  let beside = 0;
  for (let i = 0; i < bytes.length; i++) {
    if ((bytes[i] ?? 0) < 0x80) continue;
    high += 1;
    if ((bytes[i - 1] ?? 0) >= 0x80 || (bytes[i + 1] ?? 0) >= 0x80) beside += 1;
  }
  return high < 4 ? 0 : beside / high;
}
/** The share of pairs that are common ones; one by one, as the encoding would read them. */
function commonness(bytes: Uint8Array, common: (first: number) => boolean): number {
  let pairs = 0;
  let usual = 0;
  for (let i = 0; i < bytes.length; i++) {
    const first = bytes[i] ?? 0;
    if (first < 0x80) continue;
    pairs += 1;
    if (common(first)) usual += 1;
    i += 1;
  }
  return pairs === 0 ? 0 : usual / pairs;
}

async function guess(bytes: Uint8Array): Promise<string | null> {
  // fetched when a file needs it: most are in UTF-8
  const { analyse } = await import('chardet');
  const sample = bytes.subarray(0, SAMPLE);
  const found = analyse(sample).filter(({ confidence }) => confidence >= LEAST);
  const [best] = found;
  if (
    best &&
    !PAIRS.some(({ encoding }) => encoding === best.name) &&
    !/^(ISO-2022|UTF)/.test(best.name) &&
    adjacent(sample) >= ADJACENT
  ) {
    const pairs = PAIRS.map(({ encoding, common }) => ({
      encoding,
      share: read(bytes, encoding) === null ? 0 : commonness(sample, common),
    })).sort((a, b) => b.share - a.share);
    // Cyrillic and Greek stand in runs too: there the statistics of the language decide
    if (pairs[0] && pairs[0].share > 0.9 && /^(windows-125[0247]|ISO-8859-[1-49])/.test(best.name))
      return pairs[0].encoding;
  }
  return best?.name ?? null;
}

/** Whether an escape leads to Japanese: ISO-2022-JP is ASCII throughout, and would be taken for it. */
function isShifted(bytes: Uint8Array): boolean {
  const at = bytes.indexOf(0x1b);
  return at >= 0 && bytes[at + 1] === 0x24 && (bytes[at + 2] === 0x40 || bytes[at + 2] === 0x42);
}

export async function decode(bytes: Uint8Array): Promise<Decoded> {
  const mark =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
  const lines = (text: string): string => text.replace(/\r\n?/g, '\n');
  const shifted = isShifted(bytes) ? read(bytes, 'iso-2022-jp') : null;
  if (shifted !== null && !CONTROL.test(shifted) && !shifted.includes('\u001b'))
    return { text: lines(shifted), encoding: 'ISO-2022-JP' };
  const unicode = read(bytes, mark ?? 'utf-8');
  if (unicode !== null)
    return CONTROL.test(unicode.replace(/\u0085/g, '\n')) ? 'binary' : { text: lines(unicode), encoding: null };
  if (mark !== null || bytes.some(isControl)) return 'binary';
  // what the standard calls ISO-8859-1 is windows-1252 wherever text is read
  const guessed = await guess(bytes);
  const encoding = guessed === 'ISO-8859-1' ? 'windows-1252' : guessed;
  const text = encoding === null ? null : read(bytes, encoding);
  return text === null || CONTROL.test(text) ? 'unknown' : { text: lines(text), encoding };
}
