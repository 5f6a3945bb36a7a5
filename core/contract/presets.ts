/** Instructions and settings that a conversation chooses for itself, and presets: named choices to begin with. */
import * as v from 'valibot';
import { channel, idSchema, nothing, timeSchema } from './channel.ts';
import { modelIdSchema } from './models.ts';
import { chosenSettingsSchema } from './settings.ts';

export { chosenSettingsSchema, type ChosenSettings } from './settings.ts';

export const MAX_INSTRUCTIONS = 20_000;
export const MAX_PRESETS = 200;
/** Characters of a file of presets. */
export const MAX_PRESETS_FILE = 2_000_000;
export const PRESETS_FORMAT = 'mezzotint-presets';

/** '' chooses none: the model's own are read then. */
export const instructionsSchema = v.pipe(v.string(), v.maxLength(MAX_INSTRUCTIONS));

/** What a conversation chose. `presetId`: the preset it was taken from, for its name alone: the values are the conversation's own. */
export const setupSchema = v.strictObject({
  presetId: v.nullable(idSchema),
  instructions: instructionsSchema,
  settings: chosenSettingsSchema,
  /** Nothing of it is sent to a server. Absent: it may be. */
  localOnly: v.optional(v.boolean()),
  /** The model of this machine that answers here. Absent: the one that answers where nobody chose. */
  model: v.optional(modelIdSchema),
});
export type Setup = v.InferOutput<typeof setupSchema>;
export const noSetup: Setup = { presetId: null, instructions: '', settings: {} };
export const isEmptySetup = ({ presetId, instructions, settings, localOnly, model }: Setup): boolean =>
  presetId === null &&
  instructions === '' &&
  Object.keys(settings).length === 0 &&
  localOnly !== true &&
  model === undefined;

export const presetValuesSchema = v.strictObject({
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100)),
  instructions: instructionsSchema,
  settings: chosenSettingsSchema,
  /** As in a conversation's setup. It need not be on this machine. */
  model: v.optional(modelIdSchema),
});
export type PresetValues = v.InferOutput<typeof presetValuesSchema>;
export const presetSchema = v.object({
  id: idSchema,
  ...presetValuesSchema.entries,
  /** New conversations begin with it. */ isDefault: v.boolean(),
  createdAt: timeSchema,
});
export type Preset = v.InferOutput<typeof presetSchema>;

const presets = v.array(presetSchema);
export const listPresets = channel('presets.list', nothing, presets);
/** `id` null: a new one. */
export const savePreset = channel(
  'presets.save',
  v.strictObject({ id: v.nullable(idSchema), values: presetValuesSchema }),
  presetSchema,
);
/** Conversations that used it keep their values. It can be restored. */
export const deletePreset = channel('presets.delete', v.strictObject({ id: idSchema }), nothing);
export const restorePreset = channel('presets.restore', v.strictObject({ id: idSchema }), presetSchema);
/** The preset that new conversations begin with; null: none. */
export const setDefaultPreset = channel('presets.setDefault', v.strictObject({ id: v.nullable(idSchema) }), presets);
/** A file of some presets, or of all. docs/formats.md */
export const exportPresets = channel(
  'presets.export',
  v.strictObject({ ids: v.nullable(v.pipe(v.array(idSchema), v.maxLength(MAX_PRESETS))) }),
  v.object({ name: v.string(), text: v.string() }),
);
/** Adds what is in a file. Nothing that is there is changed: the same preset again is passed over, another of the same name gets a number. */
export const importPresets = channel(
  'presets.import',
  v.strictObject({ text: v.pipe(v.string(), v.maxLength(MAX_PRESETS_FILE)) }),
  v.object({
    imported: presets,
    duplicates: v.number(),
    problems: v.array(v.object({ where: v.string(), why: v.string() })),
  }),
);

export const presetChannels = {
  [listPresets.name]: listPresets,
  [savePreset.name]: savePreset,
  [deletePreset.name]: deletePreset,
  [restorePreset.name]: restorePreset,
  [setDefaultPreset.name]: setDefaultPreset,
  [exportPresets.name]: exportPresets,
  [importPresets.name]: importPresets,
} as const;
