/** The stops of the slider between speed and quality, with what this machine measured at each. */
import { getContext, setContext } from 'svelte';
import type { SpeedFigures, SpeedPoint } from '../../../core/contract/speed-profile.ts';
import { canvasLengthOf, modeOf, type Params } from '../../../core/contract/samplers.ts';
import type { GenerationSettings } from '../../../core/contract/settings.ts';
import type { Session } from '../window/session.svelte.ts';

/** The stop that these settings are; −1: settings of one's own. How many tokens a lossless sampler drafts does not count: it changes no text. */
export function stopOf(stops: readonly Pick<SpeedPoint, 'sampler'>[], now: GenerationSettings): number {
  return stops.findIndex(
    ({ sampler: { id, params } }) =>
      id === now.sampler.id &&
      (modeOf(id) === 'exact'
        ? canvasLengthOf(params) > 0 === canvasLengthOf(now.sampler.params) > 0
        : Object.entries(params).every(([name, value]) => now.sampler.params[name] === value)),
  );
}
/** Where the slider's thumb stands for settings of one's own: at the last stop that is not bolder. */
export function nearestStop(stops: readonly Pick<SpeedPoint, 'sampler'>[], now: GenerationSettings): number {
  const at = stopOf(stops, now);
  if (at >= 0) return at;
  const same = stops.flatMap(({ sampler }, i) =>
    modeOf(sampler.id) === modeOf(now.sampler.id) ? [{ i, params: sampler.params }] : [],
  );
  // by what the stops differ in; an open number is the careful end, where the slowest of them stands
  const numbers = (id: string): number[] =>
    same.flatMap(({ params }) => (typeof params[id] === 'number' ? [params[id]] : []));
  const ids = same
    .flatMap(({ params }) => Object.keys(params))
    .filter((id, i, all) => all.indexOf(id) === i && same.some(({ params }) => params[id] !== same[0]?.params[id]));
  const away = (params: Params): number =>
    ids.reduce((sum, id) => {
      const [all, one, other] = [numbers(id), params[id], now.sampler.params[id]];
      const wide = Math.max(1e-9, most(all) - least(all));
      if (typeof one === 'number' && typeof other === 'number') return sum + Math.abs(one - other) / wide;
      return sum + (one === other || (one === undefined && other === undefined) ? 0 : 1);
    }, 0);
  return same.map(({ i, params }) => ({ i, far: away(params) })).sort((a, b) => a.far - b.far)[0]?.i ?? 0;
}

const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);

export class SpeedProfile {
  readonly #session: Session;
  /** The service has said which stops the model has. */
  known = $state(false);
  figures = $state.raw<SpeedFigures>({ stops: [], measuredAt: null, progress: null, error: null });
  #asked = '';

  constructor(session: Session) {
    this.#session = session;
    session.client.onPush((push) => {
      if (push.topic === 'speed-profile') this.figures = push.figures;
    });
  }
  /** Fetches the figures once for a model and device. */
  async load(): Promise<void> {
    const { engine } = this.#session;
    const about = engine.state === 'ready' ? `${engine.pack.hash} ${engine.device}` : '';
    if (about === '' || about === this.#asked) return;
    this.#asked = about;
    await this.#call('speedProfile.get');
  }
  run(): Promise<void> {
    return this.#call('speedProfile.measure');
  }
  stop(): Promise<void> {
    return this.#call('speedProfile.measureStop');
  }
  async #call(name: 'speedProfile.get' | 'speedProfile.measure' | 'speedProfile.measureStop'): Promise<void> {
    const result = await this.#session.client.call(name, {});
    if (result.ok) {
      this.figures = result.value;
      this.known = true;
    } else this.#session.note(result.error);
  }
}

const key = Symbol('speed');
export const provideSpeedProfile = (speed: SpeedProfile): SpeedProfile => setContext(key, speed);
export const useSpeedProfile = (): SpeedProfile => getContext<SpeedProfile>(key);
