import { describe, expect, it } from 'vitest';
import type { Message, MessageHead } from '../../../core/contract/conversations.ts';
import { PAGE_MESSAGES } from '../../../core/contract/pages.ts';
import { isBlank, RecentPages, mergePages, nextPage, Pages } from '../../../renderer/state/thread/pages.ts';
import { turnsOf } from '../../../renderer/state/thread/tree.ts';

const message = (n: number, changes: Partial<Message> = {}): Message => ({
  id: `m${n}`,
  conversationId: 'c',
  parentId: n === 0 ? null : `m${n - 1}`,
  role: n % 2 === 0 ? 'user' : 'assistant',
  text: `text ${n} é`,
  status: 'complete',
  createdAt: n,
  generation: null,
  ...changes,
});
const bytes = (text: string): number => new TextEncoder().encode(text).length;
const head = (n: number, changes: Partial<MessageHead> = {}): MessageHead => {
  const { id, parentId, role, status, createdAt, text } = message(n);
  return { id, parentId, role, status, createdAt, bytes: bytes(text), ...changes };
};
const mapOf = (list: readonly Message[]): Map<string, Message> => new Map(list.map((m) => [m.id, m]));

describe('a long conversation in pages', () => {
  it('has every message, as a blank where only its head came', () => {
    const merged = mergePages('c', [message(2)], [head(0), head(1)], new Map());
    expect([...merged.values()].map((m) => [m.id, isBlank(m), m.text])).toEqual([
      ['m0', true, ''],
      ['m1', true, ''],
      ['m2', false, 'text 2 é'],
    ]);
    expect(merged.get('m1')).toMatchObject({ parentId: 'm0', role: 'assistant', conversationId: 'c' });
  });
  it('asked for again keeps a text that cannot have changed, and no other', () => {
    const before = mapOf([message(0), message(1), message(2), message(3)]);
    const merged = mergePages(
      'c',
      [],
      [head(0), head(1, { bytes: 99 }), head(2, { status: 'stopped' }), head(3, { deletedAt: 5, deletedWith: 'm3' })],
      before,
    );
    expect(merged.get('m0')).toBe(before.get('m0'));
    for (const id of ['m1', 'm2', 'm3']) expect(isBlank(merged.get(id) as Message)).toBe(true);
    expect(merged.get('m3')).toMatchObject({ deletedAt: 5, deletedWith: 'm3' });
  });
  it('is kept when it is left, the last two of them, and no short one', () => {
    const recent = new RecentPages(2);
    const long = (id: string): Map<string, Message> =>
      mapOf(Array.from({ length: 500 }, (_, i) => message(i, { conversationId: id })));
    const [a, b, c] = [long('a'), long('b'), long('c')];
    recent.keep('a', a);
    recent.keep('b', b);
    expect(recent.of('a')).toBe(a);
    recent.keep('short', mapOf([message(0)]));
    recent.keep('a', a); // open again: it is the newest now
    recent.keep('c', c);
    expect([recent.of('a'), recent.of('c')]).toEqual([a, c]);
    expect(recent.of('b').size).toBe(0);
    expect(recent.of('short').size).toBe(0);
  });
  it('is read from what is wanted, then up the branch from its end, then beside it, never more than a page at once', () => {
    const count = PAGE_MESSAGES + 50;
    const heads = Array.from({ length: count }, (_, i) => head(i));
    const merged = mergePages('c', [], [...heads, head(0, { id: 'beside', parentId: 'm3' })], new Map());
    const leaf = `m${count - 1}`;
    expect(nextPage(merged, leaf, ['m7', 'gone', 'm8'])).toEqual(['m7', 'm8']);
    const first = nextPage(merged, leaf, []);
    expect([first.length, first[0], first.at(-1)]).toEqual([PAGE_MESSAGES, `m${count - 1}`, 'm50']);
    for (const id of [...first, ...Array.from({ length: 50 }, (_, i) => `m${i}`)])
      merged.set(id, message(Number(id.slice(1))));
    expect(nextPage(merged, null, ['m7'])).toEqual(['beside']);
  });
  it('is read to its end, one page at a time, and stops where reading fails', async () => {
    const left = [['a', 'b'], ['c'], ['d']];
    const read: string[] = [];
    let paused = 0;
    const pages = new Pages({
      next: () => left[0] ?? [],
      read: (ids) => (read.push(...ids), left.shift(), Promise.resolve(ids[0] !== 'c')),
      pause: () => (paused++, Promise.resolve()),
    });
    await Promise.all([pages.all(), pages.all()]);
    expect([read, paused]).toEqual([['a', 'b', 'c'], 1]);
    await pages.all();
    expect(read).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('turns drawn again', () => {
  it('are the same objects where nothing of them changed', () => {
    const list = [message(0), message(1), message(2), message(3)];
    const before = turnsOf(list);
    const changed = [...list.slice(0, 3), message(3, { text: 'other' })];
    const after = turnsOf(changed, before);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect(after).toEqual(turnsOf(changed));
  });
});
