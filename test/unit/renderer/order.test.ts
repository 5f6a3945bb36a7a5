import { describe, expect, it } from 'vitest';
import type { Conversation } from '../../../core/contract/conversations.ts';
import { dropChange, heightOf, keyOf, nextAfter } from '../../../renderer/components/sidebar/list-acts.ts';
import { chatItems, sectionItems } from '../../../renderer/components/sidebar/chat-menu.ts';
import { Chosen } from '../../../renderer/state/library/chosen.svelte.ts';
import { Library } from '../../../renderer/state/library/library.svelte.ts';
import { freeFolderName, rowsOf, sectionsOf, type Section } from '../../../renderer/state/library/sections.ts';
import { Session } from '../../../renderer/state/window/session.svelte.ts';
import { Undo } from '../../../renderer/state/window/undo.svelte.ts';
import { t } from '../../../renderer/strings.ts';
import { windowService } from '../../fixtures/window-service.ts';

const now = new Date(2026, 10, 23, 15).getTime();
const c = (id: string, part: Partial<Conversation> = {}): Conversation => ({
  id,
  title: id,
  createdAt: 0,
  updatedAt: now - 1000,
  messageCount: 2,
  currentMessageId: null,
  folderId: null,
  pinnedAt: null,
  archivedAt: null,
  unread: false,
  ...part,
});
const work = { id: 'w', name: 'Work', position: 0, createdAt: 0 };
const home = { id: 'h', name: 'Home', position: 1, createdAt: 0 };
const told = (sections: readonly Section[]): unknown[] => sections.map((s) => [s.label, s.items.map(({ id }) => id)]);
const list = (conversations: Conversation[], sort: 'date' | 'title' = 'date'): Section[] =>
  sectionsOf({ conversations, folders: [work, home], sort, now, labels: t.order.sections });

describe('the order of the list', () => {
  it('has pinned ones first, then folders as they were put, then the rest by date', () => {
    expect(
      told(
        list([
          c('old', { updatedAt: now - 100 * 86_400_000 }),
          c('in', { folderId: 'w' }),
          c('second', { pinnedAt: 9 }),
          c('first', { pinnedAt: 4, folderId: 'w' }),
          c('today'),
        ]),
      ),
    ).toEqual([
      ['Pinned', ['first', 'second']],
      ['Work', ['in']],
      ['Home', []],
      ['Today', ['today']],
      ['August 2026', ['old']],
    ]);
  });
  it('or by title: numbers by value, in any case', () => {
    expect(told(list([c('Chapter 10'), c('chapter 9'), c('apples')], 'title')).at(-1)).toEqual([
      'All chats',
      ['apples', 'chapter 9', 'Chapter 10'],
    ]);
  });
  it('a conversation whose folder is not known lies outside', () => {
    expect(told(list([c('lost', { folderId: 'gone' })])).at(-1)).toEqual(['Today', ['lost']]);
  });
  it('a folded section shows its heading alone; a folder counts its pinned ones too', () => {
    const sections = list([c('a', { folderId: 'w' }), c('b', { folderId: 'w', pinnedAt: 1 }), c('d')]);
    expect(sections.find(({ label }) => label === 'Work')?.count).toBe(2);
    expect(rowsOf(sections, new Set(['folder-w', 'today'])).map(({ key }) => key)).toEqual([
      'pinned',
      'b',
      'folder-w',
      'folder-h',
      'today',
    ]);
  });
  it('is made for 10,000 conversations in a moment', () => {
    const many = Array.from({ length: 10_000 }, (_, i) =>
      c(`c${i}`, { updatedAt: now - i * 3_600_000, title: `Title ${(i * 7919) % 10_000}` }),
    );
    list(many);
    const from = performance.now();
    const rows = rowsOf(list(many), new Set());
    console.log(`a list of 10,000: ${(performance.now() - from).toFixed(1)} ms, ${rows.length} rows`);
    expect(performance.now() - from).toBeLessThan(10_000);
  });
  it('names a new folder as no other is named', () => {
    expect([freeFolderName([], 'Work'), freeFolderName([work, { ...work, name: 'Work 2' }], 'Work')]).toEqual([
      'Work',
      'Work 3',
    ]);
  });
});

describe('choosing several', () => {
  const shown = ['a', 'b', 'c', 'd', 'e'];
  const all = (chosen: Chosen): string => [...chosen.ids].sort().join('');
  it('works as in a file manager', () => {
    const chosen = new Chosen();
    chosen.begin('b');
    chosen.extend('d', shown);
    expect(all(chosen)).toBe('bcd');
    // a range is drawn anew from where it began
    chosen.extend('a', shown);
    expect(all(chosen)).toBe('ab');
    chosen.toggle('e');
    chosen.toggle('a');
    expect(all(chosen)).toBe('be');
    // what was chosen before a further range stays
    chosen.toggle('d');
    chosen.extend('c', shown);
    expect(all(chosen)).toBe('bcde');
    chosen.begin('a');
    expect(all(chosen)).toBe('');
    chosen.all(shown);
    chosen.keepOnly((id) => id !== 'c');
    expect(all(chosen)).toBe('abde');
  });
});

describe('in the list', () => {
  const press = (key: string, more: Partial<Parameters<typeof keyOf>[0]> = {}): Parameters<typeof keyOf>[0] => ({
    key,
    code: '',
    shiftKey: false,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    ...more,
  });
  it('keys mean what they mean elsewhere', () => {
    expect(
      [
        press('ArrowDown'),
        press('ArrowDown', { shiftKey: true }),
        press('Enter'),
        press(' '),
        press('F2'),
        press('Delete'),
        press('a', { ctrlKey: true }),
        press('F10', { shiftKey: true }),
      ].map((p) => keyOf(p, false, false)),
    ).toEqual(['down', 'down', 'go', 'choose', 'rename', 'remove', 'all', 'menu']);
    expect([
      keyOf(press('Backspace'), true, false),
      keyOf(press('a', { metaKey: true }), true, false),
      keyOf(press('ф', { code: 'KeyA', ctrlKey: true }), false, false),
      keyOf(press('q', { code: 'KeyA', ctrlKey: true }), false, false),
    ]).toEqual(['remove', 'all', 'all', null]);
    // the window's own keys, and Escape while nothing is chosen, are not the list's
    expect(
      [
        press('ArrowDown', { altKey: true }),
        press('n', { ctrlKey: true }),
        press('Escape'),
        press('Delete', { shiftKey: true }),
      ].map((p) => keyOf(p, false, false)),
    ).toEqual([null, null, null, null]);
    expect(keyOf(press('Escape'), false, true)).toBe('clear');
  });
  it('dropping lays conversations where they are dropped, and does nothing where they lie there', () => {
    const sections = list([c('p', { pinnedAt: 1 }), c('in', { folderId: 'w' }), c('today')]);
    const named = (label: string): Section => sections.find((s) => s.label === label) ?? expect.fail();
    expect(dropChange(named('Work'), [c('today')])).toEqual({ to: 'folder', folderId: 'w' });
    expect(dropChange(named('Work'), [c('in', { folderId: 'w' })])).toBeNull();
    expect(dropChange(named('Pinned'), [c('today')])).toEqual({ to: 'pin', on: true });
    expect(dropChange(named('Today'), [c('in', { folderId: 'w' })])).toEqual({ to: 'folder', folderId: null });
    expect(dropChange(named('Today'), [c('p', { pinnedAt: 1 })])).toEqual({ to: 'pin', on: false });
    expect(dropChange(named('Today'), [c('today')])).toBeNull();
  });
  it('the focus goes on to the next conversation when one is deleted, at the end to the one before', () => {
    const rows = rowsOf(
      list([c('a'), c('b', { updatedAt: now - 2000 }), c('d', { updatedAt: now - 3000 })]),
      new Set(),
    );
    expect([
      nextAfter(rows, ['a']),
      nextAfter(rows, ['a', 'b']),
      nextAfter(rows, ['d']),
      nextAfter(rows, ['a', 'b', 'd']),
    ]).toEqual(['b', 'd', 'b', null]);
    expect(rows.map((_, i) => heightOf(rows, i))).toEqual([32, 32, 36, 32, 32, 32]);
  });
  it('a menu offers what changes something', () => {
    const acts = {
      organise: () => undefined,
      moveToNew: () => undefined,
      askFolder: null,
      rename: () => undefined,
      choose: () => undefined,
      export: () => undefined,
    };
    const items = chatItems([c('a', { folderId: 'w', pinnedAt: 1 })], [work, home], acts).flat();
    expect(items.map(({ label }) => label)).toEqual([
      'Unpin',
      'Move to folder',
      'Archive',
      'Rename',
      'Select',
      'Export…',
      'Delete',
    ]);
    expect(items[1]?.submenu?.map(({ label, disabled }) => [label, disabled === true])).toEqual([
      ['Work', true],
      ['Home', false],
      ['No folder', false],
      ['New folder…', false],
    ]);
    expect(
      chatItems([c('a'), c('b')], [], acts)
        .flat()
        .map(({ label }) => label),
    ).toEqual(['Pin', 'Move to folder', 'Archive', 'Export…', 'Delete']);
    expect(
      sectionItems(work, [work, home], { rename: () => undefined, move: () => undefined, remove: () => undefined })
        .flat()
        .filter(({ disabled }) => disabled)
        .map(({ label }) => label),
    ).toEqual(['Move up']);
  });
});

describe('organising', () => {
  async function setUp() {
    const service = windowService();
    const [a, b] = ['A', 'B'].map((title) => service.addConversation(title));
    const session = new Session(service.client, 'linux');
    const undo = new Undo();
    const library = new Library(session, undo);
    await Promise.all([session.load(), library.load()]);
    return { service, session, undo, library, a: a?.id ?? '', b: b?.id ?? '' };
  }
  it('shows at once, says what was done, and is undone', async () => {
    const { library, undo, a, b } = await setUp();
    const folder = await library.addFolder();
    const moved = library.organise([a, b], { to: 'folder', folderId: folder?.id ?? '' });
    expect(library.get(a)?.folderId).toBe(folder?.id);
    expect(await moved).toBe(true);
    expect(undo.last?.words).toBe('Moved 2 chats to New folder.');
    await undo.take();
    expect([library.get(a)?.folderId, library.get(b)?.folderId]).toEqual([null, null]);
    await library.organise([a], { to: 'trash', on: true });
    expect([library.size, undo.last?.words]).toEqual([1, 'Deleted “A”.']);
    await undo.take();
    expect(library.size).toBe(2);
  });
  it('turns back what the service refuses, and says why', async () => {
    const { service, session, library, undo, a } = await setUp();
    const { call } = service.client;
    service.client.call = async (name, request) =>
      name === 'conversations.organise'
        ? { ok: false, error: { code: 'store-failed', message: 'The disk is full.' } }
        : call(name, request);
    expect(await library.organise([a], { to: 'archive', on: true })).toBe(false);
    expect([library.get(a)?.archivedAt, undo.last, session.notices[0]?.message]).toEqual([
      null,
      null,
      'The disk is full.',
    ]);
  });
  it('a folder that is deleted leaves its conversations; the undo brings both together again', async () => {
    const { library, undo, a } = await setUp();
    const folder = (await library.addFolder('Work', [a])) ?? expect.fail();
    await library.removeFolder(folder);
    expect([library.folders, library.get(a)?.folderId]).toEqual([[], null]);
    await undo.take();
    expect([library.folders.map(({ name }) => name), library.get(a)?.folderId]).toEqual([['Work'], folder.id]);
  });
  it('counts unread conversations, until they are seen', async () => {
    const { service, library, a } = await setUp();
    service.store.order.markUnread(a, true);
    await library.load();
    expect(library.unread).toBe(1);
    library.see(a);
    expect([library.unread, service.store.conversations.get(a).unread]).toEqual([0, false]);
  });
});
