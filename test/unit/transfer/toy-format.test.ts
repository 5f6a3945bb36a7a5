/** A format that nobody has: what it takes to add one. This file is its file, the list below its row. */
import { describe, expect, it } from 'vitest';
import type { Push } from '../../../core/contract/push.ts';
import type { Request, Response } from '../../../core/contract/index.ts';
import { createTransfer } from '../../../core/transfer/index.ts';
import { isObject, type Incoming } from '../../../core/transfer/incoming.ts';
import { jsonReader } from '../../../core/transfer/formats/format.ts';
import { readers } from '../../../core/transfer/formats/index.ts';
import { readFile } from '../../../core/transfer/read.ts';
import { MemoryTarget, NOW, zipOf } from './make.ts';

const isToy = (value: unknown): value is { toy: string; says: string[] } =>
  isObject(value) && typeof value['toy'] === 'string' && Array.isArray(value['says']);
const toy = jsonReader({
  id: 'toy',
  name: 'Toy',
  is: isToy,
  group: (names) => names.filter((name) => name.endsWith('.toy')).map((name) => [name]),
  read: (value): Incoming => ({
    id: isToy(value) ? value.toy : null,
    title: isToy(value) ? value.toy : null,
    createdAt: null,
    updatedAt: null,
    messages: (isToy(value) ? value.says : []).map((text, i) => ({
      id: String(i),
      parent: i === 0 ? null : i - 1,
      role: i % 2 ? 'assistant' : 'user',
      text,
      createdAt: null,
    })),
    current: null,
  }),
});
const formats = [toy, ...readers];
const file = JSON.stringify({ toy: 'Bear', says: ['Who are you?', 'A bear.'] });

describe('a format of one file and one row', () => {
  it('is recognised, previewed under its name, imported, recognised again, and updated', async () => {
    const target = new MemoryTarget();
    const pushes: Push[] = [];
    const { handlers } = createTransfer({
      archive: target,
      conversations: { list: () => [...target.all.values()], get: (id) => target.read(id) },
      notify: (push) => pushes.push(push),
      titleFrom: (q) => q,
      now: () => NOW,
      formats,
    });
    const bring = async (
      name: string,
      bytes: Buffer,
    ): Promise<{ plan: Response<'import.plan'>; run: Response<'import.run'> }> => {
      const begun = await handlers['import.begin']({ files: [{ name, size: bytes.length }] });
      const { importId } = begun;
      for (let now: Response<'import.add'> = begun; now.wanted;) {
        const { file: number, at, length } = now.wanted;
        const add: Request<'import.add'> = {
          importId,
          file: number,
          at,
          data: bytes.subarray(at, at + length).toString('base64'),
        };
        now = await handlers['import.add'](add);
      }
      return { plan: await handlers['import.plan']({ importId }), run: await handlers['import.run']({ importId }) };
    };
    const first = await bring('bear.json', Buffer.from(file));
    expect(first.plan.files).toMatchObject([{ format: 'toy', formatName: 'Toy', fresh: 1, error: null }]);
    expect([...target.all.values()].map((c) => [c.title, ...c.messages.map(({ text }) => text)])).toEqual([
      ['Bear', 'Who are you?', 'A bear.'],
    ]);
    const longer = JSON.stringify({ toy: 'Bear', says: ['Who are you?', 'A bear.', 'Still?'] });
    const second = await bring(
      'bears.zip',
      zipOf([
        { name: 'a/bear.toy', data: longer },
        { name: 'settings.json', data: '{}' },
      ]),
    );
    expect(second.plan.files).toMatchObject([{ name: 'bears.zip: a/bear.toy', format: 'toy', updated: 1 }]);
    expect(second.run).toMatchObject({ imported: 0, updated: 1 });
  });
  it('takes nothing of the formats that are there, and without its row nobody knows it', () => {
    expect(() => readFile(file, { now: NOW, titleFrom: (q) => q })).toThrow(/no format/);
    expect(new Set(readers.map(({ id }) => id)).size).toBe(readers.length);
  });
});
