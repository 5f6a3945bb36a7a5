/** Any OpenAI-compatible server: finished text alone, a block or a token at a time. Nothing is known of how it was written. */
import type { Chunk } from '../chunks.ts';
import { onlyWrites, type Dialect, type Step } from './dialect.ts';

/** What every dialect has in common with OpenAI's chunks. */
export function plainSteps({ choices, usage }: Chunk): Step[] {
  const steps: Step[] = [];
  const choice = choices?.find(({ index }) => (index ?? 0) === 0);
  const text = choice?.delta?.content ?? choice?.message?.content ?? choice?.text;
  if (text) steps.push({ kind: 'text', text });
  if (usage)
    steps.push({
      kind: 'usage',
      promptTokens: Math.round(usage.prompt_tokens ?? 0),
      cachedTokens: Math.round(usage.prompt_tokens_details?.cached_tokens ?? 0),
      tokens: Math.round(usage.completion_tokens ?? 0),
    });
  const finish = choice?.finish_reason;
  if (finish) steps.push({ kind: 'end', reason: finish === 'length' ? 'length' : 'end' });
  return steps;
}

export const openaiBlocks: Dialect = {
  id: 'openai-blocks',
  unit: 'text',
  states: false,
  capabilities: onlyWrites,
  headers: {},
  body: () => ({}),
  reader: () => plainSteps,
};
