/** The stops of the slider, and the questions they are measured with. */
import type { SpeedStop, StopSettings } from '../contract/calibration.ts';
import type { PackInfo } from '../contract/engine.ts';

/** Written for this: short, everyday, of four kinds (explaining, listing, telling, rewriting). */
export const calibrationPrompts: readonly string[] = [
  'Explain in two or three sentences why bread rises in the oven.',
  'List five things to check before a long bicycle ride, one a line.',
  'Tell the beginning of a story about a watchmaker who finds a clock that runs backwards.',
  'Rewrite this more politely: "Send me the report today, I have waited long enough."',
];

/** Fast, from sure to bold, where a drafter writes blocks of 4: the threshold is then the share of the best token's probability that a draft needs. */
const DRAFTED: typeof FAST = [
  { id: 'fast-steady', threshold: 0.7, blockLength: 4 },
  { id: 'fast-even', threshold: 0.5, blockLength: 4 },
  { id: 'fast-bold', threshold: 0.3, blockLength: 4 },
  { id: 'fast-rough', threshold: 0.1, blockLength: 4 },
];
/** On the model's own canvas. */
const FAST: readonly { id: string; threshold: number; blockLength: number }[] = [
  { id: 'fast-steady', threshold: 0.9, blockLength: 4 },
  { id: 'fast-even', threshold: 0.6, blockLength: 4 },
  { id: 'fast-bold', threshold: 0.3, blockLength: 8 },
  { id: 'fast-rough', threshold: 0.15, blockLength: 8 },
];

/** The offered length that is nearest to the one wanted. */
const nearest = (offered: readonly number[], wanted: number): number => offered.reduce((best, length) => (Math.abs(length - wanted) < Math.abs(best - wanted) ? length : best), offered[0] ?? wanted);

/** For a pack: one by one as the reference mark, Exact, then Fast at falling thresholds; modes it lacks are left out. */
export function stopsOf(pack: Pick<PackInfo, 'modes' | 'blockLengths' | 'defaults' | 'drafterSlots'>): Omit<SpeedStop, 'measured'>[] {
  const { threshold, blockLength, draftLength } = pack.defaults;
  const plain = (mode: StopSettings['mode']): StopSettings => ({ mode, threshold, blockLength, draftLength });
  const all = [
    { id: 'ar', settings: plain('ar') },
    { id: 'exact', settings: plain('exact') },
    ...((pack.drafterSlots ?? 0) >= 4 && pack.blockLengths.includes(4) ? DRAFTED : FAST).map((fast) => ({ id: fast.id, settings: { mode: 'fast' as const, threshold: fast.threshold, blockLength: nearest(pack.blockLengths, fast.blockLength), draftLength } })),
  ];
  return all.filter(({ settings }) => pack.modes.includes(settings.mode));
}
