/** An error in words of a language. */
import type { AppError, ParamValue } from './schema.ts';
import type { Kind } from './kinds.ts';
import { errorTable, isErrorId, type ErrorId } from './table/index.ts';
import { en } from './words/en/index.ts';
import { zh } from './words/zh/index.ts';

const languages = {
  en: { words: en, tag: 'en-GB', comma: ', ', space: ' ', stop: '.' },
  zh: { words: zh, tag: 'zh-Hans', comma: '、', space: '', stop: '。' },
};
export type ErrorLanguage = keyof typeof languages;

/** What is shown of an error: both without a line break at the end. */
export interface Said {
  message: string;
  action?: string;
}

const PLACE = /\{(\w+)(?:#([^{}#]*)#([^{}#]*))?\}/g;
const units = [
  { from: 1e9, per: 1e9, name: 'GB', places: 1 },
  { from: 1e6, per: 1e6, name: 'MB', places: 0 },
  { from: 0, per: 1e3, name: 'kB', places: 0 },
] as const;

const isError = (value: unknown): value is AppError =>
  typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
const number = (value: ParamValue): boolean => typeof value === 'number';
const errors = (value: ParamValue): boolean => Array.isArray(value) && value.every(isError);
const fits: Record<Kind, (value: ParamValue) => boolean> = {
  text: (value) => typeof value === 'string',
  number,
  count: number,
  bytes: number,
  time: number,
  list: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  error: isError,
  sentences: errors,
  phrases: errors,
};

function size(bytes: number, tag: string): string {
  const { per, name, places } = units.find(({ from }) => bytes >= from) ?? units[2];
  return `${(bytes / per).toLocaleString(tag, { maximumFractionDigits: places })} ${name}`;
}
/** An error as a part of another: what nobody foresaw is its reason alone. */
function within(error: AppError, language: ErrorLanguage): string {
  const reason = error.id === 'internal.unforeseen' ? error.params?.['reason'] : undefined;
  return typeof reason === 'string' ? reason + languages[language].stop : sayError(error, language).message;
}
function shown(kind: Kind, value: ParamValue, language: ErrorLanguage): string {
  const { tag, comma, space } = languages[language];
  if (typeof value === 'string') return value;
  if (typeof value === 'number')
    return kind === 'count'
      ? value.toLocaleString(tag)
      : kind === 'bytes'
        ? size(value, tag)
        : kind === 'time'
          ? new Date(value).toLocaleString(tag, { dateStyle: 'medium', timeStyle: 'short' })
          : String(value);
  if (isError(value)) return within(value, language);
  const parts = value.map((one) => (typeof one === 'string' ? one : sayError(one, language).message));
  return kind === 'sentences'
    ? parts.join(space)
    : kind === 'phrases'
      ? new Intl.ListFormat(tag, { type: 'conjunction' }).format(parts)
      : parts.join(comma);
}

/** What stands in an id's words for `params`, or null where it has other parameters than this version knows. */
export function sayId(id: ErrorId, params: Readonly<Record<string, ParamValue>>, language: ErrorLanguage): Said | null {
  const kinds: Readonly<Record<string, Kind>> = errorTable[id][1] ?? {};
  for (const [name, kind] of Object.entries(kinds)) {
    const value = params[name];
    if (value === undefined || !fits[kind](value)) return null;
  }
  const fill = (words: string): string =>
    words.replace(PLACE, (_, name: string, one?: string, many?: string) => {
      const kind = kinds[name];
      const value = params[name];
      if (kind === undefined || value === undefined) return '';
      const text = shown(kind, value, language);
      return one === undefined ? text : `${text} ${value === 1 ? one : many}`;
    });
  const words = languages[language].words[id];
  return typeof words === 'string' ? { message: fill(words) } : { message: fill(words[0]), action: fill(words[1]) };
}

/** An error in words. One that this version has no words for says what it brought along, in English. */
export function sayError(error: AppError, language: ErrorLanguage): Said {
  const said = error.id !== undefined && isErrorId(error.id) ? sayId(error.id, error.params ?? {}, language) : null;
  return said ?? { message: error.message, ...(error.action === undefined ? {} : { action: error.action }) };
}
