/** The conversation list as it is shown: pinned ones, folders, the others by date or by title; and its rows. Pure. */
import { append } from '../../../core/contract/lists.ts';
import type { Conversation } from '../../../core/contract/conversations.ts';
import type { Folder } from '../../../core/contract/order.ts';

export type Sort = 'date' | 'title';
export interface Section {
  /** Stable while the list changes: what is folded is remembered by it. */
  readonly key: string;
  readonly kind: 'pinned' | 'folder' | 'rest';
  readonly label: string;
  readonly folder: Folder | null;
  readonly items: readonly Conversation[];
  /** How many there are; a folder counts its pinned ones too, which stand above. */
  readonly count: number;
}
/** `today` … name the near past; older ones are grouped by month. `all` heads the list by title. */
export interface SectionLabels {
  readonly pinned: string;
  readonly today: string;
  readonly yesterday: string;
  readonly week: string;
  readonly month: string;
  readonly all: string;
}
export interface ListOf {
  readonly conversations: Iterable<Conversation>;
  readonly folders: readonly Folder[];
  readonly sort: Sort;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly labels: SectionLabels;
  readonly locale?: string;
}
const DAY = 86_400_000;

/** The newest first; those of one moment in an order that does not change. */
export const newestFirst = (a: Conversation, b: Conversation): number =>
  b.updatedAt - a.updatedAt || (a.id < b.id ? 1 : -1);

/** Titles in alphabetical order, numbers within them by value; equal ones the newest first. */
export function byTitle(locale = 'en'): (a: Conversation, b: Conversation) => number {
  const { compare } = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
  return (a, b) => compare(a.title, b.title) || newestFirst(a, b);
}

/** Groups of a list that is sorted by date already. */
export function groupByDate(
  sorted: readonly Conversation[],
  now: number,
  labels: SectionLabels,
  locale = 'en',
): Section[] {
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  const today = midnight.getTime();
  const months = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric' });
  /** Where the month of the last heading begins: only its first conversation needs a calendar. */
  let monthStart = Infinity;
  let month = { key: '', label: '' };
  const named = (time: number): { key: string; label: string } => {
    if (time >= today) return { key: 'today', label: labels.today };
    if (time >= today - DAY) return { key: 'yesterday', label: labels.yesterday };
    if (time >= today - 7 * DAY) return { key: 'week', label: labels.week };
    if (time >= today - 30 * DAY) return { key: 'month', label: labels.month };
    if (time < monthStart) {
      const date = new Date(time);
      monthStart = new Date(date.getFullYear(), date.getMonth(), 1).getTime();
      month = { key: `${date.getFullYear()}-${date.getMonth() + 1}`, label: months.format(date) };
    }
    return month;
  };
  const sections: (Section & { items: Conversation[]; count: number })[] = [];
  for (const conversation of sorted) {
    const { key, label } = named(conversation.updatedAt);
    const last = sections.at(-1);
    if (last?.key === key) {
      last.items.push(conversation);
      last.count++;
    } else sections.push({ key, kind: 'rest', label, folder: null, items: [conversation], count: 1 });
  }
  return sections;
}

/** Pinned ones (pinned first, first), each folder (also an empty one), then the rest. */
export function sectionsOf({ conversations, folders, sort, now, labels, locale = 'en' }: ListOf): Section[] {
  const pinned: Conversation[] = [];
  const rest: Conversation[] = [];
  const inFolder = new Map<string, { items: Conversation[]; count: number }>(
    folders.map(({ id }) => [id, { items: [], count: 0 }]),
  );
  for (const conversation of conversations) {
    const holder = conversation.folderId === null ? undefined : inFolder.get(conversation.folderId);
    if (holder) holder.count++;
    if (conversation.pinnedAt !== null) pinned.push(conversation);
    else (holder?.items ?? rest).push(conversation);
  }
  const order = sort === 'title' ? byTitle(locale) : newestFirst;
  pinned.sort((a, b) => (a.pinnedAt ?? 0) - (b.pinnedAt ?? 0) || newestFirst(a, b));
  rest.sort(order);
  const sections: Section[] = [];
  if (pinned.length > 0)
    sections.push({
      key: 'pinned',
      kind: 'pinned',
      label: labels.pinned,
      folder: null,
      items: pinned,
      count: pinned.length,
    });
  for (const folder of folders) {
    const { items, count } = inFolder.get(folder.id) ?? { items: [], count: 0 };
    sections.push({
      key: `folder-${folder.id}`,
      kind: 'folder',
      label: folder.name,
      folder,
      items: items.sort(order),
      count,
    });
  }
  if (sort === 'date') append(sections, groupByDate(rest, now, labels, locale));
  else if (rest.length > 0)
    sections.push({ key: 'all', kind: 'rest', label: labels.all, folder: null, items: rest, count: rest.length });
  return sections;
}

export type Row =
  | { readonly key: string; readonly section: Section; readonly conversation: null }
  | { readonly key: string; readonly section: Section; readonly conversation: Conversation };

/** A heading each, and under it the conversations of those that are not folded. */
export function rowsOf(sections: readonly Section[], folded: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  for (const section of sections) {
    rows.push({ key: section.key, section, conversation: null });
    if (!folded.has(section.key))
      for (const conversation of section.items) rows.push({ key: conversation.id, section, conversation });
  }
  return rows;
}

/** Every word of `words` must occur in the title, in any case and accent. */
export function matchesTitle(title: string, words: string): boolean {
  const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const there = plain(title);
  return plain(words)
    .split(/\s+/)
    .every((word) => there.includes(word));
}

/** A name that no folder has yet: `name`, `name 2` … */
export function freeFolderName(folders: readonly Folder[], name: string): string {
  const taken = new Set(folders.map((folder) => folder.name));
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name} ${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}
