/** Presets: named instructions and settings. Deleted ones are marked, and can come back. */
import * as v from 'valibot';
import { chosenSettingsSchema, type Preset, type PresetValues } from '../../contract/presets.ts';
import { modelIdSchema } from '../../contract/models.ts';
import { failure, type MezzotintError } from '../../contract/result.ts';
import { integer, text, textOrNull, type Db, type Row } from '../db/driver.ts';

export interface Presets {
  /** In the order they were made, without deleted ones. */
  list(): Preset[];
  /** @throws not-found where it is not there or deleted */
  get(id: string): Preset;
  add(id: string, values: PresetValues, createdAt: number): Preset;
  /** @throws not-found */
  change(id: string, values: PresetValues): Preset;
  /** @throws not-found */
  delete(id: string, at: number): void;
  /** @throws not-found */
  restore(id: string): Preset;
  /** null: none. @throws not-found */
  setDefault(id: string | null): void;
}

const noPreset = (): MezzotintError => failure('store.no-preset');

/** Settings that a newer or broken row holds are passed over, one by one. */
export function chosenSettings(json: string): Preset['settings'] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return {};
  }
  if (typeof value !== 'object' || value === null) return {};
  const known = Object.entries(value).filter(([key, one]) => v.is(chosenSettingsSchema, { [key]: one }));
  return v.parse(chosenSettingsSchema, Object.fromEntries(known));
}
/** A name that no model can have is passed over. */
const modelOf = (row: Row): Pick<Preset, 'model'> => {
  const model = textOrNull(row, 'model');
  return v.is(modelIdSchema, model) ? { model } : {};
};
const toPreset = (row: Row): Preset => ({
  id: text(row, 'id'),
  name: text(row, 'name'),
  instructions: text(row, 'instructions'),
  settings: chosenSettings(text(row, 'settings')),
  ...modelOf(row),
  isDefault: integer(row, 'is_default') === 1,
  createdAt: integer(row, 'created_at'),
});

export function createPresets(db: Db): Presets {
  const COLUMNS = 'SELECT id, name, instructions, settings, model, is_default, created_at FROM presets';
  const list = db.prepare(`${COLUMNS} WHERE deleted_at IS NULL ORDER BY number`);
  const one = db.prepare(`${COLUMNS} WHERE id = ? AND deleted_at IS NULL`);
  const insert = db.prepare(
    'INSERT INTO presets (id, name, instructions, settings, model, created_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const update = db.prepare(
    'UPDATE presets SET name = ?, instructions = ?, settings = ?, model = ? WHERE id = ? AND deleted_at IS NULL',
  );
  const mark = db.prepare('UPDATE presets SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL');
  const unmark = db.prepare('UPDATE presets SET deleted_at = NULL WHERE id = ?');
  const setDefault = db.prepare('UPDATE presets SET is_default = (id = ?)');

  const get = (id: string): Preset => {
    const row = one.get(id);
    if (!row) throw noPreset();
    return toPreset(row);
  };
  return {
    list: () => list.all().map(toPreset),
    get,
    add(id, { name, instructions, settings, model }, createdAt) {
      insert.run(id, name, instructions, JSON.stringify(settings), model ?? null, createdAt);
      return get(id);
    },
    change(id, { name, instructions, settings, model }) {
      if (update.run(name, instructions, JSON.stringify(settings), model ?? null, id) === 0) throw noPreset();
      return get(id);
    },
    delete(id, at) {
      if (mark.run(at, id) === 0) throw noPreset();
    },
    restore(id) {
      if (unmark.run(id) === 0) throw noPreset();
      return get(id);
    },
    setDefault(id) {
      if (id !== null) get(id);
      setDefault.run(id ?? '');
    },
  };
}
