/** The import: first what it would do, then doing it, one conversation a transaction. Nothing that is there is changed. */
import type { ArchivedConversation } from '../contract/exchange.ts';
import { toAppError, type AppError } from '../contract/result.ts';
import type { Problem, ReadFile } from './read.ts';
import { holds, renamed } from './tree.ts';

/** The part of the store that an import needs. */
export interface ImportTarget {
  hasConversation(id: string): boolean;
  hasMessage(id: string): boolean;
  hasGeneration(id: string): boolean;
  read(id: string, options: { frames: boolean }): ArchivedConversation;
  /** All of it or nothing. */
  write(conversation: ArchivedConversation): void;
}

/** new: not here · copy: here, but the file has something else in it, so it is put beside · duplicate: all of it is here already. */
export type Standing = 'new' | 'copy' | 'duplicate';
export interface PlannedConversation {
  standing: Standing;
  /** As it would be written. */
  conversation: ArchivedConversation;
}
export interface ImportPlan {
  format: ReadFile['format'];
  items: PlannedConversation[];
  problems: Problem[];
}

/**
 * Places conversations one after the other, so that one which stands twice, in one file or in two, is recognised.
 * @returns what would become of a conversation from a file of this format
 */
export function createPlanner(target: ImportTarget): (format: ReadFile['format'], conversation: ArchivedConversation) => PlannedConversation {
  /** Identifiers that conversations before this one will take. */
  const planned = { conversations: new Map<string, ArchivedConversation>(), inside: new Set<string>() };
  const stored = (id: string): ArchivedConversation | undefined => planned.conversations.get(id) ?? (target.hasConversation(id) ? target.read(id, { frames: false }) : undefined);
  const free = (c: ArchivedConversation): boolean =>
    c.messages.every((m) => !planned.inside.has(m.id) && !target.hasMessage(m.id) && m.generations.every((g) => !planned.inside.has(g.id) && !target.hasGeneration(g.id)));

  return (format, conversation) => {
    const same = stored(conversation.id);
    // identifiers made of the content say by themselves that it is the same
    if (same && (format !== 'mezzotint' || holds(same, conversation))) return { standing: 'duplicate', conversation };
    const taken = same !== undefined || !free(conversation);
    const copy = taken ? renamed(conversation) : conversation;
    if (taken && stored(copy.id)) return { standing: 'duplicate', conversation: copy };
    planned.conversations.set(copy.id, copy);
    for (const m of copy.messages) for (const id of [m.id, ...m.generations.map((g) => g.id)]) planned.inside.add(id);
    return { standing: taken ? 'copy' : 'new', conversation: copy };
  };
}

export function planImport(file: ReadFile, target: ImportTarget): ImportPlan {
  const place = createPlanner(target);
  return { format: file.format, items: file.conversations.map((conversation) => place(file.format, conversation)), problems: file.problems };
}

export interface ImportResult {
  /** Identifiers of the conversations that are there now and were not before. */
  imported: string[];
  duplicates: number;
  problems: Problem[];
  /** Why it ended before its end; what was imported until then stays. */
  stopped: AppError | 'cancelled' | null;
}

/** @param options `onProgress` hears how many of how many are done; `signal` ends it between two conversations */
export async function runImport(plan: ImportPlan, target: ImportTarget, options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {}): Promise<ImportResult> {
  const result: ImportResult = { imported: [], duplicates: 0, problems: [...plan.problems], stopped: null };
  for (const [i, { standing, conversation }] of plan.items.entries()) {
    if (options.signal?.aborted) return { ...result, stopped: 'cancelled' };
    if (standing === 'duplicate') result.duplicates++;
    else {
      try {
        target.write(conversation);
        result.imported.push(conversation.id);
      } catch (thrown) {
        const error = toAppError(thrown);
        // a full disk or a damaged database would refuse all that follow too
        if (error.code.startsWith('store-')) return { ...result, stopped: error };
        result.problems.push({ where: `“${conversation.title.slice(0, 80)}”`, why: error.message });
      }
    }
    options.onProgress?.(i + 1, plan.items.length);
    // others get their turn: a running reply, a cancel
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return result;
}
