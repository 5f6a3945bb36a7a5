/** Speed against quality, as measured on this machine: the stops of one slider, and the background measuring behind them. */
import * as v from 'valibot';
import { channel, nothing, timeSchema } from './channel.ts';
import { errorSchema } from './result.ts';
import { samplerChoiceSchema } from './settings.ts';

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const atLeastZero = v.pipe(v.number(), v.minValue(0));

/**
 * What was measured at a stop, over the profile's prompts with one seed and the pack's own sampling.
 * `rate`: committed tokens a second of writing; reading the prompt is not in it. `tpf`: tokens a forward.
 * `agreement`: the share of its tokens that the model's causal head itself draws at that place, after the tokens the reply
 * has before it, with the same noise. In Exact mode and one by one that is every token, by design; it is measured all the
 * same. Ends of a turn are not counted. Null: the model has no causal head, and nothing takes its place.
 * `same` of `texts` replies are token for token those of the stop `figures.compared`, as far as both were written.
 *
 * Each question is asked at least twice at each stop, and the stops take turns; a model that is slow is asked one question once,
 * its replies are cut, and tokens that stood on the canvas then count as written. With one seed both runs write the same
 * tokens, so a run that took longer than its quickest twin was disturbed, and the disturbed ones are left out.
 * The fields below are absent in figures that an older version measured.
 * `ratio`: how many times as fast as the stop `figures.reference`, over pairs of runs that stood next to each other. What
 * else the machine was doing slowed both, so a ratio holds where a rate does not. `ratioRange`: the lowest and the highest
 * of the questions' own ratios.
 * `spread`: how far the rates of twins lie apart, as a share of the quicker one, median over the questions: 0 is a quiet machine.
 * `runs` were made, `discarded` of them were left out.
 */
export const stopMeasureSchema = v.object({
  rate: atLeastZero,
  tpf: atLeastZero,
  agreement: v.nullable(share),
  tokens: count,
  same: count,
  texts: count,
  ratio: v.optional(atLeastZero),
  ratioRange: v.optional(v.tuple([atLeastZero, atLeastZero])),
  spread: v.optional(atLeastZero),
  runs: v.optional(count),
  discarded: v.optional(count),
});
export type StopMeasure = v.InferOutput<typeof stopMeasureSchema>;

export const speedPointSchema = v.object({
  id: v.string(),
  sampler: samplerChoiceSchema,
  measured: v.nullable(stopMeasureSchema),
});
export type SpeedPoint = v.InferOutput<typeof speedPointSchema>;

export const speedFiguresSchema = v.object({
  /** From what is there to be watched, over the reference and Exact, to the roughest diffusion; what the model lacks is absent. None while no model is loaded. */
  stops: v.array(speedPointSchema),
  /** When the figures were taken; null: nothing is measured for this model, device and version. */
  measuredAt: v.nullable(timeSchema),
  /** The stop that `ratio` compares with: one by one, or the first stop of a pack without it. Absent: nothing is measured, or by an older version. */
  reference: v.optional(v.string()),
  /** The stop whose replies `same` compares with: Exact, or the slowest one of a model without it. Absent as `reference` is. */
  compared: v.optional(v.string()),
  /** False: twins lay far apart, so other programs were at work; show ratios, and rates as a rough guide. Absent where no reply was written twice. */
  steady: v.optional(v.boolean()),
  /** Runs done of those there are, while it measures; `waiting`: a reply comes first. */
  progress: v.nullable(v.object({ done: count, of: count, waiting: v.boolean() })),
  /** Why the last measuring ended early. */
  error: v.nullable(errorSchema),
});
export type SpeedFigures = v.InferOutput<typeof speedFiguresSchema>;

export const getSpeedProfile = channel('speedProfile.get', nothing, speedFiguresSchema);
/** Measures again, from the first prompt; replies still come first. Figures from before stay until there are new ones. */
export const measureSpeedProfile = channel('speedProfile.measure', nothing, speedFiguresSchema);
export const stopMeasuringSpeed = channel('speedProfile.measureStop', nothing, speedFiguresSchema);

export const speedProfileChannels = {
  [getSpeedProfile.name]: getSpeedProfile,
  [measureSpeedProfile.name]: measureSpeedProfile,
  [stopMeasuringSpeed.name]: stopMeasuringSpeed,
} as const;
