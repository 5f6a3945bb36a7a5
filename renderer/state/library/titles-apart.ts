/** Titles that look alike in a narrow list, apart apart: by the words in which they differ, equal ones by their time. Pure. */
import type { Conversation } from '../../../core/contract/conversations.ts';

export interface Apart {
  /** The title as the list shows it, where that is not the whole of it. */
  readonly title: string | null;
  /** Said beside it; '': nothing. */
  readonly time: string;
}
/** Characters of a title that the list surely shows. */
const SEEN = 22;

/** Scripts whose words no space parts. */
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** The common beginning of titles, up to the last word that all of them share whole. In UTF-16 units. */
function sharedStart(titles: readonly string[]): number {
  const [first = '', ...others] = titles;
  let at = 0;
  while (at < first.length && others.every((title) => title[at] === first[at])) at++;
  if (DENSE.test(first[at] ?? '') || DENSE.test(first[at - 1] ?? '')) return at;
  if (others.every((title) => at >= title.length || title[at] === ' ') && (at >= first.length || first[at] === ' '))
    return at;
  return first.lastIndexOf(' ', at - 1) + 1;
}
/** The first word or two, then what is the title's own. */
function shortened(title: string, shared: number): string | null {
  const rest = title.slice(shared).trim();
  const start = DENSE.test(title.slice(0, 4))
    ? title.slice(0, 4)
    : title
        .slice(0, 12)
        .replace(/\s+\S*$/u, '')
        .trim();
  return rest === '' || start.length + rest.length >= title.length ? null : `${start}… ${rest}`;
}
/** Says when: the hour today, else the day. */
function clock(now: number, locale: string): (at: number) => string {
  const hours = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
  const days = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  return (at) => (at >= midnight ? hours : days).format(at);
}

/** By conversation; those that need no telling apart are not in it. `now` in milliseconds since 1970; `locale`: a BCP 47 tag. */
export function tellApart(
  conversations: readonly Conversation[],
  now: number,
  locale: string,
): ReadonlyMap<string, Apart> {
  const alike = new Map<string, Conversation[]>();
  for (const conversation of conversations) {
    if (conversation.title === '') continue;
    const key = conversation.title.slice(0, SEEN);
    const group = alike.get(key);
    if (group) group.push(conversation);
    else alike.set(key, [conversation]);
  }
  const apart = new Map<string, Apart>();
  const timeOf = clock(now, locale);
  for (const group of alike.values()) {
    if (group.length < 2) continue;
    const times = new Map<string, number>();
    for (const { title } of group) times.set(title, (times.get(title) ?? 0) + 1);
    const shared = times.size > 1 ? sharedStart([...times.keys()]) : 0;
    for (const { id, title, updatedAt } of group) {
      apart.set(id, {
        title: times.size > 1 ? shortened(title, shared) : null,
        time: (times.get(title) ?? 0) > 1 ? timeOf(updatedAt) : '',
      });
    }
  }
  return apart;
}
