/** Servers on the command line, over a second Mezzotint that runs as a process of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../core/contract/generation.ts';
import { serve, SERVED_KEY, type Served } from '../fixtures/served.ts';

const root = mkdtempSync(path.join(tmpdir(), 'mezzotint-cli-servers-'));
let far: Served;
beforeAll(async () => {
  far = await serve();
}, 60_000);
afterAll(async () => {
  await far.end();
  rmSync(root, { recursive: true });
});
function cli(...args: string[]): Promise<{ code: number | null; said: string; errors: string }> {
  const child = spawn(process.execPath, ['core/cli/main.ts', ...args, '--data', root], {
    env: { ...process.env, MEZZOTINT_SERVER_KEY: args[1] === 'add' ? SERVED_KEY : '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said, errors })));
}

describe('servers on the command line', () => {
  it('one is added with what was observed, listed, asked, and removed', async () => {
    const added = await cli('servers', 'add', 'study', far.address.replace('/v1', ''));
    expect(added).toMatchObject({ code: 0, said: expect.stringMatching(/Observed: \d+ states.*mezzotint/) as string });
    expect(added.said).toContain("model's confidence");
    expect(added.said + added.errors).not.toContain(SERVED_KEY);
    const keys = path.join(root, 'mezzotint.keys.json');
    expect(statSync(keys).mode & 0o777).toBe(0o600);
    expect(readFileSync(keys, 'utf8')).toContain(SERVED_KEY);
    const listed = await cli('servers', 'list');
    expect(listed.said).toMatch(/study {2}smollm2-135m-instruct at 127\.0\.0\.1:\d+ {2}mezzotint {2}sends states/);
    expect((await cli('servers', 'list', '--json')).said).not.toContain(SERVED_KEY);

    const answer = await cli(
      'ask',
      '--server',
      'study',
      '--max-tokens',
      '12',
      '--temperature',
      '0',
      '--repetition-penalty',
      '1',
      'Name a metal.',
    );
    expect(answer).toMatchObject({ code: 0, errors: expect.stringContaining('127.0.0.1') as string });
    const here = await cli(
      'ask',
      '--max-tokens',
      '12',
      '--temperature',
      '0',
      '--repetition-penalty',
      '1',
      'Name a metal.',
    );
    // the same model, sampler and settings: the words are those it writes here
    expect(answer.said).toBe(here.said);

    const priced = await cli('servers', 'price', 'study', '100', '1000', '--currency', 'eur');
    expect(priced.said).toMatch(/cost 100 \(input\) and 1000 \(output\) EUR, as entered on \d{4}-/);
    const paid = JSON.parse((await cli('ask', '--server', 'study', '--max-tokens', '8', '--json', 'Hello')).said) as {
      promptTokens: number;
      tokens: number;
      cost: unknown;
    };
    expect(paid.cost).toEqual({ amount: (paid.promptTokens * 100 + paid.tokens * 1000) / 1e6, currency: 'EUR' });

    const told = await cli('ask', '--server', 'study', '--max-tokens', '12', '--events', 'Name a metal.');
    const events = told.said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as GenerationEvent);
    expect(events[0]).toMatchObject({ type: 'started', pack: { server: { dialect: 'mezzotint' } } });
    expect(events.some(({ type }) => type === 'frame')).toBe(true);
    expect(events.at(-1)?.type).toBe('finished');

    const removed = await cli('servers', 'rm', 'study', '--json');
    expect(removed.code).toBe(0);
    expect(JSON.parse(removed.said)).toMatchObject({ name: 'study' });
    expect((await cli('servers', 'list')).said).toBe('');
    expect(readFileSync(keys, 'utf8')).not.toContain(SERVED_KEY);

    const again = await cli('servers', 'add', 'study', far.address, '--no-test', '--json');
    expect(again.said).not.toContain(SERVED_KEY);
    expect(JSON.parse(again.said)).toMatchObject({ name: 'study', dialect: 'mezzotint', observed: null, hasKey: true });
    expect((await cli('servers', 'rm', 'study')).code).toBe(0);
  }, 120_000);
  it('what is not there, or can’t be, is said', async () => {
    expect(await cli('ask', '--server', 'nobody', 'x')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('nobody') as string,
    });
    expect((await cli('servers', 'add', 'x')).code).toBe(2);
    expect((await cli('ask', '--server', 'x', '--template', '___ a', 'x')).code).toBe(2);
    expect(await cli('servers', 'add', 'x', 'http://8.8.8.8')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('Plain HTTP') as string,
    });
  }, 60_000);
});
