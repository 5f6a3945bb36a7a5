/** What an import refuses before a byte is written, and what it takes. Folders first, then GGUF files. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openCheckpoint, preflight, type Preflight, type PreflightOptions } from '../../../core/checkpoints/index.ts';
import { MezzotintError } from '../../../core/contract/result.ts';
import { sdar } from '../../../core/model/families/blocks.ts';
import type { Family } from '../../../core/model/families/family.ts';
import { families } from '../../../core/model/families/index.ts';
import { changed, goldens, type Changes } from '../../fixtures/checkpoints/folder.ts';
import { tinyGguf, vector, writeGguf, type TinyGguf } from '../../fixtures/checkpoints/gguf.ts';

const home = mkdtempSync(join(tmpdir(), 'mezzotint-preflight-'));
afterAll(() => rmSync(home, { recursive: true }));

async function fly(path: string, options: Partial<PreflightOptions> = {}): Promise<Preflight> {
  const reader = await openCheckpoint(path);
  try {
    return preflight(reader, { out: join(home, 'out'), checkMemory: false, ...options });
  } finally {
    reader.close();
  }
}
async function refusal(path: string, options: Partial<PreflightOptions> = {}): Promise<MezzotintError> {
  const thrown: unknown = await fly(path, options).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof MezzotintError)) throw new Error(`not refused: ${String(thrown)}`);
  expect(readdirSync(home)).not.toContain('out');
  return thrown;
}
const tensor = (shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });

describe('a folder is refused by name for', () => {
  const cases: [string, string, Changes, string][] = [
    [
      'an architecture without a graph',
      'llada',
      { config: { architectures: ['GptOssForCausalLM'] } },
      'GptOssForCausalLM',
    ],
    [
      'rope scaling of an unknown kind',
      'dream',
      { config: { rope_scaling: { rope_type: 'longrope', factor: 4 } } },
      'longrope',
    ],
    [
      'a key of rope scaling that nobody reads',
      'nemotron',
      {
        config: {
          rope_parameters: {
            rope_type: 'yarn',
            rope_theta: 1e6,
            factor: 16,
            original_max_position_embeddings: 16384,
            surprise: 2,
          },
        },
      },
      'surprise',
    ],
    ['soft caps', 'sdar', { config: { final_logit_softcapping: 30 } }, 'final_logit_softcapping'],
    [
      'a sliding window in use',
      'dream',
      { config: { use_sliding_window: true, sliding_window: 256 } },
      'sliding_window',
    ],
    [
      'layers of another kind',
      'fast-dllm-v2',
      { config: { layer_types: ['full_attention', 'sliding_attention'] } },
      'layer_types',
    ],
    ['clipped queries, keys and values', 'llada-moe', { config: { clip_qkv: 8 } }, 'clip_qkv'],
    ['another activation', 'sdar', { config: { hidden_act: 'gelu' } }, 'hidden_act'],
    ['scaled logits', 'llada', { config: { scale_logits: true } }, 'scale_logits'],
    [
      'a key that nobody knows and that sounds like arithmetic',
      'sdar',
      { config: { attention_temperature_floor: 0.5 } },
      'attention_temperature_floor',
    ],
    ['a missing key', 'sdar', { config: { rms_norm_eps: undefined } }, 'rms_norm_eps'],
    [
      'a missing tensor',
      'sdar',
      { tensors: (all) => void all.delete('model.layers.1.mlp.up_proj.weight') },
      'model.layers.1.mlp.up_proj.weight',
    ],
    [
      'a tensor that nothing computes with',
      'sdar',
      { tensors: (all) => void all.set('model.layers.0.self_attn.o_proj.bias', tensor([64])) },
      'self_attn.o_proj.bias',
    ],
    [
      'a tensor of another shape',
      'sdar',
      { tensors: (all) => void all.set('model.layers.0.mlp.up_proj.weight', tensor([64, 64])) },
      'model.layers.0.mlp.up_proj.weight',
    ],
    [
      'biases in one layer alone',
      'dream',
      { tensors: (all) => void all.delete('model.layers.1.self_attn.k_proj.bias') },
      'model.layers.1.self_attn.k_proj.bias',
    ],
    [
      'a head that is neither there nor tied',
      'sdar',
      { tensors: (all) => void all.delete('lm_head.weight') },
      'lm_head.weight',
    ],
    [
      'a shard that is missing',
      'llada',
      { without: ['model-00002-of-00002.safetensors'] },
      'model-00002-of-00002.safetensors',
    ],
    ['weights that are not there', 'sdar', { without: ['model.safetensors'] }, 'model.safetensors'],
    ['no config', 'sdar', { without: ['config.json'] }, 'config.json'],
    ['no tokenizer', 'sdar', { without: ['tokenizer.json'] }, 'tokenizer.json'],
    [
      'a chat template that can not be rendered',
      'sdar',
      { tokenizerConfig: { chat_template: '{% for %}' } },
      'chat template',
    ],
    [
      'a table smaller than the tokenizer',
      'sdar',
      {
        config: { vocab_size: 96 },
        tensors: (all) =>
          ['model.embed_tokens.weight', 'lm_head.weight'].forEach((name) => all.set(name, tensor([96, 64]))),
      },
      '500 tokens',
    ],
    ['no block length anywhere', 'fast-dllm-v2', { config: { bd_size: undefined } }, 'block length'],
  ];
  test.each(cases)('%s', async (_, golden, changes, named) => {
    const error = await refusal(changed(home, golden, changes));
    expect(error.message).toContain(named);
    expect(error.message).toContain('config.json' === named || 'tokenizer.json' === named ? named : named);
    expect(['pack-unsupported', 'file-invalid', 'bad-request']).toContain(error.code);
  });

  test('what its files do not tell: which of two kinds it is, until a recipe says so', async () => {
    const dir = changed(home, 'a2d-qwen3-bd3lm', {});
    const error = await refusal(dir);
    expect(error.action).toMatch(/a2d-bd3lm.*a2d-mdlm/s);
    expect((await fly(dir, { recipe: 'a2d-bd3lm' })).manifest.diffusion).toMatchObject({
      attention: 'block',
      grid: 'prompt-end',
      cache: 'block',
    });
    expect((await fly(dir, { recipe: 'a2d-mdlm' })).manifest.diffusion).toMatchObject({
      attention: 'full',
      cache: 'none',
    });
    expect((await refusal(dir, { recipe: 'sdar' })).message).toContain('another family');
    expect((await refusal(dir, { recipe: 'nothing' })).action).toContain('a2d-bd3lm');
  });
  test('a base model, which has no chat template; one can be given', async () => {
    const dir = changed(home, 'nemotron', { tokenizerConfig: { chat_template: undefined } });
    expect((await refusal(dir)).message).toContain('no chat template');
    const { template } = await fly(dir, { chatTemplate: "{% for m in messages %}{{ m['content'] }}{% endfor %}" });
    expect(template.source).toContain('content');
  });
  test('a disk that is too small', async () => {
    const reader = await openCheckpoint(join(goldens, 'sdar'));
    const huge = preflight(reader, { out: join(home, 'out'), checkMemory: false });
    reader.close();
    expect(huge.bytes).toBeGreaterThan(50_000);
    expect(huge.memory).toBeGreaterThan(huge.bytes);
  });
});

describe('a folder is taken', () => {
  test.each([
    [
      'llada',
      {
        family: 'llada',
        bias: { qkv: false },
        qkNorm: false,
        tiedEmbedding: false,
        diffusion: { attention: 'full', shift: 0, maskToken: 486, causalHead: false },
      },
    ],
    ['dream', { family: 'dream', bias: { qkv: true }, diffusion: { attention: 'full', shift: 1, maskToken: 486 } }],
    [
      'sdar',
      {
        family: 'sdar',
        qkNorm: true,
        dimensions: { headDim: 32, hidden: 64 },
        diffusion: { attention: 'block', blockLength: 4, grid: 'absolute' },
        tokens: { endOfTurn: [482, 480] },
      },
    ],
    [
      'fast-dllm-v2',
      {
        family: 'fast-dllm-v2',
        bias: { qkv: true },
        diffusion: { attention: 'block', shift: 1, blockLength: 32, subBlock: 8, firstSlot: 'commit-row' },
      },
    ],
    [
      'nemotron',
      {
        family: 'nemotron-labs-diffusion',
        diffusion: { attention: 'causal', causalHead: true, maskToken: 486 },
        rope: { query: { length: 16384, beta: 0.1 } },
      },
    ],
    [
      'llada-moe',
      {
        family: 'llada-moe',
        qkNorm: true,
        experts: { count: 8, top: 2, score: 'softmax', renormalise: false, shared: 0 },
      },
    ],
  ])('%s, with all that its files say', async (golden, expected) => {
    expect((await fly(join(goldens, golden))).manifest).toMatchObject(expected);
  });
  test('with its half rotary, grouped experts and shared expert: LLaDA2', async () => {
    const { manifest } = await fly(join(goldens, 'llada2'), { recipe: 'llada2.0-mini' });
    expect(manifest).toMatchObject({
      rope: { dimensions: 16 },
      dimensions: { headDim: 32 },
      experts: { groups: 4, topGroups: 2, renormalise: true, scale: 2.5, shared: 32, firstDense: 1 },
    });
  });
  test('by the name of its repository, where a recipe knows it', async () => {
    const dir = changed(home, 'a2d-qwen3-mdlm', {
      config: { _name_or_path: 'dllm-hub/Qwen3-0.6B-diffusion-mdlm-v0.1' },
    });
    expect((await fly(dir)).manifest.checkpoint.recipe).toBe('a2d-mdlm');
  });
  test('with scaled rope: linear and llama3 divide frequencies, and tensors decide what biases there are', async () => {
    const plain = (await fly(join(goldens, 'sdar'))).manifest.rope;
    const linear = (await fly(changed(home, 'sdar', { config: { rope_scaling: { rope_type: 'linear', factor: 4 } } })))
      .manifest.rope;
    const base = Array.from({ length: 16 }, (_, k) => plain.theta ** (-k / 16));
    expect(linear.frequencies).toEqual(base.map((f) => f / 4));
    const llama3 = (
      await fly(
        changed(home, 'sdar', {
          config: {
            rope_scaling: {
              rope_type: 'llama3',
              factor: 8,
              low_freq_factor: 1,
              high_freq_factor: 4,
              original_max_position_embeddings: 8192,
            },
          },
        }),
      )
    ).manifest.rope;
    expect(llama3.frequencies?.[0]).toBe(base[0]);
    expect(llama3.frequencies?.at(-1)).toBeCloseTo((base.at(-1) as number) / 8, 12);
  });
  test('whatever training switches its config carries', async () => {
    await fly(
      changed(home, 'sdar', {
        config: { some_new_trainer_switch: true, max_window_layers: 28, torch_dtype: 'bfloat16', pretraining_tp: 1 },
      }),
    );
  });
  test('with a sliding window that is off, or as wide as the context', async () => {
    await fly(changed(home, 'sdar', { config: { use_sliding_window: false, sliding_window: 128 } }));
    await fly(changed(home, 'dream', { config: { use_sliding_window: undefined, sliding_window: 4096 } }));
  });
  test('with vocab.json and merges.txt in place of tokenizer.json', async () => {
    const dir = changed(home, 'dream', {});
    const json = JSON.parse(readFileSync(join(dir, 'tokenizer.json'), 'utf8')) as {
      model: { vocab: Record<string, number>; merges: (string | string[])[] };
      added_tokens: { id: number; content: string; special: boolean }[];
    };
    writeFileSync(join(dir, 'vocab.json'), JSON.stringify(json.model.vocab));
    writeFileSync(
      join(dir, 'merges.txt'),
      `#version: 0.2\n${json.model.merges.map((merge) => (Array.isArray(merge) ? merge.join(' ') : merge)).join('\n')}\n`,
    );
    rmSync(join(dir, 'tokenizer.json'));
    const settings = JSON.parse(readFileSync(join(dir, 'tokenizer_config.json'), 'utf8')) as object;
    const added = Object.fromEntries(json.added_tokens.map(({ id, content, special }) => [id, { content, special }]));
    writeFileSync(
      join(dir, 'tokenizer_config.json'),
      JSON.stringify({ ...settings, tokenizer_class: 'DreamTokenizer', added_tokens_decoder: added }),
    );
    const { tokenizer } = await fly(dir);
    expect(tokenizer.decode(tokenizer.encode('the copper plate'))).toBe('the copper plate');
    writeFileSync(
      join(dir, 'tokenizer_config.json'),
      JSON.stringify({ ...settings, tokenizer_class: 'StrangeTokenizer' }),
    );
    expect((await refusal(dir)).message).toContain('StrangeTokenizer');
  });
  test('with 4 bits where it is asked for, and the table in 8', async () => {
    const { bitsOf } = await fly(join(goldens, 'sdar'), { bits: 4 });
    expect(['embed', 'head', 'layers.0.qkv', 'layers.0.down'].map(bitsOf)).toEqual([8, 4, 4, 4]);
  });
});

test('a family is added by one file and one row: it is matched, described and planned like the others', async () => {
  const toy: Family = {
    ...sdar,
    id: 'toy',
    name: 'Toy',
    matches: ({ architecture }) => architecture === 'ToyForCausalLM',
    diffusion: { ...sdar.diffusion, attention: 'full', cache: 'none', grid: 'prompt-end' },
  };
  const dir = changed(home, 'sdar', { config: { architectures: ['ToyForCausalLM'] } });
  expect((await refusal(dir)).message).toContain('ToyForCausalLM');
  const { manifest, plan } = await fly(dir, { families: [...families, toy] });
  expect(manifest).toMatchObject({
    family: 'toy',
    qkNorm: true,
    diffusion: { attention: 'full', cache: 'none', blockLength: 4 },
  });
  expect(plan.matrices).toHaveLength(2 + 2 * 4);
});

describe('a chat template', () => {
  const withTemplate = async (chat_template: string) =>
    (await fly(changed(home, 'sdar', { tokenizerConfig: { chat_template } }))).template;
  test('that raises for two questions in a row, or for instructions, gets joined messages', async () => {
    const strict =
      "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('must alternate') }}{% endif %}{{ m['content'] }}<|im_end|>{% endfor %}";
    expect(await withTemplate(strict)).toMatchObject({ system: false, alternates: true });
  });
  test('that leaves instructions out without a word is seen through', async () => {
    expect(
      await withTemplate(
        "{% for m in messages %}{% if m['role'] != 'system' %}{{ m['content'] }}<|im_end|>{% endif %}{% endfor %}",
      ),
    ).toMatchObject({ system: false, alternates: false });
  });
  test('names the token that ends a reply, where nothing else does', async () => {
    const { manifest } = await fly(
      changed(home, 'sdar', {
        tokenizerConfig: { chat_template: "{% for m in messages %}{{ m['content'] }}<|unused_450|>{% endfor %}" },
      }),
    );
    expect(manifest.tokens.endOfTurn).toContain(450);
  });
});

describe('a GGUF', () => {
  let count = 0;
  const made = (change: (tiny: TinyGguf) => void, architecture = 'llama'): string => {
    const tiny = tinyGguf(architecture);
    change(tiny);
    const file = join(home, `tiny-${count++}.gguf`);
    writeGguf(file, tiny.metadata, tiny.tensors);
    return file;
  };
  test.each<[string, (tiny: TinyGguf) => void, string]>([
    ['an architecture without a graph', ({ metadata }) => (metadata['general.architecture'] = 'gemma3'), 'gemma3'],
    [
      'rope scaling that is not known',
      ({ metadata }) => (
        (metadata['llama.rope.scaling.type'] = 'longrope'),
        (metadata['llama.rope.scaling.factor'] = 4)
      ),
      'longrope',
    ],
    ['a soft cap', ({ metadata }) => (metadata['llama.final_logit_softcapping'] = 30), 'softcapping'],
    ['a sliding window', ({ metadata }) => (metadata['llama.attention.sliding_window'] = 128), 'sliding_window'],
    ['clipped projections', ({ metadata }) => (metadata['llama.attention.clamp_kqv'] = 8), 'clamp_kqv'],
    [
      'a scale of attention of its own',
      ({ metadata }) => (metadata['llama.attention.scale'] = 0.25),
      'attention.scale',
    ],
    ['experts', ({ metadata }) => (metadata['llama.expert_count'] = 8), 'expert_count'],
    ['a scale of logits', ({ metadata }) => (metadata['llama.logit_scale'] = 0.5), 'logit_scale'],
    [
      'a bias that nothing computes with',
      ({ tensors }) => (tensors['blk.0.attn_output.bias'] = vector(64, 9)),
      'attn_output.bias',
    ],
    ['a missing tensor', ({ tensors }) => delete tensors['blk.1.ffn_up.weight'], 'blk.1.ffn_up.weight'],
    [
      'a type of weights that is not read',
      ({ tensors }) => (tensors['blk.0.ffn_up.weight'] = { shape: [96, 64], type: 10, bytes: new Uint8Array(96 * 21) }),
      'Q2_K',
    ],
    ['another tokenizer', ({ metadata }) => (metadata['tokenizer.ggml.pre'] = 'tekken'), 'tekken'],
    ['no chat template', ({ metadata }) => delete metadata['tokenizer.chat_template'], 'no chat template'],
  ])('is refused for %s', async (_, change, named) => {
    expect((await refusal(made(change))).message).toContain(named);
  });
  test('that is cut off is refused', async () => {
    const file = made(() => undefined);
    writeFileSync(file, readFileSync(file).subarray(0, 3000));
    expect((await refusal(file)).code).toBe('file-invalid');
  });
  test('of Llama, Qwen2 with biases, Qwen3 with norms of heads is taken', async () => {
    expect((await fly(made(() => undefined))).manifest).toMatchObject({
      family: 'llama',
      bias: { qkv: false },
      qkNorm: false,
      tiedEmbedding: false,
      diffusion: { causalHead: true, maskToken: 3 },
      rope: { theta: 10000.5 },
    });
    const biased = made(
      ({ tensors }) =>
        [0, 1].forEach((n) =>
          [
            ['q', 64],
            ['k', 32],
            ['v', 32],
          ].forEach(([part, length]) => (tensors[`blk.${n}.attn_${part}.bias`] = vector(Number(length), n))),
        ),
      'qwen2',
    );
    expect((await fly(biased)).manifest).toMatchObject({ family: 'qwen2', bias: { qkv: true } });
    const normed = made(
      ({ tensors }) =>
        [0, 1].forEach((n) =>
          ['q', 'k'].forEach((part) => (tensors[`blk.${n}.attn_${part}_norm.weight`] = vector(16, n))),
        ),
      'qwen3',
    );
    expect((await fly(normed)).manifest).toMatchObject({ family: 'qwen3', qkNorm: true });
  });
  test('with frequencies divided pair by pair is taken so', async () => {
    const { manifest } = await fly(
      made(
        ({ tensors }) =>
          (tensors['rope_freqs.weight'] = {
            shape: [8],
            type: 0,
            bytes: new Uint8Array(Float32Array.of(1, 1, 1, 1, 2, 4, 8, 8).buffer),
          }),
      ),
    );
    expect(manifest.rope.frequencies?.[7]).toBeCloseTo(10000.5 ** (-7 / 8) / 8, 10);
  });
  test('names its ends of turn, and what its template ends a reply with', async () => {
    const { manifest } = await fly(
      made(
        ({ metadata }) => (
          (metadata['tokenizer.ggml.eos_token_id'] = 0),
          (metadata['tokenizer.ggml.eot_token_id'] = 3)
        ),
      ),
    );
    expect(manifest.tokens.endOfTurn).toEqual([0, 3, 2]);
    expect(manifest.template).toMatchObject({ bos: '<|im_start|>', eos: '<|endoftext|>' });
  });
});

describe('DiffusionGemma', () => {
  const golden = JSON.parse(readFileSync(join(goldens, 'diffusion-gemma', 'config.json'), 'utf8')) as {
    text_config: Record<string, unknown>;
  };
  const text = (keys: Record<string, unknown>): { config: Record<string, unknown> } => ({
    config: { text_config: { ...golden.text_config, ...keys } },
  });
  test('is read with its two kinds of layers, its noise and the sampler of its authors', async () => {
    const { manifest } = await fly(join(goldens, 'diffusion-gemma'));
    expect(manifest).toMatchObject({
      family: 'diffusion-gemma',
      logitCap: 30,
      dimensions: { kvHeads: 2, headDim: 32 },
      windows: { length: 12, whole: { layers: [1, 3], kvHeads: 1, headDim: 64 } },
      diffusion: { noise: 'uniform', causalHead: false, blockLength: 16, sampler: { id: 'renoise' } },
      tokens: { endOfTurn: [482, 484], suppressed: [] },
      defaults: { sampler: { id: 'renoise', params: { steps: 48, bound: 0.1 } } },
    });
    // of 32 pairs the first quarter turns
    expect(manifest.windows?.whole.rope.frequencies?.filter((f) => f > 0)).toHaveLength(8);
    expect(manifest.windows?.whole.rope.frequencies?.[1]).toBeCloseTo(1e6 ** (-2 / 64), 12);
  });
  test.each([
    ['tie_word_embeddings', { config: { tie_word_embeddings: false } }],
    ['use_bidirectional_attention', text({ use_bidirectional_attention: 'all' })],
    ['attention_bias', text({ attention_bias: true })],
    ['hidden_activation', text({ hidden_activation: 'silu' })],
    ['attention_k_eq_v', text({ attention_k_eq_v: false })],
    ['layer_types', text({ layer_types: ['sliding_attention'] })],
    ['query_pre_attn_scalar', text({ query_pre_attn_scalar: 256 })],
    ['per_layer_config', text({ per_layer_config: { 1: { head_dim: 64, sliding_window: 3 } } })],
    [
      'rope_parameters sliding_attention',
      text({ rope_parameters: { sliding_attention: { rope_type: 'yarn', rope_theta: 1e4 } } }),
    ],
  ])('with another %s is refused by that name', async (key, changes) => {
    expect((await refusal(changed(home, 'diffusion-gemma', changes))).message).toContain(key);
  });
  test('lacking the scalar of a layer, or with a tensor more, is refused by its name', async () => {
    const scalar = 'model.encoder.language_model.layers.2.layer_scalar';
    const without = changed(home, 'diffusion-gemma', { tensors: (all) => void all.delete(scalar) });
    expect((await refusal(without)).message).toContain(scalar);
    const more = changed(home, 'diffusion-gemma', {
      tensors: (all) => void all.set('model.decoder.layers.0.extra.weight', { shape: [1], data: new Float32Array(1) }),
    });
    expect((await refusal(more)).message).toContain('extra.weight');
  });
  test('may keep what both halves share under the name of either, or of both', async () => {
    const moved = (copy: boolean): string =>
      changed(home, 'diffusion-gemma', {
        tensors: (all) => {
          for (const [name, tensor] of [...all]) {
            if (!name.startsWith('model.decoder.') || /self_conditioning|layer_scalar/.test(name)) continue;
            all.set(name.replace('model.decoder.', 'model.encoder.language_model.'), tensor);
            if (!copy) all.delete(name);
          }
        },
      });
    const source = async (dir: string): Promise<string | undefined> =>
      (await fly(dir)).plan.matrices.find(({ name }) => name === 'layers.0.o')?.parts[0]?.source;
    expect(await source(moved(false))).toBe('model.encoder.language_model.layers.0.self_attn.o_proj.weight');
    expect(await source(moved(true))).toBe('model.decoder.layers.0.self_attn.o_proj.weight');
  });
});
