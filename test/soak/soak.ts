/**
 * Kills at random moments, seeded: of the main process, of the engine, of both, while replies are written, files come in, backups are
 * made and databases of version 1 are migrated. After each the folder is opened again and everything that a client was told of is
 * looked for.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { seeded } from '../fixtures/fake-engine.ts';
import type { ChildTask, Told } from './child.ts';
import { firstVersion, importFile, type Imported } from './data.ts';
import { Ledger, type Losses } from './told.ts';

export interface SoakOptions {
  kills: number;
  seed: number;
  /** Every so many rounds the real engine writes; 0: never. */
  realEvery: number;
  say?: (line: string) => void;
}
export interface SoakResult {
  kills: number;
  lost_messages: number;
  lost_blocks: number;
  corrupt: number;
  /** How often each kind of process was killed, and in what work. */
  of: Record<string, number>;
  /** What was told and looked for. */
  told: { messages: number; blocks: number; backups: number };
}

type Target = 'main' | 'engine' | 'both';
type Work = 'reply' | 'import' | 'backup' | 'all' | 'migrate';
const WORKS: readonly Work[] = ['reply', 'import', 'backup', 'all', 'migrate'];
const TARGETS: readonly Target[] = ['main', 'engine', 'both', 'main'];
const IMPORTED = 60;
const OLD_CONVERSATIONS = 400;
/** A round that comes to nothing in this time has failed. */
const LIMIT_MS = 60_000;
/** Rounds after which a new folder is begun: what is looked for each time stays bounded. */
const FOLDER_ROUNDS = 40;

interface Round {
  task: ChildTask;
  target: Target;
  /** Lines to hear before the kill: of `opening` alone for a migration. */
  after: number;
  /** Milliseconds more. */
  wait: number;
  hear: (told: Told) => void;
}

/** The child's lines as they come. */
function lines(child: ChildProcess, take: (told: Told) => void): void {
  let rest = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) take(JSON.parse(part) as Told);
  });
}
function killPid(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself meanwhile
  }
}

/**
 * Lets the child work, kills, and waits for its end. After an engine alone was killed the app must go on by itself: it is ended in good
 * order once it has written more. Rejects where the child ends by itself or nothing more comes.
 */
function runAndKill({ task, target, after, wait, hear }: Round): Promise<void> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'child.ts'), JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let heard = 0;
    let engine = 0;
    let killed = false;
    let more = 0;
    const limit = setTimeout(() => {
      reject(new Error('nothing more came'));
      child.kill('SIGKILL');
    }, LIMIT_MS);
    const strike = (): void => {
      killed = true;
      if (target !== 'main' && engine > 0) killPid(engine);
      if (target !== 'engine') child.kill('SIGKILL');
    };
    lines(child, (told) => {
      hear(told);
      if (told.told === 'engine') engine = told.pid;
      heard++;
      if (heard === after) setTimeout(strike, wait);
      if (killed && target === 'engine' && told.told === 'committed' && ++more === 5) child.kill('SIGTERM');
    });
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      if (killed && (signal === 'SIGKILL' || (target === 'engine' && code === 0))) resolve();
      else reject(new Error(`the app ended by itself with ${code ?? signal}`));
    });
  });
}

export async function soak({ kills, seed, realEvery, say = () => undefined }: SoakOptions): Promise<SoakResult> {
  const random = seeded(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const root = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-soak-'));
  const result: SoakResult = { kills: 0, lost_messages: 0, lost_blocks: 0, corrupt: 0, of: {}, told: { messages: 0, blocks: 0, backups: 0 } };
  const count = (what: string): void => void (result.of[what] = (result.of[what] ?? 0) + 1);
  const add = (round: number, losses: Losses): void => {
    result.lost_messages += losses.lostMessages;
    result.lost_blocks += losses.lostBlocks;
    result.corrupt += losses.corrupt;
    for (const line of losses.said) say(`round ${round}: ${line}`);
  };
  let ledger = new Ledger(path.join(root, 'home-0'));
  try {
    for (let round = 0; round < kills; round++) {
      if (round > 0 && round % FOLDER_ROUNDS === 0) {
        rmSync(ledger.home, { recursive: true, force: true });
        ledger = new Ledger(path.join(root, `home-${round}`));
      }
      const work = WORKS[round] ?? pick(WORKS);
      const target: Target = work === 'migrate' ? 'main' : pick(TARGETS);
      const real = realEvery > 0 && work !== 'migrate' && round % realEvery === realEvery - 1;
      let book = ledger;
      if (work === 'migrate') {
        book = new Ledger(path.join(root, `old-${round}`));
        for (const [id, words] of firstVersion(book.home, OLD_CONVERSATIONS)) book.messages.set(id, words);
      }
      let imported: Imported = [];
      const file = path.join(root, 'chats.json');
      if (work === 'import' || work === 'all') imported = importFile(file, `i${seed}-${round}`, IMPORTED);
      const fresh = new Set<string>();
      const hear = (told: Told): void => {
        book.hear(told, imported);
        if (told.told === 'committed') {
          fresh.add(told.id);
          result.told.blocks++;
        }
        if (told.told === 'message') result.told.messages++;
        if (told.told === 'backup') result.told.backups++;
      };
      try {
        await runAndKill({
          task: { home: book.home, engine: real ? 'real' : 'scripted', importFile: imported.length > 0 ? file : null, backups: work === 'backup' || work === 'all' },
          target,
          after: work === 'migrate' ? 1 : 6 + Math.floor(random() * (real ? 20 : 250)),
          wait: work === 'migrate' ? random() * 400 : random() * 30,
          hear,
        });
      } catch (thrown) {
        result.corrupt++;
        say(`round ${round}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      }
      result.kills++;
      for (const what of [target, work, real ? 'real engine' : 'scripted engine']) count(what);
      add(round, book.check(fresh));
      if (book !== ledger) rmSync(book.home, { recursive: true, force: true });
      if (round % 20 === 19) say(`${round + 1} of ${kills} kills; lost so far: ${result.lost_messages} messages, ${result.lost_blocks} blocks; ${result.corrupt} corrupt`);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return result;
}
