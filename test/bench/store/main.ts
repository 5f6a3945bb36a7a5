/** `npm run bench:store -- --json`: years of conversations in the real server and the real Chromium. README.md says what is measured how. */
import { largest } from '../../../core/contract/lists.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright';
import { WebSocket } from 'ws';
import type { ChannelName, Request, Response } from '../../../core/contract/index.ts';
import type { Result } from '../../../core/contract/result.ts';
import { giveSession, sessionOf, socketAddress } from '../../fixtures/browser-session.ts';
import { openStore } from '../../../core/store/index.ts';
import { asRoot } from '../../../scripts/lib/electron.mjs';
import { chromiumForTests } from '../../../scripts/lib/test-runtimes.mjs';
import { percentile } from '../view/frames.ts';
import { measureCommits } from './durable.ts';
import { copyOfSet, LONG_ID, sizeOf } from './make.ts';
import { openFromList, scroll } from './page.ts';
import { say } from '../arguments.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    commits: { type: 'boolean' },
    rounds: { type: 'string', default: '4' },
    scale: { type: 'string', default: '1' },
  },
});
const scale = Number(values.scale);
if (!(scale > 0 && scale <= 1)) throw new Error(`--scale needs a number over 0, up to 1, not ${values.scale}.`);
const round = (value: number): number => Math.round(value * 10) / 10;
const loadBefore = round(os.loadavg()[0] ?? 0);
const LIST_CALLS = 40;
const OPENINGS = 15;
/** Between the list and the first opening, while a person looks at it. */
const REST_MS = 2000;
const SCROLL = { step: 120, frames: 600 };
/** What people look for, from the first two characters on. */
const QUERIES = [
  'the year',
  'before',
  'copper plate',
  'können',
  'uber',
  'lumière',
  'theatre',
  'который',
  'θάλασσα',
  '没有',
  'ために',
  'الضوء',
  'प्रकाश',
  'nothing of the kind',
];
const typed = (query: string): string[] =>
  Array.from(query, (_, i) =>
    Array.from(query)
      .slice(0, i + 1)
      .join(''),
  ).filter((part) => Array.from(part).length >= 2);

interface Server {
  child: ChildProcess;
  address: string;
  startedAt: number;
}
/** dist/server.cjs as `npm start` runs it; resolves with the address it prints. */
function startServer(dataDir: string): Promise<Server> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [path.join(root, 'dist', 'server.cjs'), '--data', dataDir, '--no-open'], {
    env: { ...process.env, MEZZOTINT_MEASURE: 'asked' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const address = /http:\/\/\S+/.exec(said)?.[0];
      if (address) resolve({ child, address, startedAt });
    });
    child.once('exit', (code) => reject(new Error(`The server ended with code ${code}.`)));
  });
}
const stopServer = async ({ child }: Server): Promise<void> => {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
};

/** One connection, as a window has; each call timed from sending to the parsed answer. */
class Caller {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (result: Result<unknown>) => void>();
  #count = 0;
  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const { id, result } = JSON.parse(String(data)) as { id?: string; result?: Result<unknown> };
      if (id !== undefined && result) this.#waiting.get(id)?.(result);
    });
  }
  static async open(origin: string, session: string): Promise<Caller> {
    const socket = new WebSocket(socketAddress(origin, session), { origin, maxPayload: 1 << 29 });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new Caller(socket);
  }
  async time<N extends ChannelName>(name: N, request: Request<N>): Promise<{ ms: number; value: Response<N> }> {
    const id = `bench-${++this.#count}`;
    const began = performance.now();
    const result = await new Promise<Result<unknown>>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, name, payload: request }));
    });
    const ms = performance.now() - began;
    this.#waiting.delete(id);
    if (!result.ok) throw new Error(`${name}: ${result.error.message}`);
    return { ms, value: result.value as Response<N> };
  }
  close(): void {
    this.#socket.terminate();
  }
}

/** Reads all messages into the search index, as the app does in the background after an update. */
function readIndex(dataDir: string): void {
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  const { store } = opened.value;
  while (store.search.read(1000));
  store.close();
}

/** Proportional memory of the page's own process, in MB; null where the system does not tell. */
async function rendererMemory(browser: Browser): Promise<number | null> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const sizes = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => {
      const file = `/proc/${id}/smaps_rollup`;
      return existsSync(file) ? Number(/^Pss:\s+(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 0) / 1024 : 0;
    });
  const most = largest(sizes, 0);
  return most === 0 ? null : Math.round(most);
}

const listed = (page: Page): Promise<unknown> => page.locator('[data-testid=conversation-item]').first().waitFor();

async function main(): Promise<void> {
  if (values.commits)
    return void process.stdout.write(
      `${JSON.stringify({ ...(await measureCommits(root, Number(values.rounds), say)), load_before: loadBefore, load_after: round(os.loadavg()[0] ?? 0) }, null, values.json ? 0 : 2)}\n`,
    );
  const runtime = await chromiumForTests();
  if ('reason' in runtime) throw new Error(runtime.reason);
  const work = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-bench-store-'));
  const dataDir = path.join(work, 'data');
  const browser = await chromium.launch({
    executablePath: runtime.env['MEZZOTINT_TEST_CHROMIUM'] ?? '',
    args: asRoot() ? ['--no-sandbox', '--disable-dev-shm-usage'] : [],
  });
  let server: Server | undefined;
  try {
    copyOfSet(scale, dataDir);
    say('Reading messages into the search index …');
    const began = performance.now();
    readIndex(dataDir);
    const indexSeconds = (performance.now() - began) / 1000;

    say('Starting …');
    const starts: number[] = [];
    let session = '';
    for (let i = 0; i < 5; i++) {
      if (server) await stopServer(server);
      server = await startServer(dataDir);
      const page = await browser.newPage();
      await page.goto(server.address);
      await listed(page);
      starts.push(performance.now() - server.startedAt);
      session = await sessionOf(page);
      await page.close();
    }
    if (!server) throw new Error('The server did not start.');
    const { origin } = new URL(server.address);
    const caller = await Caller.open(origin, session);
    for (;;) {
      const { value } = await caller.time('engine.status', {});
      if (value.state === 'ready' || value.state === 'failed') break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }

    say('List and search …');
    const lists: number[] = [];
    const firsts: number[] = [];
    for (let i = 0; i < LIST_CALLS; i++) {
      firsts.push((await caller.time('conversations.list', { newest: 200 })).ms);
      lists.push((await caller.time('conversations.list', {})).ms);
    }
    const find = async (query: string): Promise<{ ms: number; hits: number }> => {
      const { ms, value } = await caller.time('search.find', { query, limit: 24, cursor: null });
      return { ms, hits: value.groups.length };
    };
    for (const query of QUERIES) await find(query);
    const searches: number[] = [];
    let found = 0;
    for (let round = 0; round < 2; round++) {
      for (const part of QUERIES.flatMap(typed)) {
        const { ms, hits } = await find(part);
        searches.push(ms);
        if (hits > 0) found++;
      }
    }
    caller.close();

    say('The long conversation …');
    const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    await giveSession(page, session);
    await page.goto(origin);
    await listed(page);
    await page.waitForTimeout(REST_MS);
    const openings: number[] = [];
    const other = await page
      .locator('[data-conversation-id][data-entry]')
      .evaluateAll(
        (all, long) =>
          all.map((e) => (e as HTMLElement).dataset['conversationId']).find((id) => id !== undefined && id !== long) ??
          '',
        LONG_ID,
      );
    for (let i = 0; i < OPENINGS; i++) {
      openings.push(await openFromList(page, LONG_ID));
      await page.locator(`[data-conversation-id="${other}"][data-entry]`).click();
      await page.waitForFunction(
        (id) =>
          [...document.querySelectorAll<HTMLElement>('[data-testid=message]')].some((m) =>
            m.dataset['messageId']?.startsWith(`${id}`),
          ),
        other,
      );
    }
    await openFromList(page, LONG_ID);
    const up = await scroll(page, -SCROLL.step, SCROLL.frames);
    const down = await scroll(page, SCROLL.step, SCROLL.frames);
    const frames = [...up.frames, ...down.frames].slice(1);
    const memory = await rendererMemory(browser);
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('HeapProfiler.collectGarbage');
    const settled = await rendererMemory(browser);
    const size = sizeOf(scale);
    const report = {
      search_p95_ms: round(percentile(searches, 0.95)),
      search_median_ms: round(percentile(searches, 0.5)),
      searches: searches.length,
      searches_with_hits: found,
      open_5000_p95_ms: round(percentile(openings, 0.95)),
      open_5000_first_ms: round(openings[0] ?? 0),
      open_5000_median_ms: round(percentile(openings, 0.5)),
      list_p95_ms: round(percentile(firsts, 0.95)),
      list_all_p95_ms: round(percentile(lists, 0.95)),
      list_all_median_ms: round(percentile(lists, 0.5)),
      scroll_long_frames_pct: round((100 * frames.filter((ms) => ms > 20).length) / Math.max(1, frames.length)),
      scroll_frame_median_ms: round(percentile(frames, 0.5)),
      scroll_blank_frames: up.blank + down.blank,
      scroll_waiting_frames: up.waiting + down.waiting,
      scroll_jump_px: round(Math.max(up.jump, down.jump)),
      scroll_pixels: Math.round(up.distance + down.distance),
      start_to_list_ms: round(percentile(starts, 0.5)),
      renderer_memory_mb: memory,
      renderer_memory_settled_mb: settled,
      index_seconds: round(indexSeconds),
      ...size,
      machine: {
        cpu: os.cpus()[0]?.model ?? 'unknown',
        cores: os.cpus().length,
        load_before: loadBefore,
        node: process.version,
        chromium: runtime.said,
      },
    };
    if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else
      for (const [name, value] of Object.entries(report))
        process.stdout.write(
          `${name.padEnd(24)} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}\n`,
        );
  } finally {
    await browser.close();
    if (server && server.child.exitCode === null) await stopServer(server);
    rmSync(work, { recursive: true, force: true });
  }
}

main().catch((thrown: unknown) => {
  console.error(`The bench could not run: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  process.exit(1);
});
