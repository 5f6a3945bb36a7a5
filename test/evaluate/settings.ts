/** What is compared: modes, thresholds, block lengths. A setting's name is what `--settings` and the results say. */
import { type SettingsChange, settingsWith } from '../fixtures/settings.ts';
import type { GenerationSettings, Mode } from '../../core/contract/generation.ts';

export type Sampling = 'greedy' | 'pack';
export interface Setting {
  /** `ar`, `exact`, `fast-0.8x16` (threshold, block length). */
  name: string;
  changes: SettingsChange & { mode: Mode };
}
/** Blocks of 4 are a drafter's, where the pack has one: bolder thresholds are worth a look there. */
const THRESHOLDS: Record<number, number[]> = {
  4: [0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95],
  8: [0.3, 0.7, 0.8, 0.9, 0.95],
  16: [0.3, 0.7, 0.8, 0.9, 0.95],
};
const BLOCKS = [4, 8, 16];
const fast = (threshold: number, blockLength: number): Setting => ({
  name: `fast-${threshold}x${blockLength}`,
  changes: { mode: 'fast', threshold, blockLength },
});

export const settings: readonly Setting[] = [
  { name: 'ar', changes: { mode: 'ar' } },
  { name: 'exact', changes: { mode: 'exact' } },
  ...BLOCKS.flatMap((block) => (THRESHOLDS[block] ?? []).map((threshold) => fast(threshold, block))),
];

export const quickSettings: readonly string[] = ['ar', 'exact', 'fast-0.3x4', 'fast-0.5x4', 'fast-0.7x4', 'fast-0.3x8'];

/** The settings named, `ar` always first: everything is compared with it. Throws for a name that is none. */
export function chosenSettings(names: readonly string[] | null): Setting[] {
  if (names === null) return [...settings];
  const unknown = names.filter((name) => !settings.some((setting) => setting.name === name));
  if (unknown.length > 0)
    throw new Error(`there is no setting ${unknown.join(', ')}; there are ${settings.map((s) => s.name).join(', ')}`);
  return settings.filter((setting) => setting.name === 'ar' || names.includes(setting.name));
}

/** Greedy: no penalty and no loop guard, so that modes differ by their denoising alone. `pack`: the pack's own sampling. */
export function fullSettings(
  setting: Setting,
  defaults: GenerationSettings,
  sampling: Sampling,
  maxTokens: number,
): GenerationSettings {
  const plain: SettingsChange = sampling === 'greedy' ? { temperature: 0, repetitionPenalty: 1, loopGuard: false } : {};
  return settingsWith(defaults, { ...plain, ...setting.changes, stop: [], seed: 0, maxTokens });
}
