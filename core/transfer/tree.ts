/** A conversation's tree: the branch that is shown, a name for its content, whether another one holds all of it. Pure. */
import { createHash } from 'node:crypto';
import { withFiles } from '../contract/attachments.ts';
import type { ArchivedConversation, ArchivedMessage } from '../contract/transfer.ts';
import { visibleMessages } from '../contract/visible-messages.ts';

/** A message with the files it brought along written into its text, as the model read it. */
export const asRead = (message: ArchivedMessage): ArchivedMessage =>
  message.attachments ? { ...message, text: withFiles(message.text, message.attachments) } : message;

/** The branch shown last, from its first message to its leaf; where none was shown, the newest one. Without what is deleted. */
export function shownBranch({
  messages,
  currentMessageId,
}: Pick<ArchivedConversation, 'messages' | 'currentMessageId'>): ArchivedMessage[] {
  const stand = visibleMessages(messages);
  const byId = new Map(messages.filter(({ id }) => stand.has(id)).map((m) => [m.id, m]));
  const newestChild = new Map([...byId.values()].map((m) => [m.parentId, m]));
  const branch: ArchivedMessage[] = [];
  for (let at = byId.get(currentMessageId ?? ''); at; at = at.parentId === null ? undefined : byId.get(at.parentId))
    branch.push(at);
  branch.reverse();
  for (;;) {
    const last = branch.at(-1);
    const shown = last?.shownChildId ?? null;
    const next = byId.get(shown ?? '') ?? newestChild.get(last?.id ?? null);
    if (!next) return branch.filter(({ deletedAt }) => deletedAt === undefined).map(asRead);
    branch.push(next);
  }
}

/** What names a message's content: place of its parent in the list (null: none), role, text, and time where the source has one. */
export type Content = readonly [parent: number | null, role: string, text: string, createdAt: number | null];

/** An identifier made of what a conversation says: the same file imported twice gives the same one. `im-` and 40 hexadecimal digits. */
export function contentId(title: string, messages: Iterable<Content>): string {
  const hash = createHash('sha256').update(JSON.stringify(title));
  for (const message of messages) hash.update(JSON.stringify(message));
  return `im-${hash.digest('hex').slice(0, 40)}`;
}
/** The identifier of message number `at` of a conversation named by its content; siblings sort as they stand in the file. */
export const messageIdAt = (conversationId: string, at: number): string =>
  `${conversationId}-${at.toString(36).padStart(4, '0')}`;

/** The same conversation under identifiers made of its content. */
export function renamed(c: ArchivedConversation): ArchivedConversation {
  const places = new Map(c.messages.map((m, i) => [m.id, i]));
  const id = contentId(
    c.title,
    c.messages.map((m): Content => [
      m.parentId === null ? null : (places.get(m.parentId) ?? null),
      m.role,
      asRead(m).text,
      m.createdAt,
    ]),
  );
  const named = (old: string | null): string | null => (old === null ? null : messageIdAt(id, places.get(old) ?? 0));
  return {
    ...c,
    id,
    currentMessageId: named(c.currentMessageId),
    ...(c.forkedFrom ? { forkedFrom: { ...c.forkedFrom, at: named(c.forkedFrom.at) ?? '' } } : {}),
    messages: c.messages.map((m, i) => ({
      ...m,
      id: messageIdAt(id, i),
      parentId: named(m.parentId),
      shownChildId: named(m.shownChildId),
      ...(m.deletedWith === undefined ? {} : { deletedWith: named(m.deletedWith) ?? messageIdAt(id, i) }),
      generations: m.generations.map((g, n) => ({
        ...g,
        id: `${messageIdAt(id, i)}-${n}`,
        ...(g.reproduces === undefined ? {} : { reproduces: named(g.reproduces) ?? '' }),
      })),
    })),
  };
}

/** Whether a message that is here is the file's, as it was or continued since. */
export const isContinued = (mine: ArchivedMessage, m: ArchivedMessage): boolean =>
  mine.role === m.role &&
  JSON.stringify(mine.attachments) === JSON.stringify(m.attachments) &&
  (mine.text === m.text || (m.status !== 'complete' && mine.text.startsWith(m.text)));

/** Whether `stored` holds every message of `file`, as it was or continued since. */
export function holds(stored: ArchivedConversation, file: ArchivedConversation): boolean {
  const byId = new Map(stored.messages.map((m) => [m.id, m]));
  return file.messages.every((m) => {
    const mine = byId.get(m.id);
    return mine !== undefined && mine.parentId === m.parentId && isContinued(mine, m);
  });
}
