/** The bench's child processes: the peer, the forward probe; and what the system says of a process's memory. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { FromPeer, PeerChances, PeerLoad, PeerReply, ToPeer } from './peer.ts';

/** Peak resident memory of a process in MB, from /proc; null elsewhere or when it is gone. */
export function peakMemory(pid: number | undefined): number | null {
  const file = `/proc/${pid}/status`;
  if (pid === undefined || !existsSync(file)) return null;
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'));
  return found?.[1] ? Math.round(Number(found[1]) / 1024) : null;
}

export class Peer {
  readonly #child: ChildProcess;
  private constructor() {
    this.#child = fork(path.join(import.meta.dirname, 'peer.ts'), [], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 2, 2, 'ipc'],
    });
  }

  static async start(load: Omit<PeerLoad, 'type'>): Promise<Peer> {
    const peer = new Peer();
    try {
      await peer.#ask({ type: 'load', ...load });
      return peer;
    } catch (thrown) {
      peer.stop();
      throw thrown;
    }
  }

  async reply(request: Omit<PeerReply, 'type'>): Promise<Extract<FromPeer, { type: 'replied' }>> {
    const answer = await this.#ask({ type: 'reply', ...request });
    if (answer.type !== 'replied') throw new Error(`the peer answered ${answer.type}`);
    return answer;
  }

  /** Log-probabilities of `ids` as the token after `prompt`. */
  async chances(request: Omit<PeerChances, 'type'>): Promise<number[]> {
    const answer = await this.#ask({ type: 'chances', ...request });
    if (answer.type !== 'chances') throw new Error(`the peer answered ${answer.type}`);
    return answer.logP;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #ask(message: ToPeer): Promise<FromPeer> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#child.off('message', onMessage);
        this.#child.off('exit', onExit);
      };
      const onMessage = (answer: unknown): void => {
        leave();
        const from = answer as FromPeer;
        if (from.type === 'error') reject(new Error(from.message));
        else resolve(from);
      };
      const onExit = (code: number | null): void => {
        leave();
        reject(new Error(`the peer's process ended with code ${code}`));
      };
      this.#child.on('message', onMessage);
      this.#child.on('exit', onExit);
      this.#child.send(message);
    });
  }
}

/** Runs a script of this folder and reads the JSON it prints. */
export function runScript(name: string, args: readonly string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, name), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code !== 0) return reject(new Error(`${name} ended with code ${code}`));
      try {
        resolve(JSON.parse(out));
      } catch {
        reject(new Error(`${name} printed no JSON`));
      }
    });
  });
}
