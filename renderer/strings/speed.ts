/** The words of the slider between speed and quality. */
import type { StopMeasure } from '../../core/contract/calibration.ts';

const rate = (n: number): string => (n < 10 ? n.toFixed(1) : String(Math.round(n)));
const share = (n: number): string => (n >= 1 ? '100 %' : `${Math.min(99, Math.round(n * 100))} %`);

export const speedWords = {
  label: 'Speed ↔ quality',
  hint: 'Sets mode, threshold and block length together; each can be changed under Advanced.',
  ends: ['as the model writes', 'bolder'] as const,
  own: 'Your own settings',
  stops: { ar: 'One by one', exact: 'Exact', 'fast-steady': 'Fast, steady', 'fast-even': 'Fast, even', 'fast-bold': 'Fast, bold', 'fast-rough': 'Fast, rough' } as Record<string, string>,
  rate: (m: StopMeasure): string => rate(m.rate),
  share,
  unmeasured: 'not measured yet',
  /** For a screen reader, and under the slider. */
  said: (name: string, m: StopMeasure | null): string => (m ? `${name}, ${rate(m.rate)} tokens a second, ${share(m.agreement)} as Exact` : `${name}, not measured yet`),
  columns: { stop: 'Stop', rate: 'tok/s', agreement: 'as Exact', same: 'same' },
  same: (m: StopMeasure): string => `${m.same}/${m.texts}`,
  explain: 'as Exact: the share of tokens that the model’s causal head draws too, after the words before them. same: replies that came out as in Exact, word for word.',
  measuredOn: (at: number, model: string, device: string): string => `Measured here on ${new Date(at).toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' })} with ${model}, ${device}.`,
  never: 'Nothing is measured for this model on this machine yet. It is done in the background, in under a minute, when nothing else runs.',
  measure: 'Measure now',
  again: 'Measure again',
  stop: 'Stop measuring',
  progress: (done: number, of: number, waiting: boolean): string => (waiting ? `Measuring: ${done} of ${of}. Your reply comes first.` : `Measuring: ${done} of ${of}…`),
  failed: (why: string): string => `The measuring ended early: ${why}`,
  noModel: 'The figures come when the model is loaded.',
};
