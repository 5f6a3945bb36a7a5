/** What an import would do, and does: duplicates, copies, one bad conversation among good ones, a full disk, a cancel. */
import { describe, expect, it } from 'vitest';
import type { ArchivedConversation } from '../../../core/contract/exchange.ts';
import { MezzotintError } from '../../../core/contract/result.ts';
import { planImport, runImport } from '../../../core/exchange/index.ts';
import { archived, archivedMessage, branched, MemoryTarget, read } from './make.ts';

const own = (...conversations: ArchivedConversation[]): object => ({ format: 'mezzotint-conversations', version: 1, exportedAt: 1, frames: false, conversations });
const standings = (file: unknown, target: MemoryTarget): string[] => planImport(read(file), target).items.map(({ standing }) => standing);
const bring = (file: unknown, target: MemoryTarget) => runImport(planImport(read(file), target), target);
const talk = (id: string, ...texts: string[]): ArchivedConversation =>
  archived(id, texts.map((text, i) => archivedMessage({ id: `${id}${i}`, text, parentId: i === 0 ? null : `${id}${i - 1}`, role: i % 2 ? 'assistant' : 'user' })));

describe('the plan', () => {
  it('changes nothing', () => {
    const target = new MemoryTarget();
    expect(standings([branched()], target)).toEqual(['new']);
    expect(target.all.size).toBe(0);
  });
  it('recognises what was imported before, also after the person went on with it', async () => {
    const target = new MemoryTarget();
    await bring([branched()], target);
    for (const c of target.all.values()) c.messages.push(archivedMessage({ id: 'later', parentId: c.currentMessageId }));
    expect(standings([branched(), branched({ title: 'Another' })], target)).toEqual(['duplicate', 'new']);
  });
  it('recognises a conversation that stands twice in one file', () => expect(standings([branched(), branched()], new MemoryTarget())).toEqual(['new', 'duplicate']));
  it('recognises an own conversation that is here, as it was or with more in it', async () => {
    const target = new MemoryTarget();
    await bring(own(talk('c', 'one', 'two', 'three')), target);
    expect(standings(own(talk('c', 'one', 'two', 'three')), target)).toEqual(['duplicate']);
    expect(standings(own(talk('c', 'one')), target)).toEqual(['duplicate']);
  });
  it('puts an own conversation that differs beside the one that is here, once', async () => {
    const target = new MemoryTarget();
    await bring(own(talk('c', 'one', 'two')), target);
    const longer = own(talk('c', 'one', 'two', 'three'));
    expect(standings(longer, target)).toEqual(['copy']);
    await bring(longer, target);
    expect([...target.all.values()].map((c) => c.messages.map((m) => m.text))).toEqual([['one', 'two'], ['one', 'two', 'three']]);
    expect(standings(longer, target)).toEqual(['duplicate']);
  });
  it('gives new identifiers to a conversation that uses those of another one', async () => {
    const target = new MemoryTarget();
    await bring(own(talk('c', 'secret')), target);
    await bring(own({ ...talk('c', 'mine'), id: 'd' }, { ...talk('x', 'a'), id: 'e' }, { ...talk('x', 'b'), id: 'f' }), target);
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
    expect(result).toEqual({ imported: ['a', 'c'], duplicates: 0, problems: [{ where: '“Title of b”', why: 'Out of range.' }], stopped: null });
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
    const result = await runImport(plan, target, { signal: cancel.signal, onProgress: (done, total) => { heard.push(`${done}/${total}`); if (done === 2) cancel.abort(); } });
    expect(result).toMatchObject({ imported: ['a', 'b'], stopped: 'cancelled' });
    expect(heard).toEqual(['1/3', '2/3']);
  });
});
