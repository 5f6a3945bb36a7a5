/** `mezzotint chat`: in a pipe and in a terminal, alone with the shipped model and as a client of an app that is open. Real processes and stores. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDispatch } from '../../core/app/dispatch.ts';
import { openHost } from '../../core/app/host.ts';
import type { Service } from '../../core/app/service.ts';
import type { Message } from '../../core/contract/conversations.ts';
import { closeAll } from '../../core/server/closing.ts';
import { serveLocally, type LocalSocket } from '../../core/server/local.ts';
import { openStore } from '../../core/store/index.ts';
import { FakeEngine, type FakeEngineOptions } from '../fixtures/fake-engine.ts';
import { inTerminal, noTerminal, type InTerminal } from '../fixtures/terminal.ts';

const main = path.resolve('core/cli/main.ts');
let dir: string;
let service: Service | null = null;
let local: LocalSocket | null = null;
let terminal: InTerminal | null = null;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-chat-'));
});
afterEach(async () => {
  terminal?.kill();
  terminal = null;
  if (service && local) await closeAll(service, local);
  service = local = null;
  rmSync(dir, { recursive: true, force: true });
});
const data = (): string => path.join(dir, 'data');

async function openApp(options: FakeEngineOptions): Promise<{ app: Service; engine: FakeEngine }> {
  const engine = new FakeEngine(options);
  const opened = openHost({
    home: data(),
    packDir: '',
    spawnEngine: engine.spawn,
    openExternal: () => Promise.resolve(),
    version: '0',
    runtime: 'browser',
  });
  local = await serveLocally({
    service: opened,
    dispatch: createDispatch(opened.handlers, () => undefined),
    log: (line) => expect.unreachable(line),
  });
  service = opened;
  return { app: opened, engine };
}

interface Ended {
  code: number | null;
  said: string;
  errors: string;
}
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [main, 'chat', '--data', data(), ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  let errors = '';
  let look = (): void => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, said, errors })));
  return {
    child,
    ended,
    /** Resolves once this was printed. */
    prints: (words: string): Promise<void> =>
      new Promise((resolve) => {
        look = () => {
          if (said.includes(words)) resolve();
        };
        look();
      }),
  };
}
function run(args: readonly string[], typed: string, env?: NodeJS.ProcessEnv): Promise<Ended> {
  const { child, ended } = start(args, env);
  child.stdin.end(typed);
  return ended;
}
/** All messages of the folder, in the order they were written. */
function stored(): Message[] {
  const opened = openStore({ dataDir: data() });
  if (!opened.ok) throw new Error(opened.error.message);
  const { store } = opened.value;
  try {
    return store.conversations.list().flatMap(({ id }) => store.messages.ofConversation(id));
  } finally {
    store.close();
  }
}
/** A reply that is cut after some words. */
const greedy = ['--temperature', '0', '--max-tokens', '8'];
const STORY = 'Write a story about a lighthouse.';

describe('in a pipe', () => {
  it('each line is a question of one conversation, which is stored; only replies are printed', async () => {
    const { code, said, errors } = await run(greedy, `${STORY}\n\nAnother \\\none.\n`);
    expect({ code }).toEqual({ code: 0 });
    const messages = stored();
    expect(messages.map(({ role, text }) => (role === 'user' ? text : role))).toEqual([
      STORY,
      'assistant',
      'Another \none.',
      'assistant',
    ]);
    expect(new Set(messages.map(({ conversationId }) => conversationId)).size).toBe(1);
    expect(messages[2]?.parentId).toBe(messages[1]?.id);
    expect(said).toBe(`${messages[1]?.text}\n\n${messages[3]?.text}\n`);
    // eslint-disable-next-line no-control-regex
    expect(errors).not.toMatch(/\x1b/);
    expect(errors).toContain('/continue goes on with it.');
  });
  it('goes on with a conversation by its id, takes up a cut reply, and writes another one', async () => {
    await run(greedy, `${STORY}\n`);
    const [question, first] = stored();
    const id = question?.conversationId ?? '';
    const lines = await run(['--id', id, '--json', ...greedy], `/continue\n/retry\n/new\n${STORY}\n`);
    expect(lines).toMatchObject({ code: 0, errors: expect.not.stringContaining('Error') as string });
    const replies = lines.said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { conversationId: string; messageId: string; text: string; stop: string });
    expect(replies).toHaveLength(3);
    expect(replies[0]?.text.startsWith(first?.text ?? '?')).toBe(true);
    expect(replies[1]).toMatchObject({ conversationId: id, text: first?.text, stop: 'length' });
    expect(replies[2]?.conversationId).not.toBe(id);
  });
  it('says what it does not know and what it can not find, with exit code 1', async () => {
    expect(await run(greedy, '/sing\n//sing of a plate\n')).toMatchObject({
      code: 1,
      said: expect.stringMatching(/\S/) as string,
      errors: expect.stringContaining('There is no command /sing. There are: /help,') as string,
    });
    expect(stored()[0]?.text).toBe('/sing of a plate');
    expect(await run(['--id', 'nobody'], 'Hi\n')).toMatchObject({
      code: 1,
      said: '',
      errors: expect.stringMatching(/^Error: /) as string,
    });
    expect(await run([], '/retry\n')).toMatchObject({
      code: 1,
      errors: 'Error: There is no reply in this conversation yet. Ask something first.\n',
    });
  });
  it('options that make no sense are exit code 2, and nothing is made', async () => {
    const wrong = [
      [['what?'], 'chat does not know "what?"'],
      [['--json', '--events'], '--json and --events do not go together'],
      [['--mode', 'quick'], '--mode needs one of'],
      [['--seed', 'x'], '--seed: needs a number'],
      [['--id', 'a', '--system', 'b'], '--id and --system do not go together'],
    ] as const;
    const ended = await Promise.all(wrong.map(([args]) => run(args, 'Hi\n')));
    for (const [i, [, words]] of wrong.entries())
      expect(ended[i]).toMatchObject({ code: 2, said: '', errors: expect.stringContaining(words) as string });
    expect(existsSync(data())).toBe(false);
  });
  it('keeps what was written when it is ended from outside', async () => {
    const { child, ended, prints } = start(['--temperature', '0', '--max-tokens', '2000'], {});
    child.stdin.write('Write a long story about a lighthouse.\n');
    await prints(' ');
    child.kill('SIGTERM');
    const { code, said } = await ended;
    expect(code).toBe(143);
    const [, reply] = stored();
    expect(reply?.status).not.toBe('pending');
    expect(reply?.text.startsWith(said.trimEnd())).toBe(true);
  });
});

describe('beside an app that has the data folder open', () => {
  it('the app writes, and shows the conversation; it goes on when the chat ends', async () => {
    const { app, engine } = await openApp({ script: { text: 'A burr is a raised edge.' } });
    const ended = await run(['--system', 'Be brief.', '--seed', '5', '--mode', 'fast'], 'What is a burr?\n');
    expect(ended).toEqual({ code: 0, said: 'A burr is a raised edge.\n', errors: '' });
    const [conversation] = await app.handlers['conversations.list']({});
    expect(conversation).toMatchObject({ messageCount: 2, setup: { instructions: 'Be brief.' } });
    expect(engine.requests[0]).toMatchObject({
      seed: 5,
      messages: [{ content: 'Be brief.' }, { content: 'What is a burr?' }],
    });
    expect((await app.handlers['engine.status']({})).state).toBe('ready');
  });
  it('--events prints the stream of each reply, to its end', async () => {
    await openApp({ script: { text: 'A burr is a raised edge.' } });
    const { said } = await run(['--events'], 'What is a burr?\n');
    const events = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; seq: number; tokens?: { text: string }[] });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(['started', 'finished']);
    expect(events.flatMap(({ tokens = [] }) => tokens.map(({ text }) => text)).join('')).toBe(
      'A burr is a raised edge.',
    );
  });
  it('that ends is named, with exit code 1', async () => {
    const { app } = await openApp({ pace: 'manual' });
    const { child, ended } = start([]);
    child.stdin.write('What is a burr?\n');
    await new Promise<void>((resolve) => {
      const stop = app.onPush((push) => {
        if (push.topic !== 'message' || push.message.role !== 'assistant') return;
        stop();
        resolve();
      });
    });
    if (service && local) await closeAll(service, local);
    service = local = null;
    expect(await ended).toMatchObject({ code: 1, errors: expect.stringContaining('Mezzotint ended') as string });
  });
});

it('a second chat is a client of the first', async () => {
  const first = start(greedy);
  first.child.stdin.write(`${STORY}\n`);
  await first.prints('\n');
  const second = await run(greedy, `${STORY}\n`);
  expect(second.code).toBe(0);
  first.child.stdin.end();
  expect(await first.ended).toMatchObject({ code: 0, said: second.said });
  expect(stored()).toHaveLength(4);
});

describe.skipIf(noTerminal !== null)('in a terminal', () => {
  const open = (args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): InTerminal =>
    (terminal = inTerminal([process.execPath, main, 'chat', '--data', data(), ...args], {
      ...process.env,
      TERM: 'xterm-256color',
      NO_COLOR: '',
      ...env,
    }));

  it('a person reads who answers, sees the canvas form, and reads the reply where it stood', async () => {
    const { engine } = await openApp({ pace: 'manual', script: { text: 'A burr is a raised edge.' } });
    const { shows, type, ended, screen, raw } = open(['--mode', 'fast']);
    await shows('Fake 1M answers, in the app that is open. /help lists');
    type('What is a burr?\r');
    await expect.poll(() => engine.requests.length).toBe(1);
    engine.step(2);
    await shows('░');
    engine.step(1000);
    await shows('a forward');
    expect(raw()).toContain('\x1b[2m');
    type('\x04');
    expect(await ended).toBe(0);
    const lines = screen.lines();
    const at = lines.findIndex((line) => line.startsWith('> What is a burr?'));
    expect(lines[at + 1]).toBe('A burr is a raised edge.');
    expect(lines.join('\n')).not.toContain('░');
  });
  it('Ctrl-C stops a reply, /continue takes it up, and Ctrl-C twice leaves', async () => {
    const { engine } = await openApp({ pace: 'manual' });
    const { shows, type, ended } = open();
    await shows('> ');
    type('What is a mezzotint?\r');
    await expect.poll(() => engine.requests.length).toBe(1);
    engine.step(12);
    await shows('A mezzotint');
    type('\x03');
    await shows('Stopped. /continue goes on with it.');
    type('/continue\r');
    await expect.poll(() => engine.requests.length).toBe(2);
    engine.step(1000);
    await shows('become.');
    await shows(/a forward[\s\S]*a forward[\s\S]*> /);
    type('half a question\x03');
    type('\x03');
    await shows('Ctrl-C once more leaves.');
    type('\x03');
    expect(await ended).toBe(130);
  });
  it('a pasted text of several lines is one question; keys pressed meanwhile stand in the next one', async () => {
    const { app, engine } = await openApp({ pace: 'manual', script: { text: 'Yes.' } });
    const { shows, type } = open(['--mode', 'fast']);
    await shows('> ');
    type('first line\rsecond line\r');
    await shows('second line');
    await expect.poll(() => engine.requests.length).toBe(1);
    // the canvas shows that the reply has begun: keys are kept from here on
    engine.step(2);
    await shows('░');
    type('next');
    engine.step(1000);
    await shows(/a forward[\s\S]*> next/);
    const [conversation] = await app.handlers['conversations.list']({});
    const { messages } = await app.handlers['conversations.get']({ id: conversation?.id ?? '' });
    expect(messages.map(({ text }) => text)).toEqual(['first line\nsecond line', 'Yes.']);
  });
  it('NO_COLOR leaves the canvas and takes the colours; a dumb terminal gets plain text', async () => {
    await openApp({ script: { text: 'A burr is a raised edge.' } });
    const without = open([], { NO_COLOR: '1' });
    await without.shows('> ');
    without.type('What is a burr?\r');
    await without.shows('a forward');
    // eslint-disable-next-line no-control-regex
    expect(without.raw()).not.toMatch(/\x1b\[[\d;]*m/);
    without.type('\x04');
    expect(await without.ended).toBe(0);
    const dumb = open([], { TERM: 'dumb' });
    dumb.type('What is a burr?\n');
    await dumb.shows('A burr is a raised edge.');
    // eslint-disable-next-line no-control-regex
    expect(dumb.raw()).not.toMatch(/\x1b/);
  });
});
