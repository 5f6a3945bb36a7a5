/** A long conversation as a client gets it: its heads at once, its texts a page at a time. Over a real store of 600 messages. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPagesHandlers, readConversation } from '../../core/chat/pages.ts';
import type { Message } from '../../core/contract/conversations.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { fillStore, LONG_ID } from '../bench/store/make.ts';

let dataDir: string;
let store: Store;
beforeAll(() => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-pages-'));
  fillStore(dataDir, { conversations: 4, messages: 700, longest: 600 });
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  ({ store } = opened.value);
});
afterAll(() => {
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});
const page = (around?: string | null): ReturnType<typeof readConversation> =>
  readConversation(store, store.conversations.get(LONG_ID), around);
const numbers = (messages: readonly { id: string }[]): number[] =>
  messages.map(({ id }) => Number(id.split('-').at(-1)));

describe('a long conversation', () => {
  it('comes with every message once, the end of its branch whole, and as much of it as a few screens show', () => {
    const { messages, heads } = page();
    const all = store.messages.ofConversation(LONG_ID);
    expect(new Set([...messages, ...heads].map(({ id }) => id))).toEqual(new Set(all.map(({ id }) => id)));
    expect(messages.length + heads.length).toBe(all.length);
    expect(messages).toEqual(all.slice(560, 600));
    const texts = new Map(all.map((m): [string, Message] => [m.id, m]));
    for (const head of heads) {
      const { parentId, role, status, createdAt, text } = texts.get(head.id) as Message;
      expect(head).toEqual({ id: head.id, parentId, role, status, createdAt, bytes: Buffer.byteLength(text) });
    }
  });
  it('comes around the message asked for, and at its end where that is not on the branch', () => {
    expect(numbers(page(`${LONG_ID}-100`).messages)).toEqual(Array.from({ length: 40 }, (_, i) => 84 + i));
    expect(numbers(page(`${LONG_ID}-2`).messages)).toEqual(Array.from({ length: 26 }, (_, i) => i));
    for (const gone of ['gone', `${LONG_ID}-604`]) expect(page(gone).messages).toEqual(page().messages);
  });
  it('comes around the place read last where none is named', () => {
    store.drafts.keep(LONG_ID, { place: { messageId: `${LONG_ID}-100`, offset: 3 } });
    expect(page().messages).toEqual(page(`${LONG_ID}-100`).messages);
    const end = page(null).messages;
    store.drafts.keep(LONG_ID, { place: null });
    expect(page().messages).toEqual(end);
  });
  it('comes with a reply that is being written, wherever it is', () => {
    store.messages.add({
      id: 'writing',
      conversationId: LONG_ID,
      parentId: `${LONG_ID}-0`,
      role: 'assistant',
      text: 'So far',
      status: 'pending',
      createdAt: 1,
    });
    expect(page().messages.map(({ id }) => id)).toContain('writing');
    expect(page().heads.map(({ id }) => id)).not.toContain('writing');
  });
});

it('a short conversation comes whole', () => {
  const { messages, heads } = readConversation(store, store.conversations.get('c0'));
  expect([messages, heads]).toEqual([store.messages.ofConversation('c0'), []]);
});

describe('a page of messages', () => {
  const read = (request: {
    conversationId: string;
    ids: string[];
  }): { messages: Message[] } | Promise<{ messages: Message[] }> =>
    createPagesHandlers(store)['messages.read'](request);
  it('holds those asked for, whole and in order, and none of another conversation', async () => {
    const { messages } = await read({ conversationId: LONG_ID, ids: [`${LONG_ID}-9`, `${LONG_ID}-3`, 'c0-0', 'gone'] });
    expect(messages).toEqual([store.messages.get(`${LONG_ID}-3`), store.messages.get(`${LONG_ID}-9`)]);
    expect((await read({ conversationId: 'c0', ids: [`${LONG_ID}-9`] })).messages).toEqual([]);
  });
  it('is refused where the conversation is not there', () => {
    expect(() => read({ conversationId: 'gone', ids: ['c0-0'] })).toThrow(/not there/);
  });
});
