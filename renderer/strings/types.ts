/** What every language has: the words of the English files, with functions for those that show values. */
import type { en } from './en/index.ts';
import type { Loose } from './live.ts';

export type Strings = Loose<typeof en>;
