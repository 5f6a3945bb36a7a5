import { settingsMode } from '../../../core/contract/settings.ts';
import { settingsWith } from '../../fixtures/settings.ts';
import { describe, expect, it, vi } from 'vitest';
import type { Branch } from '../../../renderer/state/thread/branch.svelte.ts';
import { createStores } from '../../../renderer/state/window/stores.svelte.ts';
import { sampleReady, sampleSettings } from '../../fixtures/sample-model.ts';
import { windowService, type WindowServiceOptions } from '../../fixtures/window-service.ts';
import { proseReply } from '../../fixtures/sample-replies.ts';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function setUp(options: WindowServiceOptions = {}) {
  const service = windowService({ answer: proseReply, ...options });
  /** Events wait here as they wait for the next animation frame in the window. */
  const frames: (() => void)[] = [];
  const stores = createStores(service.client, { schedule: (task) => frames.push(task) });
  const { session, library } = stores;
  await service.started();
  await Promise.all([session.load(), library.load()]);
  const drawn = (): void => frames.splice(0).forEach((task) => task());
  const finish = (): void => {
    while (service.step());
    drawn();
  };
  return { service, ...stores, frames, drawn, finish };
}
const roles = (branch: Branch): string[] => branch.messages.map((m) => `${m.role} ${m.status}`);

describe('a conversation', () => {
  it('begins with the first message, shows the reply growing, and settles to what was stored', async () => {
    const { service, thread, library, drawn, finish, branch, asking } = await setUp();
    asking.draft = '  How is it made? ';
    await asking.send();
    await tick();
    expect(asking.draft).toBe('');
    expect(thread.id).not.toBeNull();
    expect(library.shown.map((c) => c.title)).toEqual(['How is it made?']);
    expect(roles(branch)).toEqual(['user complete', 'assistant pending']);
    for (let i = 0; i < 12; i++) service.step();
    const live = thread.live(branch.running?.id ?? '');
    expect(live?.view.text).toBe('');
    drawn();
    expect(live?.view.text).not.toBe('');
    expect(proseReply.startsWith(live?.view.text ?? '-')).toBe(true);
    expect(live?.view.slots.length).toBeGreaterThan(0);
    finish();
    expect(roles(branch)).toEqual(['user complete', 'assistant complete']);
    expect(branch.messages[1]?.text).toBe(proseReply);
    expect(branch.running).toBeNull();
  });

  it('many events wait for one frame and are drawn together', async () => {
    const { service, frames, asking } = await setUp();
    await asking.send('Go');
    await tick();
    for (let i = 0; i < 20; i++) service.step();
    expect(frames).toHaveLength(1);
  });

  it('is joined in the middle of a reply by another window', async () => {
    const { service, thread, drawn, branch, asking } = await setUp();
    await asking.send('Go');
    await tick();
    for (let i = 0; i < 10; i++) service.step();
    drawn();
    const id = branch.running?.id ?? '';
    const { library: list, thread: late, branch: shown } = createStores(service.client, { schedule: (task) => task() });
    await late.open(thread.id);
    expect([...list.running]).toEqual([thread.id]);
    // words that were struck just now stand a moment before the text goes on
    await vi.waitFor(() => {
      drawn();
      const [there, here] = [late, thread].map((one) => one.live(id)?.view);
      expect(there?.text).toBe(here?.text);
      expect(there?.slots.map(({ slot }) => slot)).toEqual(here?.slots.map(({ slot }) => slot));
    });
    while (service.step());
    expect(shown.messages[1]?.text).toBe(proseReply);
  });

  it('fetches the reply again when events were missed', async () => {
    const { service, thread, drawn, branch, asking } = await setUp();
    await asking.send('Go');
    await tick();
    for (let i = 0; i < 6; i++) service.step();
    drawn();
    const id = branch.running?.id ?? '';
    const before = thread.live(id)?.view.text ?? '';
    const generationId = branch.running?.generation?.id ?? '';
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
    const { service, thread, drawn, finish, branch, asking } = await setUp();
    await asking.send('Go');
    await tick();
    for (let i = 0; i < 12; i++) service.step();
    await asking.stop();
    await tick();
    drawn();
    const reply = branch.messages[1];
    expect(reply?.status).toBe('stopped');
    expect(reply?.text.length).toBeGreaterThan(10);
    if (reply) await asking.continue(reply);
    await tick();
    expect(branch.running?.id).toBe(reply?.id);
    for (let i = 0; i < 4; i++) service.step();
    drawn();
    expect(thread.live(reply?.id ?? '')?.view.text.startsWith(reply?.text ?? '-')).toBe(true);
    finish();
    expect(branch.messages[1]?.status).toBe('complete');
  });

  it('keeps every version of a reply and turns between them', async () => {
    const { finish, branch, asking } = await setUp();
    await asking.send('Go');
    await tick();
    finish();
    const first = branch.messages[1];
    if (!first) throw new Error('no reply');
    await asking.retry(first);
    await tick();
    finish();
    const second = branch.messages[1];
    expect(second?.id).not.toBe(first.id);
    expect(second && branch.siblings(second)).toMatchObject({ index: 1, ids: [first.id, second?.id] });
    if (second) await branch.turn(second, -1);
    expect(branch.messages[1]?.id).toBe(first.id);
  });

  it('gives the words back when they could not be sent, and says why', async () => {
    const { thread, service, asking } = await setUp();
    service.endReplies();
    asking.draft = 'Kept?';
    await asking.send();
    expect(asking.draft).toBe('Kept?');
    expect(thread.trouble?.error.code).toBe('engine-not-ready');
    expect(thread.id).toBeNull();
  });

  it('shows a crash at the reply it happened to, with its text', async () => {
    const { finish, branch, asking } = await setUp({ crashAfter: [15] });
    await asking.send('Go');
    await tick();
    finish();
    expect(branch.messages[1]).toMatchObject({
      status: 'interrupted',
      generation: { error: { code: 'engine-crashed' } },
    });
    expect(branch.messages[1]?.text).not.toBe('');
  });

  it('keeps a draft for each conversation', async () => {
    const { service, library, thread, asking } = await setUp();
    const a = service.addConversation('A');
    const b = service.addConversation('B');
    await library.load();
    await thread.open(a.id);
    asking.draft = 'for a';
    await thread.open(b.id);
    expect(asking.draft).toBe('');
    await thread.open(a.id);
    expect(asking.draft).toBe('for a');
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
    const changing = session.changeGeneration({ sampler: settingsWith(sampleSettings, { mode: 'fast' }).sampler });
    expect(settingsMode(session.settings.generation)).toBe('fast');
    await changing;
    expect(settingsMode(service.store.settings.read().generation)).toBe('fast');
    service.client.call = async (name, request) =>
      name === 'settings.set'
        ? { ok: false, error: { code: 'store-failed', message: 'Disk full.' } }
        : call(name, request);
    await session.changeGeneration({ sampler: settingsWith(sampleSettings, { mode: 'ar' }).sampler });
    expect(settingsMode(session.settings.generation)).toBe('fast');
    expect(session.notices.map((n) => n.message)).toEqual(['Disk full.']);
  });
  it('tries a damaged pack again', async () => {
    const { session, service } = await setUp({
      engine: { state: 'failed', error: { code: 'pack-damaged', message: 'Damaged.' } },
    });
    expect(session.engine.state).toBe('failed');
    service.engine.options.ready = sampleReady;
    await session.restartEngine();
    await service.started();
    expect(session.engine).toEqual(sampleReady);
  });
  it('says each notice once', async () => {
    const notice = { code: 'store-damaged' as const, message: 'Opened the backup.' };
    const { session, service } = await setUp({ notices: [notice] });
    service.push({ topic: 'notice', error: notice });
    expect(session.notices).toHaveLength(1);
  });
});
