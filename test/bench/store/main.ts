/** `npm run -s bench:store -- --json`: a large history, in the real server and a real Chromium. ../README.md says what is measured how. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright';
import { WebSocket } from 'ws';
import type { ChannelName, Request, Response } from '../../../core/contract/index.ts';
import type { Result } from '../../../core/contract/result.ts';
import { inRoot } from '../../../scripts/lib/common.mjs';
import { asRoot } from '../../../scripts/lib/electron.mjs';
import { chromiumForTests } from '../../../scripts/lib/test-runtimes.mjs';
import { startServerProcess } from '../../e2e/support/runtimes.ts';
import { median } from '../report.ts';
import { copyOfSet, dataSet, LONG_ID, sizeOf } from './make.ts';
import { openFromList, scroll, type Scrolled } from './page.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean' }, scale: { type: 'string', default: '1' }, runs: { type: 'string', default: '20' } } });
const [scale, runs] = [Number(values.scale), Number(values.runs)];
if (!(scale > 0 && scale <= 1) || !Number.isInteger(runs) || runs < 1) throw new Error('--scale needs a number over 0, up to 1; --runs a whole number.');
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const tenth = (n: number): number => Math.round(n * 10) / 10;
const percentile = (list: readonly number[], share: number): number => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0;
const p95 = (list: readonly number[]): number => tenth(percentile(list, 0.95));
const LONG_FRAME_MS = 25;
const typed = ['lantern', 'compiler theorem', 'Größe', 'гравюра', '图书馆', 'δεν', 'الضوء', 'qu', 'the harbour'];

/** A client that keeps one connection, as the page does. */
async function connect(address: string): Promise<{ call<N extends ChannelName>(name: N, request: Request<N>): Promise<Response<N>>; close(): void }> {
  const { origin, host, hash } = new URL(address);
  const socket = new WebSocket(`ws://${host}/socket?token=${new URLSearchParams(hash.slice(1)).get('token') ?? ''}`, { origin });
  await new Promise<void>((resolve, reject) => socket.once('open', () => resolve()).once('error', reject));
  const waiting = new Map<number, (result: Result<unknown>) => void>();
  let next = 0;
  socket.on('message', (data: Buffer) => {
    const { id, result } = JSON.parse(data.toString()) as { id?: number; result?: Result<unknown> };
    if (id !== undefined && result) waiting.get(id)?.(result);
  });
  return {
    call: <N extends ChannelName>(name: N, payload: Request<N>) =>
      new Promise<Response<N>>((resolve, reject) => {
        const id = next++;
        waiting.set(id, (result) => (waiting.delete(id), result.ok ? resolve(result.value as Response<N>) : reject(new Error(result.error.message))));
        socket.send(JSON.stringify({ id, name, payload }));
      }),
    close: () => socket.close(),
  };
}
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

async function channelTimes(address: string): Promise<{ list: number[]; search: number[] }> {
  const client = await connect(address);
  const list: number[] = [];
  for (let i = 0; i < runs * 2 + 3; i++) {
    const ms = await timed(() => client.call('conversations.list', {}));
    if (i >= 3) list.push(ms);
  }
  const search: number[] = [];
  for (const counts of [false, true])
    for (const words of typed)
      for (let to = Math.min(2, words.length); to <= words.length; to++) {
        const ms = await timed(() => client.call('search.find', { query: words.slice(0, to), limit: 30, cursor: null }));
        if (counts) search.push(ms);
      }
  client.close();
  return { list, search };
}

/** Proportional set size of the page's process, in megabytes: the largest renderer that came from this browser. */
function rendererMemory(): number | null {
  if (process.platform !== 'linux') return null;
  const sizes = readdirSync('/proc').flatMap((pid) => {
    try {
      if (!/^\d+$/.test(pid) || !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer')) return [];
      return [Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024];
    } catch {
      return []; // gone between the two reads, or not ours
    }
  });
  return sizes.length === 0 ? null : tenth(Math.max(...sizes));
}
const listed = (page: Page): Promise<void> => page.locator(`[data-conversation-id="${LONG_ID}"]`).waitFor({ timeout: 60_000 });

async function startTimes(browser: Browser, dataDir: string): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < Math.min(runs, 5); i++) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const began = performance.now();
    const server = await startServerProcess({ dataDir });
    await page.goto(server.address);
    await listed(page);
    times.push(performance.now() - began);
    await page.close();
    await server.close();
  }
  return times;
}

async function main(): Promise<void> {
  const found = await chromiumForTests();
  if ('reason' in found) throw new Error(`bench:store needs Chromium: ${found.reason}`);
  dataSet(scale, say);
  const dataDir = path.join(inRoot(), '.cache', 'store-bench');
  rmSync(dataDir, { recursive: true, force: true });
  copyOfSet(scale, dataDir);
  const load = os.loadavg().map(tenth);
  const browser = await chromium.launch({ executablePath: found.env['MEZZOTINT_TEST_CHROMIUM'] ?? '', args: asRoot() ? ['--no-sandbox', '--disable-dev-shm-usage'] : [] });
  try {
    say('Starting …');
    const starts = await startTimes(browser, dataDir);
    const server = await startServerProcess({ dataDir });
    try {
      say('Listing and searching …');
      const { list, search } = await channelTimes(server.address);
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      await page.goto(server.address);
      await listed(page);
      say('Opening …');
      const opens: number[] = [];
      for (let i = 0; i < runs + 2; i++) {
        const ms = await openFromList(page, LONG_ID);
        if (i >= 2) opens.push(ms);
        await page.keyboard.press('Alt+n');
        await page.locator('[data-row]').first().waitFor({ state: 'detached' });
      }
      say('Scrolling …');
      await openFromList(page, LONG_ID);
      const scrolls: Scrolled[] = [];
      for (const [step, count] of [[-40, 900], [40, 600], [-400, 200], [400, 100]] as const) scrolls.push(await scroll(page, step, count));
      const frames = scrolls.flatMap((one) => one.frames);
      const sum = (of: (one: (typeof scrolls)[number]) => number): number => scrolls.reduce((n, one) => n + of(one), 0);
      const report = {
        search_p95_ms: p95(search),
        open_5000_p95_ms: p95(opens),
        list_p95_ms: p95(list),
        scroll_long_frames_pct: tenth((100 * frames.filter((ms) => ms > LONG_FRAME_MS).length) / frames.length),
        scroll_frame_p95_ms: p95(frames),
        scroll_blank_frames: sum((one) => one.blank),
        scroll_waiting_frames: sum((one) => one.waiting),
        scroll_jump_px: tenth(Math.max(...scrolls.map((one) => one.jump))),
        start_to_list_ms: tenth(median(starts) ?? 0),
        renderer_memory_mb: rendererMemory(),
        open_median_ms: tenth(median(opens) ?? 0),
        size: sizeOf(scale),
        counted: { searches: search.length, opens: opens.length, lists: list.length, frames: frames.length, starts: starts.length },
        machine: { cpu: os.cpus()[0]?.model ?? '', cores: os.cpus().length, load },
      };
      if (values.json) console.log(JSON.stringify(report));
      else for (const [name, value] of Object.entries(report)) console.log(`${name}: ${JSON.stringify(value)}`);
    } finally {
      await server.close();
    }
  } finally {
    await browser.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
await main();
