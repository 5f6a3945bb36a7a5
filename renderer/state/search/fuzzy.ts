/** How well a title fits what was typed: its letters in order, best where words begin or letters follow each other. Pure. */
import { fold } from '../../../core/contract/fold.ts';

const isStart = (text: string, at: number): boolean => at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? '');

/** Points for one word from `from` on; null where its letters are not there in order. */
function scoreWord(text: string, word: string): number | null {
  const whole = text.indexOf(word);
  if (whole >= 0) {
    // the best place of the word: at the beginning of one
    for (let at = whole; at >= 0; at = text.indexOf(word, at + 1))
      if (isStart(text, at)) return (at === 0 ? 12 : 10) * word.length;
    return 6 * word.length;
  }
  let score = 0;
  let at = -1;
  for (const letter of word) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return null;
    score += next === at + 1 ? 4 : isStart(text, next) ? 3 : Math.max(0, 1 - (next - at) / 20);
    at = next;
  }
  // scattered letters of a long text fit anything
  return score >= 1.5 * word.length ? score : null;
}

/** The greater, the better; null: it does not fit. Every word typed must fit. */
export function fits(title: string, typed: string): number | null {
  const text = fold(title);
  let score = 0;
  for (const word of fold(typed).trim().split(' ')) {
    if (word === '') continue;
    const points = scoreWord(text, word);
    if (points === null) return null;
    score += points;
  }
  return score - text.length / 200;
}

/** The items that fit, the best first; equal ones keep their order. */
export function ranked<T>(items: readonly T[], titleOf: (item: T) => string, typed: string, limit: number): T[] {
  const found: { item: T; score: number; place: number }[] = [];
  items.forEach((item, place) => {
    const score = fits(titleOf(item), typed);
    if (score !== null) found.push({ item, score, place });
  });
  return found
    .sort((a, b) => b.score - a.score || a.place - b.place)
    .slice(0, limit)
    .map(({ item }) => item);
}
