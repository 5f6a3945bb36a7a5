/** The app's settings, and those a reply is written with: app ← conversation ← request. */
import type { AppSettings } from '../contract/app.ts';
import type { GenerationSettings } from '../contract/generation.ts';
import type { Handlers } from '../contract/index.ts';
import type { Setup } from '../contract/presets.ts';
import type { Push } from '../contract/push.ts';
import { modeOf, modesOf, type Mode, type SamplerInfo } from '../contract/samplers.ts';
import { mergeSettings, normalise, settingsMode, type ChosenSettings } from '../contract/settings.ts';
import type { Engine } from '../engines/index.ts';
import type { Store } from '../store/index.ts';
import type { Known, ModelChoice } from './models.ts';

export interface SettingsOptions {
  store: Store;
  engine: Pick<Engine, 'status'>;
  models: ModelChoice;
  notify: (push: Push) => void;
}
export interface Settings {
  handlers: Pick<Handlers, 'settings.get' | 'settings.set' | 'settings.effective'>;
  /** The app's own. What was never set follows the loaded pack's defaults. */
  app(): AppSettings;
  /**
   * Of a reply in this conversation, or in one that begins with this setup: every client gets the same.
   * @param model that writes it; undefined: the loaded one
   */
  effective(conversation: { setup?: Setup | undefined }, request?: ChosenSettings, model?: string): GenerationSettings;
  /** As the model runs them. While little is known of it they stay as they are, and the engine does the same before it writes. */
  asRun(settings: GenerationSettings, model?: string): GenerationSettings;
  modeOf(settings: GenerationSettings, model?: string): Mode;
  /** Another pack may be loaded: clients learn of it where that changes anything. */
  refresh(): void;
}

export function createSettings({ store, engine, models, notify }: SettingsOptions): Settings {
  const packDefaults = (): GenerationSettings | undefined =>
    engine.status.state === 'ready' ? engine.status.pack.defaults : undefined;
  /** undefined: the loaded one. */
  const knownOf = (model: string | undefined): Known | null => {
    const { status } = engine;
    const loaded = status.state === 'ready' ? status.pack : null;
    return model === undefined || (loaded && !loaded.server && models.isLoaded(model)) ? loaded : models.known(model);
  };
  const offered = (model?: string): readonly SamplerInfo[] | null => {
    const known = knownOf(model);
    return known && 'samplers' in known ? known.samplers : null;
  };
  /** A sampler that was set for another model gives way to this model's own, and is found again when that model answers. */
  const fitted = (settings: GenerationSettings, model?: string): GenerationSettings => {
    const known = knownOf(model);
    if (!known) return settings;
    if ('own' in known) return { ...settings, sampler: known.own };
    const { samplers, defaults } = known;
    const { id } = settings.sampler;
    const offers = samplers.some((one) => one.id === id) || modesOf(samplers).includes(modeOf(id, samplers));
    return offers ? settings : { ...settings, sampler: defaults.sampler };
  };
  const app = (): AppSettings => {
    const settings = store.settings.read(packDefaults());
    return { ...settings, generation: fitted(settings.generation) };
  };
  let announced = JSON.stringify(app());
  const announce = (settings: AppSettings): void => {
    if (JSON.stringify(settings) === announced) return;
    announced = JSON.stringify(settings);
    notify({ topic: 'settings', settings });
  };
  const effective: Settings['effective'] = ({ setup }, request = {}, model) => {
    const { generation } = store.settings.read(packDefaults());
    const settings = mergeSettings(generation, setup?.settings ?? {});
    // what was chosen for this very model is kept, though it was not loaded yet
    const chosen = model !== undefined && (setup?.settings.sampler ? setup.model === model : models.isUsual(model));
    return mergeSettings(chosen && !offered(model) ? settings : fitted(settings, model), request);
  };
  return {
    app,
    effective,
    asRun(settings, model) {
      const samplers = offered(model);
      return samplers ? normalise(settings, samplers) : settings;
    },
    modeOf: (settings, model) => settingsMode(settings, offered(model) ?? []),
    refresh: () => announce(app()),
    handlers: {
      'settings.get': app,
      'settings.effective': ({ settings }) => effective({}, settings),
      'settings.set': (patch) => {
        store.settings.write(patch, packDefaults());
        const settings = app();
        announce(settings);
        return settings;
      },
    },
  };
}
