/** The sampler of uniform noise, on rows that are written out: what it accepts, when a canvas is done, what is kept of it. */
import { describe, expect, it } from 'vitest';
import { chanceOf, writeCanvases, type Chance, type NoiseStep } from '../../../core/samplers/rules/canvases.ts';
import { drawAt } from '../../../core/samplers/rules/categorical.ts';
import { filtered, rowOf } from '../../../core/samplers/rules/draw.ts';
import { samplersFor, samplerWith } from '../../../core/samplers/rules/index.ts';
import type { Passes, Wanted } from '../../../core/samplers/rules/passes.ts';
import type { Capabilities, Row } from '../../../core/samplers/rules/rule.ts';

const V = 80;
const uniformNoise: Capabilities = {
  attention: 'causal',
  causalHead: false,
  shift: 0,
  wholeRows: true,
  noise: 'uniform',
};
/** A row whose id has so many nats more than all others. */
function leaning(id: number, nats: number): Row {
  const whole = new Float32Array(V);
  whole[id] = nats;
  return rowOf(whole);
}

describe('a draw at a temperature', () => {
  const row = rowOf(Float32Array.from({ length: V }, (_, id) => Math.sin(id * 7.3) * 3));
  it.each([0.4, 0.8, 1, 2])('at %d has the entropy and the chances of the whole distribution', (temperature) => {
    const { entropy, ids, p } = filtered(row, { temperature, topP: 1, topK: 0 });
    const draws = 4000;
    const seen = new Float64Array(V);
    for (let i = 0; i < draws; i++) {
      const drawn = drawAt(row, temperature, new Set(), (i + 0.5) / draws);
      seen[drawn.id]!++;
      expect(drawn.entropy).toBeCloseTo(entropy, 5);
    }
    for (let i = 0; i < V; i++) expect(seen[ids[i] as number]! / draws).toBeCloseTo(p[i] as number, 2);
  });
  it('never gives a banned id', () => {
    const banned = new Set(Array.from({ length: V - 2 }, (_, id) => id));
    const drawn = [0.001, 0.3, 0.7, 0.999].map((at) => drawAt(row, 1, banned, at).id);
    expect(drawn.every((id) => id >= V - 2)).toBe(true);
    expect(() => drawAt(row, 1, new Set(Array.from({ length: V }, (_, id) => id)), 0.5)).toThrow(RangeError);
  });
});

/** A model that says for each slot of a canvas, by the number of the forward, which id it leans to and how much. */
class Table implements Passes {
  cached = 0;
  readonly said: { ids: readonly number[]; at: number; conditioned: number | undefined }[] = [];
  readonly read_: number[][] = [];
  readonly rows: (forward: number, slot: number) => [id: number, nats: number];
  constructor(rows: Table['rows']) {
    this.rows = rows;
  }
  glance(ids: readonly number[], at: number, { conditioned }: Wanted): Promise<Row[]> {
    const forward = this.said.length;
    this.said.push({ ids: [...ids], at, conditioned });
    return Promise.resolve(ids.map((_, slot) => leaning(...this.rows(forward, slot))));
  }
  read(ids: readonly number[]): Promise<Row[]> {
    this.read_.push([...ids]);
    this.cached += ids.length;
    return Promise.resolve([]);
  }
  keep(): void {
    throw new Error('nothing of a canvas is kept');
  }
  cut(): void {
    throw new Error('nothing is forgotten');
  }
  beside(): Passes {
    throw new Error('there is one canvas');
  }
}

async function write(
  table: Table,
  given: Record<string, unknown>,
  { until = 6, chance, onStep }: { until?: number; chance?: Chance; onStep?: (step: NoiseStep) => void } = {},
): ReturnType<typeof writeCanvases> {
  const { sampler, params } = samplerWith('renoise', given, uniformNoise);
  return writeCanvases(table, {
    prompt: [70, 71],
    until,
    blockLength: 4,
    sampler,
    params,
    banned: new Set([5]),
    ends: new Set([9]),
    chance: chance ?? chanceOf(3, V, new Set([5])),
    ...(onStep ? { onStep } : {}),
  });
}

describe('entropy bound over noise', () => {
  it('is the one sampler of a model whose noise is uniform, and of no other', () => {
    expect(samplersFor(uniformNoise).map(({ id }) => id)).toEqual(['renoise']);
    const { noise: _, ...masked } = uniformNoise;
    expect(samplersFor({ ...masked, attention: 'full' }).map(({ id }) => id)).not.toContain('renoise');
  });
  it('accepts the surest slots within the bound, and fills all others with new noise, also those accepted before', async () => {
    const steps: NoiseStep[] = [];
    // slots 0 and 1 are sure in turns; the others are open
    const table = new Table((forward, slot) => [slot, slot === forward % 2 ? 40 : 0]);
    await write(table, { steps: 3, bound: 0.1 }, { onStep: (step) => steps.push(step) });
    // the surest has no entropy, so the next one is taken with it, whatever it leaves open
    expect(steps.map(({ canvas }) => canvas.map(({ accepted }) => accepted))).toEqual([
      [true, true, false, false],
      [true, true, false, false],
      [true, true, false, false],
    ]);
    // the next forward reads what was accepted, and noise elsewhere
    for (const [i, { canvas }] of steps.entries())
      if (table.said[i + 1]) expect(table.said[i + 1]?.ids).toEqual(canvas.map(({ id }) => id));
    expect(steps[0]?.canvas[0]?.id).toBe(0);
    expect(steps[0]?.canvas.slice(2)).not.toEqual(steps[1]?.canvas.slice(2));
  });
  it('draws at a temperature that falls evenly, and conditions each forward but a canvas’s first on the one before', async () => {
    const table = new Table((_, slot) => [slot, 0]);
    await write(table, { steps: 4, hottest: 0.8, coldest: 0.4 }, { until: 10 });
    expect(table.said.map(({ conditioned }) => conditioned?.toFixed(2))).toEqual([
      undefined,
      '0.80',
      '0.70',
      '0.60',
      undefined,
      '0.80',
      '0.70',
      '0.60',
    ]);
  });
  it('is done once the likeliest tokens stay the same and little is open', async () => {
    const forwards = async (given: Record<string, unknown>, nats = 40): Promise<number> => {
      // the likeliest token of slot 0 changes twice
      const table = new Table((forward, slot) => [slot === 0 ? Math.min(forward, 2) : slot, nats]);
      return (await write(table, given)).forwards.denoise;
    };
    expect(await forwards({})).toBe(4);
    expect(await forwards({ stable: 0 })).toBe(1);
    expect(await forwards({ stable: 3 })).toBe(6);
    expect(await forwards({ steps: 3 })).toBe(3);
    expect(await forwards({ steps: 7 }, 1)).toBe(7); // too much is open
  });
  it('keeps the likeliest tokens, whatever was drawn or accepted, never a banned one', async () => {
    const chance: Chance = {
      noise: (count) => Array.from({ length: count }, () => 33),
      draw: (row, _slot, temperature) => ({ ...drawAt(row, temperature, new Set(), 0.5), id: 44 }),
    };
    const table = new Table((_, slot) => [slot === 2 ? 5 : slot, 40]);
    const { sequence } = await write(table, { steps: 2, stable: 2 }, { chance });
    expect(table.said[1]?.ids).toEqual([44, 44, 44, 44]);
    expect(sequence.slice(0, 4)).toEqual([70, 71, 0, 1]);
    expect(sequence[4]).not.toBe(5);
    expect(sequence[5]).toBe(3);
  });
  it('reads the prompt and each finished canvas before the next one, and nothing after the last', async () => {
    const table = new Table((_, slot) => [slot, 40]);
    const { forwards, sequence } = await write(table, {}, { until: 13 });
    // two whole canvases fit: 2 + 4 + 4
    expect(sequence).toEqual([70, 71, 0, 1, 2, 3, 0, 1, 2, 3]);
    expect(table.read_).toEqual([
      [70, 71],
      [0, 1, 2, 3],
    ]);
    expect(table.said.map(({ at }) => at)).toEqual([2, 2, 6, 6]);
    expect(forwards).toMatchObject({ prefill: 1, commit: 1, denoise: 4 });
  });
  it('ends with the canvas in which an end stands', async () => {
    const table = new Table((_, slot) => [slot === 1 ? 9 : slot, 40]);
    const { ended, sequence } = await write(table, {}, { until: 100 });
    expect({ ended, sequence }).toEqual({ ended: true, sequence: [70, 71, 0, 9, 2, 3] });
  });
  it('has the same noise for the same seed, another for another, and any id of the vocabulary', () => {
    const noise = (seed: number): number[] => {
      const chance = chanceOf(seed, V, new Set());
      return Array.from({ length: 200 }, () => chance.noise(16)).flat();
    };
    expect(noise(1)).toEqual(noise(1));
    expect(noise(1)).not.toEqual(noise(2));
    expect(new Set(noise(1)).size).toBe(V);
  });
});
