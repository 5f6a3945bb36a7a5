/**
 * The stepper of families whose noise is uniform: canvas after canvas, each as long as the model was trained for. The prompt is read
 * causally; a canvas begins as random ids, is denoised over what is cached, and what is kept of it are the likeliest tokens of its
 * last forward. Then it is read as a prompt is, and the next one begins. What a step accepts is the sampler's choice alone.
 */
import type { Params } from '../../contract/samplers.ts';
import { uniform } from '../../sampling/noise.ts';
import type { BlockOptions, Written } from './block-options.ts';
import { drawAt, type Categorical } from './categorical.ts';
import type { Passes } from './passes.ts';
import type { Row, Sampler, Slot, Step } from './rule.ts';

/** What chance gives; a test may say it instead. */
export interface Chance {
  /** Ids of `count` slots, each uniform over the whole vocabulary. */
  noise(count: number): number[];
  /** A slot's token, of its distribution at the temperature. */
  draw(row: Row, slot: number, temperature: number): Categorical;
}

export interface NoiseStep {
  /** Forwards of canvases up to now. */
  forward: number;
  /** Positions of the canvas. */
  from: number;
  to: number;
  /** By slot: what the next forward reads there, and whether that was accepted, with its probability at temperature 1. */
  canvas: { id: number; accepted: boolean; p: number }[];
  /** By slot: the row that the forward gave. */
  rows: Row[];
  /** By slot, once the canvas is done: the token that is kept. */
  kept: { id: number; p: number }[] | null;
}

export interface NoiseOptions extends Pick<
  BlockOptions,
  'prompt' | 'until' | 'sampler' | 'params' | 'banned' | 'ends' | 'cached' | 'cancelled'
> {
  /** Slots of a canvas. The last canvas ends at `until` or before. */
  blockLength: number;
  chance: Chance;
  onStep?: (step: NoiseStep) => void;
  /** A canvas is done, before it is read. @returns true where the reply ends with it */
  onBlock?: (from: number, to: number, kept: readonly { id: number; p: number; row: Row }[]) => boolean;
}

/** Chance by a seed: the same seed gives the same reply. @param vocabulary ids that noise may have */
export function chanceOf(seed: number, vocabulary: number, banned: ReadonlySet<number>): Chance {
  let turn = 0;
  const mixed = (slot: number): number => uniform((seed ^ Math.imul(turn, 0x9e3779b1)) >>> 0, slot, 0);
  return {
    noise(count) {
      turn++;
      return Array.from({ length: count }, (_, slot) => Math.min(vocabulary - 1, Math.floor(mixed(slot) * vocabulary)));
    },
    draw: (row, slot, temperature) => drawAt(row, temperature, banned, mixed(slot + (1 << 24))),
  };
}

export async function writeCanvases(passes: Passes, o: NoiseOptions): Promise<Written> {
  const { prompt, blockLength, until, cached = 0 } = o;
  const sequence = [...prompt];
  const forwards = { prefill: 0, denoise: 0, refresh: 0, commit: 0 };
  const blocks: Written['blocks'] = [];
  const memory = o.sampler.memory?.();
  let ended = false;
  if (cached < prompt.length) {
    await passes.read(prompt.slice(cached), 'causal', { rows: [] });
    forwards.prefill++;
  }
  for (let from = prompt.length; from + blockLength <= until && !ended; from += blockLength) {
    const block = { denoise: 0, refresh: 0, commit: 0 };
    blocks.push(block);
    const kept = await denoise(passes, o, from, memory, () => {
      block.denoise++;
      return ++forwards.denoise;
    });
    if (!kept) break;
    for (const { id } of kept) sequence.push(id);
    ended = kept.some(({ id }) => o.ends.has(id));
    if (o.onBlock?.(from, from + blockLength, kept) ?? false) ended = true;
    if (ended || from + 2 * blockLength > until) continue;
    const ids = kept.map(({ id }) => id);
    await passes.read(ids, 'causal', { rows: [] });
    block.commit++;
    forwards.commit++;
  }
  return { sequence, next: null, forwards, blocks, ended };
}

/** @param count counts a forward @returns what is kept of a canvas; null where the reply was cancelled */
async function denoise(
  passes: Passes,
  { blockLength, sampler, params, banned, chance, cancelled, onStep }: NoiseOptions,
  from: number,
  memory: unknown,
  count: () => number,
): Promise<{ id: number; p: number; row: Row }[] | null> {
  let canvas = chance.noise(blockLength);
  const all = canvas.map((_, i) => i);
  let temperature: number | undefined;
  for (let index = 0; ; index++) {
    if (cancelled?.() ?? false) return null;
    const rows = await passes.glance(canvas, from, {
      rows: all,
      whole: true,
      ...(temperature === undefined ? {} : { conditioned: temperature }),
    });
    const forward = count();
    temperature = temperatureOf(sampler, index, params);
    const slots = rows.map((row, i): Slot => ({ slot: from + i, row, current: canvas[i] as number }));
    const decision = sampler.choose(slots, stepOf(index, from, slots.length, memory, chance, temperature), params);
    const accepted = new Map(decision.unmask.map((choice) => [choice.slot, choice]));
    canvas = chance.noise(blockLength).map((id, i) => accepted.get(from + i)?.id ?? id);
    const kept = decision.done === true ? rows.map((row) => ({ ...likeliest(row, banned), row })) : null;
    onStep?.({
      forward,
      from,
      to: from + blockLength,
      canvas: canvas.map((id, i) => {
        const choice = accepted.get(from + i);
        return { id, accepted: choice !== undefined, p: choice?.p ?? 0 };
      }),
      rows,
      kept,
    });
    if (kept) return kept;
  }
}

function temperatureOf(sampler: Sampler, index: number, params: Params): number {
  if (!sampler.temperature) throw new RangeError(`${sampler.id} does not say at which temperature it draws`);
  return sampler.temperature(index, params);
}

function stepOf(
  index: number,
  from: number,
  length: number,
  memory: unknown,
  chance: Chance,
  temperature: number,
): Step {
  const drawn = new Map<number, Categorical>();
  return {
    index,
    masks: length,
    length,
    settled: 0,
    progress: 0,
    filled: 0,
    ahead: [],
    draw({ slot, row }) {
      const made = drawn.get(slot) ?? chance.draw(row, slot - from, temperature);
      drawn.set(slot, made);
      return made;
    },
    random: () => {
      throw new RangeError('samplers of uniform noise draw by their distributions alone');
    },
    memory,
  };
}

function likeliest(row: Row, banned: ReadonlySet<number>): { id: number; p: number } {
  const at = Math.max(
    0,
    Array.from(row.ids).findIndex((id) => !banned.has(id)),
  );
  return { id: row.ids[at] as number, p: Math.min(1, Math.exp((row.logits[at] as number) - row.lse)) };
}
