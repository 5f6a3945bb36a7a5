import { describe, expect, it } from 'vitest';
import { FULL, LONG_ID, makeConversations, sizeOf } from '../../bench/store/make.ts';

describe('the data set of the store bench', () => {
  const size = sizeOf(0.01);
  const made = [...makeConversations(size)];

  it('is the whole set at scale 1 and keeps a long conversation at small ones', () => {
    expect(sizeOf(1)).toEqual(FULL);
    expect(size).toEqual({ conversations: 100, longest: 600, messages: 4000 });
  });
  it('has exactly as many conversations and messages as it says, and is the same each time', () => {
    expect(made).toHaveLength(size.conversations);
    expect(made.reduce((sum, c) => sum + c.messages.length, 0)).toBe(size.messages);
    expect([...makeConversations(size)]).toEqual(made);
  });
  it('has trees whose branches end where they say, siblings among them, and a long one that is the newest', () => {
    for (const { messages, currentMessageId } of made) {
      const known = new Set<string>();
      for (const message of messages) {
        expect(message.parentId === null || known.has(message.parentId)).toBe(true);
        known.add(message.id);
      }
      expect(known.has(currentMessageId ?? '')).toBe(true);
    }
    const long = made.find(({ id }) => id === LONG_ID);
    const parents = new Map(long?.messages.map((m) => [m.id, m.parentId]));
    let depth = 0;
    for (let at = long?.currentMessageId ?? null; at !== null; at = parents.get(at) ?? null) depth++;
    expect(depth).toBe(size.longest);
    expect(long?.messages.length).toBeGreaterThan(size.longest);
    expect(Math.max(...made.map((c) => c.updatedAt))).toBe(long?.updatedAt);
  });
  it('holds several scripts, code, tables and mathematics', () => {
    const text = made.flatMap((c) => c.messages.map((m) => m.text)).join('\n');
    for (const part of [/```python/, /\| --- \|/, /\$\$/, /[а-я]{3}/, /[一-龥]{3}/, /[ء-ي]{3}/])
      expect(text).toMatch(part);
  });
});
