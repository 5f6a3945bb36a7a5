/** The window's side of waiting questions: where words go, and that none are lost on the way. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Queue } from '../../../renderer/state/thread/queue.svelte.ts';
import { createStores, type Stores } from '../../../renderer/state/window/stores.svelte.ts';
import { sampleSettings } from '../../fixtures/sample-model.ts';
import { windowService, type WindowService } from '../../fixtures/window-service.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
let service: WindowService;
let stores: Stores;
let queue: Queue;
beforeEach(async () => {
  service = windowService();
  stores = createStores(service.client, { schedule: (work) => work() });
  ({ queue } = stores);
  await service.started();
});
const file = (name: string, text: string): Pick<File, 'name' | 'size' | 'arrayBuffer'> => ({
  name,
  size: text.length,
  arrayBuffer: () => Promise.resolve(new TextEncoder().encode(text).buffer),
});
const run = async (): Promise<void> => {
  while (service.step()) await tick();
  await tick();
};

describe('a question asked while a reply is written', () => {
  it('is asked for in a new chat whose first question is only being sent, and the box keeps what is typed', async () => {
    stores.asking.draft = 'First';
    const first = stores.asking.send();
    expect(queue.waits).toBe(true);
    stores.asking.draft = 'Second';
    const added = queue.add(sampleSettings);
    stores.asking.draft = 'Second and more';
    await Promise.all([first, added]);
    expect(queue.shown?.questions.map(({ text }) => text)).toEqual(['Second']);
    expect(stores.asking.draft).toBe(' and more');
    expect(stores.drafts.draft(null)).toBe('');
    await tick();
    await run();
    await run();
    const asked = service.store.messages.ofConversation(stores.thread.id ?? '').filter(({ role }) => role === 'user');
    expect(asked.map(({ text }) => text)).toEqual(['First', 'Second']);
    expect(queue.shown).toBeNull();
  });
  it('goes back into the box, behind the first one, where that is refused', async () => {
    service.endReplies();
    stores.asking.draft = 'First';
    const first = stores.asking.send();
    stores.asking.draft = 'Second';
    await Promise.all([first, queue.add(sampleSettings)]);
    expect(stores.asking.draft).toBe('First\n\nSecond');
    expect(queue.shown).toBeNull();
  });
  it('takes its files along, and brings them back when it is taken back', async () => {
    stores.asking.draft = 'First';
    await stores.asking.send();
    await tick();
    await stores.attachments.add([file('a.txt', 'one')]);
    stores.asking.draft = 'Second';
    await queue.add(sampleSettings);
    expect([stores.attachments.files.length, queue.shown?.questions[0]?.attachments]).toEqual([
      0,
      [{ name: 'a.txt', characters: 3 }],
    ]);
    stores.asking.draft = 'begun';
    await stores.attachments.add([file('b.txt', 'two')]);
    const [question] = queue.shown?.questions ?? [];
    if (question) await queue.take(question);
    expect(stores.asking.draft).toBe('Second\n\nbegun');
    expect(stores.attachments.files.map(({ name }) => name)).toEqual(['a.txt', 'b.txt']);
    expect(queue.shown).toBeNull();
  });
  it('is not taken back where its files would be too many', async () => {
    stores.asking.draft = 'First';
    await stores.asking.send();
    await tick();
    await stores.attachments.add([file('a.txt', 'one')]);
    stores.asking.draft = 'Second';
    await queue.add(sampleSettings);
    await stores.attachments.add(Array.from({ length: 8 }, (_, i) => file(`${i}.txt`, 'x')));
    const [question] = queue.shown?.questions ?? [];
    if (question) await queue.take(question);
    expect([stores.attachments.files.length, queue.shown?.questions.length, stores.attachments.refused.length]).toEqual(
      [8, 1, 1],
    );
  });
});
