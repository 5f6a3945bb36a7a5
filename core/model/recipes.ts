/**
 * What a checkpoint's own files don't say, one entry a known repository: which of two kinds it is, how its authors sample from
 * it, a chat template where none lies in the folder. Data alone; a checkpoint that no entry fits takes its family's own facts.
 */
import { failure } from '../contract/result.ts';
import type { Diffusion } from './manifest.ts';

export interface Recipe {
  /** For `--recipe`. */
  id: string;
  family: string;
  /** The repository, as its authors publish it. */
  repository: string;
  /** Folder and repository names that are surely this one; the first entry of a family whose name fits is taken. */
  names?: RegExp;
  /** Taken for any checkpoint of its family that no other entry's name fits. */
  usual?: true;
  /** What it says over its family's facts. */
  diffusion?: Partial<Diffusion>;
  /** Real context, where the config promises more. */
  contextLength?: number;
  /** Used where the folder has no template. */
  chatTemplate?: string;
  /** Further variables of the template. */
  variables?: Record<string, string | number | boolean>;
  /** Texts of tokens that end a turn, besides those that the checkpoint and its template name. */
  ends?: readonly string[];
}

/** Roles between tags, as the LLaDA-MoE and LLaDA2 models were trained to read them. */
const roleTags =
  "{% for message in messages %}<role>{% if message['role'] == 'user' %}HUMAN{% else %}{{ message['role'] | upper }}{% endif %}</role>{{ message['content'] }}<|role_end|>{% endfor %}{% if add_generation_prompt %}<role>ASSISTANT</role>{% endif %}";
const chatMl =
  "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
const thinkingOff = { enable_thinking: false };

const lowConfidence = (blockLength: number): Partial<Diffusion> => ({
  blockLength,
  blockLengths: [8, 16, 32, 64],
  sampler: { id: 'low-confidence', params: { schedule: 'even', stepsPerBlock: blockLength } },
});
const threshold = (value: number, strict: boolean): Partial<Diffusion> => ({
  sampler: { id: 'threshold', params: { threshold: value, strict } },
});
const dreamEntropy: Partial<Diffusion> = {
  blockLength: 32,
  blockLengths: [8, 16, 32, 64],
  sampler: { id: 'dream', params: { algorithm: 'entropy', algTemp: 0 } },
};
const sdarDynamic = (blockLength?: number): Partial<Diffusion> => ({
  ...(blockLength === undefined ? {} : { blockLength, blockLengths: [blockLength] }),
  sampler: { id: 'low-confidence', params: { schedule: 'block', threshold: 0.9, order: 'confidence' } },
});

export const recipes: readonly Recipe[] = [
  {
    id: 'llada-8b-instruct',
    family: 'llada',
    repository: 'GSAI-ML/LLaDA-8B-Instruct',
    usual: true,
    diffusion: lowConfidence(32),
    ends: ['<|eot_id|>'],
  },
  {
    id: 'llada-1.5',
    family: 'llada',
    repository: 'GSAI-ML/LLaDA-1.5',
    names: /llada-?1\.5/i,
    diffusion: lowConfidence(16),
    ends: ['<|eot_id|>'],
  },
  {
    id: 'llada-moe-7b-a1b',
    family: 'llada-moe',
    repository: 'inclusionAI/LLaDA-MoE-7B-A1B-Instruct',
    usual: true,
    diffusion: lowConfidence(32),
    chatTemplate: roleTags,
    ends: ['<|role_end|>'],
  },
  {
    id: 'dream-7b',
    family: 'dream',
    repository: 'Dream-org/Dream-v0-Instruct-7B',
    usual: true,
    contextLength: 2048,
    diffusion: dreamEntropy,
    chatTemplate: chatMl,
  },
  {
    id: 'dream-coder-7b',
    family: 'dream',
    repository: 'Dream-org/Dream-Coder-v0-Instruct-7B',
    names: /dream-?coder/i,
    contextLength: 2048,
    diffusion: dreamEntropy,
    chatTemplate: chatMl,
  },
  {
    id: 'diffucoder-7b',
    family: 'dream',
    repository: 'apple/DiffuCoder-7B-Instruct',
    names: /diffucoder/i,
    contextLength: 2048,
    diffusion: dreamEntropy,
    chatTemplate: chatMl,
  },
  ...[8, 16, 32, 64].map((length): Recipe => ({
    id: `sdar-b${length}`,
    family: 'sdar',
    repository: `JetLM/SDAR-1.7B-Chat-b${length}`,
    names: new RegExp(`-b${length}$`, 'i'),
    diffusion: sdarDynamic(length),
    variables: thinkingOff,
    chatTemplate: chatMl,
  })),
  {
    id: 'trado',
    family: 'sdar',
    repository: 'Gen-Verse/TraDo-4B-Instruct',
    names: /trado/i,
    diffusion: sdarDynamic(4),
    variables: thinkingOff,
    chatTemplate: chatMl,
  },
  {
    id: 'sdar',
    family: 'sdar',
    repository: 'JetLM/SDAR-1.7B-Chat',
    usual: true,
    diffusion: { blockLength: 4, ...sdarDynamic() },
    variables: thinkingOff,
    chatTemplate: chatMl,
  },
  {
    id: 'llada2.1-mini',
    family: 'llada2',
    repository: 'inclusionAI/LLaDA2.1-mini',
    names: /llada2\.1/i,
    diffusion: { sampler: { id: 'edit', params: { threshold: 0.7, editThreshold: 0.5, postSteps: 16 } } },
    chatTemplate: roleTags,
    ends: ['<|role_end|>'],
  },
  {
    id: 'llada2.0-mini',
    family: 'llada2',
    repository: 'inclusionAI/LLaDA2.0-mini',
    names: /llada2\.0/i,
    diffusion: {
      sampler: { id: 'low-confidence', params: { schedule: 'block', threshold: 0.95, order: 'confidence' } },
    },
    chatTemplate: roleTags,
    ends: ['<|role_end|>'],
  },
  {
    id: 'a2d-bd3lm',
    family: 'a2d',
    repository: 'dllm-hub/Qwen3-0.6B-diffusion-bd3lm-v0.1',
    names: /bd3lm/i,
    diffusion: {
      attention: 'block',
      grid: 'prompt-end',
      cache: 'block',
      blockLength: 32,
      blockLengths: [8, 16, 32],
      sampler: { id: 'low-confidence', params: { schedule: 'linear', stepsPerBlock: 32 } },
    },
    variables: thinkingOff,
    chatTemplate: chatMl,
  },
  {
    id: 'a2d-mdlm',
    family: 'a2d',
    repository: 'dllm-hub/Qwen3-0.6B-diffusion-mdlm-v0.1',
    names: /mdlm/i,
    diffusion: {
      attention: 'full',
      grid: 'prompt-end',
      cache: 'none',
      blockLength: 128,
      blockLengths: [32, 64, 128],
      sampler: { id: 'low-confidence', params: { schedule: 'linear', stepsPerBlock: 128 } },
    },
    variables: thinkingOff,
    chatTemplate: chatMl,
  },
  {
    id: 'fast-dllm-v2',
    family: 'fast-dllm-v2',
    repository: 'Efficient-Large-Model/Fast_dLLM_v2_7B',
    usual: true,
    diffusion: { blockLengths: [32], ...threshold(0.9, true) },
    chatTemplate: chatMl,
  },
  {
    id: 'nemotron-labs-diffusion',
    family: 'nemotron-labs-diffusion',
    repository: 'nvidia/Nemotron-Labs-Diffusion-8B',
    usual: true,
    diffusion: { ...threshold(0.9, false), blockLengths: [8, 16, 32] },
  },
  {
    id: 'diffusiongemma-26b-a4b',
    family: 'diffusion-gemma',
    repository: 'google/diffusiongemma-26B-A4B-it',
    usual: true,
    diffusion: {
      sampler: {
        id: 'renoise',
        params: { steps: 48, bound: 0.1, hottest: 0.8, coldest: 0.4, stable: 1, doubt: 0.005 },
      },
    },
  },
];

/** The entry that names tell, else the usual one of the family. */
const evident = (own: readonly Recipe[], names: readonly string[]): Recipe | undefined =>
  own.find((recipe) => recipe.names && names.some((name) => recipe.names?.test(name))) ??
  own.find((recipe) => recipe.usual);

/** The entries among which a person has to choose, as nothing in the checkpoint tells; none where it is evident. */
export function openRecipes(family: { id: string }, names: readonly string[], list = recipes): readonly Recipe[] {
  const own = list.filter((recipe) => recipe.family === family.id);
  return evident(own, names) ? [] : own;
}

/**
 * The entry for a checkpoint, or null where its family needs none.
 * @param names its folder's and repository's names @param asked what `--recipe` said
 * @throws MezzotintError where an entry of that name doesn't exist or fit, or where several might and nothing tells
 */
export function recipeFor(
  family: { id: string; name: string },
  names: readonly string[],
  asked: string | undefined,
  file: string,
  list: readonly Recipe[] = recipes,
): Recipe | null {
  const own = list.filter((recipe) => recipe.family === family.id);
  const ids = own.map(({ id }) => id);
  if (asked !== undefined) {
    const found = list.find(({ id }) => id === asked);
    if (!found)
      throw failure('recipe.unknown', { recipe: asked, known: ids.length > 0 ? ids : list.map(({ id }) => id) });
    if (found.family !== family.id)
      throw ids.length > 0
        ? failure('recipe.other-family', { recipe: asked, family: family.name, known: ids }, { file })
        : failure('recipe.not-needed', { recipe: asked, family: family.name }, { file });
    return found;
  }
  const usual = evident(own, names);
  if (usual || own.length === 0) return usual ?? null;
  throw failure(
    'recipe.several',
    { kinds: own.length, family: family.name, recipes: own.map(({ id, repository }) => `${id} (${repository})`) },
    { file },
  );
}
