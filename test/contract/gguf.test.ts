/** The golden checkpoints written as llama.cpp would write them: the same logits must come out. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../core/checkpoints/index.ts';
import { importPack } from '../../core/engine/import.ts';
import { openPack } from '../../core/engine/pack.ts';
import { ModelSession } from '../../core/engine/session.ts';
import { goldens } from '../fixtures/checkpoints/folder.ts';
import { chatMl, numbers, tinyGguf, writeGguf, type GgufTensor, type Value } from '../fixtures/checkpoints/gguf.ts';
import { readGolden } from '../parity/golden.ts';

const home = mkdtempSync(join(tmpdir(), 'mezzotint-gguf-'));
afterAll(() => rmSync(home, { recursive: true }));

/** llama.cpp's names by those of the folder. */
const names: Record<string, [RegExp, string][]> = {
  hf: [
    [/^model\.embed_tokens/, 'token_embd'],
    [/^lm_head/, 'output'],
    [/^model\.norm/, 'output_norm'],
    [/^model\.layers\.(\d+)\./, 'blk.$1.'],
    [/input_layernorm/, 'attn_norm'],
    [/post_attention_layernorm/, 'ffn_norm'],
    [/self_attn\.([qk])_norm/, 'attn_$1_norm'],
    [/self_attn\.([qkv])_proj/, 'attn_$1'],
    [/self_attn\.o_proj/, 'attn_output'],
    [/mlp\.(gate|up|down)_proj/, 'ffn_$1'],
  ],
  olmo: [
    [/^model\.transformer\.wte/, 'token_embd'],
    [/^model\.transformer\.ff_out/, 'output'],
    [/^model\.transformer\.ln_f/, 'output_norm'],
    [/^model\.transformer\.blocks\.(\d+)\./, 'blk.$1.'],
    [/ff_norm/, 'ffn_norm'],
    [/([qkv])_proj/, 'attn_$1'],
    [/attn_out\b/, 'attn_output'],
    [/ff_proj/, 'ffn_gate'],
    [/up_proj/, 'ffn_up'],
    [/ff_out/, 'ffn_down'],
  ],
};

/** Rows of q and k as llama.cpp interleaves them: (i, i + D/2) → (2i, 2i + 1). */
function interleave(data: Float32Array, columns: number, heads: number): Float32Array {
  const rows = data.length / columns;
  const size = rows / heads;
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const within = row % size;
    const to = row - within + (within < size / 2 ? 2 * within : 2 * (within - size / 2) + 1);
    out.set(data.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return out;
}
const toHalf = (data: Float32Array): Uint8Array => {
  const words = Uint16Array.from(data, (value) => {
    if (value === 0) return 0;
    const exponent = Math.floor(Math.log2(Math.abs(value)));
    return (
      (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024)
    );
  });
  return new Uint8Array(words.buffer);
};

async function asGguf(golden: string, architecture: string, type: 'F32' | 'F16' | 'BF16'): Promise<string> {
  const reader = await openCheckpoint(join(goldens, golden));
  const config = JSON.parse(readFileSync(join(goldens, golden, 'config.json'), 'utf8')) as Record<string, number>;
  const olmo = 'd_model' in config;
  const heads = (olmo ? config['n_heads'] : config['num_attention_heads']) as number;
  const kvHeads = (olmo ? config['n_kv_heads'] : config['num_key_value_heads']) as number;
  const tensors: Record<string, GgufTensor> = {};
  for (const [name, { shape }] of reader.tensors) {
    const gguf = (names[olmo ? 'olmo' : 'hf'] ?? []).reduce((text, [from, to]) => text.replace(from, to), name);
    let data: Float32Array = reader.floats(name, 0, shape.length < 2 ? 1 : (shape[0] as number));
    if (olmo && /attn_[qk]\.weight/.test(gguf))
      data = interleave(data, shape[1] as number, gguf.includes('attn_q') ? heads : kvHeads);
    const flat = shape.length < 2 || type === 'F32';
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
    const bytes = flat
      ? new Uint8Array(data.slice().buffer)
      : type === 'F16'
        ? toHalf(data)
        : new Uint8Array(Uint16Array.from(words, (word) => word >>> 16).buffer);
    tensors[gguf] = { shape: [...shape], type: flat ? 0 : type === 'F16' ? 1 : 30, bytes };
  }
  const text = reader.text();
  const size = reader.tensors.get(olmo ? 'model.transformer.wte.weight' : 'model.embed_tokens.weight')
    ?.shape[0] as number;
  reader.close();
  const tokens = Array.from({ length: size }, (_, id) => `[PAD${id}]`);
  const kinds = tokens.map(() => 5);
  for (const [token, id] of Object.entries(text.tokenizer.model.vocab)) [tokens[id], kinds[id]] = [token, 1];
  for (const { id, content } of text.tokenizer.added_tokens) [tokens[id], kinds[id]] = [content, 3];
  const a = architecture;
  const metadata: Record<string, Value> = {
    'general.architecture': a,
    [`${a}.block_count`]: (olmo ? config['n_layers'] : config['num_hidden_layers']) as number,
    [`${a}.embedding_length`]: (olmo ? config['d_model'] : config['hidden_size']) as number,
    [`${a}.attention.head_count`]: heads,
    [`${a}.attention.head_count_kv`]: kvHeads,
    [`${a}.feed_forward_length`]: (olmo ? config['mlp_hidden_size'] : config['intermediate_size']) as number,
    [`${a}.context_length`]: 2048,
    [`${a}.rope.freq_base`]: (config['rope_theta'] as number) + 0.5 - 0.5,
    [`${a}.attention.layer_norm_rms_epsilon`]: config['rms_norm_eps'] as number,
    [`${a}.attention.causal`]: false,
    [`${a}.diffusion.shift_logits`]: a === 'dream',
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'gpt-2',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': kinds,
    'tokenizer.ggml.merges': (text.tokenizer.model.merges as (string | string[])[]).map((merge) =>
      Array.isArray(merge) ? merge.join(' ') : merge,
    ),
    'tokenizer.ggml.eos_token_id': 482,
    'tokenizer.ggml.mask_token_id': 486,
    'tokenizer.chat_template': chatMl,
  };
  if (config['head_dim'] !== undefined)
    metadata[`${a}.attention.key_length`] = metadata[`${a}.attention.value_length`] = config['head_dim'];
  const file = join(home, `${golden}-${type}.gguf`);
  writeGguf(file, metadata, tensors);
  return file;
}

describe('a GGUF gives the logits of the folder it was made of', () => {
  test.each([
    ['dream', 'dream', 'F32', 'full'],
    ['dream', 'dream', 'BF16', 'full'],
    ['llada', 'llada', 'F32', 'full'],
    ['llada', 'llada', 'F16', 'full'],
    ['fast-dllm-v2', 'qwen2', 'BF16', 'block'],
    ['sdar', 'qwen3', 'F16', 'block'],
  ] as const)('%s as %s in %s', async (golden, architecture, type, attention) => {
    const out = join(home, `${golden}-${type}`);
    const manifest = await importPack(await asGguf(golden, architecture, type), {
      out,
      accuracyLevel: 0,
      checkMemory: false,
    });
    expect(manifest.family).toBe(architecture);
    expect(manifest.tokens.suppressed).toContain(505); // a place that no token holds
    const {
      golden: { canvas, block },
      logits,
    } = readGolden(join(goldens, golden));
    const session = await ModelSession.create({ all: join(out, 'model.onnx') }, manifest, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    const size = attention === 'full' ? canvas.length : (block as number);
    const canvases = Array.from({ length: Math.ceil(canvas.length / size) }, (_, i) => ({
      rows: Math.min(size, canvas.length - i * size),
      sees: 0,
      follows: true,
    }));
    const made = await session.forward(
      {
        ids: canvas,
        positions: canvas.map((_, i) => i),
        contextRows: 0,
        canvases,
        wanted: canvas.map((_, i) => i),
        whole: true,
      },
      session.newCache(),
    );
    await session.release();
    // a plain causal model draws on the mean of its table in place of a mask: what sees one is another thing
    const seen =
      attention === 'full' ? canvas.length : Math.floor(canvas.indexOf(manifest.diffusion.maskToken) / size) * size;
    expect(seen).toBeGreaterThanOrEqual(8);
    let worst = 0;
    made.whole
      ?.subarray(0, (seen * logits.length) / canvas.length)
      .forEach((logit, i) => (worst = Math.max(worst, Math.abs(logit - (logits[i] as number)))));
    expect(made.whole).toHaveLength(logits.length);
    expect(worst).toBeLessThan(3e-4);
  });
  test('and is read part by part where it is split', async () => {
    const whole = await openCheckpoint(await asGguf('dream', 'dream', 'F32'));
    const first = join(home, 'split-00001-of-00002.gguf');
    const { metadata, tensors } = parts(whole.tensors.keys());
    writeGguf(first, metadata, tensors[0]);
    await expect(openCheckpoint(first)).rejects.toThrow('split-00002-of-00002.gguf is missing');
    writeGguf(join(home, 'split-00002-of-00002.gguf'), metadata, tensors[1]);
    const joined = await openCheckpoint(first);
    expect([...joined.tensors.keys()].sort()).toEqual([...whole.tensors.keys()].sort());
    joined.close();
    whole.close();
    expect(readdirSync(home).filter((name) => name.startsWith('split'))).toHaveLength(2);
  });
});

/** Tensors of one number each, in two halves. */
function parts(all: Iterable<string>): {
  metadata: Record<string, Value>;
  tensors: [Record<string, GgufTensor>, Record<string, GgufTensor>];
} {
  const tensors: [Record<string, GgufTensor>, Record<string, GgufTensor>] = [{}, {}];
  [...all].forEach(
    (name, i) =>
      ((tensors[i % 2] as Record<string, GgufTensor>)[name] = { shape: [1], type: 0, bytes: new Uint8Array(4) }),
  );
  return { metadata: { 'general.architecture': 'dream' }, tensors };
}

test('a GGUF with a SentencePiece table is imported, and its pack has the ids of the reference', async () => {
  const table = JSON.parse(readFileSync('test/fixtures/text/gguf-scores.json', 'utf8')) as {
    pieces: string[];
    scores: number[];
    kinds: number[];
    withSpecials: [string, number[]][];
  };
  const { metadata, tensors } = tinyGguf('llama');
  const file = join(home, 'scores.gguf');
  const end = table.pieces.indexOf('<|end|>');
  delete metadata['tokenizer.ggml.merges'];
  writeGguf(
    file,
    {
      ...metadata,
      'tokenizer.ggml.model': 'llama',
      'tokenizer.ggml.pre': 'default',
      'tokenizer.ggml.tokens': table.pieces,
      // not whole numbers: they are written as floats
      'tokenizer.ggml.scores': table.scores.map((score) => score - 0.25),
      'tokenizer.ggml.token_type': table.kinds,
      'tokenizer.ggml.bos_token_id': table.pieces.indexOf('<s>'),
      'tokenizer.ggml.eos_token_id': end,
      'tokenizer.chat_template':
        "{{ bos_token }}{% for m in messages %}<|user|>\n{{ m['content'] }}<|end|>\n{% endfor %}<|assistant|>",
    },
    { ...tensors, ...heads(table.pieces.length) },
  );
  const out = join(home, 'scores');
  const manifest = await importPack(file, { out, checkMemory: false });
  expect(manifest.tokens.endOfTurn).toContain(end);
  const { tokenizer } = await openPack(out, true);
  for (const [text, ids] of table.withSpecials) expect(tokenizer.encodeWithSpecials(text)).toEqual(ids);
});

/** Table and head of so many tokens, as `tinyGguf` names them. */
const heads = (tokens: number): Record<string, GgufTensor> =>
  Object.fromEntries(
    ['token_embd.weight', 'output.weight'].map((name, seed) => {
      const { buffer } = numbers(tokens * 64, seed + 7);
      return [name, { shape: [tokens, 64], type: 0, bytes: new Uint8Array(buffer) }];
    }),
  );
