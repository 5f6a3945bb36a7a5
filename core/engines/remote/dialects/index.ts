/** The dialects there are: one file and one row each. */
import type { DialectId } from '../../../contract/remote.ts';
import type { Dialect } from './dialect.ts';
import { mercury } from './mercury.ts';
import { mezzotint } from './mezzotint.ts';
import { openaiBlocks } from './openai-blocks.ts';
import { unsloth } from './unsloth.ts';

export const dialects: Readonly<Record<DialectId, Dialect>> = {
  mezzotint,
  'openai-blocks': openaiBlocks,
  unsloth,
  mercury,
};
export type { Dialect, Step } from './dialect.ts';
