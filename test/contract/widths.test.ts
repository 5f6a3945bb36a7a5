/** Models of widths that no golden has, against a plain statement of the arithmetic in doubles. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { importPack } from '../../core/engine/import.ts';
import { ModelSession } from '../../core/engine/session.ts';
import { changed } from '../fixtures/checkpoints/folder.ts';
import { numbers } from '../fixtures/checkpoints/gguf.ts';

const home = mkdtempSync(join(tmpdir(), 'mezzotint-widths-'));
afterAll(() => rmSync(home, { recursive: true }));

type Tensors = Map<string, { shape: number[]; data: Float32Array }>;
interface Widths {
  hidden: number;
  heads: number;
  kv: number;
  dim: number;
  ff: number;
  vocabulary: number;
  layers: number;
}

/** Weights that 4-bit blocks hold exactly: s · (v − z), with 0 and 15 in each block, s a power of two. */
function exact(rows: number, columns: number, seed: number): Float32Array {
  const random = numbers(rows * columns, seed, 1);
  return random.map((x, i) => {
    const block = i - (i % 32);
    const zero = 1 + Math.floor(Math.abs(random[block] as number) * 13);
    const scale = 2 ** -(4 + Math.floor(Math.abs(random[block + 1] as number) * 2));
    const level = i % 32 === 2 ? 0 : i % 32 === 3 ? 15 : Math.min(15, Math.floor((x + 1) * 8));
    return scale * (level - zero);
  });
}

function weights({ hidden, heads, kv, dim, ff, vocabulary, layers }: Widths): Tensors {
  const all: Tensors = new Map();
  const matrix = (name: string, rows: number, columns: number): unknown =>
    all.set(name, { shape: [rows, columns], data: exact(rows, columns, all.size + 1) });
  const gain = (name: string, length: number): unknown =>
    all.set(name, { shape: [length], data: numbers(length, all.size + 1, 0.5).map((x) => 1 + x) });
  matrix('model.embed_tokens.weight', vocabulary, hidden);
  matrix('lm_head.weight', vocabulary, hidden);
  gain('model.norm.weight', hidden);
  for (let n = 0; n < layers; n++) {
    const at = `model.layers.${n}.`;
    gain(`${at}input_layernorm.weight`, hidden);
    gain(`${at}post_attention_layernorm.weight`, hidden);
    gain(`${at}self_attn.q_norm.weight`, dim);
    gain(`${at}self_attn.k_norm.weight`, dim);
    matrix(`${at}self_attn.q_proj.weight`, heads * dim, hidden);
    for (const part of ['k', 'v']) matrix(`${at}self_attn.${part}_proj.weight`, kv * dim, hidden);
    matrix(`${at}self_attn.o_proj.weight`, hidden, heads * dim);
    for (const part of ['gate', 'up']) matrix(`${at}mlp.${part}_proj.weight`, ff, hidden);
    matrix(`${at}mlp.down_proj.weight`, hidden, ff);
  }
  return all;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, x, i) => sum + x * (b[i] as number), 0);
const add = (a: number[], b: number[]): number[] => a.map((x, i) => x + (b[i] as number));

/** Logits of rows that all see each other, at positions from `first` on. */
function reference(
  all: Tensors,
  { heads, kv, dim, layers }: Widths,
  ids: number[],
  first: number,
  theta: number,
  epsilon: number,
): number[][] {
  const data = (name: string): Float32Array => (all.get(name) as { data: Float32Array }).data;
  const times = (name: string, x: number[]): number[] => {
    const { shape, data: w } = all.get(name) as { shape: number[]; data: Float32Array };
    const columns = shape[1] as number;
    return Array.from({ length: shape[0] as number }, (_, row) =>
      dot(w.subarray(row * columns, (row + 1) * columns), x),
    );
  };
  const norm = (x: number[], gains: Float32Array): number[] => {
    const scale = 1 / Math.sqrt(dot(x, x) / x.length + epsilon);
    return x.map((value, i) => value * scale * (gains[i] as number));
  };
  const turn = (x: number[], position: number): number[] =>
    x.map((value, i) => {
      const angle = position * theta ** (-(i % (dim / 2)) / (dim / 2));
      return (
        value * Math.cos(angle) +
        (i < dim / 2 ? -(x[i + dim / 2] as number) : (x[i - dim / 2] as number)) * Math.sin(angle)
      );
    });
  const head = (x: number[], h: number): number[] => x.slice(h * dim, (h + 1) * dim);
  const table = data('model.embed_tokens.weight');
  const hidden = data('model.norm.weight').length;
  let rows = ids.map((id) => Array.from(table.subarray(id * hidden, (id + 1) * hidden)));
  for (let n = 0; n < layers; n++) {
    const at = `model.layers.${n}.`;
    const normed = rows.map((x) => norm(x, data(`${at}input_layernorm.weight`)));
    const turned = (part: 'q' | 'k', count: number): number[][][] =>
      normed.map((x, t) =>
        Array.from({ length: count }, (_, h) =>
          turn(
            norm(head(times(`${at}self_attn.${part}_proj.weight`, x), h), data(`${at}self_attn.${part}_norm.weight`)),
            first + t,
          ),
        ),
      );
    const [queries, keys] = [turned('q', heads), turned('k', kv)];
    const values = normed.map((x) => times(`${at}self_attn.v_proj.weight`, x));
    rows = rows.map((x, t) => {
      const mixed = Array.from({ length: heads }, (_, h) => {
        const group = Math.floor((h * kv) / heads);
        const scores = keys.map(
          (key) => dot(key[group] as number[], (queries[t] as number[][])[h] as number[]) / Math.sqrt(dim),
        );
        const weights_ = scores.map((score) => Math.exp(score - scores.reduce((a, b) => Math.max(a, b))));
        const total = weights_.reduce((a, b) => a + b);
        return Array.from({ length: dim }, (_, i) =>
          weights_.reduce(
            (sum, weight, j) => sum + (weight / total) * ((values[j] as number[])[group * dim + i] as number),
            0,
          ),
        );
      }).flat();
      return add(x, times(`${at}self_attn.o_proj.weight`, mixed));
    });
    rows = rows.map((x) => {
      const h = norm(x, data(`${at}post_attention_layernorm.weight`));
      const up = times(`${at}mlp.up_proj.weight`, h);
      const gated = times(`${at}mlp.gate_proj.weight`, h).map(
        (gate, i) => (gate / (1 + Math.exp(-gate))) * (up[i] as number),
      );
      return add(x, times(`${at}mlp.down_proj.weight`, gated));
    });
  }
  return rows.map((x) => times('lm_head.weight', norm(x, data('model.norm.weight'))));
}

const cases: Widths[] = [
  { hidden: 96, heads: 4, kv: 2, dim: 24, ff: 160, vocabulary: 640, layers: 2 },
  { hidden: 96, heads: 6, kv: 3, dim: 48, ff: 32, vocabulary: 700, layers: 1 },
  { hidden: 32, heads: 2, kv: 1, dim: 16, ff: 32, vocabulary: 512, layers: 3 },
  { hidden: 160, heads: 5, kv: 5, dim: 32, ff: 352, vocabulary: 1000, layers: 2 },
  { hidden: 64, heads: 2, kv: 1, dim: 80, ff: 64, vocabulary: 512, layers: 2 },
  { hidden: 128, heads: 8, kv: 8, dim: 8, ff: 64, vocabulary: 512, layers: 1 },
];

test.each(cases.flatMap((widths) => ([8, 4] as const).map((bits) => ({ ...widths, bits }))))(
  'hidden $hidden, $heads heads of $dim over $kv, feed-forward $ff, in $bits bits',
  async ({ bits, ...widths }) => {
    const all = weights(widths);
    const { hidden, heads, kv, dim, ff, vocabulary, layers } = widths;
    const config = {
      hidden_size: hidden,
      num_attention_heads: heads,
      num_key_value_heads: kv,
      head_dim: dim,
      intermediate_size: ff,
      vocab_size: vocabulary,
      num_hidden_layers: layers,
    };
    const dir = changed(home, 'sdar', {
      config,
      tensors: (old) => {
        old.clear();
        for (const [name, tensor] of all) old.set(name, tensor);
      },
    });
    const out = join(home, `pack-${hidden}-${dim}-${bits}`);
    const manifest = await importPack(dir, { out, bits, accuracyLevel: 0, checkMemory: false });
    const session = await ModelSession.create({ all: join(out, 'model.onnx') }, manifest, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    const ids = [7, 301, 88, 411, 23];
    const first = 3;
    const made = await session.forward(
      {
        ids,
        positions: ids.map((_, i) => first + i),
        contextRows: 0,
        canvases: [{ rows: ids.length, sees: 0 }],
        wanted: ids.map((_, i) => i),
        whole: true,
      },
      session.newCache(),
    );
    await session.release();
    let worst = 0;
    reference(all, widths, ids, first, manifest.rope.theta, manifest.norm.epsilon).forEach((row, t) =>
      row.forEach(
        (logit, id) => (worst = Math.max(worst, Math.abs(logit - (made.whole?.[t * vocabulary + id] ?? NaN)))),
      ),
    );
    expect(worst).toBeLessThan(1e-4);
  },
);
