/** Many clients at once, some of which leave: nothing of theirs stays. And the script that checks any server, on this one. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkServer } from '../api-check/check.ts';
import { loadApi } from '../fixtures/api-load.ts';
import { KEY, startApi, type ApiUnderTest } from '../fixtures/api-server.ts';
import { seeded } from '../fixtures/fake-engine.ts';

let under: ApiUnderTest;
afterEach(() => under.close());

/** 64 clients with 500 requests between them. @returns how many got each status */
async function load(random: () => number): Promise<Map<number, number>> {
  const statuses = await loadApi({
    port: under.server.port,
    key: KEY,
    clients: 64,
    requests: 500,
    body: { max_tokens: 60, mezzotint: { states: 'changes' } },
    random,
  });
  await vi.waitFor(() => {
    expect(under.api.turns.open).toBe(0);
    expect(under.scheduler.running).toBeNull();
    expect(under.scheduler.waiting).toEqual([]);
  });
  return statuses;
}
/** Bytes of the heap that something still refers to. What the scripted engine recorded is dropped. */
function heldBytes(): number {
  under.fake.process.received.length = 0;
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) collect();
  return process.memoryUsage().heapUsed;
}

describe('load', () => {
  it('64 clients with 500 requests, of which many leave: each gets an answer or is told to come again, and nothing stays', async () => {
    under = await startApi();
    const statuses = await load(seeded(5));
    expect([...statuses.keys()].every((status) => [0, 200, 503].includes(status))).toBe(true);
    expect(statuses.get(200)).toBeGreaterThan(10);
    // every reply that the engine began has ended, and it writes the next one as ever
    const after = await under.chat({ max_tokens: 5 });
    expect(after.status).toBe(200);
  });

  it('memory is flat: a second load holds what the first one held', async () => {
    // room for all: each of the 500 is let in
    under = await startApi({ limits: { requests: 64 } });
    await load(seeded(5));
    const first = heldBytes();
    await load(seeded(6));
    // one response that stays holds some 10 kB: 500 of them would show
    const grown = heldBytes() - first;
    expect(grown).toBeLessThan(2_500_000);
  });

  it("a person's replies wait for one reply of a program at most, which gives way, and all of them are written", async () => {
    under = await startApi();
    const loading = load(seeded(7));
    await vi.waitFor(() => expect(under.scheduler.waiting.length).toBeGreaterThan(2));
    for (let n = 0; n < 8; n++) {
      const generationId = `person-${n}`;
      const [program] = under.fake.requests;
      if (!program) throw new Error('no program asked');
      const begun = under.fake.requests.length;
      const end = await new Promise<string>((resolve) =>
        under.scheduler.at('person').generate({ ...program, generationId }, ({ type }) => {
          if (type === 'finished' || type === 'stopped' || type === 'failed') resolve(type);
        }),
      );
      const place = under.fake.requests.findIndex((request) => request.generationId === generationId);
      expect({ end, before: place - begun }).toEqual({ end: 'finished', before: 0 });
    }
    const statuses = await loading;
    expect(statuses.get(200)).toBeGreaterThan(10);
  });
});

describe('api:check', () => {
  it('finds nothing here', async () => {
    under = await startApi({ origins: ['http://localhost:3000'] });
    const lines = await checkServer({ url: under.server.address, key: KEY }, () => undefined);
    expect(lines.filter(({ result }) => result === 'fail')).toEqual([]);
    expect(lines.flatMap(({ trap, result }) => (result === 'skip' ? [trap] : []))).toEqual([21]);
    // a line a trap
    expect(lines.map(({ trap }) => trap)).toEqual(Array.from({ length: 22 }, (_, i) => i + 1));
  });
});
