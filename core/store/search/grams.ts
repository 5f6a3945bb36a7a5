/**
 * Texts as pairs and triples of characters, which the index holds as its words: any stretch of two or more characters, in
 * any script, can so be looked up. Characters of ASCII are moved to a private area, where SQLite's `ascii` tokenizer takes
 * every character for a letter. Pure.
 */
const PRIVATE = 0xe000;
const SPACE = String.fromCharCode(PRIVATE + 0x20);
/** Written without spaces, a word often one character long. */
const IDEOGRAPH = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u;
/** More of them do not narrow what is found, and each is one more list to read. */
const MOST = 8;

const letter = (point: string): string =>
  point.charCodeAt(0) < 0x80 ? String.fromCharCode(PRIVATE + point.charCodeAt(0)) : point;

/** What the index keeps of a folded text, separated by spaces. */
export function gramsOf(folded: string): string {
  const found = new Set<string>();
  let before = '';
  let last = '';
  for (const point of folded) {
    const now = letter(point);
    if (IDEOGRAPH.test(point)) found.add(now);
    if (last !== '' && last !== SPACE && now !== SPACE) found.add(last + now);
    if (before !== '') found.add(before + last + now);
    before = last;
    last = now;
  }
  return [...found].join(' ');
}

/** Those of `list` in equal steps, the first and the last among them. */
const spread = (list: readonly string[], most: number): string[] =>
  list.length <= most
    ? [...list]
    : Array.from({ length: most }, (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))] ?? '');

function ofStretch(stretch: string): string[] {
  const points = [...stretch].map(letter);
  const [first = '', second] = points;
  if (second === undefined) return IDEOGRAPH.test(stretch) ? [first] : [];
  if (points.length === 2) return [first + second];
  // every second triple overlaps the next by one character: enough to tell texts apart
  const triples: string[] = [];
  const last = points.length - 3;
  for (let i = 0; i < last; i += 2) triples.push(points.slice(i, i + 3).join(''));
  return [...triples, points.slice(last).join('')];
}

/** An FTS5 query for the messages that may have all of these stretches; null where they are too short to look up. */
export function lookupOf(stretches: readonly string[]): string | null {
  const grams = spread([...new Set(stretches.flatMap(ofStretch))], MOST);
  return grams.length === 0 ? null : grams.map((gram) => `"${gram}"`).join(' AND ');
}
