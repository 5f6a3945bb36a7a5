/** Any OpenAI-compatible server: finished text alone, a block or a token at a time. Nothing is known of how it was written. */
import type { StopReason } from '../../../contract/generation.ts';
import type { Chunk } from '../chunks.ts';
import { onlyWrites, type Dialect, type Step } from './dialect.ts';

/** Reasons of ends that are none: SGLang, vLLM and LMDeploy stop a reply with them, OpenAI withholds one. */
const BROKE_OFF = ['abort', 'error', 'cancelled', 'content_filter'];
const REASONS: Readonly<Record<string, StopReason>> = { length: 'length', repetition: 'loop' };

/** What every dialect has in common with OpenAI's chunks. */
export function plainSteps({ choices, usage, timings }: Chunk): Step[] {
  const steps: Step[] = [];
  const choice = choices?.find(({ index }) => (index ?? 0) === 0);
  const text = choice?.delta?.content ?? choice?.message?.content ?? choice?.text;
  if (choice?.delta?.reasoning_content || choice?.delta?.reasoning) steps.push({ kind: 'reasoning' });
  if (text) steps.push({ kind: 'text', text });
  if (usage)
    steps.push({
      kind: 'usage',
      promptTokens: Math.round(usage.prompt_tokens ?? 0),
      cachedTokens: Math.round(usage.prompt_tokens_details?.cached_tokens ?? 0),
      tokens: Math.round(usage.completion_tokens ?? 0),
      ...(timings?.diffusion_steps ? { forwards: Math.round(timings.diffusion_steps) } : {}),
    });
  const finish = choice?.finish_reason;
  if (finish && BROKE_OFF.includes(finish)) steps.push({ kind: 'fault', reason: finish, brokeOff: true });
  else if (finish) steps.push({ kind: 'end', reason: REASONS[finish] ?? 'end' });
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
