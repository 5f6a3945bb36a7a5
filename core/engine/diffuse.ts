/**
 * Replies of diffusion models, block after block, as their authors write them. The stepper and the sampler's rule decide; here its steps become the events of a reply, and its ends meet the stop rules.
 */
import type { KnownToken, StopReason } from '../contract/generation.ts';
import { failure } from '../contract/result.ts';
import type { Manifest } from '../model/manifest.ts';
import { writeBlocks, type CanvasStep, type Layout, type Unmasked } from '../samplers/rules/blocks.ts';
import { greedy } from '../samplers/rules/draw.ts';
import { guides, resizes } from '../samplers/rules/layout.ts';
import { bannedOf, capabilitiesOf } from '../samplers/rules/index.ts';
import type { Sampler as Rule } from '../samplers/rules/rule.ts';
import type { ModelCapabilities } from '../samplers/index.ts';
import type { StepChange } from '../samplers/stepper.ts';
import { StopRules } from '../text/stop.ts';
import { SessionPasses } from './passes.ts';
import type { DiffusionModel } from './loop-model.ts';
import type { Writing } from './writing.ts';

/** Whether a model writes by its authors' samplers. A causal head with shifted canvases has its own ways (core/samplers). */
export const ownSampler = ({ diffusion }: Pick<Manifest, 'diffusion'>): boolean =>
  diffusion.attention !== 'causal' || diffusion.shift === 0;

/** What the registry asks of a model that does. */
export function ownCapabilities(manifest: Pick<Manifest, 'diffusion' | 'graph'>): ModelCapabilities['own'] {
  if (!ownSampler(manifest)) return undefined;
  const { blockLength, blockLengths, sampler } = manifest.diffusion;
  return { ...capabilitiesOf(manifest), blockLength, blockLengths, sampler };
}

/** Tokens by which a cached prefix may be shared: see PrefixCaches. */
export function cacheGrain({ diffusion }: Pick<Manifest, 'diffusion'>): number {
  if (diffusion.attention === 'causal') return 1;
  return diffusion.attention === 'block' && diffusion.grid === 'absolute' ? diffusion.blockLength : 0;
}

export const diffusionOf = (manifest: Manifest): DiffusionModel => ({
  layout: manifest.diffusion,
  banned: bannedOf(manifest),
});

/** Slots of a canvas that grows, at first: the length that LLaDA's authors give theirs. */
const START = 128;

/** Writes a reply, or the rest of one, after `known`. @returns null where it was cancelled */
export async function writeDiffusion(
  writing: Writing,
  diffusion: DiffusionModel,
  rule: Rule,
  known: readonly number[],
): Promise<StopReason | null> {
  const { settings, model, job, cache, counts } = writing;
  if (job.request.layout ?? settings.layout) throw failure('engine.no-template-here');
  const {
    sampling,
    sampler: { params },
    ending,
  } = settings;
  const blockLength = writing.sampler.blockLength(params);
  const layout: Layout = { ...diffusion.layout, blockLength };
  const first = job.prompt.length;
  const wanted = first + ending.maxTokens;
  const onGrid =
    layout.attention === 'block' && layout.grid === 'absolute' ? Math.ceil(wanted / blockLength) * blockLength : wanted;
  const until = Math.min(onGrid, model.contextLength);
  const rules = new StopRules<KnownToken>({ endOfTurn: model.endOfTurn, ...ending, already: writing.slot });
  if (until <= known.length) return 'context-full';

  /** By position: what stands there, and the forward that brought it. */
  const filled = new Map<number, Unmasked & { forward: number }>();
  let reason: StopReason | null = null;
  const show = ({ from, to, forward, unmasked, edited, remasked, guesses }: CanvasStep): void => {
    const begin = Math.max(from, known.length);
    const canvas = { from: begin - first, length: to - begin };
    const left = [...edited.map(({ slot }) => slot), ...remasked].flatMap((slot): StepChange[] => {
      const before = filled.get(slot);
      return before ? [{ slot: slot - first, state: 'rejected', id: before.id, p: before.p }] : [];
    });
    if (left.length > 0) writing.frame({ canvas, changes: left });
    for (const slot of remasked) filled.delete(slot);
    for (const token of [...unmasked, ...edited]) filled.set(token.slot, { ...token, forward });
    const guessed = new Map(guesses.map(({ slot, row }) => [slot, row.entropy]));
    const changes = Array.from({ length: canvas.length }, (_, i): StepChange => {
      const token = filled.get(begin + i);
      const entropy = guessed.get(begin + i);
      if (token)
        return {
          slot: canvas.from + i,
          state: 'revealed',
          id: token.id,
          p: token.p,
          entropy: Math.max(0, token.row.entropy),
        };
      return {
        slot: canvas.from + i,
        state: 'masked',
        id: null,
        p: 0,
        ...(entropy === undefined ? {} : { entropy: Math.max(0, entropy) }),
      };
    });
    writing.frame({ canvas, changes });
  };
  /** Publishes the block's tokens as far as the rules let them. */
  const commit = (from: number, to: number): boolean => {
    const released: KnownToken[] = [];
    for (let slot = Math.max(from, known.length); slot < to && reason === null; slot++) {
      const { id, p, row, forward } = filled.get(slot) as Unmasked & { forward: number };
      const pushed = rules.push(writing.committed({ id, p, row, forward, via: 'revealed' }));
      for (const token of pushed.released) released.push(token);
      reason = pushed.reason;
    }
    writing.publish(released);
    return reason !== null;
  };
  let prefilled = false;
  const passes = new SessionPasses((rows, over) => {
    // context rows and following blocks are the prompt, or a block that is committed; all else denoises
    const prompt = !prefilled && (rows.contextRows > 0 || rows.canvases.some(({ follows }) => follows === true));
    if (prompt) counts.prefillForwards++;
    else if (!prefilled) {
      prefilled = true;
      writing.promptRead();
    }
    return prompt ? model.forward(rows, over) : writing.forward(rows);
  }, cache);
  await writeBlocks(passes, {
    layout,
    prompt: known,
    until,
    sampler: rule,
    params,
    sampling:
      sampling.temperature === 0
        ? greedy
        : { temperature: sampling.temperature, topP: sampling.topP, topK: sampling.topK === 64 ? 0 : sampling.topK },
    seed: job.request.seed,
    banned: diffusion.banned,
    ends: new Set(), // the stop rules see every block
    ...(resizes(layout) && params['canvas'] !== 'fixed'
      ? { extent: { start: START, ends: new Set(model.endOfTurn) } }
      : {}),
    guidance: guides(layout) && typeof params['guidance'] === 'number' ? params['guidance'] : 0,
    cached: cache.length,
    cancelled: job.cancelled,
    onStep: show,
    onBlock: commit,
  });
  if (reason !== null) return reason;
  writing.publish(rules.end());
  if (job.cancelled()) return null;
  return until < onGrid ? 'context-full' : 'length';
}
