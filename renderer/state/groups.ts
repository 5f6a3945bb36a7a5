/** The conversation list: newest first, under headings by date, filtered by title. Pure. */
import type { Conversation } from '../../core/contract/conversations.ts';

export interface Group {
  readonly key: string;
  readonly label: string;
  readonly items: Conversation[];
}
const DAY = 86_400_000;

/** `labels` name the near past; older ones are grouped by month, in the reader's language. `now` in milliseconds. */
export function groupByDate(conversations: readonly Conversation[], now: number, labels: { today: string; yesterday: string; week: string; month: string }, locale = 'en'): Group[] {
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  const today = midnight.getTime();
  const named = (time: number): string => {
    if (time >= today) return labels.today;
    if (time >= today - DAY) return labels.yesterday;
    if (time >= today - 7 * DAY) return labels.week;
    if (time >= today - 30 * DAY) return labels.month;
    return new Date(time).toLocaleDateString(locale, { month: 'long', year: 'numeric' });
  };
  const groups: Group[] = [];
  for (const conversation of [...conversations].sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? 1 : -1))) {
    const label = named(conversation.updatedAt);
    const last = groups.at(-1);
    if (last?.label === label) last.items.push(conversation);
    else groups.push({ key: label, label, items: [conversation] });
  }
  return groups;
}

/** Every word of `words` must occur in the title, in any case and accent. */
export function matchesTitle(title: string, words: string): boolean {
  const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const there = plain(title);
  return plain(words).split(/\s+/).every((word) => there.includes(word));
}
