/** The words of the slider between speed and quality. */
import type { StopMeasure } from '../../../core/contract/speed-profile.ts';

const rate = (n: number): string => (n < 10 ? n.toFixed(1) : String(Math.round(n)));
const share = (n: number): string => (n >= 1 ? '100 %' : `${Math.min(99, Math.round(n * 100))} %`);

const percent = (n: number): string => `${Math.max(1, Math.round(n * 100))}\u00a0%`;
const times = (n: number): string => n.toFixed(n < 10 ? 1 : 0);
const range = ([low, high]: readonly [number, number]): string => `${times(low)} to ${times(high)}`;

export const speedProfile = {
  label: 'Watch it form ↔ Quickest',
  hint: 'Left: large blocks form before your eyes, slowly. Right: as quick as it gets, with bolder guesses. Sets the sampler and its parameters together; each can be changed under Advanced.',
  ends: ['Watch it form', 'Quickest'] as const,
  /** Beside the control at the message box: tokens a second of this machine. */
  figure: (m: StopMeasure, steady: boolean): string => `${steady ? '' : '~'}${rate(m.rate)} tok/s`,
  own: 'Your own settings',
  stops: {
    form: 'Blocks forming',
    ar: 'One by one',
    watch: 'Exact, forming',
    exact: 'Exact',
    'fast-steady': 'Fast, steady',
    'fast-even': 'Fast, even',
    'fast-bold': 'Fast, bold',
    'fast-rough': 'Fast, rough',
    'one-slot': 'One slot a step',
    careful: 'Careful',
    recommended: 'Recommended',
    bold: 'Bold',
    bolder: 'Bolder',
    boldest: 'Boldest',
  } as Record<string, string>,
  rate: (m: StopMeasure): string => rate(m.rate),
  share,
  unmeasured: 'not measured yet',
  /** For a screen reader, and under the slider. `reference`: the stop that ratios compare with. */
  said: (name: string, m: StopMeasure | null, reference: string): string =>
    m
      ? `${name}, ${m.ratio === undefined || name === reference ? '' : `${times(m.ratio)} times as fast as ${reference}${m.ratioRange ? ` (${range(m.ratioRange)})` : ''}, `}${rate(m.rate)} tokens a second${m.agreement === null ? '' : `, ${share(m.agreement)} as Exact`}`
      : `${name}, not measured yet`,
  columns: { stop: 'Stop', ratio: 'times', rate: 'tok/s', agreement: 'as Exact', same: 'same' },
  ratio: (m: StopMeasure): string => (m.ratio === undefined ? '–' : `${times(m.ratio)}×`),
  ratioRange: (m: StopMeasure): string => (m.ratioRange ? `${range(m.ratioRange)} by question` : ''),
  /** `spread`: a share. Under the table: what the noise of this measuring was, and what it means. */
  noise: (spread: number, steady: boolean): string =>
    steady
      ? `The same reply written twice differed by up to ${percent(spread)} in speed. A smaller difference between two stops means nothing.`
      : `Other programs were at work: the same reply written twice differed by up to ${percent(spread)} in speed. Compare the ratios; tokens a second are a rough guide.`,
  same: (m: StopMeasure): string => (m.texts === 0 ? '–' : `${m.same}/${m.texts}`),
  explainRatio: (reference: string): string =>
    `times: how many times as fast as ${reference}, over replies written next to each other.`,
  explainAgreement:
    'as Exact: the share of tokens that the model’s causal head draws too, after the words before them.',
  /** `compared`: the stop whose replies all are compared with. */
  explainSame: (compared: string): string => `same: replies that came out as with ${compared}, word for word.`,
  noAgreement: 'This model has no causal head, so there is no Exact text to agree with.',
  recommended: 'Recommended: as the model’s authors run it.',
  measuredOn: (at: number, model: string, device: string): string =>
    `Measured here on ${new Date(at).toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' })} with ${model}, ${device}.`,
  never:
    'Nothing is measured for this model on this machine yet. It is done in the background, in under a minute, when nothing else runs.',
  measure: 'Measure now',
  again: 'Measure again',
  stop: 'Stop measuring',
  progress: (done: number, of: number, waiting: boolean): string =>
    waiting ? `Measuring: ${done} of ${of}. Your reply comes first.` : `Measuring: ${done} of ${of}…`,
  failed: (why: string): string => `The measuring ended early: ${why}`,
  noModel: 'The figures come when the model is loaded.',
};
