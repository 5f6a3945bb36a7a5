/**
 * `npm run -s bench:kernels [-- --pack DIR --threads N --repeats N --shape HIDDEN,FEED_FORWARD,LAYERS --choose --integers --json]`: what a pack's matrices cost by themselves, by the
 * operator that multiplies them and the number of rows. `--integers`: the whole model, in blocks and laid out as integers. Weights are noise of the pack's shapes, each matrix its own, so that none of them
 * stays in the processor's cache.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionOptions } from '../../core/engine/devices.ts';
import { layOutIntegers } from '../../core/engine/integer-layout.ts';
import { removeIntegers } from '../../core/engine/integer-note.ts';
import { graphsOf, openPack, readManifest } from '../../core/engine/pack.ts';
import { ModelSession } from '../../core/engine/session.ts';
import { chooseKernels } from '../../core/engine/tuning.ts';
import { GraphBuilder, types, type Weight } from '../../core/model/graph/builder.ts';
import { APART, integerMatmul, integerTensors } from '../../core/model/graph/integers.ts';
import { packTensor } from '../../core/model/graph/packed.ts';
import { FASTEST_SCHEME } from '../../core/model/integer-plan.ts';
import { describeMachine } from './machine.ts';
import { median } from './report.ts';

const { values } = parseArgs({
  options: {
    pack: { type: 'string' },
    threads: { type: 'string' },
    repeats: { type: 'string' },
    json: { type: 'boolean' },
    choose: { type: 'boolean' },
    integers: { type: 'boolean' },
    shape: { type: 'string' },
  },
});
const root = path.join(import.meta.dirname, '../..');
const { manifest } = readManifest(path.resolve(values.pack ?? path.join(root, 'models', 'smollm2-135m-instruct')));
const threads = Number(values.threads ?? 1);
const repeats = Number(values.repeats ?? 21);
const ROWS = [1, 4, 8, 16, 32, 128];

/** The layers that are multiplied: the pack's, or some of a shape that is named. Rows and columns of each matrix. */
const shape = ((): { hidden: number; layers: number; matrix: (layer: number, name: string) => [number, number] } => {
  const { hidden, layers } = manifest.dimensions;
  if (values.shape === undefined)
    return {
      hidden,
      layers,
      matrix: (layer, name) => packTensor(manifest, `layers.${layer}.${name}.weight`).shape as [number, number],
    };
  const [width, inner, count] = values.shape.split(',').map(Number);
  if (!width || !inner || !count || width % 64 || inner % 64)
    throw new Error('--shape needs HIDDEN,FEED_FORWARD,LAYERS, the first two multiples of 64');
  // grouped queries: keys and values are a sixth of the queries each, as in most models
  const qkv = width + 2 * 64 * Math.ceil(width / 6 / 64);
  const matrices: Record<string, [number, number]> = {
    qkv: [qkv, width],
    o: [width, width],
    gate_up: [2 * inner, width],
    down: [width, inner],
  };
  return { hidden: width, layers: count, matrix: (_, name) => matrices[name] as [number, number] };
})();

class Noise {
  readonly parts: Buffer[] = [];
  #offset = 0;
  #state = 1;

  /** Bytes that no other matrix has. */
  bytes(count: number): Uint8Array {
    const made = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      this.#state = (this.#state * 1664525 + 1013904223) | 0;
      made[i] = 100 + ((this.#state >>> 24) % 56);
    }
    return made;
  }
  put(data: Uint8Array | Int32Array | Float32Array, dtype: Weight['dtype'], shape: number[]): Weight {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const tensor = { file: 'noise.bin', offset: this.#offset, length: bytes.length, dtype, shape };
    const padding = (64 - (bytes.length % 64)) % 64;
    this.parts.push(bytes, Buffer.alloc(padding));
    this.#offset += bytes.length + padding;
    return tensor;
  }
}

type Product = (g: GraphBuilder, noise: Noise, x: string, name: string, n: number, k: number) => string;
/** Blocks of the weights with a scale and a zero point; activations in blocks too. */
const blocks =
  (size: number, bits: 4 | 8 = 8): Product =>
  (g, noise, x, name, n, k) => {
    const count = Math.ceil(k / size);
    return g.ms(
      'MatMulNBits',
      [
        x,
        g.weight(
          `${name}.weight`,
          noise.put(noise.bytes((n * count * size * bits) / 8), 'uint8', [n, count, (size * bits) / 8]),
        ),
        g.weight(`${name}.scales`, noise.put(new Float32Array(n * count).fill(0.001), 'float32', [n, count])),
        g.weight(
          `${name}.zeros`,
          noise.put(noise.bytes(n * Math.ceil((count * bits) / 8)), 'uint8', [n, Math.ceil((count * bits) / 8)]),
        ),
      ],
      { K: k, N: n, bits, block_size: size, accuracy_level: 4 },
    );
  };
/** Weights by channel, a row of activations by its own maximum: uint8 by int8, summed exactly. */
const byRow: Product = (g, noise, x, name, n, k) => {
  const zero = g.op('Cast', [g.floats([128], [])], { to: types.uint8 });
  const step = g.floats([1 / 127], []);
  const most = g.op('ReduceMax', [g.op('Abs', [x]), g.ints([-1])], { keepdims: 1 });
  const whole = g.op('QuantizeLinear', [g.op('Div', [x, most]), step, zero]);
  const product = g.ms('MatMulIntegerToFloat', [
    whole,
    g.weight(`${name}.weight`, noise.put(noise.bytes(n * k), 'int8', [k, n])),
    step,
    g.weight(`${name}.scales`, noise.put(new Float32Array(n).fill(0.001), 'float32', [n])),
    zero,
  ]);
  return g.op('Mul', [product, most]);
};
/** As the app lays matrices out: a few channels apart, the longest inputs in groups. */
const laidOut: Product = (g, noise, x, name, n, k) => {
  const groups = name.endsWith('down') ? (FASTEST_SCHEME.down ?? 1) : 1;
  const tensors: Record<string, Weight> = {
    [integerTensors.factors(name)]: noise.put(new Float32Array(k).fill(1), 'float32', [k]),
    [integerTensors.apart(name)]: noise.put(
      Int32Array.from({ length: APART }, (_, i) => i),
      'int32',
      [APART],
    ),
    [integerTensors.apartWeight(name)]: noise.put(noise.bytes(n * APART), 'uint8', [n, APART]),
    [integerTensors.apartScales(name)]: noise.put(new Float32Array(n).fill(0.001), 'float32', [n, 1]),
    [integerTensors.apartZeros(name)]: noise.put(noise.bytes(n), 'uint8', [n, 1]),
  };
  for (let group = 0; group < groups; group++) {
    tensors[integerTensors.weight(name, group)] = noise.put(noise.bytes((n * k) / groups), 'int8', [k / groups, n]);
    tensors[integerTensors.scales(name, group)] = noise.put(new Float32Array(n).fill(0.001), 'float32', [n]);
  }
  return integerMatmul(g, { matrices: { [name]: { rows: n, columns: k, groups } }, tensors }, x, name);
};
const kinds: Record<string, Product> = {
  'blocks of 32 (what ships)': blocks(32),
  'blocks of 128': blocks(128),
  'blocks of 32, 4 bits': blocks(32, 4),
  'a row, a channel': byRow,
  'integers, as the app lays them out': laidOut,
};

/** The layers' matrices one after the other, each fed by the last one's first columns. */
async function measure(product: Product): Promise<Record<number, number | null>> {
  const g = new GraphBuilder();
  const noise = new Noise();
  const { hidden, layers } = shape;
  g.input('x', types.float, ['T', hidden]);
  let x = 'x';
  let width = hidden;
  for (let layer = 0; layer < layers; layer++) {
    for (const name of ['qkv', 'o', 'gate_up', 'down']) {
      const key = `layers.${layer}.${name}`;
      const [n, k] = shape.matrix(layer, name);
      if (width !== k) x = g.op('Slice', [x, g.ints([0]), g.ints([k]), g.ints([1])]);
      // sums of noise grow from matrix to matrix; their size must not
      const bounded = g.op('Clip', [x, g.floats([-1], []), g.floats([1], [])]);
      x = product(g, noise, bounded, key, n, k);
      width = n;
    }
  }
  g.op('Identity', [x], {}, 'y');
  g.output('y', types.float, ['T', width]);
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-kernels-'));
  try {
    writeFileSync(path.join(dir, 'noise.bin'), Buffer.concat(noise.parts));
    writeFileSync(path.join(dir, 'noise.onnx'), g.encode({ name: 'mezzotint', version: '0' }));
    const session = await InferenceSession.create(path.join(dir, 'noise.onnx'), {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      enableCpuMemArena: false,
      enableMemPattern: false,
      logSeverityLevel: 3,
    });
    const found: Record<number, number | null> = {};
    for (const rows of ROWS) {
      const data = Float32Array.from({ length: rows * hidden }, (_, i) => Math.sin(i));
      const times: number[] = [];
      for (let run = -2; run < repeats; run++) {
        const began = performance.now();
        await session.run({ x: new Tensor('float32', data, [rows, hidden]) });
        if (run >= 0) times.push(performance.now() - began);
      }
      found[rows] = median(times);
    }
    await session.release();
    return found;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** `--choose`: what the app measures at the model's first load here, and what it would choose. */
async function choose(): Promise<never> {
  const loadBefore = os.loadavg()[0] ?? 0;
  const dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-kernels-'));
  try {
    const chosen = await chooseKernels(manifest, 'auto', path.join(dir, 'kernels.json'));
    console.log(JSON.stringify({ pack: manifest.id, ...chosen, machine: describeMachine(loadBefore) }));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  process.exit(0);
}
if (values.choose) await choose();
if (values.integers) await compareIntegers();

/**
 * `--integers`: forwards of the whole model with 256 tokens cached and one row wanted, in blocks and as integers in turns, and
 * how far the integers' words are from the blocks'. The pack is laid out in its folder, and what was laid out is taken away.
 */
async function compareIntegers(): Promise<never> {
  const loadBefore = os.loadavg()[0] ?? 0;
  const pack = await openPack(path.resolve(values.pack ?? path.join(root, 'models', 'smollm2-135m-instruct')));
  const began = performance.now();
  const laid = await layOutIntegers({ ...pack, hash: pack.info.hash }, threads, () => undefined, Infinity);
  if ('refused' in laid) throw new Error(`integers are refused: ${laid.refused}`);
  const layoutSeconds = (performance.now() - began) / 1000;
  const graphs = { blocks: graphsOf(pack.dir, pack.manifest, 'cpu'), integers: laid.graphs };
  const open = [];
  try {
    for (const [name, { all, context }] of Object.entries(graphs)) {
      const session = await ModelSession.create({ all: context ?? all }, pack.manifest, sessionOptions('cpu', threads));
      const cache = session.newCache();
      const forward = (rows: number): ReturnType<ModelSession['forward']> =>
        session.forward(
          {
            ids: Array.from({ length: rows }, (_, i) => 40 + ((i * 17) % 400)),
            positions: Array.from({ length: rows }, (_, i) => cache.length + i),
            contextRows: rows,
            canvases: [],
            wanted: [0],
          },
          cache,
        );
      while (cache.length < 256) {
        const made = await forward(64);
        cache.append(new Array<number>(64).fill(40), made);
      }
      open.push({ name, session, forward, times: new Map<number, number[]>(ROWS.map((rows) => [rows, []])) });
    }
    for (let round = -1; round < repeats; round++)
      for (const rows of ROWS)
        for (const { forward, times } of open) {
          await forward(rows);
          const start = performance.now();
          await forward(rows);
          if (round >= 0) times.get(rows)?.push(performance.now() - start);
        }
  } finally {
    for (const { session } of open) await session.release();
    removeIntegers(pack.dir);
  }
  const found = Object.fromEntries(
    open.map(({ name, times }) => [name, Object.fromEntries([...times].map(([rows, all]) => [rows, median(all)]))]),
  );
  console.log(
    JSON.stringify({
      pack: pack.manifest.id,
      threads,
      ms: found,
      kl: laid.kl,
      layoutSeconds,
      machine: describeMachine(loadBefore),
    }),
  );
  process.exit(0);
}

const loadBefore = os.loadavg()[0] ?? 0;
const ms: Record<string, Record<number, number | null>> = {};
for (const [name, product] of Object.entries(kinds)) ms[name] = await measure(product);
const machine = describeMachine(loadBefore);
if (values.json)
  console.log(
    JSON.stringify({
      ...(values.shape === undefined ? { pack: manifest.id } : { shape: values.shape }),
      threads,
      ms,
      machine,
    }),
  );
else {
  console.log(
    `${values.shape === undefined ? `${manifest.name}, its layers’ matrices alone` : `${shape.layers} layers of ${values.shape.split(',').slice(0, 2).join(' by ')}`}, ${threads} threads, ${machine.cpu} (${machine.instruction_sets.join(', ')}), milliseconds`,
  );
  console.log(`${''.padEnd(38)}${ROWS.map((rows) => `${rows} rows`.padStart(10)).join('')}`);
  for (const [name, found] of Object.entries(ms))
    console.log(`${name.padEnd(38)}${ROWS.map((rows) => (found[rows] ?? 0).toFixed(1).padStart(10)).join('')}`);
}
