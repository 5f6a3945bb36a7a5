/** A conversation's title from its first question. */

const MAX_TITLE = 60;
/** A shorter first sentence (“Hi.”) takes the next one along. */
const MIN_TITLE = 12;

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const words = new Intl.Segmenter(undefined, { granularity: 'word' });

const lengthOf = (text: string): number => [...graphemes.segment(text)].length;

/** Cuts before the word that would go past the limit; a single longer word is cut within. Ends with “…”. */
function cut(text: string): string {
  let kept = '';
  for (const { segment } of words.segment(text)) {
    if (lengthOf(kept + segment) > MAX_TITLE - 1) break;
    kept += segment;
  }
  if (kept.trim() === '') kept = [...graphemes.segment(text)].slice(0, MAX_TITLE - 1).map((g) => g.segment).join('');
  return `${kept.replace(/[\s,;:.–—-]+$/u, '')}…`;
}

/** The first sentence, without markdown's marks and a closing full stop; at most 60 characters, cut at a word. */
export function titleFrom(question: string): string {
  const plain = question
    .slice(0, 2000)
    .replace(/```[^\n]*\n?/g, ' ')
    .replace(/^[\s>#*\-+]+/gm, '')
    .replace(/(?<!\w)(\*{1,3}|`)(?=\S)([^*`\n]+)\1(?!\w)/g, '$2')
    // control and formatting characters have no place in a list
    .replace(/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  let title = '';
  for (const { segment } of sentences.segment(plain)) {
    title += segment;
    if (title.trim().length >= MIN_TITLE) break;
  }
  title = title.trim().replace(/(?<!\.)\.$/u, '');
  if (title === '') return 'New conversation';
  return lengthOf(title) <= MAX_TITLE ? title : cut(title);
}
