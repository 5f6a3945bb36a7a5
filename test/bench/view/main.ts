/** `npm run bench:view -- --json`: how smoothly the window shows a reply, and what showing and storing it costs. README.md says what is measured how. */
import { largest } from '../../../core/contract/lists.ts';
import { settingsWith } from '../../fixtures/settings.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright';
import type { Mode } from '../../../core/contract/generation.ts';
import type { SpawnEngine } from '../../../core/contract/engine.ts';
import { childEngine } from '../../../core/engines/index.ts';
import { createDispatch } from '../../../core/app/dispatch.ts';
import { readFileMap } from '../../../core/server/files.ts';
import { startServer } from '../../../core/server/http.ts';
import { openService, type Service } from '../../../core/app/service.ts';
import { asRoot } from '../../../scripts/lib/electron.mjs';
import { chromiumForTests } from '../../../scripts/lib/test-runtimes.mjs';
import { fakeSettings, fakeText } from '../../fixtures/fake-engine.ts';
import { framesOf, percentile, type Frames, type TraceEvent } from './frames.ts';
import { pacedEngine } from './paced-engine.ts';
import { processorTime, since, type ProcessorTime } from './processor-time.ts';
import { bytesPerToken } from './trace-size.ts';
import { say } from '../arguments.ts';

const root = path.join(import.meta.dirname, '../../..');
const { values } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, pack: { type: 'string' } },
});
const packDir = path.resolve(
  values.pack ?? process.env['MEZZOTINT_PACK'] ?? path.join(root, 'models', 'smollm2-135m-instruct'),
);

const ON_SCREEN = 2000;
const RATE = 200;
const SECONDS = values.quick ? 4 : 10;
const KEY_APART_MS = 120;
const PAIRS = values.quick ? 2 : 4;
const DECODE_TOKENS = 320;
/** Of the reply that warms a page up. */
const WARM_TOKENS = 24;

interface Running {
  service: Service;
  address: string;
  close(): Promise<void>;
}
async function serve(spawnEngine: SpawnEngine): Promise<Running> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-view-'));
  process.env['MEZZOTINT_MEASURE'] = 'asked';
  const service = openService({
    dataDir,
    data: { home: dataDir, reopen: (work) => work() },
    packDir,
    spawnEngine,
    openExternal: () => Promise.resolve(),
    version: '0.0.0',
    runtime: 'browser',
  });
  const server = await startServer({
    files: readFileMap(path.join(root, 'dist', 'renderer')),
    dispatch: createDispatch(service.handlers, () => undefined),
    onPush: service.onPush,
    port: 0,
  });
  return {
    service,
    get address() {
      return server.address();
    },
    async close() {
      await server.close();
      await service.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
const ready = async ({ service }: Running): Promise<void> => {
  for (;;) {
    const status = await service.handlers['engine.status']({});
    if (status.state === 'ready') return;
    if (status.state === 'failed') throw new Error(status.error.message);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
const ended = async ({ service }: Running, id: string): Promise<void> => {
  for (;;) {
    const { messages } = await service.handlers['conversations.get']({ id });
    if (messages.every(({ status }) => status !== 'pending')) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

/** Traces the page while a scripted reply runs at full speed with 2,000 tokens on the screen, and a person types. */
async function smoothness(browser: Browser, mode: Mode): Promise<Frames & { inputP95: number }> {
  // paragraphs, a list, some emphasis: what replies are made of
  const text = Array.from({ length: 160 }, (_, i) =>
    i % 5 === 4
      ? `\n\n- **First:** ${fakeText.slice(0, 90)}\n- Then ${fakeText.slice(90, 160)}\n\n`
      : `${fakeText}${i % 2 ? '\n\n' : ' '}`,
  ).join('');
  const running = await serve(pacedEngine({ atOnce: ON_SCREEN, rate: RATE, script: { text, alternatives: 4 } }));
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  try {
    await ready(running);
    await page.goto(running.address);
    await page.getByTestId('composer-input').waitFor();
    await running.service.handlers['settings.set']({
      generation: settingsWith(fakeSettings, { mode, maxTokens: ON_SCREEN + RATE * (SECONDS + 5) }),
    });
    await page.getByTestId('composer-input').fill('How is a mezzotint made?');
    await page.getByTestId('send').click();
    await page.waitForFunction(
      (length) => (document.querySelector('[data-role=assistant]')?.textContent ?? '').length > length,
      ON_SCREEN * 4,
      { timeout: 60_000 },
    );
    await page.waitForTimeout(500);
    return await traced(browser, page);
  } finally {
    await context.close();
    await running.close();
  }
}
async function traced(browser: Browser, page: Page): Promise<Frames & { inputP95: number }> {
  await page.evaluate(() => {
    const taken: number[] = [];
    Object.assign(window, { taken });
    new PerformanceObserver((list) =>
      list.getEntries().forEach((entry) => entry.name === 'keydown' && taken.push(entry.duration)),
    ).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
    // every frame has something to draw, so that a missed one shows as a gap
    const dot = document.createElement('i');
    dot.style.cssText = 'position:fixed;left:0;top:0;width:1px;height:1px;background:#888';
    document.body.append(dot);
    let on = false;
    const tick = (): void => {
      on = !on;
      dot.style.opacity = on ? '1' : '0.9';
      requestAnimationFrame(tick);
    };
    tick();
  });
  await page.getByTestId('composer-input').click();
  await browser.startTracing(page, {
    categories: [
      'devtools.timeline',
      'disabled-by-default-devtools.timeline',
      'disabled-by-default-devtools.timeline.frame',
      'toplevel',
    ],
  });
  const until = performance.now() + SECONDS * 1000;
  let keys = 0;
  while (performance.now() < until) {
    await page.keyboard.press('abcdefgh '.charAt(keys++ % 9));
    await page.waitForTimeout(KEY_APART_MS);
  }
  const buffer = await browser.stopTracing();
  const slow = await page.evaluate(() => (window as unknown as { taken: number[] }).taken);
  // what took less than 16 ms is not told of one by one
  const latencies = [...slow, ...Array.from({ length: Math.max(0, keys - slow.length) }, () => 16)];
  const { traceEvents } = JSON.parse(buffer.toString('utf8')) as { traceEvents: TraceEvent[] };
  return { ...framesOf(traceEvents), inputP95: percentile(latencies, 0.95) };
}

const ENGINE = path.join(root, 'dist', 'engine.cjs');
const WAYS = ['hidden', 'shown', 'elsewhere'] as const;
/** hidden: no window · shown: in a window · elsewhere: a window shows another conversation. */
type Way = (typeof WAYS)[number];
interface Written {
  rate: number;
  id: string;
  used: ProcessorTime | null;
}
interface Slowdown {
  rates: Record<Way, number>;
  used: Record<Way, ProcessorTime | null>;
  bytes: { without: number; with: number };
}
const medianOf = (all: readonly (ProcessorTime | null)[]): ProcessorTime | null => {
  const known = all.filter((one) => one !== null);
  const middle = (key: keyof ProcessorTime): number =>
    percentile(
      known.map((one) => one[key]),
      0.5,
    );
  return known.length === 0
    ? null
    : { engine: middle('engine'), service: middle('service'), page: middle('page'), browser: middle('browser') };
};

/** The real engine, with a window that shows the reply, with one that shows another conversation and without any, in turns. */
async function slowdown(browser: Browser): Promise<Slowdown> {
  const running = await serve(childEngine(ENGINE));
  try {
    await ready(running);
    const { generation } = await running.service.handlers['settings.get']({});
    const settings = settingsWith(generation, { temperature: 0, seed: 7, maxTokens: DECODE_TOKENS, loopGuard: false });
    const text = 'Write a story about a lighthouse keeper and a storm.';
    const countsOf = async (id: string, messageId: string): Promise<number> => {
      const { messages } = await running.service.handlers['conversations.get']({ id });
      const counts = messages.find((message) => message.id === messageId)?.generation?.counts;
      return counts ? (counts.tokens * 1000) / counts.msDecode : 0;
    };
    const measured = async (work: () => Promise<void>): Promise<ProcessorTime | null> => {
      const before = processorTime(ENGINE);
      await work();
      const after = processorTime(ENGINE);
      return before && after ? since(before, after) : null;
    };
    const one = async (mode: Mode): Promise<Written> => {
      let [id, messageId] = ['', ''];
      const used = await measured(async () => {
        const { conversation, reply } = await running.service.handlers['chat.send']({
          conversationId: null,
          parentId: null,
          text,
          settings: settingsWith(settings, { mode }),
        });
        [id, messageId] = [conversation.id, reply.id];
        await ended(running, id);
      });
      return { rate: await countsOf(id, messageId), id: messageId, used };
    };
    const inWindow = async (page: Page): Promise<Written> => {
      const input = page.getByTestId('composer-input');
      const used = await measured(async () => {
        await input.fill(text);
        await page.getByTestId('send').click();
        await page.locator('[data-role=assistant]').last().waitFor();
        await page.locator('[data-role=assistant][data-status=complete]').last().waitFor({ timeout: 120_000 });
      });
      const id = (await page.locator('[data-role=assistant]').last().getAttribute('data-message-id')) ?? '';
      const [conversation] = await running.service.handlers['conversations.list']({});
      return { rate: await countsOf(conversation?.id ?? '', id), id, used };
    };
    await one('exact');
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
    const all: Record<Way, Written[]> = { hidden: [], shown: [], elsewhere: [] };
    for (let i = 0; i < PAIRS; i++) {
      all.hidden.push(await one('exact'));
      const page = await context.newPage();
      await page.goto(running.address);
      await page.getByTestId('composer-input').waitFor();
      // a window in use: its code has run, its fonts are there
      await running.service.handlers['settings.set']({
        generation: settingsWith(settings, { mode: 'exact', maxTokens: WARM_TOKENS }),
      });
      await inWindow(page);
      await page.getByRole('button', { name: 'New chat' }).first().click();
      await running.service.handlers['settings.set']({ generation: settingsWith(settings, { mode: 'exact' }) });
      await page.waitForTimeout(500);
      all.shown.push(await inWindow(page));
      await page.waitForTimeout(500);
      all.elsewhere.push(await one('exact'));
      await page.close();
    }
    const fast = await one('fast');
    const newest = all.shown.at(-1)?.id ?? '';
    const sizes = await Promise.all(
      [newest, fast.id].map(async (messageId) =>
        bytesPerToken((await running.service.handlers['generations.trace']({ messageId, frames: true })).events),
      ),
    );
    await context.close();
    const each = <T>(of: (written: readonly Written[]) => T): Record<Way, T> => ({
      hidden: of(all.hidden),
      shown: of(all.shown),
      elsewhere: of(all.elsewhere),
    });
    return {
      rates: each((written) =>
        percentile(
          written.map(({ rate }) => rate),
          0.5,
        ),
      ),
      used: each((written) => medianOf(written.map(({ used }) => used))),
      bytes: { without: largest(sizes.map((size) => size.without)), with: largest(sizes.map((size) => size.with)) },
    };
  } finally {
    await running.close();
  }
}

async function main(): Promise<void> {
  const found = await chromiumForTests();
  if ('reason' in found) throw new Error(`bench:view needs Chromium: ${found.reason}`);
  const browser = await chromium.launch({
    executablePath: found.env['MEZZOTINT_TEST_CHROMIUM'] ?? '',
    args: asRoot() ? ['--no-sandbox', '--disable-dev-shm-usage'] : [],
  });
  try {
    say(`Showing ${RATE} tokens a second with ${ON_SCREEN} on the screen …`);
    const exact = await smoothness(browser, 'exact');
    const fast = await smoothness(browser, 'fast');
    say('Writing with a window and without …');
    const decode = await slowdown(browser);
    const two = (n: number): number => Math.round(n * 100) / 100;
    const slower = (way: Way): number => two(100 * (1 - decode.rates[way] / decode.rates.hidden));
    const seconds = (used: ProcessorTime | null): object | null =>
      used && Object.fromEntries(Object.entries(used).map(([name, value]) => [name, two(Number(value))]));
    const report = {
      long_frames_pct: two(Math.max(exact.longPct, fast.longPct)),
      input_latency_p95_ms: two(Math.max(exact.inputP95, fast.inputP95)),
      decode_slowdown_pct: slower('shown'),
      elsewhere_slowdown_pct: slower('elsewhere'),
      trace_bytes_per_token: two(decode.bytes.without),
      trace_bytes_per_token_with_alternatives: two(decode.bytes.with),
      frames: { exact: exact.frames, fast: fast.frames },
      uneven_frames_pct: { exact: two(exact.unevenPct), fast: two(fast.unevenPct) },
      busy_frames_pct: { exact: two(exact.busyPct), fast: two(fast.busyPct) },
      frame_work_p95_ms: { exact: two(exact.workP95), fast: two(fast.workP95) },
      decode_tokens_per_second: Object.fromEntries(WAYS.map((way) => [way, two(decode.rates[way])])),
      processor_seconds: Object.fromEntries(WAYS.map((way) => [way, seconds(decode.used[way])])),
      machine: { cpu: os.cpus()[0]?.model ?? '', cores: os.cpus().length, load: os.loadavg().map(two) },
    };
    if (values.json) console.log(JSON.stringify(report, null, 2));
    else for (const [name, value] of Object.entries(report)) console.log(`${name}: ${JSON.stringify(value)}`);
  } finally {
    await browser.close();
  }
}
await main();
