/** The sheet's state over the real service of files, in memory, with a connection that can lose answers. */
import { describe, expect, it } from 'vitest';
import type { ArchivedConversation } from '../../../core/contract/transfer.ts';
import { parseRequest, type Client, type TransferHandlers } from '../../../core/contract/index.ts';
import type { Push } from '../../../core/contract/push.ts';
import { errorOf, fail, toAppError, type Result } from '../../../core/contract/result.ts';
import { createTransfer } from '../../../core/transfer/index.ts';
import { Transfers, type Source } from '../../../renderer/state/transfer/transfer.svelte.ts';
import { archived, archivedMessage, largeZip, MemoryTarget } from '../transfer/make.ts';

const talk = (id: string, text: string): ArchivedConversation =>
  archived(id, [archivedMessage({ id: `${id}q`, text })]);
const own = (...conversations: ArchivedConversation[]): string =>
  JSON.stringify({ format: 'mezzotint-conversations', version: 1, exportedAt: 1, frames: false, conversations });
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** @param loses whether the answer to call number n is lost on its way, after the service did it */
function setUp(loses: (name: string, n: number) => boolean = () => false) {
  const target = new MemoryTarget();
  const listeners = new Set<(push: Push) => void>();
  const transfer = createTransfer({
    archive: target,
    conversations: {
      list: () => [...target.all.values()],
      get: (id) => target.read(id),
    },
    notify: (push) => listeners.forEach((listener) => listener(push)),
    titleFrom: (q) => q.slice(0, 20),
    toPdf: (html) => Promise.resolve(Uint8Array.from({ length: 700_000 + html.length }, (_, i) => i % 251)),
  });
  const calls: string[] = [];
  const client = {
    async call(name: string, request: unknown): Promise<Result<unknown>> {
      calls.push(name);
      const n = calls.length;
      await tick();
      const parsed = parseRequest(name, request);
      if (!parsed.ok) return parsed;
      let result: Result<unknown>;
      try {
        result = {
          ok: true,
          value: await (transfer.handlers[name as keyof TransferHandlers] as (request: unknown) => unknown)(
            parsed.value.request,
          ),
        };
      } catch (thrown) {
        result = { ok: false, error: toAppError(thrown) };
      }
      return loses(name, n) ? fail(errorOf('window.connection-lost')) : result;
    },
    onPush(listener: (push: Push) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onConnection: () => () => undefined,
  } as Client;
  const saved: Array<{ file: Blob; name: string }> = [];
  const transfers = new Transfers(client, (file, name) => saved.push({ file, name }));
  return { target, transfers, saved, calls };
}
const file = (name: string, text: string): Source => new File([text], name);

describe('an export', () => {
  it('is saved whole, with every second answer lost', async () => {
    const { target, transfers, saved } = setUp((name, n) => name === 'export.read' && n % 2 === 0);
    for (let i = 0; i < 6; i++) target.write(talk(`c${i}`, `${i}\u{1F58B}`.repeat(60_000)));
    await transfers.export({ format: 'json', ids: null, frames: false });
    expect(transfers.exported).toMatchObject({ stage: 'saved', conversations: 6 });
    const conversations = (JSON.parse((await saved[0]?.file.text()) ?? '') as { conversations: ArchivedConversation[] })
      .conversations;
    expect(conversations.reverse()).toEqual([...target.all.values()]);
    expect(saved[0]?.name).toMatch(/^mezzotint-.*\.json$/);
  });
  it('that is cancelled saves nothing, and the next one is not disturbed', async () => {
    const { target, transfers, saved } = setUp();
    for (const id of ['c', 'd', 'e']) target.write(talk(id, 'x'.repeat(1_000_000)));
    const first = transfers.export({ format: 'json', ids: null, frames: false });
    while (transfers.exported.stage === 'writing' && transfers.exported.done === 0) await tick();
    transfers.cancelExport();
    expect(transfers.exported).toEqual({ stage: 'idle' });
    await transfers.export({ format: 'markdown', ids: ['c'], frames: false });
    await first;
    expect(saved.map(({ name }) => name)).toEqual(['Title-of-c.md']);
    expect(transfers.exported.stage).toBe('saved');
  });
  it('of bytes is saved byte for byte', async () => {
    const { target, transfers, saved } = setUp();
    target.write(talk('c', 'x'));
    await transfers.export({ format: 'pdf', ids: ['c'], frames: false });
    const bytes = new Uint8Array((await saved[0]?.file.arrayBuffer()) ?? new ArrayBuffer(0));
    expect(bytes.length).toBeGreaterThan(700_000);
    expect(bytes.every((byte, i) => byte === i % 251)).toBe(true);
  });
  it('that breaks in the middle is told as failed and saves nothing; no answer of it counts as the end', async () => {
    const { target, transfers, saved, calls } = setUp();
    for (const id of ['c', 'd', 'e']) target.write(talk(id, 'x'.repeat(400_000)));
    const read = target.read.bind(target);
    target.read = (id) => {
      if (id === 'd') throw new TypeError('Cannot read properties of undefined');
      return read(id);
    };
    await transfers.export({ format: 'json', ids: null, frames: false });
    expect(transfers.exported).toMatchObject({
      stage: 'failed',
      error: { code: 'internal', message: expect.stringContaining('No file was saved') as string },
    });
    expect(saved).toEqual([]);
    expect(calls.at(-1)).toBe('export.end');
  });
  it('of what is not there says so', async () => {
    const { transfers, saved } = setUp();
    await transfers.export({ format: 'json', ids: ['gone'], frames: false });
    expect(transfers.exported.stage).toBe('failed');
    expect(saved).toEqual([]);
  });
});

describe('an import', () => {
  it('comes in whole with every second answer lost on the way, after it was shown', async () => {
    const { target, transfers } = setUp((name, n) => name === 'import.add' && n % 2 === 0);
    await transfers.read([
      file('a.json', own(talk('a', 'x'.repeat(3_000_000)), talk('b', 'y'))),
      file('b.json', own(talk('c', 'z'))),
    ]);
    expect(transfers.imported).toMatchObject({
      stage: 'planned',
      total: 3,
      items: [{ standing: 'new' }, { standing: 'new' }, { standing: 'new', file: 1 }],
    });
    expect(target.all.size).toBe(0);
    await transfers.run();
    expect(transfers.imported).toMatchObject({ stage: 'done', outcome: { imported: 3 } });
    expect(target.all.get('a')?.messages[0]?.text).toHaveLength(3_000_000);
  });
  it('of an archive of 6 GB reads its list and the conversations in it, and nothing of its pictures', async () => {
    const { target, transfers } = setUp();
    const { size, read } = largeZip(own(talk('a', 'from the archive')));
    let asked = 0;
    await transfers.read([
      {
        name: 'large.zip',
        size,
        slice: (from = 0, to = size) =>
          ({
            arrayBuffer: () => ((asked += to - from), Promise.resolve(Uint8Array.from(read(from, to - from)).buffer)),
          }) as unknown as Blob,
      },
    ]);
    expect(transfers.imported).toMatchObject({ stage: 'planned', items: [{ standing: 'new', title: 'Title of a' }] });
    expect(size).toBeGreaterThan(6e9);
    expect(asked).toBeLessThan(1_000_000);
    await transfers.run();
    expect(target.all.get('a')?.messages[0]?.text).toBe('from the archive');
  });
  it('that is put away while it is sent leaves nothing behind', async () => {
    const { target, transfers, calls } = setUp();
    const reading = transfers.read([file('a.json', own(talk('a', 'x'.repeat(5_000_000))))]);
    while (transfers.imported.stage !== 'sending' || transfers.imported.done === 0) await tick();
    transfers.leave();
    await reading;
    expect(transfers.imported).toEqual({ stage: 'idle', error: null });
    expect(calls.at(-1)).toBe('import.cancel');
    expect(calls).not.toContain('import.plan');
    expect(target.all.size).toBe(0);
  });
  it('goes on when its window is closed, and can be stopped', async () => {
    const { target, transfers } = setUp();
    await transfers.read([file('a.json', own(...Array.from({ length: 300 }, (_, i) => talk(`c${i}`, 'x'))))]);
    await transfers.more();
    expect(transfers.imported).toMatchObject({ stage: 'planned', items: { length: 300 } });
    const run = transfers.run();
    while (target.all.size < 5) await tick();
    transfers.leave();
    expect(transfers.imported.stage).toBe('writing');
    transfers.cancelImport();
    await run;
    expect(transfers.imported).toMatchObject({
      stage: 'done',
      outcome: { cancelled: true, imported: target.all.size },
    });
    expect(target.all.size).toBeLessThan(300);
  });
  it('of a file that can no longer be read says what to do; so do too many, before they are sent', async () => {
    const { transfers, calls } = setUp();
    await transfers.read([
      {
        name: 'a folder',
        size: 10,
        slice: () => ({ arrayBuffer: () => Promise.reject(new Error('NotReadableError')) }) as unknown as Blob,
      },
    ]);
    expect(transfers.imported).toMatchObject({
      stage: 'idle',
      error: { code: 'file-invalid', message: expect.stringContaining('a folder cannot be read') as string },
    });
    calls.length = 0;
    await transfers.read(Array.from({ length: 501 }, (_, i) => file(`${i}.json`, '[]')));
    expect(transfers.imported).toMatchObject({
      stage: 'idle',
      error: { message: expect.stringContaining('500 files') as string },
    });
    expect(calls).not.toContain('import.begin');
  });
  it('whose last answer was lost says that it may have taken effect; the files can be chosen again', async () => {
    const { target, transfers } = setUp((name) => name === 'import.run');
    await transfers.read([file('a.json', own(talk('a', 'x')))]);
    await transfers.run();
    expect(transfers.imported).toMatchObject({ stage: 'idle', error: { code: 'connection-lost' } });
    expect(target.all.size).toBe(1);
    await transfers.read([file('a.json', own(talk('a', 'x')))]);
    expect(transfers.imported).toMatchObject({ stage: 'planned', items: [{ standing: 'duplicate' }] });
  });
});
