/** What the catalogue offers this machine: how each model fits, and how fast it would be, measured when a person asks. */
import { totalmem } from 'node:os';
import path from 'node:path';
import type { SpawnEngine } from '../contract/engine.ts';
import type { Catalogue, Offer } from '../contract/fetching.ts';
import { toAppError, type AppError } from '../contract/result.ts';
import {
  byFit,
  catalogue,
  endpointOf,
  fitOf,
  freeOn,
  packFor,
  sizeOf,
  Speeds,
  type CatalogueEntry,
  type Fit,
  type PackSize,
} from '../hub/index.ts';
import { askImporter, type Asked } from './importer.ts';

export interface OffersOptions {
  /** Where the measured speeds lie. */
  folder: string;
  /** Where models lie; default: there too. */
  disk?: () => string;
  spawn: SpawnEngine;
  /** Bytes a second of the last download. */
  rate: () => number | null;
  onChange: (catalogue: Catalogue) => void;
  list?: readonly CatalogueEntry[];
  /** Of this machine, bytes. */
  memory?: number;
}

/** Without a measurement, the largest that is offered first has so many weights: larger ones are slow on most processors. */
const UNMEASURED_UP_TO = 2.2e9;

function offerOf({ entry, pack, tokensPerSecond, grade }: Fit): Offer {
  const size = sizeOf(entry);
  return {
    id: entry.id,
    name: entry.name,
    repository: entry.repository,
    revision: entry.revision,
    family: entry.family,
    recipe: entry.recipe,
    licence: entry.licence ?? null,
    gated: entry.gated ?? null,
    contextLength: entry.contextLength ?? null,
    languages: entry.languages ?? null,
    goodAt: entry.goodAt,
    parameters: size?.parameters ?? null,
    fetchBytes: size?.fetchBytes ?? entry.bytes ?? null,
    pack,
    tokensPerSecond,
    grade,
  };
}

/** The largest that runs well; where nothing was measured, the largest small one that fits. */
function bestOf(offers: readonly Offer[], memory: number): string | null {
  const largest = (some: readonly Offer[]): string | null =>
    [...some].sort((a, b) => (b.parameters ?? 0) - (a.parameters ?? 0))[0]?.id ?? null;
  return (
    largest(offers.filter(({ grade }) => grade === 'good')) ??
    largest(
      offers.filter(
        ({ grade, pack, parameters }) =>
          grade === null &&
          pack !== null &&
          pack.memory <= memory * 0.8 &&
          (parameters ?? Infinity) <= UNMEASURED_UP_TO,
      ),
    )
  );
}

/** Of the disk that a folder is on, or will be. */
function freeNear(folder: string): number | null {
  const free = freeOn(folder);
  const above = path.dirname(folder);
  return free !== null || above === folder ? free : freeNear(above);
}

export class Offers {
  readonly #o: OffersOptions;
  readonly #list: readonly CatalogueEntry[];
  readonly #memory: number;
  readonly #speeds: Speeds;
  #measuring: Catalogue['measuring'] = null;
  #running: Asked<unknown> | null = null;
  #error: AppError | null = null;

  constructor(options: OffersOptions) {
    this.#o = options;
    this.#list = options.list ?? catalogue;
    this.#memory = options.memory ?? totalmem();
    this.#speeds = new Speeds(options.folder);
  }
  get state(): Catalogue {
    const fits = this.#list.map((entry) => {
      const pack = packFor(entry, this.#memory);
      return fitOf(entry, this.#memory, pack && this.#speeds.get(entry, pack.bits), pack);
    });
    const offers = byFit(fits).map(offerOf);
    return {
      offers,
      best: bestOf(offers, this.#memory),
      machineMemory: this.#memory,
      freeDisk: freeNear(this.#o.disk?.() ?? this.#o.folder),
      hub: new URL(endpointOf()).host,
      rate: this.#o.rate(),
      measuring: this.#measuring,
      error: this.#error,
    };
  }
  /** Begins to measure what is not known yet. Does nothing while it is being measured. */
  measure(): Catalogue {
    if (this.#measuring === null) {
      const wanted = this.#list.flatMap((entry): [CatalogueEntry, PackSize][] => {
        const pack = packFor(entry, this.#memory);
        const worth = pack !== null && pack.memory <= this.#memory && this.#speeds.get(entry, pack.bits) === null;
        return worth ? [[entry, pack]] : [];
      });
      void this.#measureAll(wanted);
    }
    return this.state;
  }
  stop(): Catalogue {
    this.#measuring = null;
    this.#running?.cancel();
    this.#running = null;
    return this.#changed();
  }
  async #measureAll(wanted: readonly [CatalogueEntry, PackSize][]): Promise<void> {
    this.#error = null;
    let done = 0;
    try {
      for (const [entry, { bits }] of wanted) {
        if (!entry.shape) continue;
        // another one of the same shape was measured meanwhile
        if (this.#speeds.get(entry, bits) === null) {
          const mine: Catalogue['measuring'] = { name: entry.name, done, total: wanted.length };
          this.#measuring = mine;
          this.#changed();
          const asked = askImporter(this.#o.spawn, {
            kind: 'forecast',
            bits,
            blockLength: entry.settings.blockLength ?? 32,
            family: entry.family,
            shape: entry.shape,
          });
          this.#running = asked;
          const answer = await asked.answered;
          if (this.#measuring !== mine) return;
          if (answer?.kind === 'forecast') this.#speeds.set(entry, bits, answer.tokensPerSecond);
        }
        done++;
      }
    } catch (thrown) {
      this.#error = toAppError(thrown);
    }
    this.#measuring = null;
    this.#running = null;
    this.#changed();
  }
  #changed(): Catalogue {
    const { state } = this;
    this.#o.onChange(state);
    return state;
  }
}
