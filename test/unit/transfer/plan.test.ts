/** What an import would do, and does: duplicates, copies, one bad conversation among good ones, a full disk, a cancel. */
import { describe, expect, it } from 'vitest';
import type { ArchivedConversation } from '../../../core/contract/transfer.ts';
import { MezzotintError, type AppError } from '../../../core/contract/result.ts';
import { planImport, runImport } from '../../../core/transfer/index.ts';
import { archived, archivedMessage, branched, gpt, gptMessage, MemoryTarget, outline, read } from './make.ts';

const own = (...conversations: ArchivedConversation[]): object => ({
  format: 'mezzotint-conversations',
  version: 1,
  exportedAt: 1,
  frames: false,
  conversations,
});
const standings = (file: unknown, target: MemoryTarget): string[] =>
  planImport(read(file), target).items.map(({ standing }) => standing);
const bring = (file: unknown, target: MemoryTarget) => runImport(planImport(read(file), target), target);
const talk = (id: string, ...texts: string[]): ArchivedConversation =>
  archived(
    id,
    texts.map((text, i) =>
      archivedMessage({
        id: `${id}${i}`,
        text,
        parentId: i === 0 ? null : `${id}${i - 1}`,
        role: i % 2 ? 'assistant' : 'user',
      }),
    ),
  );

describe('the plan', () => {
  it('changes nothing', () => {
    const target = new MemoryTarget();
    expect(standings([branched()], target)).toEqual(['new']);
    expect(target.all.size).toBe(0);
  });
  it('recognises what was imported before, also after the person went on with it', async () => {
    const target = new MemoryTarget();
    await bring([branched()], target);
    for (const c of target.all.values())
      c.messages.push(archivedMessage({ id: 'later', parentId: c.currentMessageId }));
    expect(standings([branched(), branched({ title: 'Another', conversation_id: 'd' })], target)).toEqual([
      'duplicate',
      'new',
    ]);
  });
  it('recognises a conversation that stands twice in one file', () =>
    expect(standings([branched(), branched()], new MemoryTarget())).toEqual(['new', 'duplicate']));
  it('recognises an own conversation that is here, as it was or with more in it', async () => {
    const target = new MemoryTarget();
    await bring(own(talk('c', 'one', 'two', 'three')), target);
    expect(standings(own(talk('c', 'one', 'two', 'three')), target)).toEqual(['duplicate']);
    expect(standings(own(talk('c', 'one')), target)).toEqual(['duplicate']);
  });
  it('adds what is new to an own conversation that went on elsewhere, once, and shows it where the branch shown goes on', async () => {
    const target = new MemoryTarget();
    await bring(own(talk('c', 'one', 'two')), target);
    const longer = own(talk('c', 'one', 'two', 'three'));
    expect(standings(longer, target)).toEqual(['updated']);
    expect(await bring(longer, target)).toMatchObject({ imported: [], updated: ['c'] });
    expect([...target.all.values()].map((c) => [c.currentMessageId, ...c.messages.map((m) => m.text)])).toEqual([
      ['c2', 'one', 'two', 'three'],
    ]);
    expect(standings(longer, target)).toEqual(['duplicate']);
  });
  it('puts a message that differs beside the one that is here: nothing is overwritten', async () => {
    const target = new MemoryTarget();
    await bring(own(talk('c', 'one', 'two')), target);
    const other = own(talk('c', 'one', 'another two', 'three'));
    expect(standings(other, target)).toEqual(['updated']);
    await bring(other, target);
    const [c] = [...target.all.values()];
    expect(outline(c)).toEqual([
      'user: one',
      'assistant: two ← one',
      'assistant: another two ← one',
      'user: three ← another two',
    ]);
    expect(c?.currentMessageId).toBe('c1');
    expect(standings(other, target)).toEqual(['duplicate']);
    expect(standings(own(talk('c', 'one', 'two')), target)).toEqual(['duplicate']);
  });
  it('puts a conversation that has nothing but the identifier in common beside the one that is here, once', async () => {
    const target = new MemoryTarget();
    await bring(own(talk('c', 'one', 'two')), target);
    const other = own(talk('c', 'uno', 'due'));
    expect(standings(other, target)).toEqual(['copy']);
    await bring(other, target);
    expect([...target.all.values()].map((c) => c.messages.map((m) => m.text))).toEqual([
      ['one', 'two'],
      ['uno', 'due'],
    ]);
    expect(standings(other, target)).toEqual(['duplicate']);
  });
  it('recognises a conversation of another app that went on or was renamed there, also in the same import', async () => {
    const before = gpt(
      [
        { id: 'q', children: ['a'], message: gptMessage('user', ['Hello']) },
        { id: 'a', parent: 'q', message: gptMessage('assistant', ['Hi']) },
      ],
      { current_node: 'a' },
    );
    const after = gpt(
      [
        { id: 'q', children: ['a'], message: gptMessage('user', ['Hello']) },
        { id: 'a', parent: 'q', children: ['q2'], message: gptMessage('assistant', ['Hi']) },
        { id: 'q2', parent: 'a', message: gptMessage('user', ['And?']) },
      ],
      { current_node: 'q2', title: 'Renamed' },
    );
    const target = new MemoryTarget();
    expect(standings([before, after, after], target)).toEqual(['new', 'updated', 'duplicate']);
    await bring([before], target);
    // the person renamed it and went on with it here
    const [c] = [...target.all.values()];
    if (!c) throw new Error('nothing came in');
    target.all.set(c.id, {
      ...c,
      title: 'Mine',
      messages: [...c.messages, archivedMessage({ id: 'here', parentId: c.currentMessageId, text: 'Mine too' })],
      currentMessageId: 'here',
    });
    const plan = planImport(read([after]), target);
    expect(plan.items.map(({ standing, addition }) => [standing, addition?.messages.map(({ text }) => text)])).toEqual([
      ['updated', ['And?']],
    ]);
    await runImport(plan, target);
    const now = target.all.get(c.id);
    expect(outline(now)).toEqual(['user: Hello', 'assistant: Hi ← Hello', 'user: Mine too ← Hi', 'user: And? ← Hi']);
    expect(now).toMatchObject({ title: 'Mine', currentMessageId: 'here' });
    expect(standings([after], target)).toEqual(['duplicate']);
  });
  it('takes a title over where nobody here chose one', async () => {
    const target = new MemoryTarget();
    const untitled = gpt([{ id: 'q', message: gptMessage('user', ['Hello']) }], { title: null });
    await bring([untitled], target);
    const named = gpt([{ id: 'q', message: gptMessage('user', ['Hello']) }], { title: 'Greetings' });
    expect(standings([named], target)).toEqual(['updated']);
    await bring([named], target);
    expect([...target.all.values()].map(({ title }) => title)).toEqual(['Greetings']);
  });
  it('gives new identifiers to a conversation that uses those of another one', async () => {
    const target = new MemoryTarget();
    await bring(own(talk('c', 'secret')), target);
    await bring(
      own({ ...talk('c', 'mine'), id: 'd' }, { ...talk('x', 'a'), id: 'e' }, { ...talk('x', 'b'), id: 'f' }),
      target,
    );
    const ids = [...target.all.values()].flatMap((c) => c.messages.map((m) => m.id));
    expect(new Set(ids).size).toBe(4);
    expect(target.all.get('c')?.messages.map((m) => m.text)).toEqual(['secret']);
  });
});

describe('the import', () => {
  it('goes on after a conversation that the store refuses, and says which one', async () => {
    const target = new MemoryTarget();
    const write = target.write.bind(target);
    target.write = (c) => {
      if (c.id === 'b') throw new MezzotintError('file-invalid', 'Out of range.');
      write(c);
    };
    const result = await bring(own(talk('a', 'x'), talk('b', 'x'), talk('c', 'x')), target);
    expect(result).toEqual({
      imported: ['a', 'c'],
      updated: [],
      duplicates: 0,
      problems: [{ where: '“Title of b”', why: expect.objectContaining({ message: 'Out of range.' }) as AppError }],
      stopped: null,
    });
  });
  it('ends where nothing more can be stored; what is in stays', async () => {
    const target = new MemoryTarget();
    const write = target.write.bind(target);
    target.write = (c) => {
      if (c.id === 'b') throw new MezzotintError('store-failed', 'The disk is full.');
      write(c);
    };
    const result = await bring(own(talk('a', 'x'), talk('b', 'x'), talk('c', 'x')), target);
    expect(result).toMatchObject({ imported: ['a'], stopped: { code: 'store-failed' } });
    expect([...target.all.keys()]).toEqual(['a']);
  });
  it('tells how far it is and can be cancelled between two conversations', async () => {
    const target = new MemoryTarget();
    const cancel = new AbortController();
    const plan = planImport(read(own(talk('a', 'x'), talk('b', 'x'), talk('c', 'x'))), target);
    const heard: string[] = [];
    const result = await runImport(plan, target, {
      signal: cancel.signal,
      onProgress: (done, total) => {
        heard.push(`${done}/${total}`);
        if (done === 2) cancel.abort();
      },
    });
    expect(result).toMatchObject({ imported: ['a', 'b'], stopped: 'cancelled' });
    expect(heard).toEqual(['1/3', '2/3']);
  });
});
