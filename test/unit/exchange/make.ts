/** Files as other apps write them, written to their published shapes, and a store of conversations in memory. */
import type { ArchivedConversation, ArchivedMessage } from '../../../core/contract/exchange.ts';
import { readFile, type ImportTarget, type ReadFile } from '../../../core/exchange/index.ts';

export const NOW = 1_790_000_000_000;
export const read = (value: unknown): ReadFile => readFile(typeof value === 'string' ? value : JSON.stringify(value), { now: NOW, titleFrom: (question) => `about ${question.slice(0, 20)}` });

export interface GptNode {
  id: string;
  parent?: unknown;
  children?: unknown;
  message?: unknown;
}
export const gptMessage = (role: string, parts: unknown[], time: number | null = null, more: object = {}): object => ({ id: 'm', author: { role, name: null, metadata: {} }, create_time: time, content: { content_type: 'text', parts }, status: 'finished_successfully', weight: 1, metadata: {}, recipient: 'all', ...more });
export const gptMapping = (nodes: GptNode[]): Record<string, GptNode> => Object.fromEntries(nodes.map((node) => [node.id, { message: null, parent: null, children: [], ...node }]));
export const gpt = (nodes: GptNode[], more: object = {}): object => ({ title: 'Copper plates', create_time: 1_700_000_000.25, update_time: 1_700_000_900, mapping: gptMapping(nodes), current_node: null, conversation_id: 'c', ...more });

/** A question with two replies; the first reply goes on. */
export const branched = (more: object = {}): object =>
  gpt(
    [
      { id: 'root', children: ['sys'] },
      { id: 'sys', parent: 'root', children: ['q'], message: gptMessage('system', ['']) },
      { id: 'q', parent: 'sys', children: ['a1', 'a2'], message: gptMessage('user', ['What is a burr?'], 1_700_000_001) },
      { id: 'a2', parent: 'q', children: [], message: gptMessage('assistant', ['A raised edge.'], 1_700_000_020) },
      { id: 'a1', parent: 'q', children: ['q2'], message: gptMessage('assistant', ['Raised metal.'], 1_700_000_010) },
      { id: 'q2', parent: 'a1', children: [], message: gptMessage('user', ['And a rocker?'], 1_700_000_030) },
    ],
    { current_node: 'a2', ...more },
  );

export const archivedMessage = (part: Partial<ArchivedMessage> & Pick<ArchivedMessage, 'id'>): ArchivedMessage => ({ parentId: null, shownChildId: null, role: 'user', text: part.id, status: 'complete', createdAt: 5, generations: [], ...part });
export const archived = (id: string, messages: ArchivedMessage[], part: Partial<ArchivedConversation> = {}): ArchivedConversation => ({ id, title: `Title of ${id}`, titleSource: 'auto', createdAt: 1, updatedAt: 9, currentMessageId: messages.at(-1)?.id ?? null, messages, ...part });

/** What an import needs of the store, in memory. */
export class MemoryTarget implements ImportTarget {
  readonly all = new Map<string, ArchivedConversation>();
  hasConversation(id: string): boolean {
    return this.all.has(id);
  }
  hasMessage(id: string): boolean {
    return [...this.all.values()].some((c) => c.messages.some((m) => m.id === id));
  }
  hasGeneration(id: string): boolean {
    return [...this.all.values()].some((c) => c.messages.some((m) => m.generations.some((g) => g.id === id)));
  }
  read(id: string): ArchivedConversation {
    const found = this.all.get(id);
    if (!found) throw new Error(id);
    return structuredClone(found);
  }
  write(c: ArchivedConversation): void {
    this.all.set(c.id, structuredClone(c));
  }
}
/** Role and text of each message with its parent's text: a tree that can be read in a test. */
export const outline = (c: ArchivedConversation | undefined): string[] => (c?.messages ?? []).map((m) => `${m.role}: ${m.text}${m.parentId === null ? '' : ` ← ${c?.messages.find((p) => p.id === m.parentId)?.text}`}`);
