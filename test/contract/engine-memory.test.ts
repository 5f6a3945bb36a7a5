/** The real engine over the real model with less memory than it needs. */
import { settingsWith } from '../fixtures/settings.ts';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { isFinal, type GenerationEvent } from '../../core/contract/generation.ts';
import type { EngineProcess, EngineStatus } from '../../core/contract/engine.ts';
import { childEngine, createLocalEngine, type Engine } from '../../core/engines/index.ts';
import { engineSettings, packDir } from '../fixtures/engine-under-test.ts';

const entry = path.join(import.meta.dirname, '../../core/engine/entry.ts');
const MB = 1_000_000;
const limits = ((): boolean => {
  try {
    return process.platform === 'linux' && execFileSync('prlimit', ['--version']).length > 0;
  } catch {
    return false;
  }
})();

let client: Engine;
/** Lets an engine have so many more bytes once it has come to a step. */
function open(more: number, at: (status: EngineStatus) => boolean): void {
  let current: EngineProcess | undefined;
  const spawn = childEngine(entry);
  client = createLocalEngine({ spawn: () => (current = spawn()), packDir, devices: ['cpu'] });
  client.onStatus((status) => {
    if (!at(status) || current?.pid === undefined) return;
    const pages = Number(readFileSync(`/proc/${current.pid}/statm`, 'utf8').split(' ')[0]);
    execFileSync('prlimit', ['--pid', String(current.pid), `--as=${pages * 4096 + more}`]);
  });
}
afterEach(() => client.shutdown());

it.skipIf(!limits)(
  'a model that does not fit is refused in words, with what to do, whether an error says so or the process ends',
  async () => {
    open(200 * MB, (status) => status.state === 'loading' && status.step === 'verify');
    const status = await client.settled();
    expect(status).toMatchObject({
      state: 'failed',
      error: {
        code: 'out-of-memory',
        message: expect.stringMatching(/memory/) as string,
        action: expect.stringContaining('smaller model') as string,
      },
    });
  },
);

it.skipIf(!limits)('a reply that does not fit fails in words', async () => {
  open(30 * MB, ({ state }) => state === 'ready');
  await client.settled();
  const last = await new Promise<GenerationEvent>((resolve) => {
    client.generate(
      {
        generationId: 'a',
        messages: [{ role: 'user', content: 'word '.repeat(6000) }],
        replyPrefix: [],
        settings: settingsWith(engineSettings, { mode: 'fast' }),
        seed: 1,
      },
      (event) => {
        if (isFinal(event)) resolve(event);
      },
    );
  });
  expect(last).toMatchObject({
    type: 'failed',
    error: {
      message: expect.stringMatching(/memory/) as string,
      action: expect.stringMatching(/memory|smaller model/) as string,
    },
  });
});

it.skipIf(process.platform === 'win32')(
  'an engine that the system kills for memory says so under the reply, and begins again by itself',
  async () => {
    const spawn = childEngine(entry);
    const pids: (number | undefined)[] = [];
    client = createLocalEngine({
      spawn: () => {
        const started = spawn();
        pids.push(started.pid);
        return started;
      },
      packDir,
      devices: ['cpu'],
    });
    await client.settled();
    const last = await new Promise<GenerationEvent>((resolve) => {
      client.generate(
        {
          generationId: 'a',
          messages: [{ role: 'user', content: 'Tell a long story.' }],
          replyPrefix: [],
          settings: settingsWith(engineSettings, { maxTokens: 400 }),
          seed: 1,
        },
        (event) => {
          // as the kernel does it: no other process of the app ends
          if (event.type === 'blockCommitted' && event.from === 0) process.kill(pids[0] as number, 'SIGKILL');
          if (isFinal(event)) resolve(event);
        },
      );
    });
    expect(last).toMatchObject({
      type: 'failed',
      error: {
        id: 'engine.ended-for-memory',
        message: expect.stringMatching(/memory/) as string,
        action: expect.stringMatching(/[Cc]lose|smaller/) as string,
      },
    });
    expect(await client.settled()).toMatchObject({ state: 'ready' });
    expect(pids).toHaveLength(2);
  },
);
