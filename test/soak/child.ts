/**
 * The process that the soak kills: it works on a data folder as the app does, and prints each thing once a client would be
 * told of it: `block <message> <tokens>`, `conversation <id> <messages>`, `backup <file>`, `open`. Arguments: folder, task, seed.
 */
import { settingsWith } from '../fixtures/settings.ts';
import { writeSync } from 'node:fs';
import { createChatService } from '../../core/chat/index.ts';
import type { EngineStatus, SpawnEngine } from '../../core/contract/engine.ts';
import { childEngine, createLocalEngine } from '../../core/engines/index.ts';
import { openStore } from '../../core/store/index.ts';
import { makeConversations } from '../bench/store/make.ts';
import { FakeEngine, fakeSettings, fakeText } from '../fixtures/fake-engine.ts';
import type { Task } from './main.ts';

const [dataDir = '', task = 'reply', seed = '1', engineEntry = '', packDir = ''] = process.argv.slice(2) as [
  string,
  Task,
  string,
  string,
  string,
];

function print(line: string): void {
  for (;;) {
    try {
      return void writeSync(1, `${line}\n`);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EAGAIN') throw thrown;
    }
  }
}
const opened = openStore({ dataDir });
if (!opened.ok) throw new Error(opened.error.message);
const { store } = opened.value;
print('open');

/** Replies one after the other, from a scripted engine or (`real`) the pack's own. */
function reply(real: boolean): void {
  // its process comes and goes under the client's hand: each is named
  const announced: SpawnEngine = () => {
    const process = childEngine(engineEntry)();
    print(`engine ${process.pid ?? 0}`);
    return process;
  };
  const fake = new FakeEngine({ script: { text: fakeText.repeat(4), alternatives: 2 } });
  const engine = createLocalEngine(
    real ? { spawn: announced, packDir, devices: ['cpu'] } : { spawn: fake.spawn, packDir: '' },
  );
  const settings = real
    ? settingsWith(fakeSettings, { temperature: 0, maxTokens: 80, draftLength: 4 })
    : settingsWith(fakeSettings, { seed: null });
  const ask = (): void =>
    void setImmediate(
      () =>
        void chat.handlers['chat.send']({
          conversationId: null,
          parentId: null,
          text: `What is a mezzotint, ${seed}?`,
          settings,
        }),
    );
  const chat = createChatService({
    store,
    engine,
    appInfo: { version: '0', runtime: 'browser', platform: 'soak', dataDir, notices: [] },
    openExternal: () => Promise.resolve(),
    measureAfter: null,
    timers: {
      set: (work, ms) => (ms > 1000 ? setTimeout(work, ms) : setImmediate(work)),
      clear: (handle) => (clearImmediate(handle as NodeJS.Immediate), clearTimeout(handle as NodeJS.Timeout)),
    },
    notify(push) {
      if (
        push.topic === 'message' &&
        push.message.role === 'assistant' &&
        (push.message.status === 'complete' || push.message.status === 'interrupted')
      )
        ask();
      if (push.topic === 'engine') started(push.status);
      if (push.topic !== 'generation') return;
      for (const event of push.events)
        if (event.type === 'blockCommitted') print(`block ${push.messageId} ${event.from + event.tokens.length}`);
    },
  });
  let asked = false;
  const started = (status: EngineStatus): void => {
    if (status.state === 'ready' && !asked) {
      asked = true;
      ask();
    }
  };
  started(engine.status);
}

async function run(): Promise<void> {
  if (task === 'reply' || task === 'backup') reply(false);
  if (task === 'engine') reply(true);
  if (task === 'import') {
    const prefix = `s${seed}-`;
    for (const made of makeConversations({ conversations: 200, messages: 6000, longest: 600 }, Number(seed))) {
      const named = (id: string | null): string | null => (id === null ? null : `${prefix}${id}`);
      const conversation = {
        ...made,
        id: `${prefix}${made.id}`,
        currentMessageId: named(made.currentMessageId),
        messages: made.messages.map((m) => ({
          ...m,
          id: `${prefix}${m.id}`,
          parentId: named(m.parentId),
          shownChildId: named(m.shownChildId),
          generations: m.generations.map((g) => ({ ...g, id: `${prefix}${g.id}` })),
        })),
      };
      store.archive.write(conversation);
      print(`conversation ${conversation.id} ${conversation.messages.length}`);
      store.search.read(2);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  if (task === 'backup') for (;;) print(`backup ${(await store.backups.take('asked')).file}`);
}
void run();
