/** What a step and a reply of a model would cost on this machine: a short probe of its shape before it is imported, kept afterwards. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import type { SpawnEngine } from '../contract/engine.ts';
import { modelCostSchema, type CostResult, type ImportChoice, type ModelCost } from '../contract/models.ts';
import { askImporter, type Asked } from './importer.ts';
import { writeWhole } from './place.ts';

/** A probe that takes longer is ended: that it did is an answer too. */
const LIMIT_MS = 10_000;
const keptSchema = v.object({ version: v.literal(1), costs: v.record(v.string(), modelCostSchema) });

export interface CostsOptions {
  /** Of the library. */
  folder: string;
  spawn: SpawnEngine;
  /** Does something later, unless what it gives is called before. */
  after?: (work: () => void, ms: number) => () => void;
}
const onTheClock: NonNullable<CostsOptions['after']> = (work, ms) => {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
};

export class Costs {
  readonly #o: CostsOptions;
  #running: Asked<unknown> | null = null;

  constructor(options: CostsOptions) {
    this.#o = options;
  }
  /** A second one ends the first. @throws MezzotintError as a preflight does */
  async of(choice: ImportChoice): Promise<CostResult> {
    this.stop();
    const { folder, spawn, after = onTheClock } = this.#o;
    const kept = this.#kept();
    const asked = askImporter(spawn, {
      kind: 'cost',
      ...choice,
      out: path.join(folder, 'model'),
      kept: Object.keys(kept).map((key) => key.split(' ')[0] as string),
    });
    this.#running = asked;
    let late = false;
    const disarm = after(() => {
      late = true;
      asked.cancel();
    }, LIMIT_MS);
    try {
      const answer = await asked.answered;
      if (answer?.kind !== 'cost') return { state: late ? 'too-long' : 'stopped' };
      const key = `${answer.shape} ${machine()}`;
      const cost = answer.cost ?? kept[key];
      if (!cost) return { state: 'stopped' };
      if (answer.cost) this.#keep({ ...kept, [key]: answer.cost });
      return { state: 'measured', cost };
    } finally {
      disarm();
      if (this.#running === asked) this.#running = null;
    }
  }
  stop(): void {
    this.#running?.cancel();
    this.#running = null;
  }

  get #file(): string {
    return path.join(this.#o.folder, 'costs.json');
  }
  #kept(): Record<string, ModelCost> {
    try {
      const { costs } = v.parse(keptSchema, JSON.parse(readFileSync(this.#file, 'utf8')));
      return Object.fromEntries(Object.entries(costs).filter(([key]) => key.endsWith(` ${machine()}`)));
    } catch {
      return {}; // none were made yet
    }
  }
  /** A folder that can't be written costs the next one a probe, no more. */
  #keep(costs: Record<string, ModelCost>): void {
    try {
      mkdirSync(this.#o.folder, { recursive: true, mode: 0o700 });
      writeWhole(this.#file, { version: 1, costs });
    } catch {
      // see above
    }
  }
}

/** Figures of one machine say nothing about another. */
const machine = (): string =>
  createHash('sha256')
    .update(`${cpus()[0]?.model ?? ''} ${cpus().length}`)
    .digest('hex')
    .slice(0, 12);
