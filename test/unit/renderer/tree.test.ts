import { describe, expect, it } from 'vitest';
import type { Conversation, Message } from '../../../core/contract/conversations.ts';
import { groupByDate, matchesTitle, newestFirst } from '../../../renderer/state/library/sections.ts';
import { sampleSettings } from '../../fixtures/sample-model.ts';
import { t } from '../../../renderer/strings.ts';
import { branchOf, readFrom, siblingsOf, visibleOf, turnsOf } from '../../../renderer/state/thread/tree.ts';

const message = (id: string, parentId: string | null, role: Message['role'], createdAt: number): Message => ({
  id,
  conversationId: 'c',
  parentId,
  role,
  text: id,
  status: 'complete',
  createdAt,
  generation: null,
});
const tree = new Map(
  [
    message('q1', null, 'user', 1),
    message('a1', 'q1', 'assistant', 2),
    message('a1b', 'q1', 'assistant', 3),
    message('q2', 'a1', 'user', 4),
    message('a2', 'q2', 'assistant', 5),
    message('q3', 'a1b', 'user', 6),
  ].map((m) => [m.id, m]),
);

describe('what the last reply was written with', () => {
  const summary = (droppedMessages: number): Message['generation'] => ({
    id: 'g',
    mode: 'exact',
    seed: 1,
    settings: sampleSettings,
    pack: null,
    device: null,
    reason: null,
    counts: null,
    droppedMessages,
    error: null,
  });
  const branch: Message[] = [
    message('s', null, 'system', 0),
    message('q1', 's', 'user', 1),
    { ...message('a1', 'q1', 'assistant', 2), text: '' },
    { ...message('q2', 'a1', 'user', 3), deletedAt: 9 },
    message('a2', 'q2', 'assistant', 4),
    message('q3', 'a2', 'user', 5),
    { ...message('a3', 'q3', 'assistant', 6), generation: summary(2) },
    message('q4', 'a3', 'user', 7),
  ];
  it('begins after the messages left out, not counting what no reply ever reads', () => {
    expect(readFrom(branch)).toBe('q3');
  });
  it('is not marked where everything was read', () => {
    expect(readFrom(branch.map((m) => (m.generation ? { ...m, generation: summary(0) } : m)))).toBeNull();
    expect(readFrom([])).toBeNull();
  });
});

describe('deleted messages', () => {
  const marked = (ids: string[]): ReadonlyMap<string, Message> =>
    new Map([...tree].map(([id, m]) => [id, ids.includes(id) ? { ...m, deletedAt: 9, deletedWith: id } : m]));
  it('are gone where nothing hangs on them, and hold the place where something does', () => {
    expect(visibleOf(tree)).toBe(tree);
    expect([...visibleOf(marked(['a2'])).keys()]).not.toContain('a2');
    expect([...visibleOf(marked(['q1', 'a1'])).keys()]).toEqual(['q1', 'a1', 'a1b', 'q2', 'a2', 'q3']);
    expect([...visibleOf(marked(['a1', 'q2', 'a2'])).keys()]).toEqual(['q1', 'a1b', 'q3']);
  });
});

describe('the branch shown', () => {
  it('runs from the root through the chosen message to its newest leaf', () => {
    expect(branchOf(tree, 'a1').map((m) => m.id)).toEqual(['q1', 'a1', 'q2', 'a2']);
    expect(branchOf(tree, 'a1b').map((m) => m.id)).toEqual(['q1', 'a1b', 'q3']);
  });
  it('is the newest one when none is chosen or the chosen one is gone', () => {
    expect(branchOf(tree, null).map((m) => m.id)).toEqual(['q1', 'a1b', 'q3']);
    expect(branchOf(tree, 'gone').map((m) => m.id)).toEqual(['q1', 'a1b', 'q3']);
    expect(branchOf(new Map(), null)).toEqual([]);
  });
  it('ends on a damaged tree that runs in a circle', () => {
    const circle = new Map([message('x', 'y', 'user', 1), message('y', 'x', 'assistant', 2)].map((m) => [m.id, m]));
    expect(branchOf(circle, 'x').length).toBe(2);
  });
  it('counts versions in the order they were written', () => {
    expect(siblingsOf(tree, tree.get('a1b') as Message)).toEqual({ ids: ['a1', 'a1b'], index: 1 });
    expect(siblingsOf(tree, tree.get('q2') as Message)).toEqual({ ids: ['q2'], index: 0 });
  });
  it('sets a question beside its reply, and keeps a question without one', () => {
    expect(turnsOf(branchOf(tree, 'a1b')).map((t) => [t.question?.id, t.reply?.id])).toEqual([
      ['q1', 'a1b'],
      ['q3', undefined],
    ]);
  });
});

describe('the list', () => {
  const now = new Date(2026, 10, 23, 15).getTime();
  const day = 86_400_000;
  const c = (id: string, ago: number): Conversation => ({
    id,
    title: id,
    createdAt: 0,
    updatedAt: now - ago,
    messageCount: 1,
    currentMessageId: null,
    folderId: null,
    pinnedAt: null,
    archivedAt: null,
    unread: false,
  });
  it('groups by date, newest first', () => {
    const groups = groupByDate(
      [
        c('old', 200 * day),
        c('week', 3 * day),
        c('now', 1000),
        c('yesterday', day),
        c('earlier', 2000),
        c('month', 20 * day),
      ].sort(newestFirst),
      now,
      t.order.sections,
    );
    expect(groups.map((g) => [g.label, g.items.map((i) => i.id)])).toEqual([
      ['Today', ['now', 'earlier']],
      ['Yesterday', ['yesterday']],
      ['Last 7 days', ['week']],
      ['Last 30 days', ['month']],
      ['May 2026', ['old']],
    ]);
  });
  it('finds titles by every word, in any case and accent', () => {
    expect(matchesTitle('Über die Mezzotinto-Kunst', 'kunst uber')).toBe(true);
    expect(matchesTitle('Porridge', 'porridge two')).toBe(false);
    expect(matchesTitle('Anything', '')).toBe(true);
  });
});
