/**
 * The skeleton of a reply as a person types it. Holes:
 *   ___                  some words
 *   [name]               some words; what is in the brackets says which, for the person
 *   [3 words]            about so many words · [~20 words] [2-5 words]
 *   [2–3 sentences]      so many sentences · [sentence] [a sentence] [paragraph]
 * Everything else is fixed. `\` before `_`, `[`, `]` or `\` takes the sign as it is; brackets that hold a link, a list mark
 * (`[ ]`, `[x]`) or a line end are text. Pure.
 */
import type { Hole, Template } from './layout.ts';

export interface TemplatePiece {
  /** As typed; for fixed text: as it will stand in the reply. */
  readonly text: string;
  readonly hole: Hole | null;
}

/** Tokens a word takes at least, and at most. */
const TOKENS_A_WORD = [1, 1.7] as const;
/** Tokens of a sentence. */
const TOKENS_A_SENTENCE = [3, 48] as const;
const WORDS: Hole = { kind: 'hole', min: 1, max: 8 };

const sentences = (from: number, to: number): Hole => ({
  kind: 'hole',
  min: from * TOKENS_A_SENTENCE[0],
  max: to * TOKENS_A_SENTENCE[1],
  sentences: [from, to],
});
const words = (from: number, to: number): Hole => ({
  kind: 'hole',
  min: Math.max(1, Math.round(from * TOKENS_A_WORD[0])),
  max: Math.max(2, Math.ceil(to * TOKENS_A_WORD[1])),
});

/** The hole that a pair of brackets means; null where they are text. */
function bracketHole(inside: string): Hole | null {
  const text = inside.trim().toLowerCase();
  if (text === '' || text === 'x' || text.length > 60 || /[\n[\]]/.test(inside)) return null;
  if (text === 'sentence' || text === 'a sentence' || text === 'one sentence') return sentences(1, 1);
  if (text === 'paragraph' || text === 'a paragraph') return sentences(2, 4);
  const counted = /^(~|about )?(\d{1,3})(?:\s*(?:-|–|—|to)\s*(\d{1,3}))?\s*(words?|sentences?)$/.exec(text);
  if (!counted) return WORDS;
  const [, about, low = '1', high, unit = ''] = counted;
  const from = Math.max(1, Number(low));
  const to = Math.max(from, Number(high ?? low));
  if (unit.startsWith('sentence')) return sentences(Math.min(from, 12), Math.min(to, 12));
  const slack = high === undefined && about !== undefined ? Math.ceil(from / 4) : 0;
  return words(Math.max(1, from - slack), to + slack);
}

/** The pieces of a template in order; neighbouring fixed ones are joined. */
export function templatePieces(source: string): TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let fixed = '';
  const hole = (text: string, found: Hole): void => {
    if (fixed !== '') pieces.push({ text: fixed, hole: null });
    fixed = '';
    pieces.push({ text, hole: found });
  };
  for (let at = 0; at < source.length;) {
    const rest = source.slice(at);
    const escaped = /^\\([_[\]\\])/.exec(rest);
    const line = /^_{3,}/.exec(rest);
    const brackets = /^\[([^[\]\n]*)\](?!\()/.exec(rest);
    const found = brackets && bracketHole(brackets[1] ?? '');
    if (escaped) {
      fixed += escaped[1];
      at += 2;
    } else if (line) {
      hole(line[0], WORDS);
      at += line[0].length;
    } else if (brackets && found) {
      hole(brackets[0], found);
      at += brackets[0].length;
    } else {
      fixed += source[at];
      at += 1;
    }
  }
  if (fixed !== '') pieces.push({ text: fixed, hole: null });
  return pieces;
}

/** The layout that a template means; null where it has no hole, or nothing else. */
export function parseTemplate(source: string): Template | null {
  const pieces = templatePieces(source);
  if (!pieces.some(({ hole }) => hole) || !pieces.some(({ hole, text }) => !hole && text.trim() !== '')) return null;
  return pieces.map(({ text, hole }) => hole ?? { kind: 'locked', text });
}
