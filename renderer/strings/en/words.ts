/** The words of a reply and where they came from. */
import type { Via, WordsBy } from '../../state/inspector/token-shades.ts';

export const words = {
  label: 'The words of this reply',
  by: 'Show the words by',
  bys: { confidence: 'Confidence', order: 'Order', arrival: 'Arrival' } satisfies Record<WordsBy, string>,
  ends: { confidence: ['sure', 'unsure'], order: ['first', 'last'] } as const,
  orderNote: { blocks: 'within each block', forwards: 'a change of shade is another forward' },
  vias: {
    context: 'next token',
    draft: 'draft kept',
    revealed: 'unmasked',
    revised: 'revised',
    locked: 'locked',
  } satisfies Record<Via, string>,
  viasLong: {
    context: 'written as the next token',
    draft: 'a draft that held',
    revealed: 'unmasked on the canvas',
    revised: 'put in place of a word taken back',
    locked: 'fixed, or kept from the reply before',
  } satisfies Record<Via, string>,
  hint: 'Point at a word, or walk through them with the arrow keys.',
  close: 'Close this view',
  percent: (p: number): string =>
    p > 0.9995
      ? '>99.9 %'
      : p > 0 && p < 0.0005
        ? '<0.1 %'
        : `${(p * 100).toFixed(p >= 0.0995 && p < 0.995 ? 0 : 1)} %`,
  forward: (n: number): string => `forward ${n.toLocaleString('en')}`,
  instead: 'instead',
  before: 'before',
  noAlternatives: 'no alternatives were stored',
  earlier: {
    draftKept: 'drafted, kept',
    draft: 'drafted, taken back',
    guessKept: 'guessed rightly',
    guess: 'guessed',
    revealedKept: 'unmasked',
    revealed: 'unmasked, masked again',
  },
  option: (text: string, percent: string): string => `${text}, ${percent}`,
  blanks: { space: 'space', line: 'line end', part: 'part of a character' },
} as const;
