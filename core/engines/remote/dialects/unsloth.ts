/** Unsloth's servers: on request, each step's text of the block at work. Frames come with `choices` or without. */
import { onlyWrites, type Dialect } from './dialect.ts';
import { plainSteps } from './openai-blocks.ts';

export const unsloth: Dialect = {
  id: 'unsloth',
  unit: 'text',
  states: true,
  capabilities: { ...onlyWrites, frames: true },
  headers: { 'x-unsloth-events': '1' },
  body: () => ({}),
  reader: () => (chunk) =>
    chunk.type === 'diffusion_frame' && typeof chunk.text === 'string'
      ? [{ kind: 'block', text: chunk.text }, ...plainSteps(chunk)]
      : plainSteps(chunk),
};
