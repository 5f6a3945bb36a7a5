/**
 * What a person set, one row a value ('theme', 'generation.temperature' …; the sampler and the parameters of each in two). What was never set follows the defaults of the
 * moment. A row that can't be read (a newer version wrote it, or it is damaged) is passed over and kept as it is.
 */
import * as v from 'valibot';
import { appSettingsSchema, type AppSettings } from '../../contract/app.ts';
import { modeOf, samplerIdSchema, type Params } from '../../contract/samplers.ts';
import {
  endingSchema,
  flatSettingsSchema,
  samplerFromFlat,
  samplingSchema,
  type SamplerChoice,
} from '../../contract/settings.ts';
import { text, type Db } from '../db/driver.ts';

export const defaultSettings: AppSettings = {
  theme: 'system',
  textSize: 'normal',
  language: 'system',
  sendWith: 'enter',
  sidebarOpen: true,
  unsureMarks: false,
  replyLength: 'auto',
  replyBudget: 200,
  unloadAfter: null,
  downloadLimit: null,
  kernels: 'auto',
  welcomed: false,
  listSort: 'date',
  listFolded: [],
  generation: {
    sampling: { temperature: 0.2, topP: 0.9, topK: 64, repetitionPenalty: 1.05, seed: null },
    sampler: { id: 'corrected-threshold', params: { blockLength: 8, threshold: 0.3 } },
    ending: { maxTokens: 512, stop: [], loopGuard: true },
  },
  samplerParams: {},
};

export type SettingsPatch = { [Key in keyof AppSettings]?: AppSettings[Key] | undefined };

export interface Settings {
  /** @param generation defaults for what was never set, for example the loaded pack's own */
  read(generation?: AppSettings['generation']): AppSettings;
  /** Stores what differs from the settings in force; returns the new ones. */
  write(patch: SettingsPatch, generation?: AppSettings['generation']): AppSettings;
}

const PREFIX = 'generation.';
const SAMPLER = `${PREFIX}sampler`;
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const paramOf = ({ params }: SamplerChoice, name: string): number | undefined =>
  typeof params[name] === 'number' ? params[name] : undefined;

type Pick = <T>(schema: v.GenericSchema<unknown, T>, key: string, fallback: T) => T;

/** The sampler that was set: by its own rows, or by those that version 0.1 wrote for its modes. */
function samplerIn(
  rows: ReadonlyMap<string, string>,
  pick: Pick,
  fallback: SamplerChoice,
  remembered: Readonly<Record<string, Params>>,
): SamplerChoice {
  const id = pick<string | null>(samplerIdSchema, SAMPLER, null);
  if (id !== null) return { id, params: remembered[id] ?? (id === fallback.id ? fallback.params : {}) };
  const flat = flatSettingsSchema.entries;
  const usual = (param: string, otherwise: number): number => paramOf(fallback, param) ?? otherwise;
  if (!['mode', 'blockLength', 'threshold', 'draftLength'].some((key) => rows.has(PREFIX + key)))
    return { ...fallback, params: remembered[fallback.id] ?? fallback.params };
  return samplerFromFlat({
    mode: pick(flat.mode, `${PREFIX}mode`, modeOf(fallback.id)),
    blockLength: pick(flat.blockLength, `${PREFIX}blockLength`, usual('blockLength', 4)),
    threshold: pick(flat.threshold, `${PREFIX}threshold`, usual('threshold', 0.7)),
    draftLength: pick(flat.draftLength, `${PREFIX}draftLength`, usual('draftLength', 5)),
  });
}

/** The settings' rows laid over the defaults, each value on its own. */
function overlay(rows: ReadonlyMap<string, string>, defaults: AppSettings): AppSettings {
  const pick: Pick = (schema, key, fallback) => {
    const stored = rows.get(key);
    if (stored === undefined) return fallback;
    try {
      const parsed = v.safeParse(schema, JSON.parse(stored));
      return parsed.success ? parsed.output : fallback;
    } catch {
      return fallback;
    }
  };
  const {
    theme,
    textSize,
    language,
    sendWith,
    sidebarOpen,
    unsureMarks,
    replyLength,
    replyBudget,
    unloadAfter,
    downloadLimit,
    kernels,
    welcomed,
    listSort,
    listFolded,
    samplerParams,
  } = appSettingsSchema.entries;
  const { temperature, topP, topK, repetitionPenalty, seed } = samplingSchema.entries;
  const { maxTokens, stop, loopGuard } = endingSchema.entries;
  const { sampling, sampler, ending } = defaults.generation;
  const remembered = pick(samplerParams, 'samplerParams', defaults.samplerParams);
  return {
    theme: pick(theme, 'theme', defaults.theme),
    textSize: pick(textSize, 'textSize', defaults.textSize),
    language: pick(language, 'language', defaults.language),
    sendWith: pick(sendWith, 'sendWith', defaults.sendWith),
    sidebarOpen: pick(sidebarOpen, 'sidebarOpen', defaults.sidebarOpen),
    unsureMarks: pick(unsureMarks, 'unsureMarks', pick(unsureMarks, 'weakMarks', defaults.unsureMarks)),
    replyLength: pick(replyLength, 'replyLength', defaults.replyLength),
    replyBudget: pick(replyBudget, 'replyBudget', defaults.replyBudget),
    unloadAfter: pick(unloadAfter, 'unloadAfter', defaults.unloadAfter),
    downloadLimit: pick(downloadLimit, 'downloadLimit', defaults.downloadLimit),
    kernels: pick(kernels, 'kernels', defaults.kernels),
    welcomed: pick(welcomed, 'welcomed', defaults.welcomed),
    listSort: pick(listSort, 'listSort', defaults.listSort),
    listFolded: pick(listFolded, 'listFolded', defaults.listFolded),
    samplerParams: remembered,
    generation: {
      sampling: {
        temperature: pick(temperature, `${PREFIX}temperature`, sampling.temperature),
        topP: pick(topP, `${PREFIX}topP`, sampling.topP),
        topK: pick(topK, `${PREFIX}topK`, sampling.topK),
        repetitionPenalty: pick(repetitionPenalty, `${PREFIX}repetitionPenalty`, sampling.repetitionPenalty),
        seed: pick(seed, `${PREFIX}seed`, sampling.seed),
      },
      sampler: samplerIn(rows, pick, sampler, remembered),
      ending: {
        maxTokens: pick(maxTokens, `${PREFIX}maxTokens`, ending.maxTokens),
        stop: pick(stop, `${PREFIX}stop`, ending.stop),
        loopGuard: pick(loopGuard, `${PREFIX}loopGuard`, ending.loopGuard),
      },
    },
  };
}

export function createSettings(db: Db): Settings {
  const all = db.prepare('SELECT key, value FROM settings');
  const put = db.prepare(
    'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );

  const read = (generation = defaultSettings.generation): AppSettings =>
    overlay(new Map(all.all().map((row) => [text(row, 'key'), text(row, 'value')])), {
      ...defaultSettings,
      generation,
    });
  return {
    read,
    write: (patch, generation) =>
      db.transaction(() => {
        const now = read(generation);
        // values that do not change are not written: a row that could not be read is not overwritten by its stand-in
        const store = (key: string, next: unknown, current: unknown): void => {
          if (next !== undefined && !same(next, current)) put.run(key, JSON.stringify(next));
        };
        store('theme', patch.theme, now.theme);
        store('textSize', patch.textSize, now.textSize);
        store('language', patch.language, now.language);
        store('sendWith', patch.sendWith, now.sendWith);
        store('sidebarOpen', patch.sidebarOpen, now.sidebarOpen);
        store('unsureMarks', patch.unsureMarks, now.unsureMarks);
        store('replyLength', patch.replyLength, now.replyLength);
        store('replyBudget', patch.replyBudget, now.replyBudget);
        store('unloadAfter', patch.unloadAfter, now.unloadAfter);
        store('downloadLimit', patch.downloadLimit, now.downloadLimit);
        store('kernels', patch.kernels, now.kernels);
        store('welcomed', patch.welcomed, now.welcomed);
        store('listSort', patch.listSort, now.listSort);
        store('listFolded', patch.listFolded, now.listFolded);
        const { sampling, sampler, ending } = now.generation;
        const current = new Map<string, unknown>(Object.entries({ ...sampling, ...ending }));
        for (const [key, next] of Object.entries({ ...patch.generation?.sampling, ...patch.generation?.ending }))
          store(PREFIX + key, next, current.get(key));
        const chosen = patch.generation?.sampler;
        if (chosen && !same(chosen, sampler)) store(SAMPLER, chosen.id, undefined);
        const remembered = {
          ...now.samplerParams,
          ...patch.samplerParams,
          ...(chosen && !same(chosen, sampler) ? { [chosen.id]: chosen.params } : {}),
        };
        store('samplerParams', remembered, now.samplerParams);
        return read(generation);
      }),
  };
}
