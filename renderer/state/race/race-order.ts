/** What a race comes to: clocks, order, and how far a lane's text is that of Exact. Pure. */
import type { Message } from '../../../core/contract/conversations.ts';
import { settingsMode, type GenerationSettings } from '../../../core/contract/settings.ts';
import { t } from '../../strings.ts';
import { blockLengthOf, paramNumber } from '../settings/samplers.ts';

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
export function compareWithExact(
  lane: Pick<LaneResult, 'messageId' | 'ids'>,
  exact: Pick<LaneResult, 'messageId' | 'ids'> | undefined,
): Comparison {
  if (!exact) return { kind: 'none' };
  if (exact.messageId === lane.messageId) return { kind: 'reference' };
  const length = Math.max(lane.ids.length, exact.ids.length);
  for (let at = 0; at < length; at++) if (lane.ids[at] !== exact.ids[at]) return { kind: 'differs', at };
  return { kind: 'same' };
}

/** Milliseconds a token; none where nothing was written. */
const perToken = ({ ms, tokens }: Pick<LaneResult, 'ms' | 'tokens'>): number => (tokens > 0 ? ms / tokens : Infinity);

/** Lanes that came to their end, the quickest a token first: a shorter text is no faster. One that was stopped or failed is not in the race. Ties by their order. */
export const inOrder = <L extends Pick<LaneResult, 'status' | 'ms' | 'tokens'>>(lanes: readonly L[]): L[] =>
  lanes.filter(({ status, tokens }) => status === 'complete' && tokens > 0).sort((a, b) => perToken(a) - perToken(b));

/** The length that all lanes reached, in tokens: as far as the shortest goes. 0: nothing to compare. */
export const sameLength = (lanes: readonly Pick<LaneResult, 'status' | 'tokens'>[]): number => {
  const lengths = lanes.filter(({ status }) => status === 'complete').map(({ tokens }) => tokens);
  return lengths.length < 2 ? 0 : lengths.reduce((least, tokens) => Math.min(least, tokens), Infinity);
};
/** Milliseconds of writing until so many tokens stood; null where it never came so far. */
export const timeTo = (steps: readonly { ms: number; tokens: number }[], tokens: number): number | null =>
  steps.find((step) => step.tokens >= tokens)?.ms ?? null;

/** A lane by its mode, with the numbers that tell lanes of one mode apart. */
export function laneName(settings: GenerationSettings): string {
  const mode = settingsMode(settings);
  return t.race.laneName(
    t.modes[mode],
    paramNumber(settings.sampler.params, 'threshold', 'ratio') ?? 1,
    blockLengthOf(settings),
    mode === 'fast',
  );
}
