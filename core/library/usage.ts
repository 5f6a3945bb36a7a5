/** Where each model came from, when it last wrote here, and how fast: measured over its replies. A file of the library's folder. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';

const useSchema = v.object({
  usedAt: v.nullable(v.number()),
  tokensPerSecond: v.nullable(v.number()),
  repository: v.nullable(v.string()),
});
export type Use = v.InferOutput<typeof useSchema>;
const fileSchema = v.object({ version: v.literal(1), models: v.record(v.string(), useSchema) });

const unused: Use = { usedAt: null, tokensPerSecond: null, repository: null };

/** Shorter replies say little of speed. */
const LEAST_TOKENS = 16;
/** The share of the newest reply in the figure. */
const NEWEST = 0.4;

export class Usage {
  readonly #file: string;
  #models: Record<string, Use>;

  /** @param folder of the library */
  constructor(folder: string) {
    this.#file = path.join(folder, 'usage.json');
    this.#models = {};
    try {
      this.#models = v.parse(fileSchema, JSON.parse(readFileSync(this.#file, 'utf8'))).models;
    } catch {
      // no model has written yet
    }
  }
  get(id: string): Use {
    return this.#models[id] ?? unused;
  }
  /** A model was made of what this repository gave. */
  cameFrom(id: string, repository: string): void {
    this.#set(id, { ...unused, repository });
  }
  /** A reply of so many tokens was written in so many milliseconds. A folder that can't be written costs the note, no more. */
  note(id: string, tokens: number, ms: number, at: number): void {
    const before = this.#models[id]?.tokensPerSecond ?? null;
    const now = tokens >= LEAST_TOKENS && ms > 0 ? (1000 * tokens) / ms : null;
    const speed = now === null ? before : before === null ? now : before * (1 - NEWEST) + now * NEWEST;
    const tokensPerSecond = speed === null ? null : Number(speed.toPrecision(3));
    this.#set(id, { ...this.get(id), usedAt: at, tokensPerSecond });
  }
  /** The model lies under another id now. */
  rename(from: string, to: string): void {
    const use = this.#models[from];
    if (!use) return;
    delete this.#models[from];
    this.#set(to, use);
  }
  forget(id: string): void {
    if (!this.#models[id]) return;
    delete this.#models[id];
    this.#store();
  }
  #set(id: string, use: Use): void {
    this.#models[id] = use;
    this.#store();
  }
  #store(): void {
    try {
      mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      const partial = `${this.#file}.part`;
      writeFileSync(partial, `${JSON.stringify({ version: 1, models: this.#models })}\n`, { mode: 0o600 });
      renameSync(partial, this.#file);
    } catch {
      // see `note`
    }
  }
}
