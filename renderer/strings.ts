/**
 * Every word the window shows: import `t` from here. Each language is a folder, `strings/en` and `strings/zh`, with the same files, one a feature.
 * Functions take the values they show. To add a word, write it in both languages: one that is missing is an error of types.
 */
import { live } from './strings/live.ts';
import { en } from './strings/en/index.ts';
import { zh } from './strings/zh/index.ts';
import type { Strings } from './strings/types.ts';

/** The words in the language that is spoken. */
export const t = live<Strings>({ en, zh });
