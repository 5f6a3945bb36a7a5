/** Which settings a reply is written with. Pure: the service resolves them with this, and a window shows what it says. */
import type { GenerationSettings } from './generation.ts';
import type { ChosenSettings } from './presets.ts';

/**
 * The app's settings, with what the conversation chose laid over them, and what the request says over that. A value that is
 * left out (or undefined) follows the layer below.
 */
export function effectiveSettings(app: GenerationSettings, conversation: ChosenSettings = {}, request: ChosenSettings = {}): GenerationSettings {
  const given = (chosen: ChosenSettings): Partial<GenerationSettings> => Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)) as Partial<GenerationSettings>;
  return { ...app, ...given(conversation), ...given(request) };
}
