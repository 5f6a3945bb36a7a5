/**
 * Replies of models that have a sampler of their own: Fast mode, block after block, as their authors write them. The stepper
 * decides; here its steps become the events of a reply, and its ends meet the stop rules.
 */
import type { CommittedToken, GenerationSettings, StopReason } from '../contract/generation.ts';
import { MezzotintError } from '../contract/result.ts';
import type { StepChange } from '../diffusion/stepper.ts';
import type { Manifest } from '../model/manifest.ts';
import { writeBlocks, type CanvasStep, type Layout, type Unmasked } from '../samplers/blocks.ts';
import { greedy } from '../samplers/draw.ts';
import { bannedOf, capabilitiesOf, samplerWith } from '../samplers/index.ts';
import type { Params } from '../samplers/params.ts';
import type { Sampler } from '../samplers/rule.ts';
import { StopRules } from '../text/stop.ts';
import { SessionPasses } from './passes.ts';
import type { Writing } from './writing.ts';

export interface DiffusionModel {
  layout: Layout;
  blockLengths: readonly number[];
  sampler: Sampler;
  params: Params;
  banned: ReadonlySet<number>;
}

/** Whether Fast mode is the model's own sampler. A causal head with shifted canvases has its own way (core/diffusion/fast.ts). */
export const ownSampler = ({ diffusion }: Pick<Manifest, 'diffusion'>): boolean => diffusion.attention !== 'causal' || diffusion.shift === 0;

/** Tokens by which a cached prefix may be shared: see PrefixCaches. */
export function cacheGrain({ diffusion }: Pick<Manifest, 'diffusion'>): number {
  if (diffusion.attention === 'causal') return 1;
  return diffusion.attention === 'block' && diffusion.grid === 'absolute' ? diffusion.blockLength : 0;
}

/** @throws MezzotintError where the manifest names a sampler that is not here */
export function diffusionOf(manifest: Manifest): DiffusionModel {
  const { diffusion } = manifest;
  const named = diffusion.sampler ?? { id: 'threshold', params: {} };
  return { layout: diffusion, blockLengths: diffusion.blockLengths, ...samplerWith(named.id, named.params, capabilitiesOf(manifest)), banned: bannedOf(manifest) };
}

/** The sampler's parameters with what the settings say of them: its threshold, where it has one in use. */
function paramsFor({ params }: DiffusionModel, { threshold }: GenerationSettings): Params {
  return typeof params['threshold'] === 'number' ? { ...params, threshold } : params;
}

/** Writes a reply, or the rest of one, after `known`. @returns null where it was cancelled */
export async function writeDiffusion(writing: Writing, diffusion: DiffusionModel, known: readonly number[]): Promise<StopReason | null> {
  const { settings, model, job, cache, counts } = writing;
  if (job.request.layout ?? settings.layout) throw new MezzotintError('bad-request', 'This model can not write around fixed text yet.', { action: 'Take the template away, or choose another model.' });
  const { sampler, banned } = diffusion;
  const blockLength = diffusion.blockLengths.includes(settings.blockLength) ? settings.blockLength : diffusion.layout.blockLength;
  const layout: Layout = { ...diffusion.layout, blockLength };
  const first = job.prompt.length;
  const wanted = first + settings.maxTokens;
  const onGrid = layout.attention === 'block' && layout.grid === 'absolute' ? Math.ceil(wanted / blockLength) * blockLength : wanted;
  const until = Math.min(onGrid, model.contextLength);
  const rules = new StopRules<CommittedToken>({ endOfTurn: model.endOfTurn, stop: settings.stop, maxTokens: settings.maxTokens, loopGuard: settings.loopGuard, already: writing.slot });
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
      if (token) return { slot: canvas.from + i, state: 'revealed', id: token.id, p: token.p, entropy: Math.max(0, token.row.entropy) };
      return { slot: canvas.from + i, state: 'masked', id: null, p: 0, ...(entropy === undefined ? {} : { entropy: Math.max(0, entropy) }) };
    });
    writing.frame({ canvas, changes });
  };
  /** Publishes the block's tokens as far as the rules let them. */
  const commit = (from: number, to: number): boolean => {
    const released: CommittedToken[] = [];
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
    if (!prompt) prefilled = true;
    else counts.prefillForwards++;
    return prompt ? model.forward(rows, over) : writing.forward(rows);
  }, cache);
  await writeBlocks(passes, {
    layout,
    prompt: known,
    until,
    sampler,
    params: paramsFor(diffusion, settings),
    sampling: settings.temperature === 0 ? greedy : { temperature: settings.temperature, topP: settings.topP, topK: settings.topK === 64 ? 0 : settings.topK },
    seed: job.request.seed,
    banned,
    ends: new Set(), // the stop rules see every block
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
