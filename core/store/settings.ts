/**
 * What a person set, one row a value ('theme', 'generation.temperature' …). What was never set follows the defaults of the
 * moment. A row that can't be read (a newer version wrote it, or it is damaged) is passed over and kept as it is.
 */
import * as v from 'valibot';
import { appSettingsSchema, type AppSettings } from '../contract/app.ts';
import { generationSettingsSchema } from '../contract/generation.ts';
import { text, type Db } from './driver.ts';

export const defaultSettings: AppSettings = {
  theme: 'system',
  textSize: 'normal',
  language: 'system',
  sendWith: 'enter',
  sidebarOpen: true,
  weakMarks: true,
  replyLength: 'auto',
  replyBudget: 200,
  listSort: 'date',
  listFolded: [],
  generation: { mode: 'fast', temperature: 0.2, topP: 0.9, topK: 64, repetitionPenalty: 1.05, seed: null, maxTokens: 512, blockLength: 8, threshold: 0.3, draftLength: 1, stop: [], loopGuard: true },
};

export type SettingsPatch = { [Key in keyof AppSettings]?: AppSettings[Key] | undefined };

export interface Settings {
  /** @param generation defaults for what was never set, for example the loaded pack's own */
  read(generation?: AppSettings['generation']): AppSettings;
  /** Stores what differs from the settings in force; returns the new ones. */
  write(patch: SettingsPatch, generation?: AppSettings['generation']): AppSettings;
}

const PREFIX = 'generation.';
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The settings' rows laid over the defaults, each value on its own. */
function overlay(rows: ReadonlyMap<string, string>, defaults: AppSettings): AppSettings {
  const pick = <T>(schema: v.GenericSchema<unknown, T>, key: string, fallback: T): T => {
    const stored = rows.get(key);
    if (stored === undefined) return fallback;
    try {
      const parsed = v.safeParse(schema, JSON.parse(stored));
      return parsed.success ? parsed.output : fallback;
    } catch {
      return fallback;
    }
  };
  const { theme, textSize, language, sendWith, sidebarOpen, weakMarks, replyLength, replyBudget, listSort, listFolded } = appSettingsSchema.entries;
  const g = generationSettingsSchema.entries;
  const d = defaults.generation;
  return {
    theme: pick(theme, 'theme', defaults.theme),
    textSize: pick(textSize, 'textSize', defaults.textSize),
    language: pick(language, 'language', defaults.language),
    sendWith: pick(sendWith, 'sendWith', defaults.sendWith),
    sidebarOpen: pick(sidebarOpen, 'sidebarOpen', defaults.sidebarOpen),
    weakMarks: pick(weakMarks, 'weakMarks', defaults.weakMarks),
    replyLength: pick(replyLength, 'replyLength', defaults.replyLength),
    replyBudget: pick(replyBudget, 'replyBudget', defaults.replyBudget),
    listSort: pick(listSort, 'listSort', defaults.listSort),
    listFolded: pick(listFolded, 'listFolded', defaults.listFolded),
    generation: {
      mode: pick(g.mode, `${PREFIX}mode`, d.mode),
      temperature: pick(g.temperature, `${PREFIX}temperature`, d.temperature),
      topP: pick(g.topP, `${PREFIX}topP`, d.topP),
      topK: pick(g.topK, `${PREFIX}topK`, d.topK),
      repetitionPenalty: pick(g.repetitionPenalty, `${PREFIX}repetitionPenalty`, d.repetitionPenalty),
      seed: pick(g.seed, `${PREFIX}seed`, d.seed),
      maxTokens: pick(g.maxTokens, `${PREFIX}maxTokens`, d.maxTokens),
      blockLength: pick(g.blockLength, `${PREFIX}blockLength`, d.blockLength),
      threshold: pick(g.threshold, `${PREFIX}threshold`, d.threshold),
      draftLength: pick(g.draftLength, `${PREFIX}draftLength`, d.draftLength),
      stop: pick(g.stop, `${PREFIX}stop`, d.stop),
      loopGuard: pick(g.loopGuard, `${PREFIX}loopGuard`, d.loopGuard),
    },
  };
}

export function createSettings(db: Db): Settings {
  const all = db.prepare('SELECT key, value FROM settings');
  const put = db.prepare('INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value');

  const read = (generation = defaultSettings.generation): AppSettings => overlay(new Map(all.all().map((row) => [text(row, 'key'), text(row, 'value')])), { ...defaultSettings, generation });
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
        store('weakMarks', patch.weakMarks, now.weakMarks);
        store('replyLength', patch.replyLength, now.replyLength);
        store('replyBudget', patch.replyBudget, now.replyBudget);
        store('listSort', patch.listSort, now.listSort);
        store('listFolded', patch.listFolded, now.listFolded);
        const current = new Map<string, unknown>(Object.entries(now.generation));
        for (const [key, next] of Object.entries(patch.generation ?? {})) store(PREFIX + key, next, current.get(key));
        return read(generation);
      }),
  };
}
