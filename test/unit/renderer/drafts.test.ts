import { describe, expect, it } from 'vitest';
import { Drafts } from '../../../renderer/state/thread/drafts.svelte.ts';
import { Session } from '../../../renderer/state/window/session.svelte.ts';
import { createStores } from '../../../renderer/state/window/stores.svelte.ts';
import { windowService } from '../../fixtures/window-service.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** `window`: opens the same service again, as after a restart. */
function setUp() {
  const service = windowService();
  const a = service.addConversation('A');
  let calls = 0;
  const { call } = service.client;
  service.client.call = (name, request) => {
    if (name === 'drafts.keep') calls++;
    return call(name, request);
  };
  const timers: (() => void)[] = [];
  const window = (): Drafts =>
    new Drafts(new Session(service.client, 'linux'), (work) => {
      timers.push(work);
      return () => void timers.splice(timers.indexOf(work), 1);
    });
  return { service, a, window, timers, kept: () => calls };
}

describe('unsent words and places', () => {
  it('are there in the next window: for the new chat and for each conversation', async () => {
    const { a, window, timers } = setUp();
    const first = window();
    first.write(null, 'for a new one');
    first.write(a.id, 'for a');
    first.keepPlace(a.id, { messageId: 'm', offset: 12 });
    timers.splice(0).forEach((run) => run());
    await tick();
    const second = window();
    await Promise.all([second.fetch(null), second.fetch(a.id)]);
    expect([second.draft(null), second.draft(a.id), second.place(a.id)]).toEqual([
      'for a new one',
      'for a',
      { messageId: 'm', offset: 12 },
    ]);
  });

  it('are joined by what is typed before they are read', async () => {
    const { a, window, timers } = setUp();
    const first = window();
    first.write(a.id, 'left here. ');
    first.flush();
    await tick();
    const second = window();
    const read = second.fetch(a.id);
    second.write(a.id, 'Typed at once');
    await read;
    expect(second.draft(a.id)).toBe('left here. Typed at once');
    timers.splice(0).forEach((run) => run());
    await tick();
    const third = window();
    await third.fetch(a.id);
    expect(third.draft(a.id)).toBe('left here. Typed at once');
    // what this window wrote before it asked is not there twice
    const fourth = window();
    fourth.write(a.id, 'Put back');
    fourth.flush();
    await fourth.fetch(a.id);
    expect(fourth.draft(a.id)).toBe('Put back');
  });

  it('are kept a quarter of a second after the first change, however one types on', () => {
    const { a, window, timers, kept } = setUp();
    const drafts = window();
    for (const text of ['f', 'fo', 'for']) drafts.write(a.id, text);
    expect([timers.length, kept()]).toEqual([1, 0]);
    timers[0]?.();
    expect(kept()).toBe(1);
    drafts.write(a.id, 'for a');
    expect(timers.length).toBe(1);
  });

  it('are kept at once when the window is left, and when they were sent', () => {
    const { a, window, kept } = setUp();
    const drafts = window();
    drafts.write(a.id, 'half');
    drafts.flush();
    expect(kept()).toBe(1);
    drafts.flush();
    expect(kept()).toBe(1);
    drafts.write(a.id, '');
    expect(kept()).toBe(2);
  });

  it('wait for the connection where it is lost, and are kept when it returns', async () => {
    const { service, a } = setUp();
    let tell: (connected: boolean) => void = () => undefined;
    service.client.onConnection = (listener) => {
      listener(true);
      tell = listener;
      return () => undefined;
    };
    const drafts = new Drafts(new Session(service.client, 'linux'), () => () => undefined);
    tell(false);
    drafts.write(a.id, 'while away');
    drafts.flush();
    await tick();
    expect(service.store.drafts.read(a.id).draft).toBe('');
    tell(true);
    await tick();
    expect(service.store.drafts.read(a.id).draft).toBe('while away');
  });

  it('a conversation with a reply that nobody saw opens at its end', async () => {
    const { service, a } = setUp();
    service.store.drafts.keep(a.id, { place: { messageId: 'm', offset: 5 } });
    const { library, drafts, thread } = createStores(service.client, { schedule: (task) => task() });
    await thread.open(a.id);
    expect(drafts.place(a.id)).toEqual({ messageId: 'm', offset: 5 });
    await thread.open(null);
    library.put({ ...a, unread: true });
    await thread.open(a.id);
    expect(drafts.place(a.id)).toBeNull();
  });

  it('a question that was refused lies in the box again, and is kept', async () => {
    const { service } = setUp();
    service.endReplies();
    const { asking, drafts } = createStores(service.client, { schedule: (task) => task() });
    asking.draft = 'Say why.';
    await asking.send();
    drafts.flush();
    await tick();
    expect(asking.draft).toBe('Say why.');
    expect(service.store.drafts.read(null).draft).toBe('Say why.');
  });
});
