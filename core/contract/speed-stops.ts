/** The points of the speed slider, for a pack: what trades quality for speed, by one name in the window, on the command line and in the API. */
import type { PackInfo } from './engine.ts';
import { fitParams, type SamplerInfo } from './samplers.ts';
import type { SamplerChoice } from './settings.ts';
import type { SpeedPoint } from './speed-profile.ts';

type Stop = Omit<SpeedPoint, 'measured'>;
/** What a pack offers, as far as the slider asks. */
type Offer = Pick<PackInfo, 'samplers' | 'defaults'>;

/** A large block on the model's own canvas, careful enough to write nearly what the causal head would: to be watched, not for speed. */
const FORMING: Stop = {
  id: 'form',
  sampler: { id: 'corrected-threshold', params: { threshold: 0.9, blockLength: 16 } },
};
/** Diffusion, from careful to bold, where the drafter writes blocks. */
const DRAFTED: readonly Stop[] = [
  { id: 'fast-steady', sampler: { id: 'typical-acceptance', params: { ratio: 0.7, blockLength: 4 } } },
  { id: 'fast-even', sampler: { id: 'typical-acceptance', params: { ratio: 0.5, blockLength: 4 } } },
  { id: 'fast-bold', sampler: { id: 'typical-acceptance', params: { ratio: 0.3, blockLength: 4 } } },
  { id: 'fast-rough', sampler: { id: 'typical-acceptance', params: { ratio: 0.1, blockLength: 4 } } },
];
/** On the model's own canvas. */
const CANVAS: readonly Stop[] = [
  { id: 'fast-steady', sampler: { id: 'corrected-threshold', params: { threshold: 0.9, blockLength: 4 } } },
  { id: 'fast-even', sampler: { id: 'corrected-threshold', params: { threshold: 0.6, blockLength: 4 } } },
  { id: 'fast-bold', sampler: { id: 'corrected-threshold', params: { threshold: 0.3, blockLength: 8 } } },
  { id: 'fast-rough', sampler: { id: 'corrected-threshold', params: { threshold: 0.15, blockLength: 8 } } },
];

/** A stop with its sampler's parameters as the model offers them: block lengths become the offered one that is nearest. */
function fitted({ id, sampler }: Stop, info: SamplerInfo): Stop {
  const params = Object.entries(sampler.params).map(([name, value]) => {
    const param = info.params.find((one) => one.id === name);
    const offered = param?.kind === 'integer' ? param.offered : undefined;
    if (!offered || typeof value !== 'number') return [name, value] as const;
    return [
      name,
      offered.reduce(
        (best, length) => (Math.abs(length - value) < Math.abs(best - value) ? length : best),
        offered[0] ?? value,
      ),
    ] as const;
  });
  return { id, sampler: { id: sampler.id, params: fitParams(info, Object.fromEntries(params)) } };
}

/**
 * Of a model that writes by its authors' sampler: what that sampler's row of the registry names, around what they recommend.
 * The slowest stands apart, as it is there to be watched.
 */
function ownStops({ samplers, defaults }: Offer): { watch: Stop[]; others: Stop[] } | null {
  const named = ({ speeds }: SamplerInfo): boolean => speeds !== undefined && speeds.length > 0;
  const info =
    samplers.find((one) => one.id === defaults.sampler.id && named(one)) ??
    samplers.find((one) => one.guarantee === 'diffusion' && named(one));
  if (!info?.speeds) return null;
  const stops = info.speeds.map(({ id, params }): Stop => ({
    id,
    sampler: { id: info.id, params: fitParams(info, params) },
  }));
  return { watch: stops.filter(({ id }) => id === 'one-slot'), others: stops.filter(({ id }) => id !== 'one-slot') };
}

/** The lossless sampler: with a block seen forming, where the drafter can guess that far, and as quick as it gets. */
function losslessStops({ samplers, defaults }: Offer): Stop[] {
  const info = samplers.find(({ id }) => id === 'speculative');
  const params = defaults.sampler.id === 'speculative' ? defaults.sampler.params : {};
  const canvas = info?.params.find(({ id }) => id === 'canvasLength');
  const at = (id: string, length: number): Stop => ({
    id,
    sampler: { id: 'speculative', params: { ...params, canvasLength: length } },
  });
  return canvas?.kind === 'integer'
    ? [at('watch', canvas.max), at('exact', 0)]
    : [{ id: 'exact', sampler: { id: 'speculative', params } }];
}

/**
 * For a pack, from the one to watch to the quickest: a large block forming, token by token as the reference, the lossless
 * sampler with a block forming and without, then diffusion from careful to bold. What the pack lacks is left out.
 */
export function stopsOf(pack: Offer): Stop[] {
  const { samplers } = pack;
  const drafted = samplers.find(({ id }) => id === 'typical-acceptance');
  const blocks = drafted?.params.find(({ id }) => id === 'blockLength');
  const fast = drafted && blocks?.kind === 'integer' && blocks.max >= 4 ? DRAFTED : CANVAS;
  const own = ownStops(pack);
  const all: readonly Stop[] = [
    ...(own ? own.watch : [FORMING]),
    { id: 'ar', sampler: { id: 'autoregressive', params: {} } },
    ...losslessStops(pack),
    ...(own ? own.others : fast),
  ];
  return all.flatMap((stop) => {
    const info = samplers.find(({ id }) => id === stop.sampler.id);
    return info ? [fitted(stop, info)] : [];
  });
}

/**
 * The sampler of a point by its id: of the slider, or of one sampler's own row where that is named.
 * @returns null and the points there are, where there is none of this id
 */
export function speedOf(
  pack: Offer,
  id: string,
  sampler?: string,
): { sampler: SamplerChoice } | { sampler: null; offered: string[] } {
  const info = sampler === undefined ? undefined : pack.samplers.find((one) => one.id === sampler);
  const points: readonly { id: string; sampler: SamplerChoice }[] =
    sampler === undefined
      ? stopsOf(pack)
      : (info?.speeds ?? []).map((speed) => ({
          id: speed.id,
          sampler: { id: sampler, params: fitParams(info as SamplerInfo, speed.params) },
        }));
  const found = points.find((point) => point.id === id);
  return found ? { sampler: found.sampler } : { sampler: null, offered: points.map((point) => point.id) };
}
