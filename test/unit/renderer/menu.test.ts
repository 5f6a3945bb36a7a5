import { settingsWith } from '../../fixtures/settings.ts';
import { describe, expect, it } from 'vitest';
import { menuOf } from '../../../renderer/components/thread/menu/index.ts';
import type { MenuContext, MenuItem } from '../../../renderer/components/thread/menu/item.ts';
import { Edits } from '../../../renderer/state/thread/edits.svelte.ts';
import { Library } from '../../../renderer/state/library/library.svelte.ts';
import { Inspector } from '../../../renderer/state/inspector/inspector.svelte.ts';
import { Rewrite } from '../../../renderer/state/rewrite/rewrite.svelte.ts';
import { Race } from '../../../renderer/state/race/race.svelte.ts';
import { Session } from '../../../renderer/state/window/session.svelte.ts';
import { Thread } from '../../../renderer/state/thread/thread.svelte.ts';
import { Ui } from '../../../renderer/state/window/ui.svelte.ts';
import { demoGeneration, DemoService } from '../../fixtures/demo-client.ts';

async function setUp() {
  const service = new DemoService({ pace: 0 });
  const session = new Session(service.client, 'linux');
  const library = new Library(session);
  const thread = new Thread(session, library, () => undefined);
  await Promise.all([session.load(), library.load()]);
  const conversation = service.addConversation('One');
  const reply = service.addExchange(conversation, 'How?', 'So.');
  await thread.open(conversation.id);
  const question = thread.branch[0];
  if (!question) throw new Error('no question');
  const look = new Inspector(session);
  const at: MenuContext = {
    thread,
    edits: new Edits(session, library, thread),
    session,
    look,
    race: new Race(session, thread, () => undefined),
    ui: new Ui(),
    rework: new Rewrite(session, thread, look),
    blocked: false,
  };
  return { service, thread, at, question, reply };
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
    const { at, reply, thread } = await setUp();
    const ids = all(reply, at).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['retry-same', 'retry-fast', 'retry-ar', 'retry-now']));
    expect(ids).not.toContain('retry-exact');
    all(reply, at)
      .find(({ id }) => id === 'retry-fast')
      ?.run?.();
    await settled();
    expect(thread.running?.generation?.settings).toEqual(
      settingsWith(reply.generation?.settings ?? demoGeneration, { mode: 'fast', seed: null }),
    );
  });

  it('deletes a message alone or with what follows only where something follows; the deletion can be listed and undone', async () => {
    const { at, question, reply, thread } = await setUp();
    const idsOf = (message: typeof question): string[] => all(message, at).map(({ id }) => id);
    expect(idsOf(question)).toEqual(expect.arrayContaining(['delete-one', 'delete-all']));
    expect(idsOf(reply)).not.toContain('delete-one');
    expect(idsOf(reply)).not.toContain('deleted');
    await at.edits.remove(question, false);
    expect(thread.branch.map(({ id, deletedAt }) => [id, deletedAt !== undefined])).toEqual([
      [question.id, true],
      [reply.id, false],
    ]);
    expect(idsOf(reply)).toContain('deleted');
    await at.edits.remove(reply, true);
    expect(thread.branch).toEqual([]);
    await at.edits.restore(question.id);
    await at.edits.restore(reply.id);
    expect(thread.branch.map(({ text, deletedAt }) => [text, deletedAt])).toEqual([
      ['How?', undefined],
      ['So.', undefined],
    ]);
  });

  it('an edit left and taken up again is as it was; asked, it stands beside the old question', async () => {
    const { at, question, thread } = await setUp();
    at.edits.editing = question.id;
    at.edits.setDraft(question, 'How exactly?');
    at.edits.editing = null;
    expect(all(question, at)[0]?.label).toBe('Go on editing');
    expect(at.edits.draft(question)).toBe('How exactly?');
    await at.edits.save(question);
    expect(thread.branch[0]?.text).toBe('How exactly?');
    expect(thread.siblings(question).ids).toHaveLength(2);
    expect(at.edits.hasDraft(question)).toBe(false);
  });

  it('asks nothing of the model while that is busy', async () => {
    const { at, question, reply } = await setUp();
    for (const message of [question, reply])
      for (const item of all(message, { ...at, blocked: true }))
        if (/^(again|retry-)/.test(item.id)) expect(item.disabled, item.id).toBe(true);
  });
});
