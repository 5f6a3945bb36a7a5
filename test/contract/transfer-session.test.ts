/** Files in and out as a client asks for them: the channels, checked messages, real databases. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ArchivedConversation, IMPORT_PIECE_BYTES } from '../../core/contract/transfer.ts';
import type { ChannelName, Handlers, Request, Response } from '../../core/contract/index.ts';
import type { Push } from '../../core/contract/push.ts';
import type { AppError, Result } from '../../core/contract/result.ts';
import { createTransfer, type Transfer } from '../../core/transfer/index.ts';
import { createDispatch } from '../../core/app/dispatch.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { archived, archivedMessage, branched, gpt, gptMessage, zipOf } from '../unit/transfer/make.ts';

let root: string;
const opened: Store[] = [];
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-transfer-'));
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(root, { recursive: true, force: true });
});

const NOW = Date.UTC(2026, 10, 24, 12);
interface Service {
  store: Store;
  transfer: Transfer;
  pushes: Push[];
  /** Every push, as it comes. */
  hear: (listener: (push: Push) => void) => void;
  call<N extends ChannelName>(name: N, request: Request<N>): Promise<Response<N>>;
  refused(name: ChannelName, request: unknown): Promise<AppError>;
  ask(name: string, request: unknown): Promise<Result<unknown>>;
}
function serve(toPdf?: (html: string) => Promise<Uint8Array>): Service {
  const result = openStore({ dataDir: mkdtempSync(path.join(root, 'data-')) });
  if (!result.ok) throw new Error(result.error.message);
  const { store } = result.value;
  opened.push(store);
  const pushes: Push[] = [];
  const listeners = new Set<(push: Push) => void>();
  const notify = (push: Push): void => {
    pushes.push(push);
    for (const listener of listeners) listener(push);
  };
  const transfer = createTransfer({
    archive: store.archive,
    conversations: store.conversations,
    notify,
    titleFrom: (q) => q.slice(0, 20),
    now: () => NOW,
    ...(toPdf ? { toPdf } : {}),
  });
  // these tests call no other channel
  const dispatch = createDispatch(transfer.handlers as Handlers, (channel, thrown) => console.error(channel, thrown));
  return {
    store,
    transfer,
    pushes,
    hear: (listener) => void listeners.add(listener),
    async call<N extends ChannelName>(name: N, request: Request<N>) {
      // what a transport does to a message
      const answer = await dispatch(name, JSON.parse(JSON.stringify(request)));
      if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
      return JSON.parse(JSON.stringify(answer.value)) as Response<N>;
    },
    ask: dispatch,
    async refused(name, request) {
      const answer = await dispatch(name, request);
      if (answer.ok) throw new Error(`${name} was not refused`);
      return answer.error;
    },
  };
}
async function download(
  service: Service,
  request: Request<'export.begin'>,
): Promise<{ fileName: string; mimeType: string; text: string; pieces: number }> {
  const { exportId, fileName, mimeType } = await service.call('export.begin', request);
  let text = '';
  for (let piece = 0; ; piece++) {
    const taken = await service.call('export.read', { exportId, piece });
    text += taken.text;
    if (!taken.done) continue;
    await service.call('export.end', { exportId });
    return { fileName, mimeType, text, pieces: piece + 1 };
  }
}
/** Sends what is wanted of each file, and nothing else. @returns the import and how many bytes were sent */
async function upload(
  service: Service,
  files: Array<{ name: string; text: string | Uint8Array }>,
): Promise<{ importId: string; sent: number }> {
  const bytes = files.map(({ text }) => (typeof text === 'string' ? Buffer.from(text) : Buffer.from(text)));
  const begun = await service.call('import.begin', {
    files: files.map(({ name }, i) => ({ name, size: bytes[i]?.length ?? 0 })),
  });
  const { importId } = begun;
  let sent = 0;
  for (let now: Response<'import.add'> = begun; now.wanted;) {
    const { file, at, length } = now.wanted;
    expect(length).toBeLessThanOrEqual(IMPORT_PIECE_BYTES);
    sent += length;
    now = await service.call('import.add', {
      importId,
      file,
      at,
      data: (bytes[file] ?? Buffer.alloc(0)).subarray(at, at + length).toString('base64'),
    });
    expect(now.expected).toBeGreaterThanOrEqual(sent);
  }
  return { importId, sent };
}
const send = async (...args: Parameters<typeof upload>): Promise<string> => (await upload(...args)).importId;
const talk = (id: string, texts: string[], part: Partial<ArchivedConversation> = {}): ArchivedConversation =>
  archived(
    id,
    texts.map((text, i) =>
      archivedMessage({
        id: `${id}-${i}`,
        text,
        parentId: i === 0 ? null : `${id}-${i - 1}`,
        shownChildId: i + 1 < texts.length ? `${id}-${i + 1}` : null,
        role: i % 2 ? 'assistant' : 'user',
      }),
    ),
    part,
  );
const own = (...conversations: ArchivedConversation[]): string =>
  JSON.stringify({ format: 'mezzotint-conversations', version: 1, exportedAt: 1, frames: false, conversations });
const all = (store: Store): ArchivedConversation[] =>
  store.conversations
    .list()
    .map(({ id }) => store.archive.read(id, { frames: true }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
const many = (n: number): ArchivedConversation[] =>
  Array.from({ length: n }, (_, i) =>
    talk(`c${String(i).padStart(4, '0')}`, [`Question ${i}`, `Answer ${i}`], { updatedAt: 1000 + i }),
  );

describe('an export', () => {
  it('of everything comes in pieces that make one file, which another profile takes in without loss', async () => {
    const from = serve();
    // more than one piece, with a pair of surrogates at every place a cut could fall
    for (const c of [...many(30), talk('long', ['\u{1F58B}'.repeat(400_000)])]) from.store.archive.write(c);
    const { text, pieces, fileName, mimeType } = await download(from, { format: 'json', ids: null, frames: true });
    expect(pieces).toBeGreaterThan(2);
    expect(fileName).toBe('mezzotint-2026-11-24.json');
    expect(mimeType).toBe('application/json');
    const to = serve();
    const importId = await send(to, [{ name: fileName, text }]);
    expect(await to.call('import.plan', { importId })).toEqual({
      files: [
        {
          name: fileName,
          format: 'mezzotint',
          formatName: 'Mezzotint',
          fresh: 31,
          updated: 0,
          copies: 0,
          duplicates: 0,
          bad: 0,
          noted: 0,
          error: null,
        },
      ],
      items: 31,
    });
    expect(to.store.conversations.list()).toEqual([]);
    expect(await to.call('import.run', { importId })).toMatchObject({
      imported: 31,
      duplicates: 0,
      bad: 0,
      cancelled: false,
      error: null,
    });
    expect(all(to.store)).toEqual(all(from.store));
  });
  it('of one conversation is named after it and holds no other', async () => {
    const service = serve();
    service.store.archive.write(talk('a', ['Mine'], { title: 'Kupfer & “Platten”: ../../etc/passwd?' }));
    service.store.archive.write(talk('b', ['A secret']));
    const { fileName, text } = await download(service, { format: 'markdown', ids: ['a'], frames: false });
    expect(fileName).toBe('Kupfer-Platten-etc-passwd.md');
    expect(text).toContain('Mine');
    expect(text).not.toContain('A secret');
  });
  it('gives a piece again whose answer was lost, and no other out of order', async () => {
    const service = serve();
    service.store.archive.write(talk('long', ['x'.repeat(600_000)]));
    const { exportId } = await service.call('export.begin', { format: 'json', ids: null, frames: false });
    const first = await service.call('export.read', { exportId, piece: 0 });
    expect(await service.call('export.read', { exportId, piece: 0 })).toEqual(first);
    expect(await service.refused('export.read', { exportId, piece: 2 })).toMatchObject({ code: 'bad-request' });
    expect(await service.call('export.read', { exportId, piece: 1 })).toMatchObject({ done: false });
    await service.call('export.end', { exportId });
    expect(await service.refused('export.read', { exportId, piece: 2 })).toMatchObject({
      code: 'not-found',
      action: expect.stringContaining('Begin it again') as string,
    });
  });
  it('goes on when a conversation is put into the trash meanwhile, and leaves out those that lie there', async () => {
    const service = serve();
    for (const c of many(3)) service.store.archive.write(c);
    service.store.order.organise(['c0000'], { to: 'trash', on: true }, 5);
    const { exportId, conversations } = await service.call('export.begin', {
      format: 'openai',
      ids: null,
      frames: false,
    });
    expect(conversations).toBe(2);
    service.store.order.organise(['c0002'], { to: 'trash', on: true }, 6);
    const { text, done } = await service.call('export.read', { exportId, piece: 0 });
    expect(text.trim().split('\n')).toHaveLength(2);
    expect(done).toBe(true);
  });
  it('as a PDF is the web page, printed by whoever can, and its bytes come whole; else it says what to do', async () => {
    const bytes = Uint8Array.from({ length: 500_001 }, (_, i) => (i * 31) % 256);
    const given: string[] = [];
    const service = serve((html) => (given.push(html), Promise.resolve(bytes)));
    service.store.archive.write(talk('a', ['Mine'], { title: 'A plate' }));
    const { exportId, fileName, encoding, mimeType } = await service.call('export.begin', {
      format: 'pdf',
      ids: ['a'],
      frames: false,
    });
    expect([fileName, encoding, mimeType]).toEqual(['A-plate.pdf', 'base64', 'application/pdf']);
    const parts: Buffer[] = [];
    for (let piece = 0; ; piece++) {
      const { text, done } = await service.call('export.read', { exportId, piece });
      parts.push(Buffer.from(text, 'base64'));
      if (done) break;
    }
    expect(parts.length).toBeGreaterThan(1);
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    expect(given).toHaveLength(1);
    expect(given[0]).toContain('<div class="plain" dir="auto">Mine</div>');
    expect(await serve().refused('export.begin', { format: 'pdf', ids: null, frames: false })).toMatchObject({
      code: 'bad-request',
      action: expect.stringContaining('web page') as string,
    });
  });
  it.each(['json', 'markdown', 'html', 'text', 'openai', 'sharegpt', 'csv'] as const)(
    'as %s that breaks fails in words, however often it is asked, and is never done',
    async (format) => {
      const service = serve();
      for (const c of many(3)) service.store.archive.write(c);
      const read = service.store.archive.read.bind(service.store.archive);
      // a message that no writer can write
      service.store.archive.read = (id, options) =>
        id === 'c0001' ? ({ ...read(id, options), messages: [null], title: 7n } as never) : read(id, options);
      const { exportId } = await service.call('export.begin', { format, ids: null, frames: false });
      let piece = 0;
      for (
        let given = await service.ask('export.read', { exportId, piece });
        given.ok;
        given = await service.ask('export.read', { exportId, piece })
      ) {
        expect(given.value).toMatchObject({ done: false });
        piece += 1;
      }
      const errors: AppError[] = [];
      for (let n = 0; n < 3; n++) errors.push(await service.refused('export.read', { exportId, piece }));
      expect(new Set(errors.map((error) => JSON.stringify(error))).size).toBe(1);
      expect(errors[0]).toMatchObject({
        code: 'internal',
        message: expect.stringMatching(/cannot be (read|written): .* No file was saved/) as string,
        action: expect.stringContaining('Export') as string,
      });
    },
  );
  it('as a PDF that cannot be written or printed is refused in words', async () => {
    const printer = serve(() => Promise.reject(new Error('The printer is gone.')));
    printer.store.archive.write(talk('a', ['Mine']));
    expect(await printer.refused('export.begin', { format: 'pdf', ids: ['a'], frames: false })).toMatchObject({
      message: expect.stringMatching(/PDF cannot be printed: The printer is gone. No file was saved/) as string,
    });
    const writer = serve(() => Promise.resolve(new Uint8Array(1)));
    writer.store.archive.write(talk('a', ['Mine']));
    const read = writer.store.archive.read.bind(writer.store.archive);
    writer.store.archive.read = (id, options) => ({ ...read(id, options), messages: [null] }) as never;
    expect(await writer.refused('export.begin', { format: 'pdf', ids: ['a'], frames: false })).toMatchObject({
      code: 'internal',
      message: expect.stringContaining('No file was saved') as string,
    });
  });
  it('of a conversation that is not there is refused', async () => {
    expect(await serve().refused('export.begin', { format: 'json', ids: ['nowhere'], frames: false })).toMatchObject({
      code: 'not-found',
    });
  });
});

describe('an import', () => {
  it('is told of one by one before anything is written: new, updated, here already, put beside, bad and where, and noted', async () => {
    const service = serve();
    for (const c of [talk('same', ['One', 'Two']), talk('other', ['One'])]) service.store.archive.write(c);
    const bad = { ...talk('bad', ['x']), createdAt: 'yesterday' } as unknown as ArchivedConversation;
    const importId = await send(service, [
      {
        name: 'own.json',
        text: own(talk('same', ['One', 'Two']), bad, talk('other', ['One', 'More']), talk('fresh', ['Hello']), {
          ...talk('other', ['One']),
          id: 'third',
        }),
      },
      {
        name: 'conversations.json',
        text: JSON.stringify([
          branched(),
          branched({ mapping: 7 }),
          branched(),
          gpt([{ id: 'q', parent: 7, message: gptMessage('user', ['Hello']) }], {
            conversation_id: 'odd',
            title: 'Odd',
          }),
        ]),
      },
      { name: 'diary.txt', text: 'Dear diary' },
    ]);
    const { files, items } = await service.call('import.plan', { importId });
    expect(
      files.map(({ name, format, fresh, updated, copies, duplicates, bad: broken, noted }) => [
        name,
        format,
        fresh,
        updated,
        copies,
        duplicates,
        broken,
        noted,
      ]),
    ).toEqual([
      ['own.json', 'mezzotint', 1, 1, 1, 1, 1, 0],
      ['conversations.json', 'chatgpt', 2, 0, 0, 1, 1, 1],
      ['diary.txt', null, 0, 0, 0, 0, 0, 0],
    ]);
    expect(files[2]?.error).toMatchObject({
      code: 'file-invalid',
      action: expect.stringContaining('Choose') as string,
    });
    const listed = await service.call('import.items', { importId, from: 0 });
    expect(listed.items).toHaveLength(items);
    expect(
      listed.items.map((item) => `${item.file} ${item.standing} ${item.standing === 'bad' ? item.where : item.title}`),
    ).toEqual([
      '0 bad conversations.1.createdAt',
      '0 duplicate Title of same',
      '0 updated Title of other',
      '0 new Title of fresh',
      '0 copy Title of other',
      '1 bad conversations.1',
      '1 new Copper plates',
      '1 duplicate Copper plates',
      '1 new Odd',
    ]);
    expect(listed.items[2]).toMatchObject({ standing: 'updated', messages: 1 });
    expect(listed.items.at(-1)).toMatchObject({ notes: [{ where: 'conversations.3.mapping["q"].parent' }] });
    expect(service.store.conversations.list()).toHaveLength(2);

    const outcome = await service.call('import.run', { importId });
    expect(outcome).toMatchObject({ imported: 4, updated: 1, duplicates: 2, bad: 2, cancelled: false, error: null });
    expect(outcome.problems.map(({ file, where }) => `${file} ${where}`)).toEqual([
      'own.json conversations.1.createdAt',
      'conversations.json conversations.1',
    ]);
    expect(service.store.conversations.get(outcome.first ?? '').title).toBe('Title of fresh');
    // what was there stands as it was, and what is new hangs below it
    const now = service.store.archive.read('other', { frames: false });
    expect(now.messages.map(({ id, text }) => [id, text])).toEqual([
      ['other-0', 'One'],
      ['other-1', 'More'],
    ]);
    expect(now).toMatchObject({ title: 'Title of other', currentMessageId: 'other-1' });
    expect(service.pushes.at(-1)).toEqual({ topic: 'conversations-changed' });
    // the same files again bring nothing
    const again = await send(service, [{ name: 'conversations.json', text: JSON.stringify([branched()]) }]);
    expect((await service.call('import.plan', { importId: again })).files[0]).toMatchObject({
      fresh: 0,
      duplicates: 1,
    });
  });
  it('recognises a conversation that stands in two files', async () => {
    const service = serve();
    const importId = await send(service, [
      { name: '1.json', text: JSON.stringify([branched()]) },
      { name: '2.json', text: JSON.stringify([branched({ title: 'Another', conversation_id: 'd' }), branched()]) },
    ]);
    const { files } = await service.call('import.plan', { importId });
    expect(files.map(({ fresh, duplicates }) => [fresh, duplicates])).toEqual([
      [1, 0],
      [1, 1],
    ]);
    expect(await service.call('import.run', { importId })).toMatchObject({ imported: 2, duplicates: 1 });
  });
  it('takes a piece again whose answer was lost, and refuses any that is not wanted', async () => {
    const service = serve();
    const text = 'x'.repeat(IMPORT_PIECE_BYTES + 4);
    const { importId, wanted } = await service.call('import.begin', { files: [{ name: 'x', size: text.length }] });
    expect(wanted).toEqual({ file: 0, at: 0, length: IMPORT_PIECE_BYTES });
    const add = { importId, file: 0, at: 0, data: Buffer.from(text.slice(0, IMPORT_PIECE_BYTES)).toString('base64') };
    const next = { wanted: { file: 0, at: IMPORT_PIECE_BYTES, length: 4 }, expected: text.length };
    expect(await service.call('import.add', add)).toEqual(next);
    expect(await service.call('import.add', add)).toEqual(next);
    const four = Buffer.from('abcd').toString('base64');
    for (const odd of [
      { at: 5, data: four },
      { at: IMPORT_PIECE_BYTES, data: Buffer.from('abc').toString('base64') },
      { file: 1, at: 0, data: four },
      { data: '%' },
    ])
      expect(await service.refused('import.add', { ...add, ...odd })).toMatchObject({ code: 'bad-request' });
    expect(await service.refused('import.plan', { importId })).toMatchObject({
      message: 'x was not sent whole. Nothing was imported.',
    });
    expect(await service.call('import.add', { ...add, at: IMPORT_PIECE_BYTES, data: four })).toEqual({
      wanted: null,
      expected: text.length,
    });
  });
  it('of a zip with pictures in it sends its list and the conversations alone', async () => {
    const service = serve();
    const picture = Buffer.alloc(5_000_000, 7);
    const zip = zipOf([
      ...Array.from({ length: 4 }, (_, i) => ({ name: `dalle/${i}.png`, data: picture, stored: true })),
      { name: 'conversations.json', data: JSON.stringify([branched()]) },
      { name: 'after.wav', data: picture, stored: true },
    ]);
    const { importId, sent } = await upload(service, [{ name: 'chatgpt.zip', text: zip }]);
    expect(sent).toBeLessThan(IMPORT_PIECE_BYTES + 200_000);
    expect((await service.call('import.plan', { importId })).files).toMatchObject([
      { format: 'chatgpt', fresh: 1, error: null },
    ]);
  });
  it('of an archive of 400 files of one app tells of them as one, with the place of what is bad in them', async () => {
    const service = serve();
    const zip = zipOf(
      Array.from({ length: 400 }, (_, i) => ({
        name: `chats/${i}.jsonl`,
        data: i === 7 ? '{"messages":[]}' : `{"messages":[{"role":"user","content":"Question ${i}"}]}`,
        stored: true,
      })),
    );
    const importId = await send(service, [{ name: 'all.zip', text: zip }]);
    expect((await service.call('import.plan', { importId })).files).toMatchObject([
      { name: 'all.zip', format: 'openai', fresh: 399, bad: 1 },
    ]);
    const { items } = await service.call('import.items', { importId, from: 0 });
    expect(items.find(({ standing }) => standing === 'bad')).toMatchObject({ where: 'chats/7.jsonl: conversations.0' });
    expect(await service.call('import.run', { importId })).toMatchObject({ imported: 399, bad: 1 });
  });
  it('of a zip reads the conversations in it, shard by shard, and writes nothing but the database', async () => {
    const service = serve();
    const before = readdirSync(root, { recursive: true });
    const shard = (n: number): string =>
      JSON.stringify([
        branched({ title: `Shard ${n}`, conversation_id: `c${n}` }),
        branched({ title: `Broken ${n}`, mapping: 7 }),
      ]);
    const importId = await send(service, [
      {
        name: 'chatgpt.zip',
        text: zipOf([
          { name: '../../conversations-001.json', data: shard(1) },
          { name: 'conversations-000.json', data: shard(0) },
          { name: 'user.json', data: '{}' },
          { name: 'conversations-002.json', data: Buffer.alloc(32 * 1024 * 1024, 0x20) },
        ]),
      },
      { name: 'broken.zip', text: Buffer.from('PK\u0003\u0004 and then nothing') },
    ]);
    const { files } = await service.call('import.plan', { importId });
    expect(files.map(({ name, format, fresh, bad, error }) => [name, format, fresh, bad, error?.code ?? null])).toEqual(
      [
        ['chatgpt.zip: ../../conversations-001.json', 'chatgpt', 1, 1, null],
        ['chatgpt.zip: conversations-000.json', 'chatgpt', 1, 1, null],
        ['chatgpt.zip: conversations-002.json', null, 0, 0, 'file-invalid'],
        ['broken.zip', null, 0, 0, 'file-invalid'],
      ],
    );
    expect(await service.call('import.run', { importId })).toMatchObject({ imported: 2, bad: 2, error: null });
    expect(
      service.store.conversations
        .list()
        .map(({ title }) => title)
        .sort(),
    ).toEqual(['Shard 0', 'Shard 1']);
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });
  it('of more than the limit is refused after its first piece, and the other files are read', async () => {
    const service = serve();
    const { importId, wanted } = await service.call('import.begin', {
      files: [
        { name: 'huge.json', size: 500e6 },
        { name: 'b.jsonl', size: 48 },
      ],
    });
    const line = JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }] }).padEnd(48);
    const next = await service.call('import.add', {
      importId,
      file: 0,
      at: 0,
      data: Buffer.alloc(wanted?.length ?? 0, 0x20).toString('base64'),
    });
    expect(next.wanted).toEqual({ file: 1, at: 0, length: 48 });
    expect(
      (await service.call('import.add', { importId, file: 1, at: 0, data: Buffer.from(line).toString('base64') }))
        .wanted,
    ).toBeNull();
    expect((await service.call('import.plan', { importId })).files).toMatchObject([
      {
        error: {
          code: 'file-invalid',
          message: expect.stringContaining('400 MB') as string,
          action: expect.stringContaining('parts') as string,
        },
      },
      { fresh: 1 },
    ]);
  });
  it('cancelled while it runs keeps what is in, whole, and the rest comes by another try', async () => {
    const service = serve();
    const importId = await send(service, [{ name: 'own.json', text: own(...many(400)) }]);
    await service.call('import.plan', { importId });
    let asked = false;
    service.hear((push) => {
      if (push.topic !== 'import' || push.stage !== 'writing' || asked) return;
      asked = true;
      void service.call('import.cancel', { importId });
    });
    const outcome = await service.call('import.run', { importId });
    expect(outcome.cancelled).toBe(true);
    expect(outcome.imported).toBeGreaterThan(0);
    expect(outcome.imported).toBeLessThan(400);
    expect(service.store.conversations.list()).toHaveLength(outcome.imported);
    expect(all(service.store)).toEqual(many(400).slice(0, outcome.imported));
    const again = await send(service, [{ name: 'own.json', text: own(...many(400)) }]);
    await service.call('import.plan', { importId: again });
    expect(await service.call('import.run', { importId: again })).toMatchObject({
      imported: 400 - outcome.imported,
      duplicates: outcome.imported,
    });
    expect(all(service.store)).toEqual(many(400));
  });
  it('cancelled before it runs has written nothing and is gone', async () => {
    const service = serve();
    const importId = await send(service, [{ name: 'own.json', text: own(...many(3)) }]);
    await service.call('import.plan', { importId });
    await service.call('import.cancel', { importId });
    expect(await service.refused('import.run', { importId })).toMatchObject({ code: 'not-found' });
    expect(service.store.conversations.list()).toEqual([]);
  });
  it('under way when the app closes ends between two conversations, before the database does', async () => {
    const service = serve();
    const importId = await send(service, [{ name: 'own.json', text: own(...many(400)) }]);
    await service.call('import.plan', { importId });
    const run = service.call('import.run', { importId });
    await service.transfer.close();
    const kept = service.store.conversations.list().length;
    expect(await run).toMatchObject({ cancelled: true, imported: kept });
    expect(kept).toBeLessThan(400);
  });
  it('runs once, and only after it was read', async () => {
    const service = serve();
    const importId = await send(service, [{ name: 'own.json', text: own(...many(3)) }]);
    expect(await service.refused('import.run', { importId })).toMatchObject({ code: 'bad-request' });
    await service.call('import.plan', { importId });
    expect(await service.refused('import.plan', { importId })).toMatchObject({ code: 'bad-request' });
    const [first, second] = await Promise.allSettled([
      service.call('import.run', { importId }),
      service.call('import.run', { importId }),
    ]);
    expect([first.status, second.status]).toEqual(['fulfilled', 'rejected']);
    expect(service.store.conversations.list()).toHaveLength(3);
  });
  it('lets others have their turn while it reads 20,000 conversations', async () => {
    const service = serve();
    const lines = Array.from({ length: 20_000 }, (_, i) =>
      JSON.stringify({
        messages: [
          { role: 'user', content: `Question ${i}` },
          { role: 'assistant', content: `Answer ${i}` },
        ],
      }),
    ).join('\n');
    const importId = await send(service, [{ name: 'all.jsonl', text: lines }]);
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    const { files } = await service.call('import.plan', { importId });
    clearInterval(timer);
    expect(files[0]).toMatchObject({ format: 'openai', fresh: 20_000 });
    expect(turns).toBeGreaterThan(5);
    expect(service.pushes.some((push) => push.topic === 'import' && push.stage === 'reading' && push.done > 0)).toBe(
      true,
    );
    expect((await service.call('import.items', { importId, from: 19_900 })).items).toHaveLength(100);
  });
  it('takes a message of 50 MB as a problem of its own, and the rest', async () => {
    const service = serve();
    const importId = await send(service, [
      {
        name: 'big.json',
        text: JSON.stringify([
          branched(),
          branched({
            title: 'Big',
            conversation_id: 'big',
            mapping: {
              a: {
                parent: null,
                children: [],
                message: {
                  author: { role: 'user' },
                  content: { content_type: 'text', parts: ['x'.repeat(50_000_000)] },
                },
              },
            },
          }),
        ]),
      },
    ]);
    const { files } = await service.call('import.plan', { importId });
    expect(files[0]).toMatchObject({ fresh: 1, bad: 1 });
    expect((await service.call('import.items', { importId, from: 0 })).items[0]).toMatchObject({
      standing: 'bad',
      where: 'conversations.1',
      why: { id: 'bad.message-too-long', message: expect.stringMatching(/longer than 10,000,000/) as string },
    });
  });
});

describe('many at once', () => {
  it('of exports, the one left alone longest is forgotten; the others go on', async () => {
    const service = serve();
    service.store.archive.write(talk('a', ['Mine']));
    const begun = [];
    for (let i = 0; i < 9; i++)
      begun.push(await service.call('export.begin', { format: 'text', ids: null, frames: false }));
    expect(await service.refused('export.read', { exportId: begun[0]?.exportId ?? '', piece: 0 })).toMatchObject({
      code: 'not-found',
    });
    for (const { exportId } of begun.slice(1))
      expect(await service.call('export.read', { exportId, piece: 0 })).toMatchObject({ done: true });
  });
  it('of imports, one that waits makes room; one that runs never does', async () => {
    const service = serve();
    const running = await Promise.all([0, 1].map(() => send(service, [{ name: 'own.json', text: own(...many(300)) }])));
    for (const importId of running) await service.call('import.plan', { importId });
    const runs = running.map((importId) => service.call('import.run', { importId }));
    expect(await service.refused('import.begin', { files: [{ name: 'x', size: 1 }] })).toMatchObject({
      code: 'conflict',
      action: expect.stringContaining('Wait') as string,
    });
    const outcomes = await Promise.all(runs);
    // both were shown as new: what one brought, the other tells of and leaves as it is
    expect(outcomes.map(({ imported, bad }) => imported + bad)).toEqual([300, 300]);
    expect(all(service.store)).toEqual(many(300));
    const waiting = [];
    for (let i = 0; i < 3; i++)
      waiting.push((await service.call('import.begin', { files: [{ name: 'x', size: 1 }] })).importId);
    expect(await service.refused('import.items', { importId: waiting[0] ?? '', from: 0 })).toMatchObject({
      code: 'not-found',
    });
    expect(await service.call('import.items', { importId: waiting[2] ?? '', from: 0 })).toEqual({ items: [] });
  });
  it('left alone for half an hour are forgotten, and their files with them', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const service = serve();
      const importId = await send(service, [{ name: 'own.json', text: own(...many(3)) }]);
      const { exportId } = await service.call('export.begin', { format: 'text', ids: null, frames: false });
      vi.advanceTimersByTime(29 * 60_000);
      await service.call('import.plan', { importId });
      vi.advanceTimersByTime(29 * 60_000);
      expect(await service.refused('export.read', { exportId, piece: 0 })).toMatchObject({ code: 'not-found' });
      expect(await service.call('import.run', { importId })).toMatchObject({ imported: 3 });
    } finally {
      vi.useRealTimers();
    }
  });
});

it('whatever is asked of these channels is answered, without an inner error, and writes nothing that was not shown', async () => {
  const service = serve();
  service.store.archive.write(talk('mine', ['One', 'Two']));
  const ids = ['mine', 'nowhere', '', '../x', 'x'.repeat(65), '__proto__'];
  const known: string[] = [...ids];
  const number = fc.oneof(fc.integer({ min: -2, max: 5 }), fc.constantFrom(0.5, 2 ** 53, NaN, 1e9));
  const payload = fc.record(
    {
      exportId: fc.nat(40),
      importId: fc.nat(40),
      piece: number,
      from: number,
      file: number,
      at: number,
      frames: fc.boolean(),
      format: fc.constantFrom('json', 'html', 'csv', 'pdf', 'exe', 7),
      ids: fc.oneof(fc.constant(null), fc.array(fc.constantFrom(...ids), { maxLength: 3 })),
      files: fc.array(fc.record({ name: fc.string({ maxLength: 5 }), size: number }), { maxLength: 3 }),
      data: fc.oneof(
        fc.base64String({ maxLength: 40 }),
        fc.string({ maxLength: 10 }),
        fc.constant('x'.repeat(2_000_000)),
      ),
    },
    { requiredKeys: [] },
  );
  const fields: Record<string, string[]> = {
    'export.begin': ['format', 'ids', 'frames'],
    'export.read': ['exportId', 'piece'],
    'export.end': ['exportId'],
    'import.begin': ['files'],
    'import.add': ['importId', 'file', 'at', 'data'],
    'import.plan': ['importId'],
    'import.items': ['importId', 'from'],
    'import.run': ['importId'],
    'import.cancel': ['importId'],
  };
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(fields)), payload, fc.nat(30), async (name, given, odd) => {
      count++;
      const whole = given as Record<string, unknown>;
      // mostly what the channel wants, with names that were given out before; sometimes more than that
      const request = Object.fromEntries(
        Object.entries(whole)
          .filter(([key]) => odd === 0 || fields[name]?.includes(key))
          .map(([key, value]) => [
            key,
            (key === 'exportId' || key === 'importId') && typeof value === 'number'
              ? known[known.length - 1 - (value % known.length)]
              : value,
          ]),
      );
      const answer = await service.ask(name, request);
      if (answer.ok) {
        const { exportId, importId } = answer.value as { exportId?: string; importId?: string };
        for (const id of [exportId, importId]) if (id !== undefined) known.push(id);
      } else expect(answer.error.code).not.toBe('internal');
    }),
    { seed: 6, numRuns: 2000 },
  );
  expect(service.store.conversations.list().map(({ id }) => id)).toEqual(['mine']);
  expect(service.store.archive.read('mine', { frames: true })).toEqual(talk('mine', ['One', 'Two']));
  console.log(`transfer: ${count} messages, ${known.length - ids.length} begun`);
});
