/** Many clients at once over the engine's own process and the model that ships: what leaves them behind is nothing. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Api, oneKey, startApiServer, type ApiServer } from '../../core/api/index.ts';
import type { EngineProcess, GenerateRequest } from '../../core/contract/engine.ts';
import { isFinal } from '../../core/contract/generation.ts';
import { childEngine, createLocalEngine, realTimers, Scheduler, type Engine } from '../../core/engines/index.ts';
import { loadApi } from '../fixtures/api-load.ts';
import { askServer, KEY } from '../fixtures/api-server.ts';
import { ask, engineSettings, packDir } from '../fixtures/engine-under-test.ts';
import { seeded } from '../fixtures/fake-engine.ts';
import { settingsWith } from '../fixtures/settings.ts';

const CLIENTS = 16;
const REQUESTS = 40;
/** Bytes: 40 replies of this model, were they kept, would take some 80 MB with each load. */
const MOST_GROWN = 40_000_000;

let child: EngineProcess;
let engine: Engine;
let scheduler: Scheduler;
let api: Api;
let server: ApiServer;
/** Ids of what the engine was asked, in order, and of what has not ended. */
const begun: string[] = [];
const open = new Set<string>();

beforeAll(async () => {
  const spawn = childEngine(path.resolve('core/engine/entry.ts'));
  const local = createLocalEngine({ spawn: () => (child = spawn()), packDir, devices: ['cpu'] });
  engine = {
    ...local,
    get status() {
      return local.status;
    },
    generate(request: GenerateRequest, onEvent) {
      begun.push(request.generationId);
      open.add(request.generationId);
      local.generate(request, (event) => {
        if (isFinal(event)) open.delete(request.generationId);
        onEvent(event);
      });
    },
  };
  expect((await engine.settled()).state).toBe('ready');
  scheduler = new Scheduler({ engine, timers: realTimers });
  let ids = 0;
  api = new Api({ engine, scheduler, version: '0', randomSeed: () => 7, newId: () => `id-${++ids}` });
  server = await startApiServer({
    api,
    port: 0,
    keys: oneKey(KEY),
    origins: () => [],
    log: (line, thrown) => console.error(line, thrown),
  });
}, 60_000);
afterAll(async () => {
  await server.close();
  scheduler.close();
  await engine.shutdown();
});

const load = (seed: number): Promise<Map<number, number>> =>
  loadApi({
    port: server.port,
    key: KEY,
    clients: CLIENTS,
    requests: REQUESTS,
    body: { max_tokens: 12, temperature: 0, mezzotint: { states: 'changes' } },
    random: seeded(seed),
  });
const quiet = (): Promise<void> =>
  vi.waitFor(
    () => {
      expect([api.turns.open, scheduler.running, scheduler.waiting, [...open]]).toEqual([0, null, [], []]);
    },
    { timeout: 30_000 },
  );
/** Bytes in memory of the engine's process. */
const held = (): number => {
  const pages = Number(readFileSync(`/proc/${child.pid}/statm`, 'utf8').split(' ')[1]);
  return pages * 4096;
};

describe('the model that ships, under load', () => {
  it('40 requests of 16 clients, of which many leave, end every reply that was begun, and the next one is as ever', async () => {
    const asked = { body: { messages: ask('Name a metal.'), max_tokens: 8, temperature: 0 } };
    const text = async (): Promise<unknown> =>
      ((await askServer(server.port, '/v1/chat/completions', asked)).json as { choices: { message: unknown }[] })
        .choices[0]?.message;
    const before = await text();
    const statuses = await load(5);
    await quiet();
    expect([...statuses.keys()].every((status) => [0, 200, 503].includes(status))).toBe(true);
    expect(statuses.get(200)).toBeGreaterThan(10);
    expect(statuses.get(0)).toBeGreaterThan(5);
    expect(await text()).toEqual(before);
  }, 60_000);

  it("a person's reply is the next one that the engine begins, and is written to its end", async () => {
    const loading = load(8);
    await vi.waitFor(() => expect(scheduler.waiting.length).toBeGreaterThan(2), { timeout: 10_000 });
    for (let n = 0; n < 3; n++) {
      const generationId = `person-${n}`;
      const at = begun.length;
      const end = await new Promise<string>((resolve) =>
        scheduler.at('person').generate(
          {
            generationId,
            messages: ask('Name a colour.'),
            replyPrefix: [],
            settings: settingsWith(engineSettings, { maxTokens: 6 }),
            seed: 7,
          },
          (event) => {
            if (isFinal(event)) resolve(event.type);
          },
        ),
      );
      expect({ end, place: begun.indexOf(generationId) - at }).toEqual({ end: 'finished', place: 0 });
    }
    const statuses = await loading;
    await quiet();
    expect(statuses.get(200)).toBeGreaterThan(10);
  }, 90_000);

  it.skipIf(process.platform !== 'linux')(
    'the engine keeps nothing of replies that have ended: once its buffers have grown, a further load adds little',
    async () => {
      let grown = Infinity;
      for (let n = 0, before = held(); n < 8 && grown >= MOST_GROWN; n++) {
        await load(20 + n);
        await quiet();
        grown = held() - before;
        before += grown;
      }
      expect(grown).toBeLessThan(MOST_GROWN);
    },
    150_000,
  );
});
