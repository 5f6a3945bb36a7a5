/** The language the window speaks, and a catalogue that always answers in it. */
import { createSubscriber } from 'svelte/reactivity';
import type { Locale } from '../../core/contract/app.ts';

/** BCP 47 tags, for dates, numbers and the page's own `lang`. */
const tags: Record<Locale, string> = { en: 'en', zh: 'zh-Hans' };

/** What a catalogue holds, with any words: literal types of the English one become plain ones. */
export type Loose<T> = T extends string
  ? string
  : T extends (...values: infer V) => infer R
    ? (...values: V) => Loose<R>
    : T extends readonly unknown[] | object
      ? { readonly [K in keyof T]: Loose<T[K]> }
      : T;

let current: Locale = 'en';
let changed = (): void => undefined;
/** Whatever is drawn from words is drawn again when the language changes. */
const track = createSubscriber((update) => {
  changed = update;
  return () => (changed = () => undefined);
});

export function speak(locale: Locale): void {
  if (locale === current) return;
  current = locale;
  changed();
}
/** The language spoken now. */
export function language(): Locale {
  track();
  return current;
}
/** The tag of the language spoken now. */
export function spoken(): string {
  track();
  return tags[current];
}

/** `n` as the language writes numbers. */
/** An amount of a currency, small ones to two digits that count: what a reply costs is often less than the smallest coin. */
export function money(amount: number, currency: string): string {
  const small = amount > 0 && amount < 0.1;
  return new Intl.NumberFormat(spoken(), {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    ...(small ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 }),
  }).format(amount);
}
export const number = (n: number): string => n.toLocaleString(spoken());

const isGroup = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One catalogue in front of several: each word is looked up in the language spoken when it is read, however long a group of them was held. */
export function live<T extends object>(catalogues: Record<Locale, T>): T {
  const groups = new Map<string, object>();
  const group = (path: readonly PropertyKey[]): object => {
    const key = path.map(String).join('\0');
    const known = groups.get(key);
    if (known) return known;
    const along = (catalogue: object): object =>
      path.reduce<object>((at, name) => Reflect.get(at, name) as object, catalogue);
    const groupIn = { en: along(catalogues.en), zh: along(catalogues.zh) } satisfies Record<Locale, object>;
    const here = (): object => {
      track();
      return groupIn[current];
    };
    const made: object = new Proxy(
      {},
      {
        get: (_, name) => {
          const value: unknown = Reflect.get(here(), name);
          return isGroup(value) ? group([...path, name]) : value;
        },
        has: (_, name) => Reflect.has(here(), name),
        ownKeys: () => Reflect.ownKeys(here()),
        getOwnPropertyDescriptor: (_, name): PropertyDescriptor | undefined =>
          Reflect.has(here(), name)
            ? { value: Reflect.get(made, name) as unknown, enumerable: true, configurable: true, writable: false }
            : undefined,
      },
    );
    groups.set(key, made);
    return made;
  };
  return group([]) as T;
}

/** Bytes a second of a usual line, 50 Mbit/s: what a time to fetch is told for before any download was measured. */
export const USUAL_RATE = 6.25e6;
