/** Export and import over real databases: what comes back is what was there. */
import { settingsWith } from '../fixtures/settings.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppError } from '../../core/contract/result.ts';
import type { ArchivedConversation, ArchivedGeneration } from '../../core/contract/transfer.ts';
import { planImport, readFile, runImport, writeExport, type ImportResult } from '../../core/transfer/index.ts';
import type { DriverName } from '../../core/store/db/driver.ts';
import { openStore, roundEvent, type Store } from '../../core/store/index.ts';
import { fakeEvents, fakePack, fakeSettings } from '../fixtures/fake-engine.ts';
import { idsOf } from '../../core/contract/committed.ts';

let root: string;
const opened: Store[] = [];
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-exchange-'));
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(root, { recursive: true, force: true });
});
function open(driver: DriverName = 'better-sqlite3'): Store {
  const result = openStore({ dataDir: mkdtempSync(path.join(root, 'data-')), driver });
  if (!result.ok) throw new Error(result.error.message);
  opened.push(result.value.store);
  return result.value.store;
}
const exported = (store: Store, frames: boolean): string =>
  [
    ...writeExport(
      'json',
      store.conversations.list().map(({ id }) => store.archive.read(id, { frames })),
      { exportedAt: 1, frames },
    ),
  ].join('');
const bring = (text: string, store: Store): Promise<ImportResult> =>
  runImport(planImport(readFile(text, { now: 1, titleFrom: (q) => q }), store.archive), store.archive);
const all = (store: Store): ArchivedConversation[] =>
  store.conversations
    .list()
    .map(({ id }) => store.archive.read(id, { frames: true }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

/** A conversation as a person makes one: a question, a stopped and continued reply, a retry, a branch chosen. */
function live(store: Store): { reply: string; retry: string } {
  store.conversations.create({ id: 'c', title: 'By rule', createdAt: 1 });
  store.conversations.rename('c', 'Mine: “ü” 漢 \u{1F58B}');
  store.messages.add({
    id: 'q',
    conversationId: 'c',
    parentId: null,
    role: 'user',
    text: 'What?',
    status: 'complete',
    createdAt: 2,
  });
  const write = (messageId: string, id: string, upTo: number | null, prefix: number[] = []): number[] => {
    const request = { generationId: id, messages: [], replyPrefix: prefix, settings: fakeSettings, seed: 11 };
    const generation = store.generations.create({
      id,
      messageId,
      mode: 'exact',
      seed: 11,
      settings: fakeSettings,
      startedAt: 7,
    });
    const events = fakeEvents(request, { alternatives: 2 }).map(roundEvent);
    const tokens: number[] = [...prefix];
    const waiting: typeof events = [];
    for (const event of events.slice(0, upTo ?? events.length)) {
      waiting.push(event);
      if (event.type === 'started')
        generation.started({
          pack: { id: fakePack.id, name: fakePack.name, hash: fakePack.hash },
          device: 'cpu',
          droppedMessages: 2,
        });
      if (event.type === 'blockCommitted') {
        generation.commit(waiting.splice(0), event.tokens.map((t) => t.text).join(''));
        tokens.push(...idsOf(event.tokens));
      }
      if (event.type === 'finished')
        generation.finish(waiting.splice(0), {
          status: 'complete',
          reason: event.reason,
          counts: event.counts,
          error: null,
          endedAt: 9,
        });
    }
    if (upTo !== null)
      generation.finish([], {
        status: 'failed',
        reason: null,
        counts: null,
        error: { code: 'engine-crashed', message: 'gone', action: 'Continue it.' },
        endedAt: 8,
      });
    return tokens;
  };
  for (const id of ['r1', 'r2'])
    store.messages.add({
      id,
      conversationId: 'c',
      parentId: 'q',
      role: 'assistant',
      text: '',
      status: 'pending',
      createdAt: 3,
    });
  write('r1', 'g2', null, write('r1', 'g1', 30));
  write('r2', 'g3', 30);
  store.conversations.show('c', 'r2');
  store.conversations.show('c', 'r1');
  store.attachments.add('q', [
    { name: 'notes “ü”.txt', text: 'one\n```\ntwo' },
    { name: 'b.csv', text: 'a;b' },
  ]);
  store.conversations.setSetup('c', {
    presetId: 'gone',
    instructions: 'Be brief.',
    settings: { ending: { maxTokens: 60 } },
  });
  store.conversations.setOrigin('c', { conversationId: 'elsewhere', messageId: 'there', at: 'q' });
  store.tree.remove('r2', { following: true, at: 12 });
  return { reply: 'r1', retry: 'r2' };
}

describe.each<DriverName>(['better-sqlite3', 'libsql'])('our own file, through %s', (driver) => {
  it('brings back every row: tree, branch shown, settings, all generations and their frames', async () => {
    const from = open(driver);
    const { reply, retry } = live(from);
    const to = open(driver);
    expect(await bring(exported(from, true), to)).toEqual({
      imported: ['c'],
      updated: [],
      duplicates: 0,
      problems: [],
      stopped: null,
    });
    expect(all(to)).toEqual(all(from));
    expect(all(to)[0]?.messages.map((m) => m.generations.length)).toEqual([0, 2, 1]);
    // the same through the store's other doors
    expect(to.conversations.get('c')).toEqual(from.conversations.get('c'));
    expect(to.messages.ofConversation('c')).toEqual(from.messages.ofConversation('c'));
    expect(to.conversations.leafOf('q')).toBe(reply);
    for (const id of [reply, retry]) expect(to.generations.events(id)).toEqual(from.generations.events(id));
    to.conversations.setAutoTitle('c', 'By rule again');
    expect(to.conversations.get('c').title).toBe(from.conversations.get('c').title);
  });

  it('without frames still has every committed token, so that a reply can be continued', async () => {
    const from = open(driver);
    const { reply } = live(from);
    const to = open(driver);
    const text = exported(from, false);
    expect(text.length).toBeLessThan(exported(from, true).length / 2);
    await bring(text, to);
    expect(to.generations.tokens(reply)).toEqual(from.generations.tokens(reply));
    expect(to.generations.events(reply).some((e) => e.type === 'frame')).toBe(false);
    expect(to.messages.get(reply).text).toBe(
      to.generations
        .tokens(reply)
        .map((t) => t.text)
        .join(''),
    );
  });

  it('brought in again changes nothing, also where the conversation is in the trash', async () => {
    const store = open(driver);
    live(store);
    const text = exported(store, true);
    const before = all(store);
    expect(await bring(text, store)).toMatchObject({ imported: [], duplicates: 1 });
    expect(all(store)).toEqual(before);
    store.order.organise(['c'], { to: 'trash', on: true }, 5);
    expect(await bring(text, store)).toMatchObject({ imported: [], duplicates: 1 });
    expect(store.conversations.list()).toEqual([]);
  });
});

describe.each<DriverName>(['better-sqlite3', 'libsql'])(
  'a conversation that went on elsewhere, through %s',
  (driver) => {
    it('gets what is new, generations and files included, once; what was there keeps every row', async () => {
      const elsewhere = open(driver);
      live(elsewhere);
      const here = open(driver);
      await bring(exported(elsewhere, true), here);
      const before = all(here)[0];
      const [c] = all(elsewhere);
      if (!c || !before) throw new Error('there is no conversation');
      elsewhere.messages.add({
        id: 'q2',
        conversationId: 'c',
        parentId: c.currentMessageId,
        role: 'user',
        text: 'And then?',
        status: 'complete',
        createdAt: 20,
      });
      elsewhere.attachments.add('q2', [{ name: 'c.txt', text: 'three' }]);
      elsewhere.messages.add({
        id: 'r3',
        conversationId: 'c',
        parentId: 'q2',
        role: 'assistant',
        text: 'So.',
        status: 'complete',
        createdAt: 21,
      });
      elsewhere.conversations.show('c', 'r3');
      const file = exported(elsewhere, true);
      expect(await bring(file, here)).toMatchObject({ imported: [], updated: ['c'], problems: [] });
      const now = all(here)[0];
      expect(now?.messages.slice(0, before.messages.length)).toEqual(
        before.messages.map((m) => (m.id === c.currentMessageId ? { ...m, shownChildId: 'q2' } : m)),
      );
      expect(now?.messages.slice(before.messages.length)).toEqual(
        all(elsewhere)[0]?.messages.slice(before.messages.length),
      );
      expect(now?.currentMessageId).toBe('r3');
      expect(here.conversations.list()[0]?.messageCount).toBe(elsewhere.conversations.list()[0]?.messageCount);
      expect(await bring(file, here)).toMatchObject({ imported: [], updated: [], duplicates: 1 });
    });
    it('keeps the model of a reply of another app', async () => {
      const store = open(driver);
      await bring(
        JSON.stringify({
          messages: [
            { role: 'user', content: 'One' },
            { role: 'assistant', content: 'Two', model: 'gpt-5' },
          ],
        }),
        store,
      );
      const [c] = all(store);
      const reply = c?.messages[1];
      expect(reply?.model).toBe('gpt-5');
      expect(store.messages.get(reply?.id ?? '').model).toBe('gpt-5');
      expect(store.messages.path(reply?.id ?? '').map(({ model }) => model)).toEqual([undefined, 'gpt-5']);
    });
    it('keeps what is shown where the person went on here, and takes nothing where a message is taken meanwhile', async () => {
      const here = open(driver);
      const talk = (texts: string[]): string =>
        JSON.stringify({
          conversation_id: 'x',
          messages: texts.map((content, i) => ({ role: i % 2 ? 'assistant' : 'user', content })),
        });
      await bring(talk(['One', 'Two']), here);
      const [c] = here.conversations.list();
      here.messages.add({
        id: 'mine',
        conversationId: c?.id ?? '',
        parentId: c?.currentMessageId ?? null,
        role: 'user',
        text: 'Mine',
        status: 'complete',
        createdAt: 30,
      });
      here.conversations.show(c?.id ?? '', 'mine');
      const plan = planImport(readFile(talk(['One', 'Two', 'Three']), { now: 1, titleFrom: (q) => q }), here.archive);
      expect(await runImport(plan, here.archive)).toMatchObject({ updated: [c?.id] });
      expect(here.conversations.get(c?.id ?? '').currentMessageId).toBe('mine');
      const after = all(here);
      // the same plan again: its messages are there now
      expect(await runImport(plan, here.archive)).toMatchObject({
        updated: [],
        problems: [{ why: { message: expect.stringContaining('there already') as string } }],
      });
      expect(all(here)).toEqual(after);
    });
  },
);

describe('any conversation', () => {
  const id = fc.uuid();
  const textArbitrary = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('</script>', '\r\n', '"\\', '\u2028'),
  );
  const time = fc.integer({ min: 0, max: 4e12 });
  const generation: fc.Arbitrary<ArchivedGeneration> = fc.record({
    id,
    mode: fc.constantFrom('exact', 'fast', 'ar'),
    seed: fc.nat(),
    settings: fc
      .record({ temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((x) => x + 0), seed: fc.option(fc.nat()) })
      .map((part) => settingsWith(fakeSettings, part)),
    pack: fc.option(fc.record({ id: textArbitrary, name: textArbitrary, hash: textArbitrary })),
    device: fc.option(textArbitrary),
    reason: fc.option(fc.constantFrom('end', 'length', 'loop')),
    counts: fc.constant(null),
    droppedMessages: fc.nat(),
    error: fc.option(fc.record({ code: fc.constant('internal' as const), message: textArbitrary })),
    startedAt: time,
    endedAt: fc.option(time),
    events: fc.constantFrom(
      [],
      fakeEvents(
        { generationId: 'g', messages: [], replyPrefix: [], settings: fakeSettings, seed: 3 },
        { text: 'A plate.' },
      ).map(roundEvent),
    ),
  });
  const message = fc.record({
    id,
    up: fc.nat(6),
    shown: fc.boolean(),
    role: fc.constantFrom('user', 'assistant', 'system'),
    text: textArbitrary,
    status: fc.constantFrom('complete', 'stopped', 'interrupted', 'failed'),
    createdAt: time,
    generations: fc.array(generation, { maxLength: 2 }),
  });
  const conversation = fc
    .record({
      id,
      title: textArbitrary,
      titleSource: fc.constantFrom('auto', 'person'),
      createdAt: time,
      updatedAt: time,
      current: fc.option(fc.nat()),
      list: fc.array(message, { maxLength: 8 }),
    })
    .map(({ current, list, ...c }): ArchivedConversation => {
      const messages = list.map((m, i) => ({
        id: m.id,
        parentId: list[i - 1 - m.up]?.id ?? null,
        shownChildId: null as string | null,
        role: m.role,
        text: m.text,
        status: m.status,
        createdAt: m.createdAt,
        generations: m.role === 'assistant' ? m.generations : [],
      }));
      list.forEach((m, i) => {
        const parent = messages.find((p) => p.id === messages[i]?.parentId);
        if (m.shown && parent) parent.shownChildId = m.id;
      });
      return {
        ...c,
        messages,
        currentMessageId: current === null || list.length === 0 ? null : (list[current % list.length]?.id ?? null),
      };
    }) as fc.Arbitrary<ArchivedConversation>;

  it('is the same after import, export and import into another profile', async () => {
    const [one, two] = [open(), open()];
    let count = 0;
    await fc.assert(
      fc.asyncProperty(conversation, async (c) => {
        count++;
        const file = (list: ArchivedConversation[]): string =>
          [...writeExport('json', list, { exportedAt: 1, frames: true })].join('');
        expect(await bring(file([c]), one)).toMatchObject({ imported: [c.id], problems: [] });
        const back = one.archive.read(c.id, { frames: true });
        expect(back).toEqual(c);
        await bring(file([back]), two);
        expect(two.archive.read(c.id, { frames: true })).toEqual(c);
      }),
      { seed: 4, numRuns: 150 },
    );
    console.log(`exchange: ${count} conversations there and back`);
  });
});

describe('a conversation that the database refuses half-way', () => {
  it('leaves nothing of it, and the others come in', async () => {
    const from = open();
    live(from);
    const [good] = all(from);
    if (!good) throw new Error('nothing was exported');
    const broken = structuredClone(good);
    const frame = broken.messages[2]?.generations[0]?.events.find((e) => e.type === 'frame');
    if (frame?.type !== 'frame') throw new Error('it has no frame');
    frame.canvas.from = 1e300; // a whole number, but none that a trace can hold
    const to = open();
    const result = await bring(
      [
        ...writeExport(
          'json',
          [
            { ...broken, title: 'Broken' },
            { ...good, id: 'other' },
          ],
          { exportedAt: 1, frames: true },
        ),
      ].join(''),
      to,
    );
    expect(result.problems).toEqual([
      {
        where: '“Broken”',
        why: expect.objectContaining({ message: expect.stringMatching(/cannot be kept/) as string }) as AppError,
      },
    ]);
    expect(result.imported).toHaveLength(1);
    expect(to.archive.hasConversation('c')).toBe(false);
    expect(to.conversations.list().map((c) => c.messageCount)).toEqual([2]);
  });
});
