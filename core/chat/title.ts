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
  if (kept.trim() === '')
    kept = [...graphemes.segment(text)]
      .slice(0, MAX_TITLE - 1)
      .map((g) => g.segment)
      .join('');
  return `${kept.replace(/[\s,;:.–—-]+$/u, '')}…`;
}

/** What a request is put politely around: nothing of it says what the conversation is about. */
const GREETING = /^(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?\s*[,!.…]+\s*/i;
const VERB =
  'help|explain|tell|write|give|list|make|show|describe|translate|summari[sz]e|rewrite|suggest|recommend|create|find|fix|check|compare|draft|name|think of|come up with|teach|plan';
const ASKING = new RegExp(
  `^(?:(?:can|could|would|will) you (?:please |kindly )?|i(?:'d like| would like| want| need) you to |please )(?=(?:please )?(?:${VERB})\\b)(?:please )?(?:help me (?:to )?(?=(?:${VERB})\\b))?`,
  'i',
);

/** “Can you please help me write an email?” is called “Write an email”. English alone; other languages stay as they are. */
function plainly(text: string): string {
  const greeted = text.replace(GREETING, '');
  const asked = greeted.replace(ASKING, '');
  if (asked === text || asked === '') return text;
  const title = asked.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
  // a request is no question any more; one that was cut to its first line keeps what follows
  return asked === greeted ? title : title.replace(/^([^.?!]*)\?/u, '$1.');
}

/** What a line of Markdown may begin with: quotes, headings, items, rules. A sign that no space follows is the person's own (“-5 + 3”). */
const MARKS = /^[ \t]*(?:(?:>(?![=<\d])|#{1,6}(?=\s)|[-*+](?=\s)|[-*_]{3,}[ \t]*$)[ \t]*)+/gm;
/** Stars and backticks around words; not those of “2 * 3” or of “src/**” and the like. */
const EMPHASIS = /(?<![\w*/])(\*{1,3}|`)(?=[\p{L}\p{N}\p{Ps}\p{Pi}"'$-])([^*`\n]*[^\s*`])\1(?![\w*/])/gu;

/** The first sentence, without greeting, markdown's marks and a closing full stop; at most 60 characters, cut at a word. */
export function titleFrom(question: string): string {
  const plain = question
    .slice(0, 2000)
    .replace(/```[^\n]*\n?/g, ' ')
    .replace(MARKS, '')
    .replace(EMPHASIS, '$2')
    // characters that turn or hide others have no place in a list, and neither have control characters
    .replace(/[\u200b\u202a-\u202e\u2060-\u206f\ufeff]/g, '')
    .replace(/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  let title = '';
  for (const { segment } of sentences.segment(plainly(plain))) {
    title += segment;
    if (title.trim().length >= MIN_TITLE) break;
  }
  title = title.trim().replace(/(?<!\.)\.$/u, '');
  if (title === '') return 'New conversation';
  return lengthOf(title) <= MAX_TITLE ? title : cut(title);
}
