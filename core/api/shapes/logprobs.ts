/** Log-probabilities in OpenAI's two forms, from the probabilities that the model gave at temperature 1. */
import type { CommittedToken } from '../../contract/generation.ts';

const LEAST = -9999;
const log = (p: number | null): number => (p === null || p <= 0 ? LEAST : Math.max(LEAST, Math.log(p)));
const bytesOf = (text: string): number[] => [...Buffer.from(text)];
const best = ({ text, p, alternatives = [] }: CommittedToken, count: number): [string, number | null][] =>
  [[text, p] as [string, number | null], ...alternatives.map(([, piece, chance]): [string, number] => [piece, chance])]
    .sort((a, b) => (b[1] ?? 0) - (a[1] ?? 0))
    .slice(0, count);

export const chatLogprobs = (tokens: readonly CommittedToken[], top: number): Record<string, unknown> => ({
  content: tokens.map((token) => ({
    token: token.text,
    logprob: log(token.p),
    bytes: bytesOf(token.text),
    top_logprobs: best(token, top).map(([text, p]) => ({ token: text, logprob: log(p), bytes: bytesOf(text) })),
  })),
  refusal: null,
});
/** @param at characters before the first of these tokens */
export function textLogprobs(tokens: readonly CommittedToken[], top: number, at: number): Record<string, unknown> {
  let offset = at;
  const offsets = tokens.map(({ text }) => (offset += text.length) - text.length);
  return {
    tokens: tokens.map(({ text }) => text),
    // as OpenAI's own, which gives null for a token that was not predicted
    token_logprobs: tokens.map(({ p }) => (p === null ? null : log(p))),
    top_logprobs: tokens.map((token) =>
      token.p === null ? null : Object.fromEntries(best(token, top).map(([text, p]) => [text, log(p)])),
    ),
    text_offset: offsets,
  };
}
