/** 2,800 inputs to every channel and import format; `npm run fuzz` has more. What holds is said in test/fuzz. */
import { describe, expect, it } from 'vitest';
import { channels } from '../../core/contract/index.ts';
import { Random } from '../evaluate/random.ts';
import { spoil } from '../fuzz/arbitraries.ts';
import { fuzzImports } from '../fuzz/imports.ts';
import { fuzzRequests } from '../fuzz/requests.ts';

const SEED = 20261125;
const REQUESTS = 2400;
const FILES = 400;
/** The world of the fuzz has no hub: test/contract/downloads.test.ts serves these over one of its own. */
const OF_THE_HUB = new Set(['models.find', 'models.fetch', 'models.pause', 'models.resume', 'models.drop']);

describe(`${REQUESTS + FILES} inputs`, () => {
  it('to every channel, fitting, nearly fitting and arbitrary: each is answered, refused ones write nothing, no conversation leaks into another', async () => {
    const { inputs, served, findings } = await fuzzRequests({ seed: SEED, count: REQUESTS });
    expect(findings).toEqual([]);
    expect(inputs).toBe(REQUESTS);
    // fitting requests get through: a channel that is never served is not really tried
    expect(Object.keys(channels).filter((name) => !served[name] && !OF_THE_HUB.has(name))).toEqual([]);
    console.log(
      `${inputs} requests, ${Object.keys(served).length} of ${Object.keys(channels).length} channels answered with a value`,
    );
  });
  it('in every import format: a conversation comes in whole or not at all, and what was there stays as it was', async () => {
    const { inputs, read, conversations, findings } = await fuzzImports({ seed: SEED, count: FILES });
    expect(findings).toEqual([]);
    expect(inputs).toBe(FILES);
    expect(Object.keys(read).sort()).toEqual([
      'chats.md',
      'claude.json',
      'conversations.json',
      'export.zip',
      'llama.json',
      'llama.jsonl',
      'openai.jsonl',
      'own.json',
      'sharegpt.json',
      'transcript.md',
    ]);
    console.log(`${inputs} files, ${conversations} conversations of them imported`);
  });
});

describe('a spoiled value', () => {
  it('is another one nearly always, the same for the same seed, and leaves the first alone', () => {
    const value = { id: 'a', list: [1, { text: 'x' }], on: true };
    const made = (seed: number): unknown => spoil(value, new Random(seed), () => null);
    const all = Array.from({ length: 100 }, (_, seed) => JSON.stringify(made(seed)));
    expect(all.filter((one) => one !== JSON.stringify(value)).length).toBeGreaterThan(80);
    expect(Array.from({ length: 100 }, (_, seed) => JSON.stringify(made(seed)))).toEqual(all);
    expect(value).toEqual({ id: 'a', list: [1, { text: 'x' }], on: true });
  });
});
