/** The engine client over a real child process. */
import path from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import type { EngineProcess, GenerateRequest } from '../../core/contract/engine.ts';
import { isFinal, type GenerationEvent } from '../../core/contract/generation.ts';
import { childEngine, createLocalEngine, type ChildOptions, type Engine } from '../../core/engines/index.ts';
import { fakeEvents, fakeSettings } from '../fixtures/fake-engine.ts';

const entry = path.join(import.meta.dirname, '..', 'fixtures', 'fake-engine-entry.ts');
const request: GenerateRequest = {
  generationId: 'a',
  messages: [{ role: 'user', content: 'Hello?' }],
  replyPrefix: [],
  settings: fakeSettings,
  seed: 3,
};
let client: Engine;
let processes: EngineProcess[];
let lines: string[];
function open(file = entry, options: ChildOptions = {}): void {
  processes = [];
  lines = [];
  const spawn = childEngine(file, options);
  client = createLocalEngine({
    spawn: () => {
      const started = spawn();
      processes.push(started);
      return started;
    },
    packDir: '',
    log: (line) => lines.push(line),
  });
}
afterEach(() => client.shutdown());

async function reply(id = 'a'): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  client.generate({ ...request, generationId: id }, (event) => events.push(event));
  await vi.waitFor(() => expect(events.some(isFinal)).toBe(true), { timeout: 20_000 });
  return events;
}
const alive = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('writes a reply, numbers and text unharmed by the channel, without telemetry, and goes when told', async () => {
  open();
  expect(await reply()).toEqual(fakeEvents(request));
  expect(lines.join()).toContain('telemetry off: 1');
  await client.shutdown();
  expect(alive(processes[0]?.pid)).toBe(false);
  expect(lines).toHaveLength(1);
});

it('survives a process that is killed in mid-reply', async () => {
  open(entry, { env: { FAKE_DIES_AFTER: '30' } });
  const first = await reply();
  expect(first.at(-1)).toMatchObject({ type: 'failed', error: { code: 'engine-crashed' } });
  expect(first.length).toBeLessThanOrEqual(31);
  expect((await client.settled()).state).toBe('ready');
  expect(processes).toHaveLength(2);
});

it('gives up on an entry that is not there', async () => {
  open(path.join(import.meta.dirname, 'no-such-entry.ts'));
  expect(await client.settled()).toMatchObject({ state: 'failed', error: { code: 'engine-crashed' } });
});

it('gives up where the process cannot be started at all', async () => {
  open(entry, { execPath: '/nowhere/node' });
  expect(await client.settled()).toMatchObject({ state: 'failed', error: { code: 'engine-crashed' } });
});
