/**
 * Settings of one sampler that trade quality for speed, around those that its authors recommend. A row of the registry names
 * them; the slider of the window, the speed profile, the command line and the API take them from its description.
 */
import type { Params, ParamValue, SpeedId } from '../../contract/samplers.ts';

export interface Speed {
  id: SpeedId;
  /** Laid over the authors' parameters. */
  params: Params;
}

const BOLDER = ['bold', 'bolder', 'boldest'] as const;
const two = (value: number): number => Math.round(value * 100) / 100;
const same = (a: Params, b: Params): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * @param slowest one slot a step; null where the recommended one is @param careful between the two
 * @param bolder at most three, each quicker than the one before; what repeats is left out
 */
export function around(
  slowest: Params | null,
  careful: Params | null,
  recommended: Params,
  bolder: readonly Params[],
): Speed[] {
  const slow = slowest && !same(slowest, recommended) ? slowest : null;
  const between = slow && careful && !same(careful, recommended) && !same(careful, slow) ? careful : null;
  const quick = bolder.filter((params, i) => !same(params, i === 0 ? recommended : (bolder[i - 1] as Params)));
  return [
    ...(slow ? [{ id: 'one-slot' as const, params: slow }] : []),
    ...(between ? [{ id: 'careful' as const, params: between }] : []),
    { id: 'recommended', params: recommended },
    ...quick.slice(0, BOLDER.length).map((params, i) => ({ id: BOLDER[i] as SpeedId, params })),
  ];
}

/** Without those that repeat what is before them; the recommended one stays. */
export const distinct = (speeds: readonly Speed[]): Speed[] =>
  speeds.filter(
    ({ id, params }, i) => id === 'recommended' || !speeds.some((other, j) => j < i && same(other.params, params)),
  );

/** Below this a threshold says nothing. */
const LEAST = 0.3;
/** Thresholds that leave half, twice and four times the doubt that the recommended one leaves. */
const doubts = (recommended: number): { careful: number; bolder: number[] } => ({
  careful: two(1 - (1 - recommended) / 2),
  bolder: [2, 4].map((times) => two(Math.max(Math.min(LEAST, recommended), 1 - times * (1 - recommended)))),
});
/** Where authors unmask one slot a step: what others recommend for thresholds, and below. */
const FROM_ONE = [0.95, 0.9, 0.8] as const;

/** @param recommended null: one slot a step @param none what stands for one slot a step */
export function byThreshold(recommended: ParamValue | undefined, none: null | 1 = null, id = 'threshold'): Speed[] {
  if (typeof recommended !== 'number' || recommended >= 1)
    return around(
      null,
      null,
      { [id]: recommended ?? none },
      FROM_ONE.map((value) => ({ [id]: value })),
    );
  const { careful, bolder } = doubts(recommended);
  return around(
    { [id]: none },
    { [id]: careful },
    { [id]: recommended },
    bolder.map((value) => ({ [id]: value })),
  );
}

/** Fewer steps for the same slots. @param recommended null: one a slot @param slots of a block */
export function bySteps(id: string, recommended: ParamValue | undefined, slots: number): Speed[] {
  const steps = typeof recommended === 'number' ? Math.min(recommended, slots) : slots;
  const fewer = [2, 4, 8].map((part) => ({ [id]: Math.max(1, Math.round(steps / part)) }));
  return around(steps < slots ? { [id]: null } : null, null, { [id]: recommended ?? null }, fewer);
}

/** Every number times a factor: smaller ones are careful. @param none one slot a step, or as near as it gets */
export function byScale(
  recommended: Params,
  none: Params | null,
  { careful, bolder }: { careful: number; bolder: readonly number[] },
): Speed[] {
  const times = (factor: number): Params =>
    Object.fromEntries(
      Object.entries(recommended).map(([id, value]) => [id, typeof value === 'number' ? two(value * factor) : value]),
    );
  return around(none, times(careful), recommended, bolder.map(times));
}
