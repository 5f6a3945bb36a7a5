/**
 * Kills `models add` and the window's own downloads at random while they fetch and convert, in turns over one home, and lets them go on: no model that can't be used may ever be
 * listed, the model that comes of it is whole, and nothing else is left.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openPack } from '../../core/engine/pack.ts';
import { Library } from '../../core/library/index.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';
import { seeded } from '../fixtures/fake-engine.ts';
import { filesOf, startHub } from '../fixtures/hub/server.ts';

export interface FetchOutcome {
  fetch_kills: number;
  /** Of the fetches that were killed, those of the window. */
  window_kills: number;
  /** By what it was doing. */
  fetch_kills_at: Record<string, number>;
  /** Models that came whole in the end. */
  models_added: number;
  /** Models that were listed and could not be used, or whose files differ from their hashes. */
  unusable_models: number;
  /** Bytes that are left when a model was added, and belong to no model. */
  orphan_bytes: number;
}

const root = path.resolve(import.meta.dirname, '../..');
const REPOSITORY = 'JetLM/SDAR-1.7B-Chat';
const moments = ['Connecting', 'Fetching', 'Converting: 0', 'Converting: 50', 'Converting: 100'];

/** Notes that stay: how fast the last download was, where a model came from, which one answers, what shapes cost. */
const notes = ['downloads/rate.json', 'models/usage.json', 'models/library.json', 'models/costs.json'];
/** Files of downloads and models that are no model's, with their bytes; the conversations of the window lie beside them. */
function strays(home: string, models: readonly string[]): [name: string, bytes: number][] {
  const own = [...notes, ...models.map((id) => `models/${id}/`)];
  return ['downloads', 'models'].flatMap((folder) => {
    const at = path.join(home, folder);
    if (!existsSync(at)) return [];
    return readdirSync(at, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry): [string, number] => {
        const file = path.join(entry.parentPath, entry.name);
        return [path.relative(home, file).split(path.sep).join('/'), statSync(file).size];
      })
      .filter(([name]) => !own.some((known) => (known.endsWith('/') ? name.startsWith(known) : name === known)));
  });
}
const library = (home: string): Library =>
  new Library({
    home,
    builtIn: path.join(root, 'models', 'smollm2-135m-instruct'),
    spawn: () => {
      throw new Error('nothing is imported here');
    },
  });

interface Run {
  code: number | null;
  killed: boolean;
  errors: string;
}
/** @param window by the app's service, as a window has it done; else by the command. @param at a line that it says; it is killed `ms` after it. null: it may end */
function add(home: string, endpoint: string, window: boolean, at: string | null, ms: number): Promise<Run> {
  const child = spawn(
    process.execPath,
    window
      ? [path.join(import.meta.dirname, 'window-fetch.ts'), home, endpoint, REPOSITORY]
      : [path.join(root, 'core/cli/main.ts'), 'models', 'add', REPOSITORY, '--yes', '--no-speed', '--data', home],
    { env: { ...process.env, HF_ENDPOINT: endpoint, HF_TOKEN: '' }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const run: Run = { code: null, killed: false, errors: '' };
  let due = false;
  child.stderr.on('data', (text: Buffer) => {
    run.errors += text.toString();
    if (due || at === null || !run.errors.includes(at)) return;
    due = true;
    setTimeout(() => {
      run.killed = child.kill('SIGKILL');
    }, ms);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...run, code }));
  });
}

export async function killFetches({
  kills,
  seed,
  say,
}: {
  kills: number;
  seed: number;
  say: (line: string) => void;
}): Promise<FetchOutcome> {
  const random = seeded(seed);
  const home = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-fetches-'));
  const hub = await startHub({ [REPOSITORY]: { files: filesOf(path.join(goldens, 'sdar')) } });
  // slow enough to be met in the middle
  hub.fault = ({ route }) => (route === 'store' ? { kind: 'slow', bytes: 16_384, ms: 4 } : null);
  const outcome: FetchOutcome = {
    fetch_kills: 0,
    window_kills: 0,
    fetch_kills_at: {},
    models_added: 0,
    unusable_models: 0,
    orphan_bytes: 0,
  };
  const look = async (): Promise<string[]> => {
    const { models } = library(home).list();
    const added = models.filter(({ builtIn }) => !builtIn);
    for (const { id, error } of added) {
      const whole = await openPack(path.join(home, 'models', id), true).then(
        () => true,
        () => false,
      );
      if (error !== null || !whole) outcome.unusable_models++;
    }
    return added.map(({ id }) => id);
  };
  try {
    while (outcome.fetch_kills < kills || outcome.models_added === 0) {
      const wants = outcome.fetch_kills < kills && random() < 0.85;
      const at = wants ? (moments[Math.floor(random() * moments.length)] as string) : null;
      const window = random() < 0.5;
      const run = await add(home, hub.endpoint, window, at, random() * 60);
      if (run.killed && run.code === null) {
        outcome.fetch_kills++;
        if (window) outcome.window_kills++;
        outcome.fetch_kills_at[at ?? ''] = (outcome.fetch_kills_at[at ?? ''] ?? 0) + 1;
        await look();
        if (outcome.fetch_kills % 20 === 0)
          say(`${outcome.fetch_kills} of ${kills} kills while fetching and converting`);
        continue;
      }
      if (run.code !== 0)
        throw new Error(`${window ? 'the window' : 'models add'} ended with code ${run.code}: ${run.errors}`);
      const added = await look();
      if (added.length === 0) outcome.unusable_models++;
      else outcome.models_added++;
      for (const [name, bytes] of strays(home, added)) {
        outcome.orphan_bytes += bytes;
        say(`${name} is left: ${bytes} bytes`);
      }
      for (const id of added) await library(home).remove(id);
    }
  } finally {
    await hub.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
  return outcome;
}
