/**
 * Every word the window shows: import `t` from here. Each language is a folder, `strings/en` and `strings/zh`, with the same files, one a feature.
 * Functions take the values they show. To add a word, write it in both languages: one that is missing is an error of types.
 */
import { live, type Loose } from './strings/live.ts';
import { en } from './strings/en/index.ts';
import { zh } from './strings/zh/index.ts';

/** Words for samplers and their parameters, by their names in the registry; what has none here shows the registry's own. */
export type SamplerWords = Record<
  string,
  { name: string; hint: string; params: Record<string, { label: string; hint: string }> }
>;

/** Every language has each of these words. */
export type Strings = Loose<typeof en>;
/** The words in the language that is spoken. */
export const t = live<Strings>({ en, zh });
