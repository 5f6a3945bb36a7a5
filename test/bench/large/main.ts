/**
 * `npm run -s bench:large [-- --json] [--shape ID] [--layers N|all] [--repeats N] [--threads N] [--keep]`: what models of
 * published sizes cost on this machine, on synthetic weights. With a part of the layers, times and memory of the whole are
 * extrapolated: a line through two numbers of layers.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { defaultThreads } from '../../../core/engine/devices.ts';
import type { ImportResult, RunRequest, RunResult } from './child.ts';
import { describeMachine } from '../machine.ts';
import { shapes, type Shape } from './shapes.ts';
import { weightsOf, writeSynthetic } from './synthetic.ts';
import { number, say } from '../arguments.ts';

const cache = path.join(import.meta.dirname, '../../../.cache/bench-large');
const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    shape: { type: 'string' },
    layers: { type: 'string' },
    repeats: { type: 'string' },
    threads: { type: 'string' },
    keep: { type: 'boolean' },
  },
});
const threads = number(values.threads, defaultThreads());
const repeats = number(values.repeats, 5);

/** Memory of a process in MB, as the system tells it; zeros where it does not. */
function memoryOf(pid: number | undefined): { anonymous: number; resident: number } {
  const file = `/proc/${pid}/status`;
  const text = pid !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : '';
  const of = (key: string): number => Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(text)?.[1] ?? 0) / 1024;
  return { anonymous: of('RssAnon'), resident: of('VmHWM') };
}

interface Measured<T> {
  result: T;
  /** Highest that was seen, every 20 ms. Mapped files are not in it: their memory can be taken back. */
  anonymousMb: number | null;
  /** Mapped files included. */
  residentMb: number | null;
}

function child<T>(args: string[]): Promise<Measured<T>> {
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, [path.join(import.meta.dirname, 'child.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let [anonymous, resident, out] = [0, 0, ''];
    const watch = setInterval(() => {
      const now = memoryOf(started.pid);
      anonymous = Math.max(anonymous, now.anonymous);
      resident = Math.max(resident, now.resident);
    }, 20);
    started.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    started.on('exit', (code, signal) => {
      clearInterval(watch);
      if (code !== 0) return reject(new Error(`a step ended with ${signal ?? `code ${code}`}`));
      const shown = (mb: number): number | null => (mb === 0 ? null : Math.round(mb));
      resolve({ result: JSON.parse(out) as T, anonymousMb: shown(anonymous), residentMb: shown(resident) });
    });
  });
}

/** null for what is no number. */
const rounded = (value: number, digits = 1): number | null =>
  Number.isFinite(value) ? Number(value.toFixed(digits)) : null;
/** The line through (a, y) and (b, z), at `x`; no number where more layers took no longer: the machine was too busy. */
const extrapolate = (a: number, y: number, b: number, z: number, x: number): number =>
  z > y ? y + ((z - y) / (b - a)) * (x - a) : NaN;

async function measure(shape: Shape, asked: number): Promise<Record<string, unknown>> {
  const layers = Math.min(asked, shape.layers);
  const base = shape.first + 1;
  if (layers <= base && layers < shape.layers) throw new Error(`${shape.name} needs --layers ${base + 1} or more`);
  const weights = weightsOf(shape, layers);
  // as an import chooses by itself for the whole model
  const bits = weightsOf(shape, shape.layers) < 3e9 ? 8 : 4;
  const home = path.join(cache, shape.id);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const { bavail, bsize } = statfsSync(home);
  if (bavail * bsize < 3.4 * weights)
    return { name: shape.name, skipped: `it needs ${Math.ceil((3.4 * weights) / 1e9)} GB of disk` };
  try {
    const checkpoint = path.join(home, shape.name);
    const pack = path.join(home, 'pack');
    say(`${shape.name}: writing ${layers} of ${shape.layers} layers, ${(weights / 1e9).toFixed(2)} billion weights …`);
    writeSynthetic(shape, layers, checkpoint);
    say(`${shape.name}: importing in ${bits} bits …`);
    const imported = await child<ImportResult>(['import', checkpoint, pack, shape.recipe ?? '', String(bits)]);
    rmSync(checkpoint, { recursive: true });
    const { schedule } = shape;
    const wanted: RunRequest['shapes'] = [
      ...shape.rows.map((rows) => ({ rows, cached: schedule.cached })),
      ...(shape.rows.includes(schedule.rows) ? [] : [{ rows: schedule.rows, cached: schedule.cached }]),
    ];
    const run = (count: number): Promise<Measured<RunResult>> => {
      say(`${shape.name}: running ${count} layers …`);
      return child(['run', pack, String(threads), JSON.stringify({ layers: count, shapes: wanted, repeats })]);
    };
    const all = await run(layers);
    const few = layers < shape.layers ? await run(base) : null;
    const whole = (of: (m: Measured<RunResult>) => number): number =>
      few === null ? of(all) : extrapolate(base, of(few), layers, of(all), shape.layers);
    const forward_ms = wanted.map(({ rows, cached }, i) => ({
      rows,
      cached,
      measured: rounded(all.result.forwards[i]?.ms ?? NaN),
      whole_model: rounded(whole(({ result }) => result.forwards[i]?.ms ?? NaN)),
    }));
    const step = forward_ms.find(({ rows }) => rows === schedule.rows)?.whole_model ?? NaN;
    const perForward = schedule.tokens / schedule.forwards;
    const { result } = imported;
    return {
      name: shape.name,
      weights: weightsOf(shape, shape.layers),
      layers: { measured: layers, of: shape.layers, extrapolated: few !== null },
      bits,
      import: {
        weights,
        million_weights_a_second: rounded(result.weights / 1e6 / result.weightsSeconds),
        million_weights_a_cpu_second: rounded(result.weights / 1e6 / result.cpuSeconds),
        seconds: rounded(result.seconds),
        peak_anonymous_mb: imported.anonymousMb,
        peak_resident_mb: imported.residentMb,
      },
      load_ms: { measured: rounded(all.result.loadMs), whole_model: rounded(whole((m) => m.result.loadMs)) },
      peak_anonymous_mb: {
        measured: all.anonymousMb,
        whole_model: rounded(
          whole((m) => m.anonymousMb ?? NaN),
          0,
        ),
      },
      forward_ms,
      schedule: {
        what: schedule.what,
        tokens_per_forward: rounded(perForward, 2),
        tokens_a_second: rounded((perForward * 1000) / step, 2),
      },
      tokens_a_second_by_tokens_per_forward: Object.fromEntries(
        [1, 2, 4].map((tokens) => [tokens, rounded((tokens * 1000) / step, 2)]),
      ),
    };
  } finally {
    if (!values.keep) rmSync(home, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const chosen = shapes.filter(({ id }) => values.shape === undefined || id === values.shape);
  if (chosen.length === 0)
    throw new Error(`There is no shape ${values.shape}; there are ${shapes.map(({ id }) => id).join(', ')}.`);
  const machine = { ...describeMachine(os.loadavg()[0] ?? 0), threads };
  const models: Record<string, unknown>[] = [];
  for (const shape of chosen) {
    const layers = values.layers === 'all' ? shape.layers : number(values.layers, 4);
    models.push(await measure(shape, layers));
  }
  console.log(JSON.stringify({ machine, models }, null, values.json ? undefined : 1));
}

await main();
