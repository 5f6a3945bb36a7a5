/** Searching as the window does it, over the real service. */
import { describe, expect, it, vi } from 'vitest';
import type { Client, Request, Response } from '../../../core/contract/index.ts';
import { ok } from '../../../core/contract/result.ts';
import type { SearchGroup } from '../../../core/contract/search.ts';
import { Actions } from '../../../renderer/state/window/actions.svelte.ts';
import { placeAt } from '../../../renderer/state/search/find.svelte.ts';
import { fits, ranked } from '../../../renderer/state/search/fuzzy.ts';
import { joined, Search } from '../../../renderer/state/search/search.svelte.ts';
import { Session } from '../../../renderer/state/window/session.svelte.ts';
import { createStores } from '../../../renderer/state/window/stores.svelte.ts';
import { windowService } from '../../fixtures/window-service.ts';

function setup() {
  const service = windowService();
  return { service, ...createStores(service.client, { schedule: (task) => task() }) };
}
const group = (conversationId: string, ...hits: string[]): SearchGroup => ({
  conversationId,
  title: conversationId,
  titleRanges: [],
  updatedAt: 1,
  more: false,
  hits: hits.map((messageId) => ({ messageId, role: 'user', createdAt: 1, excerpt: '', ranges: [] })),
});

describe('search in the list', () => {
  type Page = Response<'search.find'>;
  const client = (answer: (request: Request<'search.find'>) => Page | Promise<Page>): Client => ({
    call: (async (_name: string, request: Request<'search.find'>) => ok(await answer(request))) as Client['call'],
    onPush: () => () => undefined,
    onConnection: () => () => undefined,
  });
  const page = (groups: SearchGroup[], next: string | null = null): Page => ({
    groups,
    next,
    tooShort: false,
    unread: 0,
  });

  it('goes on by itself over short pages until the list is full, and a conversation stands in it once', async () => {
    const asked: (string | null)[] = [];
    const search = new Search(
      new Session(
        client(
          ({ cursor }) => (
            asked.push(cursor),
            cursor === null ? page([group('a', '1')], 'p:9') : page([group('a', '1', '2'), group('b', '3')])
          ),
        ),
        'Linux',
      ),
    );
    search.words = 'word';
    await search.find();
    expect(asked).toEqual([null, 'p:9']);
    expect(
      search.groups.map(({ conversationId, hits }) => [conversationId, hits.map(({ messageId }) => messageId)]),
    ).toEqual([
      ['a', ['1', '2']],
      ['b', ['3']],
    ]);
    expect(search.hasMore).toBe(false);
  });
  it('shows what the last words found, however late an earlier answer comes', async () => {
    const answers = new Map<string, (found: Page) => void>();
    const search = new Search(
      new Session(
        client(({ query }) => new Promise((resolve) => answers.set(query, resolve))),
        'Linux',
      ),
    );
    search.words = 'first';
    const first = search.find();
    search.words = 'second';
    const second = search.find();
    answers.get('second')?.(page([group('b')]));
    await second;
    answers.get('first')?.(page([group('a')]));
    await first;
    expect([search.shown, search.groups.map(({ conversationId }) => conversationId)]).toEqual(['second', ['b']]);
  });
  it('asks for a role and a time, and for everything again', async () => {
    const asked: Request<'search.find'>[] = [];
    const search = new Search(
      new Session(
        client((request) => (asked.push(request), page([]))),
        'Linux',
      ),
      () => 100 * 86_400_000,
    );
    Object.assign(search, { words: 'word', who: 'user', when: 'week' });
    await search.find();
    search.widen();
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(asked.map(({ role, from }) => [role, from])).toEqual([
      ['user', 93 * 86_400_000],
      [undefined, undefined],
    ]);
  });
  it('joins pages without counting a message twice', () => {
    expect(joined([group('a', '1')], [group('a', '1', '2')])[0]?.hits).toHaveLength(2);
  });
});

describe('find in the conversation', () => {
  it('counts on the branch shown, walks in a circle, and begins at the message that was jumped to', async () => {
    const { service, thread, find } = setup();
    const chat = service.addConversation('C');
    const first = service.addMessage(chat, { role: 'user', text: 'needle and needle', parentId: null });
    const reply = service.addMessage(chat, { role: 'assistant', text: 'a Needle', parentId: first.id });
    service.addMessage(chat, { role: 'assistant', text: 'another needle, on a branch', parentId: first.id });
    service.store.conversations.show(chat.id, reply.id);
    await thread.open(chat.id);
    find.show('needle', first.id);
    await vi.waitFor(() => expect([find.total, find.elsewhere, find.at]).toEqual([3, 1, 0]));
    find.move(-1);
    expect([find.place, thread.wanted?.messageId]).toEqual([{ messageId: reply.id, nth: 0 }, reply.id]);
    find.move(1);
    expect(find.place).toEqual({ messageId: first.id, nth: 0 });
  });
  it('opens a message of another branch on that branch', async () => {
    const { service, thread, branch } = setup();
    const chat = service.addConversation('C');
    const question = service.addMessage(chat, { role: 'user', text: 'q', parentId: null });
    const old = service.addMessage(chat, { role: 'assistant', text: 'old', parentId: question.id });
    const newer = service.addMessage(chat, { role: 'assistant', text: 'new', parentId: question.id });
    service.store.conversations.show(chat.id, newer.id);
    expect(await branch.reveal(chat.id, old.id)).toBe(true);
    expect([branch.messages.map(({ id }) => id), thread.wanted]).toEqual([
      [question.id, old.id],
      { messageId: old.id },
    ]);
    expect(await branch.reveal(chat.id, 'gone')).toBe(false);
  });
  it('knows the message of each place', () => {
    const counts = [
      { messageId: 'a', count: 2 },
      { messageId: 'b', count: 1 },
    ];
    expect([0, 1, 2, 3].map((at) => placeAt(counts, at))).toEqual([
      { messageId: 'a', nth: 0 },
      { messageId: 'a', nth: 1 },
      { messageId: 'b', nth: 0 },
      null,
    ]);
  });
});

describe('the palette', () => {
  it('puts words before parts of words, and those before scattered letters', () => {
    const titles = ['Resorting', 'Sorting by key', 'Stories of rust', 'Café Zürich', 'Show or hide'];
    expect(ranked(titles, (x) => x, 'sor', 9)).toEqual([
      'Sorting by key',
      'Resorting',
      'Stories of rust',
      'Show or hide',
    ]);
    expect(ranked(titles, (x) => x, 'zurich cafe', 9)).toEqual(['Café Zürich']);
    expect([fits('Anything', ''), fits('Anything', 'xyz')]).toEqual([-0.04, null]);
  });
  it('lists what is offered and can be done now', () => {
    const actions = new Actions();
    let can = false;
    const back = actions.offer(
      { id: 'a', label: 'A', run: () => undefined },
      { id: 'b', label: 'B', can: () => can, run: () => undefined },
    );
    expect(actions.all.map(({ id }) => id)).toEqual(['a']);
    can = true;
    expect(actions.all.map(({ id }) => id)).toEqual(['a', 'b']);
    back();
    expect(actions.all).toEqual([]);
  });
});
