/** Files as other apps write them, written to their published shapes, and a store of conversations in memory. */
import { deflateRawSync } from 'node:zlib';
import type { Addition, ArchivedConversation, ArchivedMessage } from '../../../core/contract/transfer.ts';
import { readFile, type ImportTarget } from '../../../core/transfer/index.ts';
import { crc32 } from '../../../core/transfer/zip.ts';

export const NOW = 1_790_000_000_000;
export const read = (value: unknown): ReturnType<typeof readFile> =>
  readFile(typeof value === 'string' ? value : JSON.stringify(value), {
    now: NOW,
    titleFrom: (question) => `about ${question.slice(0, 20)}`,
  });

export interface GptNode {
  id: string;
  parent?: unknown;
  children?: unknown;
  message?: unknown;
}
export const gptMessage = (role: string, parts: unknown[], time: number | null = null, more: object = {}): object => ({
  id: 'm',
  author: { role, name: null, metadata: {} },
  create_time: time,
  content: { content_type: 'text', parts },
  status: 'finished_successfully',
  weight: 1,
  metadata: {},
  recipient: 'all',
  ...more,
});
export const gptMapping = (nodes: GptNode[]): Record<string, GptNode> =>
  Object.fromEntries(nodes.map((node) => [node.id, { message: null, parent: null, children: [], ...node }]));
export const gpt = (nodes: GptNode[], more: object = {}): object => ({
  title: 'Copper plates',
  create_time: 1_700_000_000.25,
  update_time: 1_700_000_900,
  mapping: gptMapping(nodes),
  current_node: null,
  conversation_id: 'c',
  ...more,
});

/** A question with two replies; the first reply goes on. */
export const branched = (more: object = {}): object =>
  gpt(
    [
      { id: 'root', children: ['sys'] },
      { id: 'sys', parent: 'root', children: ['q'], message: gptMessage('system', ['']) },
      {
        id: 'q',
        parent: 'sys',
        children: ['a1', 'a2'],
        message: gptMessage('user', ['What is a burr?'], 1_700_000_001),
      },
      { id: 'a2', parent: 'q', children: [], message: gptMessage('assistant', ['A raised edge.'], 1_700_000_020) },
      { id: 'a1', parent: 'q', children: ['q2'], message: gptMessage('assistant', ['Raised metal.'], 1_700_000_010) },
      { id: 'q2', parent: 'a1', children: [], message: gptMessage('user', ['And a rocker?'], 1_700_000_030) },
    ],
    { current_node: 'a2', ...more },
  );

export const archivedMessage = (part: Partial<ArchivedMessage> & Pick<ArchivedMessage, 'id'>): ArchivedMessage => ({
  parentId: null,
  shownChildId: null,
  role: 'user',
  text: part.id,
  status: 'complete',
  createdAt: 5,
  generations: [],
  ...part,
});
export const archived = (
  id: string,
  messages: ArchivedMessage[],
  part: Partial<ArchivedConversation> = {},
): ArchivedConversation => ({
  id,
  title: `Title of ${id}`,
  titleSource: 'auto',
  createdAt: 1,
  updatedAt: 9,
  currentMessageId: messages.at(-1)?.id ?? null,
  messages,
  ...part,
});

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
  extend({ conversationId, title, messages, currentMessageId, updatedAt }: Addition): void {
    const c = this.read(conversationId);
    this.all.set(conversationId, {
      ...c,
      ...(title === undefined ? {} : { title }),
      updatedAt,
      currentMessageId: currentMessageId ?? c.currentMessageId,
      messages: [...c.messages, ...structuredClone(messages)],
    });
  }
}
/** Role and text of each message with its parent's text: a tree that can be read in a test. */
export const outline = (c: ArchivedConversation | undefined): string[] =>
  (c?.messages ?? []).map(
    (m) =>
      `${m.role}: ${m.text}${m.parentId === null ? '' : ` ← ${c?.messages.find((p) => p.id === m.parentId)?.text}`}`,
  );

export interface ZipPart {
  name: string;
  data: Uint8Array | string;
  /** Kept as it is. */
  stored?: boolean;
  /** What the archive says instead of the truth. */
  says?: Partial<Record<'size' | 'packed' | 'crc' | 'method' | 'flags' | 'local', number>>;
}
/** A zip archive, true or with lies in it. */
export function zipOf(parts: readonly ZipPart[], end: { count?: number; at?: number; comment?: string } = {}): Buffer {
  const files: Buffer[] = [];
  const list: Buffer[] = [];
  let at = 0;
  for (const { name, data, stored = false, says = {} } of parts) {
    const raw = Buffer.from(data as string);
    const packed = stored ? raw : deflateRawSync(raw);
    const label = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(label.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(says.flags ?? 0x800, 8);
    entry.writeUInt16LE(says.method ?? (stored ? 0 : 8), 10);
    entry.writeUInt32LE(says.crc ?? crc32(raw), 16);
    entry.writeUInt32LE(says.packed ?? packed.length, 20);
    entry.writeUInt32LE(says.size ?? raw.length, 24);
    entry.writeUInt16LE(label.length, 28);
    entry.writeUInt32LE(says.local ?? at, 42);
    files.push(local, label, packed);
    list.push(entry, label);
    at += local.length + label.length + packed.length;
  }
  const directory = Buffer.concat(list);
  const comment = Buffer.from(end.comment ?? '');
  const last = Buffer.alloc(22);
  last.writeUInt32LE(0x06054b50, 0);
  last.writeUInt16LE(end.count ?? parts.length, 8);
  last.writeUInt16LE(end.count ?? parts.length, 10);
  last.writeUInt32LE(directory.length, 12);
  last.writeUInt32LE(end.at ?? at, 16);
  last.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...files, directory, last, comment]);
}

/** A zip archive in the ZIP64 form with a picture of 6 GB in it, made as it is read: most of it is zeros that are nowhere. */
export function largeZip(conversations: string): { size: number; read: (at: number, length: number) => Buffer } {
  const hole = 6_000_000_000;
  const local = (name: string): Buffer => {
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(name.length, 26);
    return Buffer.concat([head, Buffer.from(name)]);
  };
  const data = Buffer.from(conversations);
  const places: Array<{ at: number; bytes: Buffer }> = [];
  let at = 0;
  const put = (bytes: Buffer): number => {
    places.push({ at, bytes });
    at += bytes.length;
    return at - bytes.length;
  };
  const entry = (name: string, size: number, from: number, crc: number): Buffer => {
    const head = Buffer.alloc(46);
    head.writeUInt32LE(0x02014b50, 0);
    head.writeUInt32LE(crc, 16);
    head.writeUInt32LE(0xffffffff, 20);
    head.writeUInt32LE(0xffffffff, 24);
    head.writeUInt16LE(name.length, 28);
    head.writeUInt16LE(28, 30);
    head.writeUInt32LE(0xffffffff, 42);
    const extra = Buffer.alloc(28);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    for (const [i, number] of [size, size, from].entries()) extra.writeBigUInt64LE(BigInt(number), 4 + i * 8);
    return Buffer.concat([head, Buffer.from(name), extra]);
  };
  put(local('pictures/1.png'));
  at += hole;
  const from = put(Buffer.concat([local('conversations.json'), data]));
  const list = put(
    Buffer.concat([entry('pictures/1.png', hole, 0, 0), entry('conversations.json', data.length, from, crc32(data))]),
  );
  const listBytes = at - list;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(2n, 32);
  end64.writeBigUInt64LE(BigInt(listBytes), 40);
  end64.writeBigUInt64LE(BigInt(list), 48);
  const place = put(end64);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(place), 8);
  put(locator);
  const end = Buffer.alloc(22, 0xff);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(0, 20);
  put(end);
  return {
    size: at,
    read(begin, length) {
      const out = Buffer.alloc(length);
      for (const { at: there, bytes } of places)
        if (there < begin + length && there + bytes.length > begin)
          bytes.copy(out, Math.max(0, there - begin), Math.max(0, begin - there));
      return out;
    },
  };
}

/** A conversation as llama.cpp's web UI exports it, with the root that has no words. */
export const llama = (messages: object[], conv: object = {}): object => ({
  conv: { id: 'conv-1', name: 'Copper plates', lastModified: 1_700_000_900_000, currNode: null, ...conv },
  messages: [
    {
      id: 'root',
      convId: 'conv-1',
      type: 'root',
      role: 'system',
      content: '',
      timestamp: 1_700_000_000_000,
      parent: null,
      children: ['q'],
    },
    ...messages,
  ],
});
export const llamaMessage = (
  id: string,
  parent: unknown,
  role: string,
  content: unknown,
  more: object = {},
): object => ({
  id,
  convId: 'conv-1',
  type: 'text',
  timestamp: 1_700_000_001_000,
  role,
  content,
  parent,
  children: [],
  ...more,
});
/** A question with two replies, the first one in sight. */
export const llamaBranched = (): object =>
  llama(
    [
      llamaMessage('q', 'root', 'user', 'What is a burr?', { children: ['a1', 'a2'] }),
      llamaMessage('a2', 'q', 'assistant', 'A raised edge.', { timestamp: 1_700_000_020_000, model: 'x' }),
      llamaMessage('a1', 'q', 'assistant', 'Raised metal.', { timestamp: 1_700_000_010_000 }),
    ],
    { currNode: 'a1' },
  );

/** The same as llama.cpp writes it today: the session and its messages, a line each. */
export function llamaLines(): object[] {
  const { conv, messages } = llamaBranched() as { conv: object; messages: object[] };
  return [
    { type: 'session', harness: 'llama.app', ...conv },
    ...messages.map((message) => ({ type: 'message', message })),
  ];
}
/** A conversation as Claude.ai exports it. */
export const claudeChat = (more: object = {}): object => ({
  uuid: 'c',
  name: 'Copper plates',
  created_at: '2026-03-05T08:09:10.123456Z',
  updated_at: '2026-03-05T08:09:10.123456Z',
  chat_messages: [
    {
      uuid: 'm1',
      sender: 'human',
      text: 'What is a burr?',
      content: [{ type: 'text', text: 'What is a burr?' }],
      attachments: [{ file_name: 'a.txt', extracted_content: 'one' }],
      files: [],
      created_at: '2026-03-05T08:09:10.123456Z',
      parent_message_uuid: '00000000-0000-4000-8000-000000000000',
    },
    {
      uuid: 'm2',
      sender: 'assistant',
      text: 'A raised edge.',
      content: [
        { type: 'thinking', thinking: 'Copper.' },
        { type: 'text', text: 'A raised edge.' },
      ],
      attachments: [],
      files: [],
      created_at: '2026-03-05T08:09:11.123456Z',
      parent_message_uuid: 'm1',
    },
  ],
  ...more,
});

/** A copy of `value` with `put` in place of the part that `steps` lead to. */
export function spoiled(value: unknown, steps: readonly number[], put: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof value !== 'object' || value === null) return put;
  const keys = Object.keys(value);
  if (keys.length === 0) return put;
  const key = keys[step % keys.length] ?? '';
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
  copy[key] = spoiled(copy[key], rest, put);
  return copy;
}
