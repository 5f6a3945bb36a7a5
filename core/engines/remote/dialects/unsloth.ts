/**
 * Unsloth's servers: on request, each step's text. Its DiffusionGemma server sends the block at work, with `choices`; its Studio
 * sends the whole reply so far, without. Read in unsloth_zoo and unsloth 2026.10.9.
 */
import type { Chunk } from '../chunks.ts';
import { onlyWrites, type Dialect, type Step } from './dialect.ts';
import { plainSteps } from './openai-blocks.ts';

/** Errors that come as text, in the chunk that ends the reply. No other content of this server comes in one. */
const ERROR = /^\n\[(?:engine error: )?([^]*)\]$/;
function errorIn({ choices }: Chunk): Step | null {
  const choice = choices?.[0];
  const said = choice?.finish_reason ? ERROR.exec(choice.delta?.content ?? '') : null;
  return said ? { kind: 'fault', reason: said[1] ?? '', brokeOff: false } : null;
}

export const unsloth: Dialect = {
  id: 'unsloth',
  unit: 'text',
  states: true,
  capabilities: { ...onlyWrites, frames: true },
  headers: { 'x-unsloth-events': '1' },
  // without one every reply has the same
  body: ({ seed }) => ({ seed }),
  reader: () => (chunk) => {
    const error = errorIn(chunk);
    if (error) return [error];
    return chunk.type === 'diffusion_frame' && typeof chunk.text === 'string'
      ? [{ kind: 'block', text: chunk.text }, ...plainSteps(chunk)]
      : plainSteps(chunk);
  },
};
