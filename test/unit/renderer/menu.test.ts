import { describe, expect, it } from 'vitest';
import { menuOf } from '../../../renderer/components/thread/menu/index.ts';
import type { MenuContext, MenuItem } from '../../../renderer/components/thread/menu/item.ts';
import { Library } from '../../../renderer/state/library.svelte.ts';
import { Look } from '../../../renderer/state/look.svelte.ts';
import { Session } from '../../../renderer/state/session.svelte.ts';
import { Thread } from '../../../renderer/state/thread.svelte.ts';
import { Ui } from '../../../renderer/state/ui.svelte.ts';
import { DemoService } from '../../fixtures/demo-client.ts';

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
  const at: MenuContext = { thread, session, look: new Look(session), ui: new Ui(), blocked: false };
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
      for (const item of items) expect(item.run !== undefined || (item.submenu?.length ?? 0) > 0, item.id).toBe(true);
    }
  });

  it('offers a reply the other modes; one chosen keeps everything else as it was but the seed', async () => {
    const { at, reply, thread } = await setUp();
    const ids = all(reply, at).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['retry-same', 'retry-fast', 'retry-ar', 'retry-now']));
    expect(ids).not.toContain('retry-exact');
    all(reply, at).find(({ id }) => id === 'retry-fast')?.run?.();
    await settled();
    expect(thread.running?.generation?.settings).toEqual({ ...reply.generation?.settings, mode: 'fast', seed: null });
  });

  it('asks nothing of the model while that is busy', async () => {
    const { at, question, reply } = await setUp();
    for (const message of [question, reply]) for (const item of all(message, { ...at, blocked: true })) if (/^(again|retry-)/.test(item.id)) expect(item.disabled, item.id).toBe(true);
  });
});
