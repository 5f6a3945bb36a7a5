import { describe, expect, it } from 'vitest';
import type { ReadableFile } from '../../../renderer/state/thread/attachments.svelte.ts';
import { createStores } from '../../../renderer/state/window/stores.svelte.ts';
import { windowService } from '../../fixtures/window-service.ts';

const file = (name: string, content: string | Uint8Array): ReadableFile => {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return new File([Uint8Array.from(bytes)], name);
};
async function setUp() {
  const service = windowService();
  const stores = createStores(service.client, { schedule: () => undefined });
  await service.started();
  await Promise.all([stores.session.load(), stores.library.load()]);
  return { service, ...stores, attach: stores.attachments };
}

describe('files attached to the question being written', () => {
  it('are counted, belong to their conversation, and are sent with the question', async () => {
    const { service, branch, asking, attach } = await setUp();
    const added = attach.add([file('a.txt', 'one two three'), file('b.txt', 'four')]);
    expect(attach.reading).toBe(true);
    await added;
    expect(attach.reading).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(attach.files.map(({ name, tokens }) => [name, (tokens ?? 0) > 0])).toEqual([
      ['a.txt', true],
      ['b.txt', true],
    ]);
    expect(attach.whole('Go')).toBe('a.txt:\n```\none two three\n```\n\nb.txt:\n```\nfour\n```\n\nGo');
    attach.remove(1);
    await asking.send('Go');
    const question = branch.messages[0];
    expect(question?.attachments).toEqual([{ name: 'a.txt', characters: 13 }]);
    expect(service.store.attachments.get(question?.id ?? '', 0)).toEqual({ name: 'a.txt', text: 'one two three' });
    expect(attach.files).toEqual([]);
  });

  it('come back where the question could not be sent', async () => {
    const { service, asking, attach } = await setUp();
    await attach.add([file('a.txt', 'one')]);
    service.endReplies();
    await asking.send('Go');
    expect(attach.files.map(({ name }) => name)).toEqual(['a.txt']);
    expect(asking.draft).toBe('Go');
  });

  it('in another encoding are read, and it says in which; or are refused with what to do', async () => {
    const { attach } = await setUp();
    await attach.add([
      file('alt.txt', Uint8Array.of(0x66, 0xfc, 0x72, 0x20, 0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72)),
      file('odd.txt', Uint8Array.of(0x81, 0xff, 0x8d, 0x8f)),
    ]);
    expect(attach.files.map(({ name, text }) => [name, text])).toEqual([['alt.txt', 'für Müller']]);
    expect(attach.guessed).toEqual([expect.stringMatching(/alt\.txt.*windows-1252.*save it as UTF-8/)]);
    expect(attach.refused).toEqual([expect.stringMatching(/odd\.txt.*not in UTF-8.*Save it as UTF-8/)]);
    attach.remove(0);
    expect(attach.guessed).toEqual([]);
  });
  it('are refused with what to do: no text, too large, empty, too many', async () => {
    const { attach } = await setUp();
    const huge: ReadableFile = {
      name: 'huge.log',
      size: 5e9,
      arrayBuffer: () => Promise.reject(new Error('must not be read')),
    };
    await attach.add([file('x.png', Uint8Array.of(0, 1, 2)), huge, file('none.txt', ''), file('ok.txt', 'fine')]);
    expect(attach.files.map(({ name }) => name)).toEqual(['ok.txt']);
    expect(attach.refused).toHaveLength(3);
    expect(attach.refused[0]).toMatch(/x\.png.*not plain text.*Save it as text/);
    expect(attach.refused[1]).toMatch(/huge\.log.*200,000 characters.*Paste/);
    await attach.add(Array.from({ length: 9 }, (_, i) => file(`${i}.txt`, 'x')));
    expect(attach.files).toHaveLength(8);
    expect(attach.refused).toEqual([expect.stringMatching(/^8 files can be attached/)]);
  });
});
