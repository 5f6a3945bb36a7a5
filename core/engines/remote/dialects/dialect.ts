/** What a dialect is: one file and one row of index.ts. */
import type { Capabilities } from '../../../contract/capabilities.ts';
import type { GenerateRequest } from '../../../contract/engine.ts';
import type { GenerationEvent, StopReason } from '../../../contract/generation.ts';
import type { DialectId, ServerRef } from '../../../contract/remote.ts';
import type { Chunk } from '../chunks.ts';

/** What a chunk means. */
export type Step =
  /** The text of the block at work, masks as ░: it replaces what was shown of it. */
  | { kind: 'block'; text: string }
  /** Not yet committed: `settled` characters of it are thought to stay. */
  | { kind: 'draft'; text: string; settled: number }
  /** Stays from now on. */
  | { kind: 'text'; text: string }
  /** An event of Mezzotint's own stream, unchanged. */
  | { kind: 'event'; event: GenerationEvent }
  /** What the model reasoned: no part of the reply. */
  | { kind: 'reasoning' }
  /** `forwards`: as the server counts them; absent where it does not. */
  | { kind: 'usage'; promptTokens: number; cachedTokens: number; tokens: number; forwards?: number }
  /** An error in the server's words; `brokeOff`: the name of a reason for which it ended the reply. */
  | { kind: 'fault'; reason: string; brokeOff: boolean }
  | { kind: 'end'; reason: StopReason };

export interface Dialect {
  id: DialectId;
  unit: ServerRef['unit'];
  /** Whether it can carry states of the canvas. */
  states: boolean;
  capabilities: Capabilities;
  headers: Readonly<Record<string, string>>;
  /** Laid over the body that every server gets. */
  body(request: GenerateRequest): Record<string, unknown>;
  /** Reads the chunks of one reply. */
  reader(): (chunk: Chunk) => Step[];
}
/** Of a server that can write and nothing else. */
export const onlyWrites: Capabilities = {
  tokenIds: false,
  probabilities: false,
  frames: false,
  resume: true,
  seeded: false,
  fill: false,
  preview: false,
  agreement: false,
  layout: false,
};
