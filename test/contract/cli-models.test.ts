/** Models on the command line: import into the library, list, use, ask, delete. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { LibraryState } from '../../core/contract/models.ts';
import { serve } from '../fixtures/served.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';

const root = mkdtempSync(path.join(tmpdir(), 'mezzotint-cli-models-'));
afterAll(() => rmSync(root, { recursive: true }));
const data = path.join(root, 'data');
const env = { ...process.env };
delete env['MEZZOTINT_PACK'];
function cli(...args: string[]): { code: number | null; said: string; errors: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['core/cli/main.ts', ...args, '--data', data], {
    encoding: 'utf8',
    input: '',
    env,
  });
  return { code: status, said: stdout, errors: stderr };
}
const listed = (): LibraryState => JSON.parse(cli('models', 'list', '--json').said) as LibraryState;

describe('models on the command line', () => {
  test('one command imports, another uses, and ask answers with it', () => {
    const [builtIn] = listed().models;
    const imported = cli('models', 'import', path.join(goldens, 'sdar'));
    expect(imported).toMatchObject({ code: 0, said: expect.stringContaining('is ready in') as string });
    // what it takes and costs here is said before it is converted
    const told = imported.errors.split('\n');
    const at = (words: RegExp): number => told.findIndex((line) => words.test(line));
    expect(at(/in 8 bits it takes .* of the disk; running it takes about .* of memory/i)).toBeGreaterThanOrEqual(0);
    // a machine with other work may not end the trial in its ten seconds, and says that
    const cost = at(
      /^A step of 4 slots takes about .* here\. A reply of 64 tokens takes up to |longer than ten seconds/,
    );
    expect(cost).toBeGreaterThanOrEqual(0);
    expect(cost).toBeLessThan(at(/^0 %$/));
    const id = listed().models.find((model) => !model.builtIn)?.id ?? '';
    expect(imported.said).toContain(`models use ${id}`);
    expect(cli('models', 'list').said).toMatch(new RegExp(`^\\* ${builtIn?.id ?? ''} `));
    expect(cli('models', 'use', id)).toMatchObject({ code: 0, said: expect.stringContaining('answers') as string });
    expect(listed().current).toBe(id);
    const answer = cli('ask', '--json', '--max-tokens', '8', 'Hello');
    expect(JSON.parse(answer.said)).toMatchObject({ sampler: { id: 'low-confidence' } });
    const other = cli('ask', '--json', '--max-tokens', '4', '--model', builtIn?.id ?? '', 'Hello');
    expect(JSON.parse(other.said)).toMatchObject({ sampler: { id: 'speculative' } });
  });

  test('ask and serve take a model by its id, its name or its folder; what is not there is named with what is', async () => {
    const { models, folder } = listed();
    const imported = models.find((model) => !model.builtIn);
    const { id = '', name = '' } = imported ?? {};
    const answer = cli('ask', '--json', '--max-tokens', '4', '--model', name.toUpperCase(), 'Hello');
    expect(JSON.parse(answer.said)).toMatchObject({ sampler: { id: 'low-confidence' } });
    for (const model of [name, path.join(folder, id)]) {
      const served = await serve(['--model', model, '--data', data]);
      expect(served.said()).toContain('v1 with ');
      const listedThere = await fetch(`${served.address}/models`, {
        headers: { authorization: `Bearer ${served.key}` },
      });
      const { data: there } = (await listedThere.json()) as {
        data: { samplers: { id: string; speeds?: unknown[] }[] }[];
      };
      expect(there[0]?.samplers[0]).toMatchObject({ id: 'low-confidence', speeds: { length: 5 } });
      expect(await served.end()).toBe(0);
    }
    for (const command of [['ask', 'x'], ['serve']])
      expect(cli(...command, '--model', 'nothing')).toMatchObject({
        code: 1,
        errors: expect.stringContaining(id) as string,
      });
    expect(cli('ask', '--model', path.join(root, 'nowhere'), 'x')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('manifest.json') as string,
    });
  });

  test('serve frees the memory after a while, and the next request loads the model again', async () => {
    const served = await serve(['--unload-after', '0.01', '--data', data]);
    const left = (): number => served.errors().split('The model left the memory.').length - 1;
    await vi.waitFor(() => expect(left()).toBe(1), { timeout: 30_000 });
    const answer = await fetch(`${served.address}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${served.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }], max_tokens: 4 }),
    });
    expect(await answer.json()).toMatchObject({ choices: [{ message: { role: 'assistant' } }] });
    await vi.waitFor(() => expect(left()).toBe(2), { timeout: 30_000 });
    expect(await served.end()).toBe(0);
    expect(cli('serve', '--unload-after', 'soon')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('minutes') as string,
    });
  });

  test('a model that would not fit is refused with figures, by its id and by its folder, before it is loaded', () => {
    const { models, folder } = listed();
    const id = models.find((model) => !model.builtIn)?.id ?? '';
    const large = path.join(folder, 'too-large');
    cpSync(path.join(folder, id), large, { recursive: true });
    const file = path.join(large, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { files: Record<string, { bytes: number }> };
    const [weights] = Object.values(manifest.files);
    if (weights) weights.bytes = 1e13;
    writeFileSync(file, JSON.stringify(manifest));
    const errors = expect.stringMatching(/about [\d.,]+ .B of memory, and this machine has [\d.,]+ .B/) as string;
    for (const args of [
      ['ask', 'x', '--model', 'too-large'],
      ['ask', 'x', '--model', large],
      ['serve', '--port', '0', '--model', 'too-large'],
      ['models', 'use', 'too-large'],
    ])
      expect(cli(...args)).toMatchObject({ code: 1, said: '', errors });
    expect(cli('models', 'list').said).toMatch(/too-large .*memory/);
    rmSync(large, { recursive: true });
  });

  test('what is not there is named with what is, and nothing is deleted unasked', () => {
    const { models, folder } = listed();
    const id = models.find((model) => !model.builtIn)?.id ?? '';
    expect(cli('models', 'use', 'nothing')).toMatchObject({ code: 1, errors: expect.stringContaining(id) as string });
    expect(cli('ask', '--model', 'nothing', 'x')).toMatchObject({ code: 1 });
    expect(cli('models', 'rm', id)).toMatchObject({ code: 1, errors: expect.stringContaining('--yes') as string });
    expect(existsSync(path.join(folder, id))).toBe(true);
    expect(cli('models', 'rm', id, '--yes').code).toBe(0);
    expect(existsSync(path.join(folder, id))).toBe(false);
    expect(listed()).toMatchObject({ current: models.find(({ builtIn }) => builtIn)?.id });
  });

  test('an import tells its forecast as JSON, measures only if asked to, and takes a template into the library', () => {
    const template = path.join(root, 'template.jinja');
    writeFileSync(template, "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:");
    const own = ['--chat-template', template];
    const imported = cli(
      'models',
      'import',
      path.join(goldens, 'llada'),
      '--no-speed',
      '--json',
      '--bits',
      '4',
      ...own,
    );
    expect(imported.code).toBe(0);
    expect(imported.errors).not.toContain('A step of');
    const made = JSON.parse(imported.said) as { id: string; folder: string; forecast: Record<string, unknown> };
    expect(made.forecast).toMatchObject({ family: expect.any(String) as string, bits: 4, speed: { state: 'skipped' } });
    expect(readFileSync(path.join(made.folder, 'chat_template.jinja'), 'utf8')).toBe(readFileSync(template, 'utf8'));
    expect(cli('models', 'rm', made.id, '--yes').code).toBe(0);
    const out = path.join(root, 'elsewhere');
    const beside = cli('models', 'import', path.join(goldens, 'llada'), '--json', '--out', out);
    expect(beside.code).toBe(0);
    expect(JSON.parse(beside.said)).toMatchObject({
      folder: out,
      forecast: {
        bits: 8,
        memory: expect.any(Number) as number,
        speed: { state: 'measured', cost: { rows: 128, forwardMs: expect.any(Number) as number } },
      },
    });
  });

  test('an import that is refused says why and leaves nothing', () => {
    const refused = cli('models', 'import', root);
    expect(refused).toMatchObject({ code: 1, errors: expect.stringContaining('config.json') as string });
    expect(listed().models).toHaveLength(1);
  });
});
