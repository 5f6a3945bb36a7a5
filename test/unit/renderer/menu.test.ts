import { settingsWith } from '../../fixtures/settings.ts';
import { describe, expect, it } from 'vitest';
import { allCapabilities } from '../../../core/contract/capabilities.ts';
import { menuOf } from '../../../renderer/components/thread/menu/index.ts';
import type { MenuContext, MenuItem } from '../../../renderer/components/thread/menu/item.ts';
import { createStores } from '../../../renderer/state/window/stores.svelte.ts';
import { sampleSettings } from '../../fixtures/sample-model.ts';
import { windowService } from '../../fixtures/window-service.ts';

async function setUp() {
  const service = windowService();
  const stores = createStores(service.client, { schedule: () => undefined });
  const { session, library, thread, branch } = stores;
  await service.started();
  await Promise.all([session.load(), library.load()]);
  const conversation = service.addConversation('One');
  const reply = service.addExchange(conversation, 'How?', 'So.');
  await thread.open(conversation.id);
  const question = branch.messages[0];
  if (!question) throw new Error('no question');
  const at: MenuContext = { ...stores, blocked: false };
  return { service, thread, branch, at, question, reply };
}
const flat = (items: readonly MenuItem[]): MenuItem[] => items.flatMap((item) => [item, ...flat(item.submenu ?? [])]);
const all = (...of: Parameters<typeof menuOf>): MenuItem[] => menuOf(...of).flatMap(flat);
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the menu of a message', () => {
  it('names every item once and gives each something to do', async () => {
    const { at, question, reply } = await setUp();
    for (const message of [question, reply]) {
      const items = all(message, at);
      expect(items.length).toBeGreaterThan(0);
      expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
      for (const item of items)
        expect(item.disabled || item.run !== undefined || (item.submenu?.length ?? 0) > 0, item.id).toBe(true);
    }
  });

  it('offers a reply the other modes; one chosen keeps everything else as it was but the seed', async () => {
    const { at, reply, branch } = await setUp();
    const ids = all(reply, at).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['retry-same', 'retry-fast', 'retry-ar', 'retry-now']));
    expect(ids).not.toContain('retry-exact');
    all(reply, at)
      .find(({ id }) => id === 'retry-fast')
      ?.run?.();
    await settled();
    expect(branch.running?.generation?.settings).toEqual(
      settingsWith(reply.generation?.settings ?? sampleSettings, { mode: 'fast', seed: 4242 }),
    );
  });

  it('deletes a message alone or with what follows only where something follows; the deletion can be listed and undone', async () => {
    const { at, question, reply, branch } = await setUp();
    const idsOf = (message: typeof question): string[] => all(message, at).map(({ id }) => id);
    expect(idsOf(question)).toEqual(expect.arrayContaining(['delete-one', 'delete-all']));
    expect(idsOf(reply)).not.toContain('delete-one');
    expect(idsOf(reply)).not.toContain('deleted');
    await at.edits.remove(question, false);
    expect(branch.messages.map(({ id, deletedAt }) => [id, deletedAt !== undefined])).toEqual([
      [question.id, true],
      [reply.id, false],
    ]);
    expect(idsOf(reply)).toContain('deleted');
    await at.edits.remove(reply, true);
    expect(branch.messages).toEqual([]);
    await at.edits.restore(question.id);
    await at.edits.restore(reply.id);
    expect(branch.messages.map(({ text, deletedAt }) => [text, deletedAt])).toEqual([
      ['How?', undefined],
      ['So.', undefined],
    ]);
  });

  it('an edit left and taken up again is as it was; asked, it stands beside the old question', async () => {
    const { at, question, branch } = await setUp();
    at.edits.editing = question.id;
    at.edits.setDraft(question, 'How exactly?');
    at.edits.editing = null;
    expect(all(question, at)[0]?.label).toBe('Go on editing');
    expect(at.edits.draft(question)).toBe('How exactly?');
    await at.edits.save(question);
    expect(branch.messages[0]?.text).toBe('How exactly?');
    expect(branch.siblings(question).ids).toHaveLength(2);
    expect(at.edits.hasDraft(question)).toBe(false);
  });

  it('offers what writes around fixed words only where the model can', async () => {
    const { at, reply } = await setUp();
    const ids = (): string[] => all(reply, at).map(({ id }) => id);
    expect(ids()).toEqual(expect.arrayContaining(['rewrite', 'longer', 'shorter']));
    const { engine } = at.session;
    if (engine.state !== 'ready') throw new Error('no model');
    at.session.engine = { ...engine, capabilities: { ...allCapabilities, fill: false, layout: false } };
    for (const id of ['rewrite', 'longer', 'shorter']) expect(ids()).not.toContain(id);
  });

  it('asks nothing of the model while that is busy', async () => {
    const { at, question, reply } = await setUp();
    for (const message of [question, reply])
      for (const item of all(message, { ...at, blocked: true }))
        if (/^(again|retry-)/.test(item.id)) expect(item.disabled, item.id).toBe(true);
  });
});
