/**
 * A process that writes replies with the fake engine until it is killed: store, engine client and chat service as the app
 * joins them. Argument: data folder. Prints `committed <messageId> <n>` once a client is told that a reply has n tokens.
 */
import { settingsWith } from '../fixtures/settings.ts';
import { writeSync } from 'node:fs';
import { createChatService } from '../../core/chat/index.ts';
import { createLocalEngine } from '../../core/engines/index.ts';
import { openStore } from '../../core/store/index.ts';
import { FakeEngine, fakeSettings, fakeText } from '../fixtures/fake-engine.ts';

const opened = openStore({ dataDir: process.argv[2] ?? '' });
if (!opened.ok) throw new Error(opened.error.message);
const { store } = opened.value;
const fake = new FakeEngine({ script: { text: fakeText.repeat(4), alternatives: 2 } });
const engine = createLocalEngine({ spawn: fake.spawn, packDir: '' });

function print(line: string): void {
  for (;;) {
    try {
      return void writeSync(1, `${line}\n`);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EAGAIN') throw thrown;
    }
  }
}
const chat = createChatService({
  store,
  engine,
  appInfo: { version: '0', runtime: 'browser', platform: 'test', dataDir: store.dataDir, notices: [] },
  openExternal: () => Promise.resolve(),
  // every event goes out by itself: the pace of a display would hide the moment of a commit
  timers: { set: (work) => setImmediate(work), clear: (handle) => clearImmediate(handle as NodeJS.Immediate) },
  notify(push) {
    if (push.topic === 'message' && push.message.status === 'complete' && push.message.role === 'assistant') ask();
    if (push.topic !== 'generation') return;
    for (const event of push.events)
      if (event.type === 'blockCommitted') print(`committed ${push.messageId} ${event.from + event.tokens.length}`);
  },
});
function ask(): void {
  setImmediate(
    () =>
      void chat.handlers['chat.send']({
        conversationId: null,
        parentId: null,
        text: 'What is a mezzotint?',
        settings: settingsWith(fakeSettings, { seed: null }),
      }),
  );
}
ask();
