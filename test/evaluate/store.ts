/** Finished replies, one JSON line each, so that a run that was stopped goes on. A key covers all that decides a reply. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Counts, GenerationSettings, StopReason } from '../../core/contract/generation.ts';
import type { Prompt } from './prompts/types.ts';

export interface Reply {
  text: string;
  ids: number[];
  reason: StopReason;
  counts: Counts;
  /** Mean log-likelihood of the reply's tokens under the base's causal head, nats; null of an empty reply. */
  likelihood: number | null;
  /** Share of its tokens outside the head's 64 best, which count as the 64th: where > 0 the likelihood is an upper bound. */
  unlisted: number;
}

/** @param versions hashes of the pack and of the engine's program */
export function keyOf(
  versions: { pack: string; engine: string },
  prompt: Pick<Prompt, 'messages'>,
  settings: GenerationSettings,
): string {
  const all = [
    versions.pack,
    versions.engine,
    prompt.messages.map((m) => [m.role, m.content]),
    Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)),
  ];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 32);
}

export class ReplyStore {
  readonly #file: string;
  readonly #kept = new Map<string, Reply>();

  constructor(file: string) {
    this.#file = file;
    mkdirSync(path.dirname(file), { recursive: true });
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    for (const line of text.split('\n')) {
      try {
        const { key, reply } = JSON.parse(line) as { key: string; reply: Reply };
        if (typeof key === 'string' && Array.isArray(reply.ids)) this.#kept.set(key, reply);
      } catch {
        // a line cut off by a stop: its reply is written anew
      }
    }
    if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n');
  }

  get(key: string): Reply | undefined {
    return this.#kept.get(key);
  }

  put(key: string, reply: Reply): void {
    appendFileSync(this.#file, `${JSON.stringify({ key, reply })}\n`);
    this.#kept.set(key, reply);
  }
}
