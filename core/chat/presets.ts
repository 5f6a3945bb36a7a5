/** The channels of presets (core/contract/presets.ts), and their files. */
import * as v from 'valibot';
import type { Handlers } from '../contract/index.ts';
import {
  MAX_PRESETS,
  presetValuesSchema,
  PRESETS_FORMAT,
  type Preset,
  type presetChannels,
  type PresetValues,
} from '../contract/presets.ts';
import type { Push } from '../contract/push.ts';
import { failure } from '../contract/result.ts';
import type { Store } from '../store/index.ts';

export type PresetHandlers = Pick<Handlers, keyof typeof presetChannels>;
export interface PresetOptions {
  store: Store;
  notify: (push: Push) => void;
  /** Milliseconds since 1970. */
  now: () => number;
  newId: () => string;
}
const VERSION = 1;

export const writePresets = (presets: readonly Preset[]): string =>
  `${JSON.stringify({ format: PRESETS_FORMAT, version: VERSION, presets: presets.map(({ name, instructions, settings, model }) => ({ name, instructions, settings, ...(model === undefined ? {} : { model }) })) }, null, 2)}\n`;

/** Text that SQLite and UTF-8 can hold: halves of surrogate pairs become U+FFFD. */
const wellFormed = (text: string): string =>
  text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');

export interface ReadPresets {
  presets: PresetValues[];
  problems: { where: string; why: string }[];
}
/** The presets of a file; those that are not what they should be are named and left out. @throws file-invalid where it is no such file */
export function readPresets(text: string): ReadPresets {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw failure('presets.not-json');
  }
  const head = v.safeParse(
    v.object({ format: v.literal(PRESETS_FORMAT), version: v.number(), presets: v.array(v.unknown()) }),
    file,
  );
  if (!head.success) throw failure('presets.none');
  if (head.output.version > VERSION) throw failure('presets.newer', { found: head.output.version, known: VERSION });
  if (head.output.presets.length > MAX_PRESETS) throw failure('presets.too-many', { most: MAX_PRESETS });
  const read: ReadPresets = { presets: [], problems: [] };
  head.output.presets.forEach((raw, i) => {
    const parsed = v.safeParse(presetValuesSchema, raw, { abortEarly: true });
    if (parsed.success)
      read.presets.push({
        ...parsed.output,
        name: wellFormed(parsed.output.name),
        instructions: wellFormed(parsed.output.instructions),
      });
    else
      read.problems.push({
        where: [`presets.${i}`, v.getDotPath(parsed.issues[0])].filter((part) => part !== null).join('.'),
        why: parsed.issues[0].message.slice(0, 200),
      });
  });
  return read;
}

const same = (a: PresetValues, b: PresetValues): boolean =>
  a.name === b.name &&
  a.instructions === b.instructions &&
  a.model === b.model &&
  JSON.stringify(Object.entries(a.settings).sort()) === JSON.stringify(Object.entries(b.settings).sort());

export function createPresetHandlers({ store, notify, now, newId }: PresetOptions): PresetHandlers {
  const announced = <T>(answer: T): T => {
    notify({ topic: 'presets', presets: store.presets.list() });
    return answer;
  };
  const room = (more: number): void => {
    if (store.presets.list().length + more > MAX_PRESETS) throw failure('presets.no-room', { most: MAX_PRESETS });
  };
  /** A name that no preset has: “Name”, “Name 2”, “Name 3” … */
  const free = (name: string, taken: ReadonlySet<string>): string => {
    for (let n = 1; ; n++) {
      const tried = n === 1 ? name : `${name.slice(0, 95)} ${n}`;
      if (!taken.has(tried)) return tried;
    }
  };
  return {
    'presets.list': () => store.presets.list(),
    'presets.save': ({ id, values }) => {
      if (id === null) room(1);
      return announced(id === null ? store.presets.add(newId(), values, now()) : store.presets.change(id, values));
    },
    'presets.delete': ({ id }) => {
      store.presets.delete(id, now());
      return announced({});
    },
    'presets.restore': ({ id }) => {
      room(1);
      return announced(store.presets.restore(id));
    },
    'presets.setDefault': ({ id }) => {
      store.presets.setDefault(id);
      return announced(store.presets.list());
    },
    'presets.export': ({ ids }) => {
      const all = store.presets.list();
      const some = ids === null ? all : all.filter(({ id }) => ids.includes(id));
      return { name: 'mezzotint-presets.json', text: writePresets(some) };
    },
    'presets.import': ({ text }) => {
      const { presets, problems } = readPresets(text);
      const imported: Preset[] = [];
      let duplicates = 0;
      store.transaction(() => {
        const there = store.presets.list();
        const fresh = presets.filter(
          (values, i) =>
            !there.some((one) => same(one, values)) && !presets.slice(0, i).some((one) => same(one, values)),
        );
        duplicates = presets.length - fresh.length;
        room(fresh.length);
        const taken = new Set(there.map(({ name }) => name));
        for (const values of fresh) {
          const name = free(values.name, taken);
          taken.add(name);
          imported.push(store.presets.add(newId(), { ...values, name }, now()));
        }
      });
      return announced({ imported, duplicates, problems });
    },
  };
}
