/** Whether a model suits this machine, in three plain grades, and forecasts of its speed, which are kept. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { sizeOf, type CatalogueEntry, type PackSize } from './catalogue.ts';

/** good: it runs as fast as one reads · slow: it runs, but one waits · too-large: this machine's memory can't hold it. */
export type Grade = 'good' | 'slow' | 'too-large';
/** Tokens a second from which a reply is about as fast as a reader. */
export const GOOD_SPEED = 5;
/** The share of the memory that may be taken without crowding out everything else. */
export const GOOD_SHARE = 0.8;

export interface Fit {
  entry: CatalogueEntry;
  /** null: the catalogue has no shape, so that nothing is known before its config is read. */
  pack: PackSize | null;
  /** Tokens a second at least; null: not measured. */
  tokensPerSecond: number | null;
  grade: Grade | null;
}

/** The pack that would be made: as usual, or in 4 bits where only that fits. */
export function packFor(entry: CatalogueEntry, memory: number, bits?: 4 | 8): PackSize | null {
  const size = sizeOf(entry);
  if (!size) return null;
  const [four, eight] = size.packs;
  if (bits !== undefined) return bits === 4 ? four : eight;
  return size.bits === 8 && eight.memory <= memory ? eight : four;
}

/** @param memory of the machine, bytes @param tokensPerSecond null where it was not measured: then memory alone tells */
export function fitOf(
  entry: CatalogueEntry,
  memory: number,
  tokensPerSecond: number | null,
  pack: PackSize | null = packFor(entry, memory),
): Fit {
  let grade: Grade | null = null;
  if (pack) {
    if (pack.memory > memory) grade = 'too-large';
    else if (pack.memory > memory * GOOD_SHARE) grade = 'slow';
    else if (tokensPerSecond !== null) grade = tokensPerSecond >= GOOD_SPEED ? 'good' : 'slow';
  }
  return { entry, pack, tokensPerSecond: grade === 'too-large' ? null : tokensPerSecond, grade };
}

const order: readonly (Grade | null)[] = ['good', 'slow', null, 'too-large'];
/** The best first; nothing is left out. */
export const byFit = (fits: readonly Fit[]): Fit[] =>
  [...fits].sort(
    (a, b) =>
      order.indexOf(a.grade) - order.indexOf(b.grade) ||
      (b.tokensPerSecond ?? 0) - (a.tokensPerSecond ?? 0) ||
      a.entry.name.localeCompare(b.entry.name),
  );

const speedsSchema = v.object({ version: v.literal(1), speeds: v.record(v.string(), v.number()) });

/** Forecasts that were made on this machine, in a file. */
export class Speeds {
  readonly #file: string;
  #speeds: Record<string, number>;

  /** @param folder of the library */
  constructor(folder: string) {
    this.#file = path.join(folder, 'speeds.json');
    this.#speeds = {};
    try {
      this.#speeds = v.parse(speedsSchema, JSON.parse(readFileSync(this.#file, 'utf8'))).speeds;
    } catch {
      // none were made yet
    }
  }
  get(entry: CatalogueEntry, bits: 4 | 8): number | null {
    return this.#speeds[keyOf(entry, bits)] ?? null;
  }
  /** A folder that can't be written costs the next one a measurement, no more. @returns the figure as it is kept */
  set(entry: CatalogueEntry, bits: 4 | 8, tokensPerSecond: number): number {
    const kept = Number(tokensPerSecond.toPrecision(3));
    this.#speeds[keyOf(entry, bits)] = kept;
    try {
      mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      const partial = `${this.#file}.${process.pid}.part`;
      writeFileSync(partial, `${JSON.stringify({ version: 1, speeds: this.#speeds })}\n`, { mode: 0o600 });
      renameSync(partial, this.#file);
    } catch {
      // see above
    }
    return kept;
  }
}

/** Shape and machine: models of one shape are equally fast. */
function keyOf({ shape, family, settings }: CatalogueEntry, bits: 4 | 8): string {
  const processors = cpus();
  const facts = [shape, family, settings.blockLength, bits, processors[0]?.model, processors.length];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}
