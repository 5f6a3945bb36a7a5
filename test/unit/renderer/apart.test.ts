import { describe, expect, it } from 'vitest';
import type { Conversation } from '../../../core/contract/conversations.ts';
import { tellApart } from '../../../renderer/state/library/titles-apart.ts';

const now = new Date(2026, 10, 29, 18, 0).getTime();
let ids = 0;
const chat = (title: string, updatedAt = now): Conversation => ({
  id: `c${++ids}`,
  title,
  createdAt: updatedAt,
  updatedAt,
  messageCount: 2,
  currentMessageId: null,
  folderId: null,
  pinnedAt: null,
  archivedAt: null,
  unread: false,
});
const told = (...chats: Conversation[]) => {
  const apart = tellApart(chats, now, 'en-GB');
  return chats.map(({ id }) => apart.get(id) ?? null);
};

describe('titles that look alike in the list', () => {
  it('are told by the words in which they differ', () => {
    expect(
      told(
        chat('Explain in three sentences why the sky is blue'),
        chat('Explain in three sentences why the sea is salty'),
        chat('Write a story'),
      ),
    ).toEqual([{ title: 'Explain in… sky is blue', time: '' }, { title: 'Explain in… sea is salty', time: '' }, null]);
  });
  it('are told by their time where they are equal', () => {
    const today = new Date(2026, 10, 29, 9, 5).getTime();
    const before = new Date(2026, 8, 3, 9, 5).getTime();
    expect(
      told(
        chat('Give me three tips for sleeping better', today),
        chat('Give me three tips for sleeping better', before),
      ),
    ).toEqual([
      { title: null, time: '09:05' },
      { title: null, time: '3 Sept' },
    ]);
  });
  it('are told by both where some are equal', () => {
    const [one, two, three] = told(
      chat('Give me three tips for sleeping better'),
      chat('Give me three tips for sleeping better'),
      chat('Give me three tips for sleeping late'),
    );
    expect([one?.time, two?.time, three?.time]).toEqual(['18:00', '18:00', '']);
    expect(three?.title).toBe('Give me… late');
  });
  it('stay whole where one is the beginning of the other, or nothing is gained', () => {
    expect(told(chat('A title that is quite long'), chat('A title that is quite long and goes on'))).toEqual([
      { title: null, time: '' },
      { title: 'A title… and goes on', time: '' },
    ]);
    expect(told(chat(''), chat(''))).toEqual([null, null]);
    expect(
      told(
        chat('中文标题没有空格，所以整个标题看起来都是一个词语，一'),
        chat('中文标题没有空格，所以整个标题看起来都是一个词语，二'),
      ),
    ).toEqual([
      { title: '中文标题… 一', time: '' },
      { title: '中文标题… 二', time: '' },
    ]);
  });
  it('are found among 10,000 in a moment, each looked at once', () => {
    const many = Array.from({ length: 10_000 }, (_, i) =>
      chat(i % 2 ? `Give me three tips for sleeping better ${i % 7}` : `Unlike any other title ${i}`),
    );
    expect(tellApart(many, now, 'en').size).toBeGreaterThan(4000);
  });
});
