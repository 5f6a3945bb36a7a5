/** Many clients at once, some of which leave: nothing of theirs stays. And the script that checks any server, on this one. */
import { request } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkServer } from '../api-check/check.ts';
import { KEY, question, startApi, type ApiUnderTest } from '../fixtures/api-server.ts';
import { seeded } from '../fixtures/fake-engine.ts';

let under: ApiUnderTest;
afterEach(() => under.close());

/** One request; leaves when the random number says so. @returns its status, 0 where it left */
function one(random: () => number): Promise<number> {
  const leaves = random() < 0.4;
  const at = Math.floor(random() * 6);
  const stream = random() < 0.7;
  return new Promise((resolve) => {
    const made = request(
      {
        host: '127.0.0.1',
        port: under.server.port,
        path: '/v1/chat/completions',
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}` },
        agent: false,
      },
      (response) => {
        let pieces = 0;
        response.on('data', () => {
          if (leaves && ++pieces > at) made.destroy();
        });
        response.on('end', () => resolve(response.statusCode ?? 0));
        response.on('error', () => resolve(0));
        response.on('close', () => resolve(0));
      },
    );
    made.on('error', () => resolve(0));
    made.end(JSON.stringify({ ...question, stream, max_tokens: 60, mezzotint: { states: 'changes' } }));
    if (leaves && at === 0) setImmediate(() => made.destroy());
  });
}

describe('load', () => {
  it('64 clients with 500 requests, of which many leave: each gets an answer or is told to come again, and nothing stays', async () => {
    under = await startApi();
    const random = seeded(5);
    const statuses = new Map<number, number>();
    let left = 500;
    const client = async (): Promise<void> => {
      while (left-- > 0) {
        const status = await one(random);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 64 }, client));
    expect([...statuses.keys()].every((status) => [0, 200, 503].includes(status))).toBe(true);
    expect(statuses.get(200)).toBeGreaterThan(10);
    await vi.waitFor(() => {
      expect(under.api.turns.open).toBe(0);
      expect(under.scheduler.running).toBeNull();
      expect(under.scheduler.waiting).toEqual([]);
    });
    // every reply that the engine began has ended, and it writes the next one as ever
    const after = await under.chat({ max_tokens: 5 });
    expect(after.status).toBe(200);
  });
});

describe('api:check', () => {
  it('finds nothing here', async () => {
    under = await startApi();
    const lines = await checkServer({ url: under.server.address, key: KEY }, () => undefined);
    expect(lines.filter(({ result }) => result === 'fail')).toEqual([]);
    expect(lines.length).toBeGreaterThan(18);
  });
});
