/** Counts of a reply in the words of several protocols. */
import type { Counts } from '../../contract/generation.ts';
import type { Result } from '../reply.ts';

export const usageOf = ({ promptTokens, cachedTokens, tokens }: Counts): Record<string, unknown> => ({
  prompt_tokens: promptTokens,
  completion_tokens: tokens,
  total_tokens: promptTokens + tokens,
  prompt_tokens_details: { cached_tokens: cachedTokens },
});
/** As llama.cpp's server has it. */
export const timingsOf = ({
  promptTokens,
  cachedTokens,
  tokens,
  msPrefill,
  msDecode,
}: Counts): Record<string, unknown> => ({
  cache_n: cachedTokens,
  prompt_n: promptTokens - cachedTokens,
  prompt_ms: msPrefill,
  predicted_n: tokens,
  predicted_ms: msDecode,
  predicted_per_second: msDecode > 0 ? (tokens * 1000) / msDecode : 0,
});
/** What it cost and how it can be had again. */
export const finishedOf = ({ reason, counts }: Result, seed: number): Record<string, unknown> => ({
  v: 1,
  kind: 'finished',
  reason,
  seed,
  counts,
});
export const finishReason = (reason: Result['reason']): 'stop' | 'length' | 'tool_calls' =>
  reason === 'length' || reason === 'context-full' ? 'length' : reason === 'tool-calls' ? 'tool_calls' : 'stop';
