/** Kill -9 at any moment: every block that a client was told of is there afterwards, and the reply can be continued. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createChatService } from '../../core/chat/index.ts';
import { createLocalEngine } from '../../core/engines/index.ts';
import { openStore } from '../../core/store/index.ts';
import { FakeEngine, fakeText, fakeTokens, seeded } from '../fixtures/fake-engine.ts';

const text = fakeText.repeat(4);
const tokens = fakeTokens(text);
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-kill-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** Runs the child until it has told of `after` blocks and a little longer, then kills it. Returns the highest count told, by message. */
async function runAndKill(after: number, spin: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'chat-child.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told = new Map<string, number>();
  let lines = 0;
  let rest = '';
  const closed = once(child, 'close');
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      const [, id = '', count] = line.split(' ');
      told.set(id, Number(count));
      lines++;
    }
    if (lines < after || child.killed) return;
    // a seeded number of turns of this loop: the kill falls anywhere in the child's work
    let left = spin;
    const turn = (): void => void (left-- > 0 ? setImmediate(turn) : child.kill('SIGKILL'));
    turn();
  });
  const [code, signal] = (await closed) as [number | null, string | null];
  if (signal !== 'SIGKILL') throw new Error(`the child ended by itself with code ${code}`);
  return told;
}

it('keeps every block that was told of, marks the reply interrupted, and continues it', async () => {
  const random = seeded(20261123);
  let continued = 0;
  let told = 0;
  for (let round = 0; round < 10; round++) {
    const replied = await runAndKill(1 + Math.floor(random() * 300), Math.floor(random() * 200));
    const opened = openStore({ dataDir });
    if (!opened.ok) throw new Error(opened.error.message);
    const { store, notices } = opened.value;
    expect(notices).toEqual([]);
    for (const [id, count] of replied) {
      told += count;
      const stored = store.generations.tokens(id);
      expect(stored.length).toBeGreaterThanOrEqual(count);
      expect(stored.map(({ id, text }) => ({ id, text }))).toEqual(tokens.slice(0, stored.length));
      expect(store.messages.get(id).text).toBe(stored.map((t) => t.text).join(''));
      expect(store.generations.events(id).map((e) => e.seq)).toEqual(store.generations.events(id).map((_, i) => i));
    }
    const replies = store.conversations
      .list()
      .flatMap((c) => store.messages.ofConversation(c.id))
      .filter((m) => m.role === 'assistant');
    expect(replies.filter((m) => m.status === 'pending')).toEqual([]);
    const cut = replies.find((m) => m.status === 'interrupted' && m.id === [...replied.keys()].at(-1));
    if (cut) {
      const before = store.generations.tokens(cut.id);
      const fake = new FakeEngine({ script: { text } });
      const chat = createChatService({
        store,
        engine: createLocalEngine({ spawn: fake.spawn, packDir: '' }),
        notify: () => undefined,
        appInfo: { version: '', runtime: 'browser', platform: '', dataDir, notices: [] },
        openExternal: () => Promise.resolve(),
      });
      await chat.handlers['chat.continue']({ messageId: cut.id });
      await vi.waitFor(() => expect(store.messages.get(cut.id).status).toBe('complete'), { timeout: 20_000 });
      expect(fake.requests[0]?.replyPrefix).toEqual(before.map((t) => t.id));
      expect(store.messages.get(cut.id).text).toBe(text);
      await chat.shutdown();
      continued++;
    }
    store.close();
  }
  // the kills did fall within replies
  expect(continued).toBeGreaterThanOrEqual(5);
  expect(told).toBeGreaterThan(500);
});
