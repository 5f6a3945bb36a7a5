import * as v from 'valibot';
import { channel, nothing } from './channel.ts';
import { engineStatusSchema } from './engine.ts';
import { kernelsAskedSchema } from './kernels.ts';
import { errorSchema } from './result.ts';
import { paramsSchema, samplerIdSchema } from './samplers.ts';
import { chosenSettingsSchema, generationSettingsSchema, MAX_REPLY_TOKENS } from './settings.ts';

export const themeSchema = v.picklist(['system', 'paper', 'plate']);
export type Theme = v.InferOutput<typeof themeSchema>;

/** 'system': the computer's own language where the window speaks it, else English. */
export const languageSchema = v.picklist(['system', 'en', 'zh']);
export type Language = v.InferOutput<typeof languageSchema>;
export type Locale = Exclude<Language, 'system'>;
/** The first of the computer's languages that the app speaks; English where it speaks none. */
export const localeOf = (language: Language, preferred: readonly string[]): Locale =>
  language === 'system'
    ? (preferred
        .map((tag) => tag.toLowerCase().split('-')[0])
        .find((tag): tag is Locale => tag === 'en' || tag === 'zh') ?? 'en')
    : language;

/** How large replies, questions and the message box are set. */
export const textSizeSchema = v.picklist(['small', 'normal', 'large', 'larger']);
export type TextSize = v.InferOutput<typeof textSizeSchema>;

export const replyLengthSchema = v.picklist(['auto', 'short', 'budget']);
export type ReplyLength = v.InferOutput<typeof replyLengthSchema>;

export const appSettingsSchema = v.strictObject({
  theme: themeSchema,
  textSize: textSizeSchema,
  language: languageSchema,
  generation: generationSettingsSchema,
  /** The parameters that were last set for each sampler: switching back finds them again. */
  samplerParams: v.record(samplerIdSchema, paramsSchema),
  sendWith: v.picklist(['enter', 'mod-enter']),
  sidebarOpen: v.boolean(),
  /** Unsure words of the last reply are marked. */
  unsureMarks: v.boolean(),
  /** How long a reply without a template is: as the model ends it, a few sentences, or up to `replyBudget` tokens. */
  replyLength: replyLengthSchema,
  replyBudget: v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(MAX_REPLY_TOKENS)),
  /** Minutes without a question after which the model leaves the memory; null: it stays. */
  unloadAfter: v.nullable(v.picklist([5, 15, 60])),
  /** Megabytes a second that a download may take; null: all there is. */
  downloadLimit: v.nullable(v.pipe(v.number(), v.minValue(0.01), v.maxValue(100_000))),
  /** How the processor runs models: the fastest as measured here, the usual ones, or named ones. */
  kernels: kernelsAskedSchema,
  /** The first window's choice of a model was made or put off. */
  welcomed: v.boolean(),
  listSort: v.picklist(['date', 'title']),
  /** Keys of the list's sections that are folded. */
  listFolded: v.pipe(v.array(v.pipe(v.string(), v.maxLength(100))), v.maxLength(200)),
});
export type AppSettings = v.InferOutput<typeof appSettingsSchema>;

export const appInfoSchema = v.object({
  version: v.string(),
  runtime: v.picklist(['electron', 'browser']),
  platform: v.string(),
  dataDir: v.string(),
  /** Said once to the person: a set-aside database, a fallback … */
  notices: v.array(errorSchema),
});
export type AppInfo = v.InferOutput<typeof appInfoSchema>;

export const getAppInfo = channel('app.info', nothing, appInfoSchema);
export const getSettings = channel('settings.get', nothing, appSettingsSchema);
export const setSettings = channel('settings.set', v.partial(appSettingsSchema), appSettingsSchema);
/** The settings in force for a reply in a conversation that chose these: the app's with the chosen ones laid over them. */
export const effectiveSettings = channel(
  'settings.effective',
  v.strictObject({ settings: chosenSettingsSchema }),
  generationSettingsSchema,
);
export const getEngineStatus = channel('engine.status', nothing, engineStatusSchema);
/** Starts the engine process again and loads the pack: after damage was mended, or a crash that did not heal. */
export const restartEngine = channel('engine.restart', nothing, engineStatusSchema);
/** Opens http, https or mailto in the system's browser, after the person agreed in the window. */
export const openExternal = channel(
  'app.openExternal',
  v.strictObject({ url: v.pipe(v.string(), v.url(), v.regex(/^(https?|mailto):/i)) }),
  nothing,
);
