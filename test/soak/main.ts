/**
 * `npm run soak -- [--kills N] [--seed S]`: kills the app's processes at random while they work, opens what they left and
 * compares it with what they had said; then the same of `models add` (fetches.ts). The last line is JSON; the exit code is 1 where
 * anything was lost.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openDb } from '../../core/store/db/driver.ts';
import { openStore, type Store } from '../../core/store/index.ts';
import { inspect } from '../../core/store/recovery/inspect.ts';
import { migrate, migrations } from '../../core/store/db/migrations/index.ts';
import { seeded } from '../fixtures/fake-engine.ts';
import { killFetches } from './fetches.ts';

/** reply, import, backup: the main process dies at it · migrate: while an old database is brought up · engine: the real engine dies, then the main process. */
export type Task = 'reply' | 'import' | 'backup' | 'migrate' | 'engine';
export interface Outcome {
  kills: number;
  lost_messages: number;
  lost_blocks: number;
  corrupt: number;
  /** Kills by task, and what was checked. */
  tasks: Record<string, number>;
  blocks_told: number;
  conversations_told: number;
  backups_told: number;
}

const root = path.resolve(import.meta.dirname, '../..');
const OLD_MESSAGES = 12_000;

/** Runs the child on a task and kills it somewhere in it; what it had said. */
function runAndKill(
  dataDir: string,
  task: Task,
  seed: number,
  random: () => number,
): Promise<{ blocks: Map<string, number>; conversations: Map<string, number>; backups: string[]; kills: number }> {
  const packDir = path.join(root, 'models', 'smollm2-135m-instruct');
  const child = spawn(
    process.execPath,
    [
      path.join(import.meta.dirname, 'child.ts'),
      dataDir,
      task,
      String(seed),
      path.join(root, 'dist', 'engine.cjs'),
      packDir,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const said = {
    blocks: new Map<string, number>(),
    conversations: new Map<string, number>(),
    backups: [] as string[],
    kills: 0,
  };
  const after =
    task === 'migrate'
      ? 0
      : task === 'engine'
        ? 2 + Math.floor(random() * 25)
        : task === 'backup'
          ? 1 + Math.floor(random() * 200)
          : 1 + Math.floor(random() * 120);
  let events = 0;
  let engine = 0;
  let dying = false;
  const kill = (): void => {
    if (dying) return;
    dying = true;
    if (task === 'engine' && engine > 0) {
      process.kill(engine, 'SIGKILL');
      said.kills++;
    }
    // anywhere in what the child does next
    setTimeout(
      () => {
        if (child.exitCode !== null) return; // it was done before
        said.kills++;
        child.kill('SIGKILL');
      },
      (task === 'migrate' ? 150 : 0) + random() * (task === 'migrate' ? 700 : task === 'engine' ? 500 : 12),
    );
  };
  return new Promise((resolve, reject) => {
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [kind = '', id = '', count = '0'] = line.split(' ');
        if (kind === 'block') said.blocks.set(id, Number(count));
        else if (kind === 'conversation') said.conversations.set(id, Number(count));
        else if (kind === 'backup') said.backups.push(line.slice(7));
        else if (kind === 'engine') engine = Number(id);
        if (kind !== 'open' && kind !== 'engine') events++;
      }
      if (events >= after && task !== 'migrate') kill();
    });
    if (task === 'migrate') kill();
    const late = setTimeout(() => child.kill('SIGKILL'), 60_000);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(late);
      if (signal === 'SIGKILL' || (code === 0 && (task === 'import' || task === 'migrate'))) resolve(said);
      else reject(new Error(`The process ended by itself with code ${code} at ${task}, seed ${seed}.`));
    });
  });
}

function oldDatabase(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true });
  const db = openDb(path.join(dataDir, 'mezzotint.db'));
  migrate(db, migrations.slice(0, 1));
  db.exec('BEGIN');
  db.exec(
    "INSERT INTO conversations (id, title, title_source, created_at, updated_at) VALUES ('old', 'Old', 'auto', 1, 1)",
  );
  const add = db.prepare(
    "INSERT INTO messages (id, conversation_id, parent_id, role, text, status, created_at) VALUES (?, 'old', ?, ?, ?, 'complete', ?)",
  );
  for (let n = 0; n < OLD_MESSAGES; n++)
    add.run(
      `m${n}`,
      n === 0 ? null : `m${n - 1}`,
      n % 2 ? 'assistant' : 'user',
      `Message ${n}. ${'The plate is rocked until it would print black. '.repeat(4)}`,
      n + 1,
    );
  db.exec('COMMIT');
  db.close();
}

function open(dataDir: string): { store: Store; noticed: number } {
  const opened = openStore({ dataDir });
  if (!opened.ok) throw new Error(opened.error.message);
  return { store: opened.value.store, noticed: opened.value.notices.length };
}

export async function soak({
  kills,
  seed,
  real,
  say,
}: {
  kills: number;
  seed: number;
  real: boolean;
  say: (line: string) => void;
}): Promise<Outcome> {
  const random = seeded(seed);
  const work = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-soak-'));
  const outcome: Outcome = {
    kills: 0,
    lost_messages: 0,
    lost_blocks: 0,
    corrupt: 0,
    tasks: {},
    blocks_told: 0,
    conversations_told: 0,
    backups_told: 0,
  };
  const tasks: Task[] = ['reply', 'import', 'reply', 'migrate', 'backup', ...(real ? (['engine'] as const) : [])];
  try {
    for (let round = 0; outcome.kills < kills; round++) {
      const task = tasks[round % tasks.length] ?? 'reply';
      // a folder is used for a while, so that one kill meets what others left
      const dataDir = path.join(work, task === 'migrate' ? `old-${round}` : `data-${Math.floor(round / 30)}`);
      if (task === 'migrate') oldDatabase(dataDir);
      const said = await runAndKill(dataDir, task, seed + round, random);
      outcome.kills += said.kills;
      outcome.tasks[task] = (outcome.tasks[task] ?? 0) + said.kills;
      const { store, noticed } = open(dataDir);
      // a start mends what is broken and says so: nothing may have to be mended
      if (noticed > 0) outcome.corrupt++;
      for (const [id, count] of said.blocks) {
        outcome.blocks_told++;
        const stored = store.generations.tokens(id);
        if (stored.length < count || store.messages.get(id).text !== stored.map(({ text }) => text).join(''))
          outcome.lost_blocks++;
        if (store.messages.get(id).status === 'pending') outcome.lost_messages++;
      }
      for (const [id, count] of said.conversations) {
        outcome.conversations_told++;
        if (!store.archive.hasConversation(id) || store.messages.ofConversation(id).length !== count)
          outcome.lost_messages++;
      }
      for (const file of said.backups) {
        outcome.backups_told++;
        if (inspect(file, 'better-sqlite3', true).problems.length > 0) outcome.corrupt++;
      }
      if (task === 'migrate') outcome.lost_messages += OLD_MESSAGES - store.messages.ofConversation('old').length;
      const looked = await store.check();
      if (looked.problems.length > 0 || store.search.check().length > 0) outcome.corrupt++;
      store.close();
      if (task === 'migrate') rmSync(dataDir, { recursive: true, force: true });
      if (round % 10 === 9)
        say(
          `${outcome.kills} of ${kills} kills, ${outcome.blocks_told} replies and ${outcome.conversations_told} conversations looked at, ${outcome.lost_blocks + outcome.lost_messages + outcome.corrupt} losses`,
        );
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return outcome;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '20261125' } },
  });
  const kills = Number(values.kills);
  if (!Number.isInteger(kills) || kills < 1) throw new Error(`--kills needs a number of kills, not ${values.kills}.`);
  const outcome = await soak({
    kills,
    seed: Number(values.seed),
    real: true,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  const fetches = await killFetches({
    kills,
    seed: Number(values.seed),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify({ ...outcome, ...fetches })}\n`);
  const losses = outcome.lost_blocks + outcome.lost_messages + outcome.corrupt;
  process.exit(losses + fetches.unusable_models + fetches.orphan_bytes > 0 ? 1 : 0);
}
