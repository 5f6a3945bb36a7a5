/**
 * The import: first what it would do, then doing it, one conversation a transaction. Nothing that is there is changed: a conversation
 * that went on elsewhere gets what is new in it, and a message that differs stands beside the one that is here.
 */
import { createHash } from 'node:crypto';
import type { Addition, ArchivedConversation, ArchivedGeneration, ArchivedMessage } from '../contract/transfer.ts';
import { toAppError, type AppError } from '../contract/result.ts';
import type { Finished, Problem } from './incoming.ts';
import type { ReadFile } from './read.ts';
import { holds, isContinued, renamed } from './tree.ts';

/** The part of the store that an import needs. */
export interface ImportTarget {
  hasConversation(id: string): boolean;
  hasMessage(id: string): boolean;
  hasGeneration(id: string): boolean;
  read(id: string, options: { frames: boolean }): ArchivedConversation;
  /** All of it or nothing. */
  write(conversation: ArchivedConversation): void;
  /** All of it or nothing. */
  extend(addition: Addition): void;
}

/**
 * new: not here · updated: here, and something in it is new · copy: another conversation has its identifiers, so it is put beside ·
 * duplicate: all of it is here already.
 */
export type Standing = 'new' | 'updated' | 'copy' | 'duplicate';
export interface PlannedConversation {
  standing: Standing;
  /** As it would be written. */
  conversation: ArchivedConversation;
  /** What is new in it, where it is updated. */
  addition?: Addition;
  notes: Problem[];
}
export interface ImportPlan {
  format: string | null;
  formatName: string | null;
  items: PlannedConversation[];
  problems: Problem[];
}

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
/** An identifier for a message that differs from the one of the same identifier: the same for the same words. */
const besideId = (m: ArchivedMessage): string =>
  `${m.id.slice(0, 51)}-${short(JSON.stringify([m.role, m.text, m.attachments ?? null]))}`;

/** What `file` has that `stored` lacks; null: they have nothing in common but their identifier. */
function additionTo(
  stored: ArchivedConversation,
  file: ArchivedConversation,
  taken: { message: (id: string) => boolean; generation: (id: string) => boolean },
): Addition | null {
  const here = new Map(stored.messages.map((m) => [m.id, m]));
  /** Message of the file → identifier of what stands for it. */
  const places = new Map<string, string>();
  const fresh: ArchivedMessage[] = [];
  let common = false;
  for (const m of file.messages) {
    const mine = here.get(m.id);
    const beside = besideId(m);
    if (mine && isContinued(mine, m)) {
      places.set(m.id, m.id);
      common ||= m.role === 'user' || stored.messages.length === 1;
    } else if (mine && here.has(beside)) places.set(m.id, beside);
    else {
      const id = mine || taken.message(m.id) ? beside : m.id;
      if (here.has(id)) {
        places.set(m.id, id);
        continue;
      }
      if (id !== m.id && taken.message(id)) return null;
      places.set(m.id, id);
      const generations = m.generations.map((g, n): ArchivedGeneration => ({
        ...g,
        id: taken.generation(g.id) ? `${id.slice(0, 58)}-${n}` : g.id,
      }));
      fresh.push({
        ...m,
        id,
        parentId: m.parentId === null ? null : (places.get(m.parentId) ?? null),
        shownChildId: null,
        generations,
      });
    }
  }
  if (!common) return null;
  const isFresh = new Set(fresh.map(({ id }) => id));
  const parents = new Map(fresh.map((m) => [m.id, m.parentId]));
  const byPlace = new Map(fresh.map((m) => [m.id, m]));
  for (const m of file.messages) {
    const mine = byPlace.get(places.get(m.id) ?? '');
    if (!mine) continue;
    const child = m.shownChildId === null ? undefined : places.get(m.shownChildId);
    if (child !== undefined && parents.get(child) === mine.id) mine.shownChildId = child;
    if (m.deletedWith !== undefined) mine.deletedWith = places.get(m.deletedWith) ?? mine.id;
    for (const g of mine.generations)
      if (g.reproduces !== undefined) g.reproduces = places.get(g.reproduces) ?? g.reproduces;
  }
  // what is shown goes on where the file's branch goes on from its end
  const leaf = file.currentMessageId === null ? undefined : places.get(file.currentMessageId);
  let root = leaf;
  while (root !== undefined && isFresh.has(root)) root = parents.get(root) ?? undefined;
  const goesOn = leaf !== undefined && isFresh.has(leaf) && root !== undefined && root === stored.currentMessageId;
  const title =
    stored.titleSource === 'auto' && file.titleSource === 'person' && file.title !== stored.title
      ? file.title
      : undefined;
  return {
    conversationId: stored.id,
    ...(title === undefined ? {} : { title }),
    messages: fresh,
    ...(goesOn ? { currentMessageId: leaf } : {}),
    updatedAt: Math.max(stored.updatedAt, file.updatedAt),
  };
}

/** The conversation with what was added to it. */
const extended = (
  stored: ArchivedConversation,
  { title, messages, currentMessageId, updatedAt }: Addition,
): ArchivedConversation => ({
  ...stored,
  ...(title === undefined ? {} : { title, titleSource: 'person' }),
  messages: [...stored.messages, ...messages],
  currentMessageId: currentMessageId ?? stored.currentMessageId,
  updatedAt,
});

/**
 * Places conversations one after the other, so that one which stands twice, in one file or in two, is recognised.
 * @returns what would become of a conversation
 */
export function createPlanner(target: ImportTarget): (read: Finished) => PlannedConversation {
  /** Identifiers that conversations before this one will take. */
  const planned = { conversations: new Map<string, ArchivedConversation>(), inside: new Set<string>() };
  const stored = (id: string): ArchivedConversation | undefined =>
    planned.conversations.get(id) ?? (target.hasConversation(id) ? target.read(id, { frames: false }) : undefined);
  const taken = {
    message: (id: string): boolean => planned.inside.has(id) || target.hasMessage(id),
    generation: (id: string): boolean => planned.inside.has(id) || target.hasGeneration(id),
  };
  const free = (c: ArchivedConversation): boolean =>
    c.messages.every((m) => !taken.message(m.id) && m.generations.every((g) => !taken.generation(g.id)));
  const keep = (c: ArchivedConversation, messages: readonly ArchivedMessage[]): void => {
    planned.conversations.set(c.id, c);
    for (const m of messages) {
      planned.inside.add(m.id);
      for (const g of m.generations) planned.inside.add(g.id);
    }
  };

  return ({ conversation, also, lasting, notes }) => {
    const same = stored(conversation.id);
    if (!same && also.some((id) => stored(id))) return { standing: 'duplicate', conversation, notes };
    // identifiers made of the content say by themselves that it is the same
    if (same && (!lasting || holds(same, conversation))) {
      const renamedThere =
        same.titleSource === 'auto' &&
        lasting &&
        conversation.titleSource === 'person' &&
        same.title !== conversation.title;
      if (!renamedThere) return { standing: 'duplicate', conversation, notes };
    }
    if (same) {
      const addition = additionTo(same, conversation, taken);
      if (addition && (addition.messages.length > 0 || addition.title !== undefined)) {
        keep(extended(same, addition), addition.messages);
        return { standing: 'updated', conversation, addition, notes };
      }
      if (addition) return { standing: 'duplicate', conversation, notes };
    }
    const beside = same !== undefined || !free(conversation);
    const copy = beside ? renamed(conversation) : conversation;
    if (beside && stored(copy.id)) return { standing: 'duplicate', conversation: copy, notes };
    keep(copy, copy.messages);
    return { standing: beside ? 'copy' : 'new', conversation: copy, notes };
  };
}

export function planImport(file: ReadFile & { finished: readonly Finished[] }, target: ImportTarget): ImportPlan {
  const place = createPlanner(target);
  return { format: file.format, formatName: file.formatName, items: file.finished.map(place), problems: file.problems };
}

export interface ImportResult {
  /** Identifiers of the conversations that are there now and were not before. */
  imported: string[];
  /** Identifiers of those that were there and have more in them now. */
  updated: string[];
  duplicates: number;
  problems: Problem[];
  /** Why it ended before its end; what was imported until then stays. */
  stopped: AppError | 'cancelled' | null;
}

/** @param options `onProgress` hears how many of how many are done; `signal` ends it between two conversations */
export async function runImport(
  plan: ImportPlan,
  target: ImportTarget,
  options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<ImportResult> {
  const result: ImportResult = {
    imported: [],
    updated: [],
    duplicates: 0,
    problems: [...plan.problems],
    stopped: null,
  };
  for (const [i, { standing, conversation, addition }] of plan.items.entries()) {
    if (options.signal?.aborted) return { ...result, stopped: 'cancelled' };
    if (standing === 'duplicate') result.duplicates++;
    else {
      try {
        if (addition) {
          target.extend(addition);
          result.updated.push(addition.conversationId);
        } else {
          target.write(conversation);
          result.imported.push(conversation.id);
        }
      } catch (thrown) {
        const error = toAppError(thrown);
        // a full disk or a damaged database would refuse all that follow too
        if (error.code.startsWith('store-')) return { ...result, stopped: error };
        result.problems.push({ where: `“${conversation.title.slice(0, 80)}”`, why: error });
      }
    }
    options.onProgress?.(i + 1, plan.items.length);
    // others get their turn: a running reply, a cancel
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return result;
}
