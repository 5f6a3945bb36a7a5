/** Mezzotint's own JSON: complete, and read back without loss. docs/formats.md describes it. */
import * as v from 'valibot';
import { archivedConversationSchema, type ArchivedConversation } from '../../contract/transfer.ts';
import { errorOf, failure } from '../../contract/result.ts';
import { BadPart, isObject, wellFormed } from '../incoming.ts';
import type { Reader, Writer } from './format.ts';

export const OWN_FORMAT = 'mezzotint-conversations';
const VERSION = 1;

/** The file in pieces, one conversation at a time in memory. */
export function* writeOwn(
  conversations: Iterable<ArchivedConversation>,
  info: { exportedAt: number; frames: boolean },
): Generator<string> {
  yield `{"format":${JSON.stringify(OWN_FORMAT)},"version":${VERSION},"exportedAt":${info.exportedAt},"frames":${info.frames},"conversations":[`;
  let between = '\n';
  for (const conversation of conversations) {
    yield between + JSON.stringify(conversation);
    between = ',\n';
  }
  yield '\n]}\n';
}

const isOwn = (value: unknown): value is Record<string, unknown> => isObject(value) && value['format'] === OWN_FORMAT;

/** The conversations of such a file, unchecked. @throws MezzotintError file-invalid */
function ownParts(file: Record<string, unknown>): unknown[] {
  const { version, conversations } = file;
  if (typeof version === 'number' && version > VERSION)
    throw failure('transfer.newer', { found: version, known: VERSION });
  if (version !== VERSION || !Array.isArray(conversations)) throw failure('transfer.no-list');
  return conversations as unknown[];
}

/** @throws BadPart naming the first thing that is wrong */
export function readOwn(part: unknown, where: string): ArchivedConversation {
  const parsed = v.safeParse(archivedConversationSchema, part, { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const at = v.getDotPath(issue);
    const { expected, received, message } = issue;
    throw new BadPart(
      at === null ? where : `${where}.${at}`,
      expected === null ? errorOf('bad.refused', { reason: message }) : errorOf('bad.value', { expected, received }),
    );
  }
  const conversation = parsed.output;
  const { messages, currentMessageId } = conversation;
  const places = new Map<string, number>();
  const generations = new Set<string>();
  messages.forEach((m, i) => {
    const here = `${where}.messages.${i}`;
    if (places.has(m.id)) throw new BadPart(`${here}.id`, errorOf('bad.same-message-id'));
    if (m.parentId !== null && !places.has(m.parentId))
      throw new BadPart(`${here}.parentId`, errorOf('bad.parent-not-before'));
    for (const [n, g] of m.generations.entries()) {
      if (m.role !== 'assistant') throw new BadPart(`${here}.generations`, errorOf('bad.generations-of-question'));
      if (generations.has(g.id)) throw new BadPart(`${here}.generations.${n}.id`, errorOf('bad.same-generation-id'));
      generations.add(g.id);
    }
    places.set(m.id, i);
  });
  const known = (id: string | undefined, at: string): void => {
    if (id !== undefined && !places.has(id)) throw new BadPart(`${where}.${at}`, errorOf('bad.no-message-of-this'));
  };
  known(conversation.forkedFrom?.at, 'forkedFrom.at');
  messages.forEach((m, i) => {
    if (m.attachments && m.role !== 'user')
      throw new BadPart(`${where}.messages.${i}.attachments`, errorOf('bad.files-of-reply'));
    if ((m.deletedAt === undefined) !== (m.deletedWith === undefined))
      throw new BadPart(`${where}.messages.${i}.deletedWith`, errorOf('bad.deleted-with-alone'));
    known(m.deletedWith, `messages.${i}.deletedWith`);
    m.generations.forEach((g, n) => known(g.reproduces, `messages.${i}.generations.${n}.reproduces`));
    if (m.shownChildId !== null && messages[places.get(m.shownChildId) ?? -1]?.parentId !== m.id)
      throw new BadPart(`${where}.messages.${i}.shownChildId`, errorOf('bad.no-child'));
  });
  if (currentMessageId !== null && !places.has(currentMessageId))
    throw new BadPart(`${where}.currentMessageId`, errorOf('bad.no-message-of-this'));
  return {
    ...conversation,
    title: wellFormed(conversation.title),
    messages: messages.map((m) => ({
      ...m,
      text: wellFormed(m.text),
      ...(m.attachments
        ? { attachments: m.attachments.map(({ name, text }) => ({ name: wellFormed(name), text: wellFormed(text) })) }
        : {}),
    })),
  };
}

export const own: Reader = {
  id: 'mezzotint',
  name: 'Mezzotint',
  open({ items, whole }) {
    const file = items?.[0]?.value;
    if (!whole || items?.length !== 1 || !isOwn(file)) return null;
    return ownParts(file).map((part, i) => {
      const where = `conversations.${i}`;
      return { where, read: () => ({ conversation: readOwn(part, where), also: [], lasting: true, notes: [] }) };
    });
  },
};

export const ownWriter: Writer = { extension: 'json', mimeType: 'application/json', write: writeOwn };
