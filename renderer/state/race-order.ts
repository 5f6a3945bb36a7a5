/** What a race comes to: clocks, order, and how far a lane's text is that of Exact. Pure. */
import type { Message } from '../../core/contract/conversations.ts';
import { settingsMode, type GenerationSettings } from '../../core/contract/settings.ts';
import { t } from '../strings.ts';
import { blockLengthOf, paramNumber } from './samplers.ts';

/** A lane's figures; `ms` is the time spent writing, in the engine. */
export interface LaneResult {
  readonly messageId: string;
  readonly settings: GenerationSettings;
  readonly status: Message['status'];
  readonly text: string;
  /** Committed token ids; their texts where the engine does not say ids. */
  readonly ids: readonly (number | string)[];
  readonly ms: number;
  readonly tokens: number;
  readonly forwards: number;
}
export type Comparison = { kind: 'reference' } | { kind: 'same' } | { kind: 'differs'; at: number } | { kind: 'none' };

/** Beside the Exact lane: token by token, so that a text that was cut or stopped shows where it is. */
export function compareWithExact(lane: Pick<LaneResult, 'messageId' | 'ids'>, exact: Pick<LaneResult, 'messageId' | 'ids'> | undefined): Comparison {
  if (!exact) return { kind: 'none' };
  if (exact.messageId === lane.messageId) return { kind: 'reference' };
  const length = Math.max(lane.ids.length, exact.ids.length);
  for (let at = 0; at < length; at++) if (lane.ids[at] !== exact.ids[at]) return { kind: 'differs', at };
  return { kind: 'same' };
}

/** Lanes that came to their end, the quickest first; a lane that was stopped or failed is not in the race. Ties by their order. */
export const inOrder = <L extends Pick<LaneResult, 'status' | 'ms'>>(lanes: readonly L[]): L[] => lanes.filter(({ status }) => status === 'complete').sort((a, b) => a.ms - b.ms);

/** A lane by its mode, with the numbers that tell lanes of one mode apart. */
export function laneName(settings: GenerationSettings): string {
  const mode = settingsMode(settings);
  return t.race.laneName(t.modes[mode], paramNumber(settings.sampler.params, 'threshold', 'ratio') ?? 1, blockLengthOf(settings), mode === 'fast');
}
