/** What the options of `chat` ask of each reply. */
import * as v from 'valibot';
import type { PackInfo } from '../contract/engine.ts';
import { modeSchema } from '../contract/samplers.ts';
import { flatSettingsSchema, type ChosenSettings } from '../contract/settings.ts';
import { settingsOf } from './ask-settings.ts';
import { UsageError } from './command.ts';

export interface ChatSettings {
  mode: 'exact' | 'fast' | 'ar' | undefined;
  numbers: { temperature?: number; seed?: number; maxTokens?: number };
}
const numbers = { temperature: 'temperature', seed: 'seed', 'max-tokens': 'maxTokens' } as const;

/** @throws UsageError */
export function chatSettings(values: Partial<Record<keyof typeof numbers | 'mode', string>>): ChatSettings {
  const mode = v.safeParse(v.optional(modeSchema), values.mode);
  if (!mode.success) throw new UsageError(`--mode needs one of ${modeSchema.options.join(', ')}.`);
  const given: Record<string, number> = {};
  for (const [name, key] of Object.entries(numbers)) {
    const value = values[name as keyof typeof numbers];
    if (value === undefined) continue;
    const number = value.trim() === '' ? NaN : Number(value);
    const checked = v.safeParse(flatSettingsSchema.entries[key], number);
    if (!checked.success)
      throw new UsageError(`--${name}: ${Number.isNaN(number) ? 'needs a number' : checked.issues[0].message}`);
    given[key] = number;
  }
  return { mode: mode.output, numbers: given };
}

/** What is asked of a model; null: it is not loaded yet, and no mode was asked for. @throws MezzotintError for a mode that it does not have */
export function chosenFor(
  { mode, numbers: { maxTokens, ...sampling } }: ChatSettings,
  pack: Pick<PackInfo, 'name' | 'samplers' | 'defaults'> | null,
): ChosenSettings {
  return {
    ...(Object.keys(sampling).length > 0 ? { sampling } : {}),
    ...(mode === undefined || !pack
      ? {}
      : { sampler: settingsOf(pack, { settings: { mode }, sampler: undefined, params: {} }).sampler }),
    ...(maxTokens === undefined ? {} : { ending: { maxTokens } }),
  };
}
