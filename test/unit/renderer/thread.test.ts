import { settingsMode } from '../../../core/contract/settings.ts';
import { settingsWith } from '../../fixtures/settings.ts';
import { describe, expect, it, vi } from 'vitest';
import { Library } from '../../../renderer/state/library/library.svelte.ts';
import { Session } from '../../../renderer/state/window/session.svelte.ts';
import { Undo } from '../../../renderer/state/window/undo.svelte.ts';
import { Thread } from '../../../renderer/state/thread/thread.svelte.ts';
import { demoGeneration, demoEngine, DemoService, type DemoOptions } from '../../fixtures/demo-client.ts';
import { proseReply } from '../../fixtures/demo-text.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function setUp(options: DemoOptions = {}) {
  const service = new DemoService({ pace: 0, answer: () => proseReply, ...options });
  const session = new Session(service.client, 'linux');
  const undo = new Undo();
  const library = new Library(session, undo);
  /** Events wait here as they wait for the next animation frame in the window. */
  const frames: (() => void)[] = [];
  const thread = new Thread(session, library, (task) => frames.push(task));
  await Promise.all([session.load(), library.load()]);
  const drawn = (): void => frames.splice(0).forEach((task) => task());
  const finish = (): void => {
    while (service.step());
    drawn();
  };
  return { service, session, undo, library, thread, frames, drawn, finish };
}
const roles = (thread: Thread): string[] => thread.branch.map((m) => `${m.role} ${m.status}`);

describe('a conversation', () => {
  it('begins with the first message, shows the reply growing, and settles to what was stored', async () => {
    const { service, thread, library, drawn, finish } = await setUp();
    thread.draft = '  How is it made? ';
    await thread.send();
    await tick();
    expect(thread.draft).toBe('');
    expect(thread.id).not.toBeNull();
    expect(library.shown.map((c) => c.title)).toEqual(['How is it made?']);
    expect(roles(thread)).toEqual(['user complete', 'assistant pending']);
    for (let i = 0; i < 12; i++) service.step();
    const live = thread.live(thread.running?.id ?? '');
    expect(live?.view.text).toBe('');
    drawn();
    expect(live?.view.text).not.toBe('');
    expect(proseReply.startsWith(live?.view.text ?? '-')).toBe(true);
    expect(live?.view.slots.length).toBeGreaterThan(0);
    finish();
    expect(roles(thread)).toEqual(['user complete', 'assistant complete']);
    expect(thread.branch[1]?.text).toBe(proseReply);
    expect(thread.running).toBeNull();
  });

  it('many events wait for one frame and are drawn together', async () => {
    const { service, thread, frames } = await setUp();
    await thread.send('Go');
    await tick();
    for (let i = 0; i < 20; i++) service.step();
    expect(frames).toHaveLength(1);
  });

  it('is joined in the middle of a reply by another window', async () => {
    const { service, thread, drawn } = await setUp();
    await thread.send('Go');
    await tick();
    for (let i = 0; i < 10; i++) service.step();
    drawn();
    const id = thread.running?.id ?? '';
    const session = new Session(service.client, 'linux');
    const list = new Library(session, new Undo());
    const late = new Thread(session, list, (task) => task());
    await late.open(thread.id);
    expect([...list.running]).toEqual([thread.id]);
    // words that were struck just now stand a moment before the text goes on
    await vi.waitFor(() => {
      drawn();
      expect(late.live(id)?.view.text).toBe(thread.live(id)?.view.text);
    });
    expect(late.live(id)?.view.slots.map((s) => s.slot)).toEqual(thread.live(id)?.view.slots.map((s) => s.slot));
    while (service.step());
    expect(late.branch[1]?.text).toBe(proseReply);
  });

  it('fetches the reply again when events were missed', async () => {
    const { service, thread, drawn } = await setUp();
    await thread.send('Go');
    await tick();
    for (let i = 0; i < 6; i++) service.step();
    drawn();
    const id = thread.running?.id ?? '';
    const before = thread.live(id)?.view.text ?? '';
    const generationId = thread.running?.generation?.id ?? '';
    service.push({
      topic: 'generation',
      conversationId: thread.id ?? '',
      messageId: id,
      generationId,
      events: [{ type: 'frame', seq: 900, t: 1, forward: 99, block: 0, canvas: { from: 900, length: 2 }, changes: [] }],
    });
    drawn();
    await tick();
    await tick();
    const after = thread.live(id)?.view;
    expect(after?.text.startsWith(before)).toBe(true);
    expect(after?.slots[0]?.slot).toBeLessThan(900);
  });

  it('stops with what is written, and continues from there', async () => {
    const { service, thread, drawn, finish } = await setUp();
    await thread.send('Go');
    await tick();
    for (let i = 0; i < 12; i++) service.step();
    await thread.stop();
    drawn();
    const reply = thread.branch[1];
    expect(reply?.status).toBe('stopped');
    expect(reply?.text.length).toBeGreaterThan(10);
    if (reply) await thread.continue(reply);
    await tick();
    expect(thread.running?.id).toBe(reply?.id);
    for (let i = 0; i < 4; i++) service.step();
    drawn();
    expect(thread.live(reply?.id ?? '')?.view.text.startsWith(reply?.text ?? '-')).toBe(true);
    finish();
    expect(thread.branch[1]?.status).toBe('complete');
  });

  it('keeps every version of a reply and turns between them', async () => {
    const { thread, finish } = await setUp();
    await thread.send('Go');
    await tick();
    finish();
    const first = thread.branch[1];
    if (!first) throw new Error('no reply');
    await thread.retry(first);
    await tick();
    finish();
    const second = thread.branch[1];
    expect(second?.id).not.toBe(first.id);
    expect(second && thread.siblings(second)).toMatchObject({ index: 1, ids: [first.id, second?.id] });
    if (second) await thread.turn(second, -1);
    expect(thread.branch[1]?.id).toBe(first.id);
  });

  it('gives the words back when they could not be sent, and says why', async () => {
    const { thread, service } = await setUp();
    service.engine = { state: 'starting' };
    thread.draft = 'Kept?';
    await thread.send();
    expect(thread.draft).toBe('Kept?');
    expect(thread.trouble?.error.code).toBe('engine-not-ready');
    expect(thread.id).toBeNull();
  });

  it('shows a crash at the reply it happened to, with its text', async () => {
    const { thread, finish } = await setUp({ failAt: 15 });
    await thread.send('Go');
    await tick();
    finish();
    expect(thread.branch[1]).toMatchObject({ status: 'failed', generation: { error: { code: 'engine-crashed' } } });
    expect(thread.branch[1]?.text).not.toBe('');
  });

  it('keeps a draft for each conversation', async () => {
    const { service, library, thread } = await setUp();
    const a = service.addConversation('A');
    const b = service.addConversation('B');
    await library.load();
    await thread.open(a.id);
    thread.draft = 'for a';
    await thread.open(b.id);
    expect(thread.draft).toBe('');
    await thread.open(a.id);
    expect(thread.draft).toBe('for a');
  });
});

describe('the list', () => {
  it('deletes with undo, renames', async () => {
    const { service, library, undo } = await setUp();
    const a = service.addConversation('Alpha');
    service.addConversation('Beta');
    await library.load();
    await library.rename(a.id, '  Omega ');
    expect(library.shown.map((c) => c.title)).toContain('Omega');
    await library.organise([a.id], { to: 'trash', on: true });
    expect(library.shown.map((c) => c.title)).toEqual(['Beta']);
    await undo.take();
    expect(library.size).toBe(2);
  });
});

describe('settings and engine', () => {
  it('takes effect at once, and turns back with a word when it cannot be stored', async () => {
    const { session, service } = await setUp();
    const call = service.client.call;
    const changing = session.changeGeneration({ sampler: settingsWith(demoGeneration, { mode: 'fast' }).sampler });
    expect(settingsMode(session.settings.generation)).toBe('fast');
    await changing;
    expect(settingsMode(service.settings.generation)).toBe('fast');
    service.client.call = async (name, request) =>
      name === 'settings.set'
        ? { ok: false, error: { code: 'store-failed', message: 'Disk full.' } }
        : call(name, request);
    await session.changeGeneration({ sampler: settingsWith(demoGeneration, { mode: 'ar' }).sampler });
    expect(settingsMode(session.settings.generation)).toBe('fast');
    expect(session.notices.map((n) => n.message)).toEqual(['Disk full.']);
  });
  it('tries a damaged pack again', async () => {
    const { session } = await setUp({
      engine: { state: 'failed', error: { code: 'pack-damaged', message: 'Damaged.' } },
    });
    expect(session.engine.state).toBe('failed');
    await session.restartEngine();
    expect(session.engine).toEqual(demoEngine);
  });
  it('says each notice once', async () => {
    const notice = { code: 'store-damaged' as const, message: 'Opened the backup.' };
    const { session, service } = await setUp({ notices: [notice] });
    service.push({ topic: 'notice', error: notice });
    expect(session.notices).toHaveLength(1);
  });
});
