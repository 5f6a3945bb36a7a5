/**
 * The authors' samplers by the names that traces give them: how each one's arguments read as a layout, a sampler and its
 * parameters here, and what it counts as a forward. Nothing of a family's numbers stands here but its code's own defaults.
 */
import * as v from 'valibot';
import { writeBlocks, type Layout, type Written } from '../../core/samplers/rules/blocks.ts';
import { writeCanvases, type Chance } from '../../core/samplers/rules/canvases.ts';
import { drawAt } from '../../core/samplers/rules/categorical.ts';
import { greedy, type Sampling } from '../../core/samplers/rules/draw.ts';
import { bannedOf, capabilitiesOf, samplerWith } from '../../core/samplers/rules/index.ts';
import type { Passes } from '../../core/samplers/rules/passes.ts';
import { writeSpeculatively } from '../../core/samplers/rules/speculation.ts';
import type { Manifest } from '../../core/model/manifest.ts';
import type { Trace } from './golden.ts';

export interface Reference {
  sequence: number[];
  forwards: number;
}
type Run = (passes: Passes, manifest: Manifest, trace: Trace) => Promise<Reference>;

/** Reads a trace's arguments; whatever it is not asked for is refused, so that nothing is passed over. */
class Args {
  readonly #left: Map<string, unknown>;
  constructor(args: Record<string, unknown>) {
    this.#left = new Map(Object.entries(args));
  }
  #take(key: string): unknown {
    const value = this.#left.get(key);
    this.#left.delete(key);
    return value;
  }
  number(key: string, fallback?: number): number {
    const value = this.#take(key) ?? fallback;
    if (typeof value !== 'number') throw new Error(`the trace has no number ${key}`);
    return value;
  }
  optional(key: string): number | null {
    const value = this.#take(key);
    return typeof value === 'number' ? value : null;
  }
  text(key: string, fallback: string): string {
    return String(this.#take(key) ?? fallback);
  }
  flag(key: string): boolean {
    return this.#take(key) === true;
  }
  /** Temperature 0 with top-p and top-k, as far as the trace has them. */
  sampling(): Sampling {
    if (this.number('temperature', 0) !== 0) throw new Error("draws at a temperature can't be replayed");
    return { ...greedy, topP: this.number('top_p', 1), topK: this.optional('top_k') ?? 0 };
  }
  end(): void {
    const left = [...this.#left]
      .filter(([, value]) => value !== null && value !== undefined && value !== 0 && value !== false)
      .map(([key]) => key);
    if (left.length > 0) throw new Error(`the arguments ${left.join(', ')} are not known`);
  }
}

interface Plan {
  layout?: Partial<Layout>;
  until: number;
  sampler: [id: string, params: Record<string, unknown>];
  sampling?: Sampling;
  guidance?: number;
}

async function write(
  passes: Passes,
  manifest: Manifest,
  trace: Trace,
  { layout = {}, until, sampler: [id, given], sampling = greedy, guidance = 0 }: Plan,
): Promise<Written> {
  const { sampler, params } = samplerWith(id, given, capabilitiesOf(manifest));
  const { subBlock: _, ...own } = manifest.diffusion;
  return writeBlocks(passes, {
    layout: { ...own, ...layout },
    prompt: trace.prompt,
    until,
    sampler,
    params,
    sampling,
    seed: 0,
    banned: bannedOf(manifest),
    ends: new Set(manifest.tokens.endOfTurn),
    guidance,
  });
}

/** Where blocks lie on the grid of positions, the canvas ends with a whole one. */
const onGrid = (length: number, block: number): number => Math.ceil(length / block) * block;
const denoised = ({ sequence, forwards }: Written): Reference => ({
  sequence,
  forwards: forwards.denoise + forwards.refresh,
});

/** LLaDA's generate: whole canvases, blocks from the prompt's end, steps spread evenly over blocks and masks. */
const llada: Run = async (passes, manifest, trace) => {
  const args = new Args(trace.args);
  const length = args.number('gen_length');
  const blockLength = args.number('block_length');
  const stepsPerBlock = args.number('steps') / (length / blockLength);
  const order = { low_confidence: 'confidence' }[args.text('remasking', 'low_confidence')];
  if (order === undefined) throw new Error("remasking by chance can't be replayed");
  const guidance = args.number('cfg_scale', 0);
  const sampling = args.sampling();
  args.end();
  return denoised(
    await write(passes, manifest, trace, {
      layout: { blockLength, cache: 'none' },
      until: trace.prompt.length + length,
      sampler: ['low-confidence', { schedule: 'even', stepsPerBlock, order }],
      sampling,
      guidance,
    }),
  );
};

/** Fast-dLLM's generate on LLaDA, without a cache or with one that is renewed at each block's start. */
const fastLlada =
  (cache: Layout['cache']): Run =>
  async (passes, manifest, trace) => {
    const args = new Args(trace.args);
    const length = args.number('gen_length');
    const blockLength = args.number('block_length');
    const stepsPerBlock = args.number('steps') / (length / blockLength);
    const threshold = args.optional('threshold');
    const factor = args.optional('factor');
    args.text('remasking', 'low_confidence');
    const sampling = args.sampling();
    args.end();
    const sampler: Plan['sampler'] =
      factor !== null
        ? ['factor', { factor }]
        : threshold !== null
          ? ['threshold', { threshold }]
          : ['low-confidence', { schedule: 'even', stepsPerBlock }];
    const written = await write(passes, manifest, trace, {
      layout: { blockLength, cache },
      until: trace.prompt.length + length,
      sampler,
      sampling,
    });
    // with a cache, the authors' loop runs one forward more where a block's first has filled it already
    const spare = cache !== 'none' ? written.blocks.filter(({ denoise }) => denoise === 0).length : 0;
    const { sequence, forwards } = denoised(written);
    return { sequence, forwards: forwards + spare };
  };

/** Dream's diffusion_generate: one canvas, no blocks. */
const dream: Run = async (passes, manifest, trace) => {
  const args = new Args(trace.args);
  const length = args.number('max_new_tokens');
  const params = {
    steps: args.number('steps'),
    algorithm: args.text('alg', 'origin'),
    eps: args.number('eps', 1e-3),
    algTemp: args.number('alg_temp', 0),
  };
  const sampling = args.sampling();
  args.end();
  return denoised(
    await write(passes, manifest, trace, {
      layout: { blockLength: length, cache: 'none' },
      until: trace.prompt.length + length,
      sampler: ['dream', params],
      sampling,
    }),
  );
};

/** Fast-dLLM's block version of Dream. */
const fastDream: Run = async (passes, manifest, trace) => {
  const args = new Args(trace.args);
  const length = args.number('max_new_tokens');
  const blockLength = args.number('block_length');
  const threshold = args.number('threshold', 0.9);
  const cache = args.flag('dual_cache') ? 'dual' : 'prefix';
  const sampling = args.sampling();
  args.number('steps', 0);
  args.text('alg', 'confidence_threshold');
  args.end();
  return denoised(
    await write(passes, manifest, trace, {
      layout: { blockLength, cache },
      until: trace.prompt.length + length,
      sampler: ['threshold', { threshold }],
      sampling,
    }),
  );
};

/** SDAR's block_diffusion_generate: the prompt's whole blocks in one forward, then each block's steps and its commit. */
const sdar: Run = async (passes, manifest, trace) => {
  const args = new Args(trace.args);
  const length = args.number('gen_length');
  const blockLength = args.number('block_length');
  const stepsPerBlock = args.number('denoising_steps');
  const strategy = args.text('remasking_strategy', 'low_confidence_dynamic');
  const threshold = strategy === 'low_confidence_dynamic' ? args.number('confidence_threshold', 0.85) : null;
  args.optional('confidence_threshold');
  const sampling = args.sampling();
  args.end();
  const params = {
    schedule: 'block',
    stepsPerBlock,
    threshold,
    order: strategy === 'sequential' ? 'sequential' : 'confidence',
  };
  const { sequence, forwards } = await write(passes, manifest, trace, {
    layout: { blockLength },
    until: onGrid(trace.prompt.length + length, blockLength),
    sampler: ['low-confidence', params],
    sampling,
  });
  return { sequence, forwards: forwards.prefill + forwards.denoise + forwards.commit };
};

/** LLaDA2.0 in dllm: the whole window anew each step, so there is no commit to count. */
const llada2: Run = async (passes, manifest, trace) => {
  const args = new Args(trace.args);
  const length = args.number('max_new_tokens');
  const blockLength = args.number('block_size', 32);
  const stepsPerBlock = Math.min(
    args.number('steps_per_block', 32),
    Math.floor(length / args.number('minimal_topk', 1)),
  );
  const params = { schedule: 'block', stepsPerBlock, threshold: args.number('threshold', 0.95) };
  const sampling = args.sampling();
  args.end();
  return denoised(
    await write(passes, manifest, trace, {
      layout: { blockLength },
      until: onGrid(trace.prompt.length + length, blockLength),
      sampler: ['low-confidence', params],
      sampling,
    }),
  );
};

const llada21: Run = async (passes, manifest, trace) => {
  const args = new Args(trace.args);
  const length = args.number('max_new_tokens');
  const blockLength = args.number('block_size', 32);
  const params = {
    threshold: args.number('threshold', 0.95),
    editThreshold: args.number('editing_threshold', 0.9),
    postSteps: args.number('max_post_steps', 16),
  };
  const sampling = args.sampling();
  args.end();
  return denoised(
    await write(passes, manifest, trace, {
      layout: { blockLength },
      until: onGrid(trace.prompt.length + length, blockLength),
      sampler: ['edit', params],
      sampling,
    }),
  );
};

/** The arguments that dllm's bd3lm and mdlm share. */
function dllm(trace: Trace): {
  until: number;
  blockLength: number;
  length: number;
  sampler: Plan['sampler'];
  sampling: Sampling;
  guidance: number;
} {
  const args = new Args(trace.args);
  const length = args.number('max_new_tokens');
  const blockLength = args.number('block_size');
  const stepsPerBlock = Math.ceil(args.number('steps') / Math.ceil(length / blockLength));
  args.text('remasking', 'low_confidence');
  const guidance = args.number('cfg_scale', 0);
  const sampling = args.sampling();
  args.end();
  return {
    until: trace.prompt.length + length,
    blockLength,
    length,
    sampler: ['low-confidence', { schedule: 'linear', stepsPerBlock }],
    sampling,
    guidance,
  };
}
const bd3lm: Run = async (passes, manifest, trace) => {
  const { blockLength, length, ...plan } = dllm(trace);
  const { sequence, forwards } = await write(passes, manifest, trace, {
    ...plan,
    layout: { blockLength, grid: 'prompt-end', attention: 'block', cache: 'block' },
  });
  // the authors pad on the left to whole blocks, and read the whole prefix anew as each block begins
  const pad = Array.from(
    { length: onGrid(trace.prompt.length, blockLength) - trace.prompt.length },
    () => trace.sequence[0] as number,
  );
  return { sequence: [...pad, ...sequence], forwards: forwards.denoise + Math.ceil(length / blockLength) };
};
const mdlm: Run = async (passes, manifest, trace) => {
  const { blockLength, length: _, ...plan } = dllm(trace);
  return denoised(
    await write(passes, manifest, trace, { ...plan, layout: { blockLength, attention: 'full', cache: 'none' } }),
  );
};

/** Fast-dLLM v2's batch_sample: whole blocks of the model's own length, beginning with the prompt's last, unfinished one. */
const fastV2: Run = async (passes, manifest, trace) => {
  const args = new Args(trace.args);
  const { blockLength } = manifest.diffusion;
  const first = Math.floor(trace.prompt.length / blockLength);
  const until = (Math.floor(args.number('max_new_tokens') / blockLength) + first) * blockLength;
  const subBlock = args.number('small_block_size', 8);
  const params = { threshold: args.number('threshold', 0.95), strict: true };
  const blockCache = args.flag('use_block_cache');
  const sampling = args.sampling();
  args.end();
  // the authors read a prompt ahead only where it is longer than a block: one of exactly a block stands in no forward of theirs
  const unread = trace.prompt.length === blockLength ? trace.prompt : [];
  const { sequence, next, forwards } = await write(
    passes,
    manifest,
    { ...trace, prompt: trace.prompt.slice(unread.length) },
    { layout: { subBlock, blockCache }, until: until - unread.length, sampler: ['threshold', params], sampling },
  );
  return {
    sequence: [...unread, ...sequence, ...(next === null ? [] : [next])],
    forwards: forwards.prefill + forwards.denoise + forwards.commit,
  };
};

const nemotron: Run = async (passes, manifest, trace) => {
  const args = new Args(trace.args);
  const length = args.number('max_new_tokens');
  const blockLength = args.number('block_length');
  const threshold = args.optional('threshold');
  const sampling = args.sampling();
  args.end();
  const { sequence, forwards } = await write(passes, manifest, trace, {
    layout: { blockLength },
    until: trace.prompt.length + length,
    sampler: ['threshold', { threshold }],
    sampling,
  });
  return { sequence, forwards: forwards.prefill + forwards.denoise + forwards.commit };
};

/** @param drafts false: one token at a time, the same text */
const causal =
  (drafts: boolean): Run =>
  async (passes, manifest, trace) => {
    const { diffusion, tokens } = manifest;
    const args = new Args(trace.args);
    const maxTokens = args.number('max_new_tokens');
    const blockLength = drafts ? args.number('block_length') : 1;
    args.sampling();
    args.end();
    const { sequence, forwards } = await writeSpeculatively(passes, {
      prompt: trace.prompt,
      maxTokens,
      blockLength,
      maskToken: diffusion.maskToken,
      shift: diffusion.shift,
      banned: bannedOf(manifest),
      ends: new Set(tokens.endOfTurn),
    });
    return { sequence, forwards: forwards.prefill + forwards.draft + forwards.verify };
  };

/** What a trace of uniform noise recorded: every random canvas in order, and by canvas and step what was drawn. */
const noiseSchema = v.object({
  draw: v.picklist(['recorded', 'argmax']),
  eos: v.nullable(v.union([v.number(), v.array(v.number())])),
  random: v.array(v.array(v.number())),
  rounds: v.array(v.array(v.object({ drawn: v.array(v.number()), accepted: v.array(v.unknown()) }))),
});

/** DiffusionGemma's generate in transformers: canvases of the model's own length, with the noise and draws that were recorded. */
const diffusionGemma: Run = async (passes, manifest, trace) => {
  const { draw, eos, random, rounds } = v.parse(noiseSchema, trace);
  const args = new Args(trace.args);
  const { blockLength } = manifest.diffusion;
  const canvases = Math.ceil(args.number('max_new_tokens') / blockLength);
  const given = {
    steps: args.number('max_denoising_steps'),
    bound: args.number('entropy_bound'),
    hottest: args.number('t_max'),
    coldest: args.number('t_min'),
    stable: args.optional('stability_threshold'),
    doubt: args.optional('confidence_threshold'),
  };
  args.end();
  // without one of the two, a canvas takes all its steps
  if (given.stable === null || given.doubt === null) Object.assign(given, { stable: 0, doubt: 0 });
  const { sampler, params } = samplerWith('renoise', given, capabilitiesOf(manifest));
  const recorded = rounds.flat();
  let round = -1;
  const chance: Chance = {
    noise() {
      const ids = random.shift();
      if (!ids) throw new Error('more noise was asked for than was recorded');
      return ids;
    },
    draw(row, slot, temperature) {
      const made = drawAt(row, temperature, new Set(), 0.5);
      const id = draw === 'argmax' ? row.ids[0] : recorded[round]?.drawn[slot];
      if (id === undefined) throw new Error('more was drawn than was recorded');
      return { ...made, id };
    },
  };
  const ends = new Set(eos === null ? [] : [eos].flat());
  const counted: Passes = {
    get cached() {
      return passes.cached;
    },
    glance(...glance) {
      round++;
      return passes.glance(...glance);
    },
    keep: (rows) => passes.keep(rows),
    read: (...read) => passes.read(...read),
    cut: (length) => passes.cut(length),
    beside: () => passes.beside(),
  };
  const { sequence, forwards } = await writeCanvases(counted, {
    blockLength,
    prompt: trace.prompt,
    until: trace.prompt.length + canvases * blockLength,
    sampler,
    params,
    banned: bannedOf(manifest),
    ends,
    chance,
  });
  // the authors put the padding token behind an end
  const end = sequence.findIndex((id, i) => i >= trace.prompt.length && ends.has(id));
  const padded = sequence.map((id, i) => (end >= 0 && i > end ? manifest.diffusion.maskToken : id));
  return { sequence: padded, forwards: forwards.denoise };
};

export const references: Readonly<Record<string, Run>> = {
  'diffusion_gemma.generate': diffusionGemma,
  'llada.generate': llada,
  'fast-dllm.generate': fastLlada('none'),
  'fast-dllm.generate_with_prefix_cache': fastLlada('prefix'),
  'fast-dllm.generate_with_dual_cache': fastLlada('dual'),
  'dream.diffusion_generate': dream,
  'fast-dllm.dream.block': fastDream,
  'sdar.block_diffusion_generate': sdar,
  'dllm.llada2': llada2,
  'dllm.llada21': llada21,
  'dllm.bd3lm': bd3lm,
  'dllm.mdlm': mdlm,
  'fast-dllm-v2.batch_sample': fastV2,
  'nemotron.generate': nemotron,
  'nemotron.linear_spec_generate': causal(true),
  'nemotron.ar_generate': causal(false),
};
