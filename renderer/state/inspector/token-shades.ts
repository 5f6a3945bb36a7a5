/** How the words of a finished reply can be shown: by sureness, by the order they came in, by the way they came. Pure. */
import type { CommittedToken } from '../../../core/contract/generation.ts';
import type { TokenStory } from './timeline.ts';

export type WordsBy = 'confidence' | 'order' | 'arrival';
export const wordsBy: readonly WordsBy[] = ['confidence', 'order', 'arrival'];
/** Those that a reply can be shown by: where the engine did not say how sure it was, not by that. */
export const waysFor = (tokens: readonly Pick<CommittedToken, 'p'>[]): readonly WordsBy[] =>
  tokens.some(({ p }) => p !== null) ? wordsBy : wordsBy.filter((by) => by !== 'confidence');
/** How a token came (`CommittedToken.via`). */
export type Via = CommittedToken['via'];
export const vias: readonly Via[] = ['context', 'draft', 'revealed', 'revised', 'locked'];

/** Shades of a scale, from none to full: more than these an eye does not tell apart under text. */
export const SHADES = 5;
const shade = (share: number): number => Math.round(Math.min(1, Math.max(0, share)) * SHADES);

/** The heat from which a token is called unsure: below three in four. */
export const UNSURE_FROM = 3;

/** Heat of a token, 0 (sure) … SHADES (unsure): the square root keeps 0.9 and 0.99 apart. */
export const heatOf = (p: number | null): number => (p === null ? 0 : shadeOf(p));
const shadeOf = (p: number): number => shade(Math.sqrt(1 - Math.min(1, Math.max(0, p))));

/**
 * Shades by order: within a block, from the forward that revealed its first tokens to the one that revealed its last.
 * Where a block came in one forward (Exact, one by one), forwards take turns between two shades.
 */
export function orderShades(tokens: readonly Pick<TokenStory, 'step' | 'block'>[]): number[] {
  const shades: number[] = [];
  let odd = false;
  for (let from = 0; from < tokens.length;) {
    const block = tokens[from]?.block;
    let end = from;
    while (end < tokens.length && tokens[end]?.block === block) end++;
    const steps = [...new Set(tokens.slice(from, end).map(({ step }) => step))].sort((a, b) => a - b);
    odd = !odd;
    for (let i = from; i < end; i++) {
      const rank = steps.indexOf(tokens[i]?.step ?? 0);
      shades.push(steps.length > 1 ? Math.max(1, shade((rank + 0.5) / (steps.length - 0.5))) : odd ? 1 : SHADES - 1);
    }
    from = end;
  }
  return shades;
}

/** The tokens that came with a token, itself included: those of the same step. */
export function peersOf(tokens: readonly Pick<TokenStory, 'step'>[], at: number): number[] {
  const step = tokens[at]?.step;
  const peers: number[] = [];
  tokens.forEach((token, i) => token.step === step && peers.push(i));
  return peers;
}

/** A token's text with its blanks to be seen: a space is kept, a line end and a tab get a sign before them. */
export const pieceOf = (text: string): string => (text === '' ? '◦' : text.replace(/\n/g, '↵\n').replace(/\t/g, '→\t'));
