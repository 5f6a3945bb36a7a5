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

export interface SettingsOptions {
  store: Store;
  engine: Pick<Engine, 'status'>;
  notify: (push: Push) => void;
}
export interface Settings {
  handlers: Pick<Handlers, 'settings.get' | 'settings.set' | 'settings.effective'>;
  /** The app's own. What was never set follows the loaded pack's defaults. */
  app(): AppSettings;
  /** Of a reply in this conversation, or in one that begins with this setup: every client gets the same. */
  effective(conversation: { setup?: Setup | undefined }, request?: ChosenSettings): GenerationSettings;
  /** As the loaded model runs them. While none is loaded they stay as they are, and the engine does the same before it writes. */
  asRun(settings: GenerationSettings): GenerationSettings;
  modeOf(settings: GenerationSettings): Mode;
  /** Another pack may be loaded: clients learn of it where that changes anything. */
  refresh(): void;
}

export function createSettings({ store, engine, notify }: SettingsOptions): Settings {
  const packDefaults = (): GenerationSettings | undefined =>
    engine.status.state === 'ready' ? engine.status.pack.defaults : undefined;
  const offered = (): readonly SamplerInfo[] | null =>
    engine.status.state === 'ready' ? engine.status.pack.samplers : null;
  /** A sampler that was set for another model gives way to this model's own, and is found again when that model answers. */
  const fitted = (settings: GenerationSettings): GenerationSettings => {
    const samplers = offered();
    const own = packDefaults();
    if (!samplers || !own) return settings;
    const { id } = settings.sampler;
    const offers = samplers.some((one) => one.id === id) || modesOf(samplers).includes(modeOf(id, samplers));
    return offers ? settings : { ...settings, sampler: own.sampler };
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
  const effective: Settings['effective'] = ({ setup }, request = {}) =>
    mergeSettings(fitted(mergeSettings(app().generation, setup?.settings ?? {})), request);
  return {
    app,
    effective,
    asRun(settings) {
      const samplers = offered();
      return samplers ? normalise(settings, samplers) : settings;
    },
    modeOf: (settings) => settingsMode(settings, offered() ?? []),
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
