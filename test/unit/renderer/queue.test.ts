/** The window's side of waiting questions: where words go, and that none are lost on the way. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Attach } from '../../../renderer/state/thread/attachments.svelte.ts';
import { Library } from '../../../renderer/state/library/library.svelte.ts';
import { Queue } from '../../../renderer/state/thread/queue.svelte.ts';
import { Session } from '../../../renderer/state/window/session.svelte.ts';
import { Thread } from '../../../renderer/state/thread/thread.svelte.ts';
import { Undo } from '../../../renderer/state/window/undo.svelte.ts';
import { DemoService, demoGeneration } from '../../fixtures/demo-client.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
let service: DemoService;
let thread: Thread;
let attach: Attach;
let queue: Queue;
beforeEach(() => {
  service = new DemoService({ pace: 0 });
  const session = new Session(service.client, 'linux');
  const undo = new Undo();
  thread = new Thread(session, new Library(session, undo), (work) => work());
  attach = new Attach(session, thread);
  queue = new Queue(session, thread, attach, undo);
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
    thread.draft = 'First';
    const first = thread.send();
    expect(queue.waits).toBe(true);
    thread.draft = 'Second';
    const added = queue.add(demoGeneration);
    thread.draft = 'Second and more';
    await Promise.all([first, added]);
    expect(queue.shown?.questions.map(({ text }) => text)).toEqual(['Second']);
    expect(thread.draft).toBe(' and more');
    expect(thread.desks.draft(null)).toBe('');
    await tick();
    await run();
    await run();
    expect([...service.messages.values()].filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual([
      'First',
      'Second',
    ]);
    expect(queue.shown).toBeNull();
  });
  it('goes back into the box, behind the first one, where that is refused', async () => {
    service.engine = { state: 'starting' };
    thread.draft = 'First';
    const first = thread.send();
    thread.draft = 'Second';
    await Promise.all([first, queue.add(demoGeneration)]);
    expect(thread.draft).toBe('First\n\nSecond');
    expect(queue.shown).toBeNull();
  });
  it('takes its files along, and brings them back when it is taken back', async () => {
    thread.draft = 'First';
    await thread.send();
    await tick();
    await attach.add([file('a.txt', 'one')]);
    thread.draft = 'Second';
    await queue.add(demoGeneration);
    expect([attach.files.length, queue.shown?.questions[0]?.attachments]).toEqual([
      0,
      [{ name: 'a.txt', characters: 3 }],
    ]);
    thread.draft = 'begun';
    await attach.add([file('b.txt', 'two')]);
    const [question] = queue.shown?.questions ?? [];
    if (question) await queue.take(question);
    expect(thread.draft).toBe('Second\n\nbegun');
    expect(attach.files.map(({ name }) => name)).toEqual(['a.txt', 'b.txt']);
    expect(queue.shown).toBeNull();
  });
  it('is not taken back where its files would be too many', async () => {
    thread.draft = 'First';
    await thread.send();
    await tick();
    await attach.add([file('a.txt', 'one')]);
    thread.draft = 'Second';
    await queue.add(demoGeneration);
    await attach.add(Array.from({ length: 8 }, (_, i) => file(`${i}.txt`, 'x')));
    const [question] = queue.shown?.questions ?? [];
    if (question) await queue.take(question);
    expect([attach.files.length, queue.shown?.questions.length, attach.refused.length]).toEqual([8, 1, 1]);
  });
});
