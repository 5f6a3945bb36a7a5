/** What an import would make of a checkpoint and what the model would cost here: said before anything is written. */
import {
  READING_SPEED,
  type CostResult,
  type ImportChoice,
  type ImportPlan,
  type PreflightResult,
} from '../contract/models.ts';
import { failure } from '../contract/result.ts';
import { childEngine } from '../engines/index.ts';
import { Costs } from '../library/index.ts';
import { bytesText } from './figures.ts';
import { engineEntry } from './places.ts';

/** Tokens of the reply whose time is said. */
const REPLY = 64;

export interface ImportForecast {
  name: string;
  family: string;
  licence: string;
  parameters: number;
  bits: 4 | 8;
  /** Of the model's weights on the disk, and what running it takes of this machine's memory. */
  bytes: number;
  memory: number;
  machineMemory: number;
  /** skipped: nobody wanted it measured. */
  speed: CostResult | { state: 'skipped' };
}

/** @throws MezzotintError `bad-request` where a recipe has to be named */
export function planOf(result: PreflightResult): ImportPlan {
  if (result.state === 'ready') return result.plan;
  throw failure('cli.kind-unknown', {
    family: result.family,
    recipes: result.recipes.map(({ id, repository }) => `${id} (${repository})`),
  });
}

export const packOf = (plan: ImportPlan, bits: 4 | 8 | undefined): ImportPlan['sizes'][number] => {
  const size = plan.sizes.find((one) => one.bits === (bits ?? plan.bits));
  if (!size) throw new RangeError(`a plan without ${bits ?? plan.bits} bits`);
  return size;
};

/** @throws MezzotintError `pack-unsupported` with figures for what this machine's memory can't hold */
export function checkMemory(plan: ImportPlan, bits: 4 | 8 | undefined): void {
  const { memory, bits: chosen } = packOf(plan, bits);
  if (memory <= plan.machineMemory) return;
  const smaller = plan.sizes.find((size) => size.bits < chosen && size.memory <= plan.machineMemory);
  throw failure(smaller ? 'cli.model-too-large-try-4-bits' : 'cli.model-too-large', {
    model: plan.name,
    needed: memory,
    has: plan.machineMemory,
  });
}

/** The probe that the window's import shows: ten seconds at most; figures of a known shape are kept in `folder`. */
export async function probe(folder: string, choice: ImportChoice, signal: AbortSignal): Promise<CostResult> {
  const costs = new Costs({ folder, spawn: childEngine(engineEntry) });
  const stop = (): void => costs.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await costs.of(choice);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

export function forecastOf(plan: ImportPlan, bits: 4 | 8 | undefined, speed: ImportForecast['speed']): ImportForecast {
  const { name, family, licence, parameters, machineMemory } = plan;
  const size = packOf(plan, bits);
  return {
    name,
    family,
    licence,
    parameters,
    bits: size.bits,
    bytes: size.bytes,
    memory: size.memory,
    machineMemory,
    speed,
  };
}

const time = (ms: number): string =>
  ms < 1000
    ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
    : ms < 120_000
      ? `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
      : `${Math.round(ms / 60_000)} min`;

/** Two or three lines for people. */
export function forecastLines({
  name,
  family,
  licence,
  bits,
  bytes,
  memory,
  machineMemory,
  speed,
}: ImportForecast): string[] {
  const slower = 'That is slower than one reads; a model with fewer parameters is quicker.';
  return [
    `${name}: ${family}, licence ${licence}. In ${bits} bits it takes ${bytesText(bytes)} of the disk; running it takes about ${bytesText(memory)} of this machine's ${bytesText(machineMemory)} of memory.`,
    ...(speed.state === 'measured'
      ? [
          `A step of ${speed.cost.rows} slots takes about ${time(speed.cost.forwardMs)} here. A reply of ${REPLY} tokens takes up to ${time((REPLY * 1000) / speed.cost.tokensPerSecond)}, at one slot a step.`,
          ...(speed.cost.tokensPerSecond < READING_SPEED ? [slower] : []),
        ]
      : speed.state === 'too-long'
        ? [`Trying a few of its layers took longer than ten seconds: a reply would take many minutes here. ${slower}`]
        : []),
  ];
}
