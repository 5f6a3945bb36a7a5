/**
 * `npm run bench:store -- --commits --json`: what it costs that a committed block survives a power cut. The same replies, written by
 * the real engine in its own process, are stored with `synchronous = FULL` (the log is flushed at each commit) and with NORMAL, in turns.
 */
import { settingsWith } from '../../fixtures/settings.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createChatService, type ChatService } from '../../../core/chat/index.ts';
import type { GenerationSettings } from '../../../core/contract/generation.ts';
import { childEngine, createLocalEngine } from '../../../core/engines/index.ts';
import { packDir } from '../../../core/app/paths.ts';
import { openStore, type Store } from '../../../core/store/index.ts';
import { percentile } from '../view/frames.ts';

const MODES = ['NORMAL', 'FULL'] as const;
type Mode = (typeof MODES)[number];
const QUESTIONS = [
  'Tell me a short story about a lighthouse.',
  'What is a mezzotint?',
  'How do I keep bread fresh?',
  'Describe a walk in the woods.',
];
const MAX_TOKENS = 96;

interface Measured {
  commits: number[];
  /** Tokens a second by the wall clock, from the first event to the last. */
  rates: number[];
  tokens: number;
}
/** The store, each commit of a reply timed. */
function timed(store: Store, commits: number[]): Store {
  const create: Store['generations']['create'] = (generation) => {
    const open = store.generations.create(generation);
    return {
      ...open,
      commit(events, text) {
        const began = performance.now();
        open.commit(events, text);
        commits.push(performance.now() - began);
      },
    };
  };
  return { ...store, generations: { ...store.generations, create } };
}

/** @param rounds times that each question is asked of each */
export async function measureCommits(
  root: string,
  rounds: number,
  say: (line: string) => void,
): Promise<Record<string, unknown>> {
  const work = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-bench-commits-'));
  const engine = createLocalEngine({
    spawn: childEngine(path.join(root, 'dist', 'engine.cjs')),
    packDir: packDir(path.join(root, 'models')),
  });
  const measured = Object.fromEntries(
    MODES.map((mode) => [mode, { commits: [], rates: [], tokens: 0 }]),
  ) as unknown as Record<Mode, Measured>;
  const ended = new Map<string, () => void>();
  const stores: Store[] = [];
  const services = Object.fromEntries(
    MODES.map((mode) => {
      const opened = openStore({ dataDir: path.join(work, mode), synchronous: mode });
      if (!opened.ok) throw new Error(opened.error.message);
      stores.push(opened.value.store);
      const service = createChatService({
        store: timed(opened.value.store, measured[mode].commits),
        engine,
        notify: (push) => {
          if (push.topic === 'message' && push.message.status !== 'pending') ended.get(push.message.id)?.();
        },
        appInfo: { version: '0', runtime: 'browser', platform: process.platform, dataDir: work, notices: [] },
        openExternal: () => Promise.resolve(),
      });
      return [mode, service];
    }),
  ) as Record<Mode, ChatService>;
  try {
    const status = await engine.settled();
    if (status.state !== 'ready') throw new Error('The engine did not start.');
    const { defaults } = status.pack;
    const ask = async (mode: Mode, text: string, settings: GenerationSettings): Promise<void> => {
      const { reply } = await services[mode].handlers['chat.send']({
        conversationId: null,
        parentId: null,
        text,
        settings,
      });
      await new Promise<void>((resolve) => ended.set(reply.id, resolve));
      const { generation } = stores[MODES.indexOf(mode)]?.messages.get(reply.id) ?? {};
      const events = stores[MODES.indexOf(mode)]?.generations.events(reply.id) ?? [];
      const seconds = ((events.at(-1)?.t ?? 0) - (events.find(({ type }) => type === 'blockCommitted')?.t ?? 0)) / 1000;
      const tokens = generation?.counts?.tokens ?? 0;
      measured[mode].tokens += tokens;
      if (seconds > 0) measured[mode].rates.push(tokens / seconds);
    };
    const settings = (seed: number): GenerationSettings => settingsWith(defaults, { maxTokens: MAX_TOKENS, seed });
    for (const mode of MODES) await ask(mode, QUESTIONS[0] ?? '', settings(0));
    for (const mode of MODES) measured[mode] = Object.assign(measured[mode], { rates: [], tokens: 0 });
    for (const mode of MODES) measured[mode].commits.length = 0;
    for (let round = 0; round < rounds; round++) {
      say(`Round ${round + 1} of ${rounds} …`);
      for (const [i, question] of QUESTIONS.entries())
        for (const mode of (round + i) % 2 === 0 ? MODES : [...MODES].reverse())
          await ask(mode, question, settings(round * 100 + i));
    }
  } finally {
    // the engine with them: they share it
    for (const mode of MODES) await services[mode].shutdown();
    for (const store of stores) store.close();
    rmSync(work, { recursive: true, force: true });
  }
  const two = (value: number): number => Math.round(value * 100) / 100;
  const of = ({ commits, rates }: Measured): Record<string, number> => ({
    commits: commits.length,
    commit_median_ms: two(percentile(commits, 0.5)),
    commit_p95_ms: two(percentile(commits, 0.95)),
    tokens_a_second_median: two(percentile(rates, 0.5)),
  });
  const ratios = measured.FULL.rates.map((rate, i) => rate / (measured.NORMAL.rates[i] ?? rate));
  return {
    NORMAL: of(measured.NORMAL),
    FULL: of(measured.FULL),
    replies_each: ratios.length,
    cost_percent_median: two((1 - percentile(ratios, 0.5)) * 100),
  };
}
