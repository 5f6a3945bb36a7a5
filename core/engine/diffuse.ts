/**
 * Replies of diffusion models, block after block, as their authors write them. The stepper and the sampler's rule decide; here its steps become the events of a reply, and its ends meet the stop rules.
 */
import type { GenerationSettings, KnownToken, StopReason } from '../contract/generation.ts';
import type { Layout as ReplyLayout } from '../contract/layout.ts';
import { failure } from '../contract/result.ts';
import type { Manifest } from '../model/manifest.ts';
import { writeBlocks, type CanvasStep, type Layout, type Unmasked } from '../samplers/rules/blocks.ts';
import { greedy } from '../samplers/rules/draw.ts';
import { guides, resizes } from '../samplers/rules/layout.ts';
import { bannedOf, capabilitiesOf } from '../samplers/rules/index.ts';
import type { Sampler as Rule } from '../samplers/rules/rule.ts';
import type { ModelCapabilities } from '../samplers/index.ts';
import type { StepChange } from '../samplers/stepper.ts';
import { shapesOf } from '../text/parts.ts';
import { StopRules } from '../text/stop.ts';
import { layOut, slotRules, type Fixed, type LaidOut } from './laid-out.ts';
import { SessionPasses, Stopped, unlessStopped } from './passes.ts';
import type { DiffusionModel } from './loop-model.ts';
import { rowsOf, type Writing } from './writing.ts';

/** Slots of a layout that are shown ahead. */
const SHOWN = 96;

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
  vocabulary: manifest.dimensions.vocabulary,
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
  const {
    sampler: { params },
    ending,
  } = settings;
  const blockLength = writing.sampler.blockLength(params);
  const layout: Layout = { ...diffusion.layout, blockLength };
  const first = job.prompt.length;
  const given = job.request.layout ?? settings.layout;
  const laid = given && (await laidOut(writing, diffusion, given, known));
  const wanted = laid ? known.length + laid.slots.length : first + ending.maxTokens;
  if (laid && wanted > model.contextLength)
    throw failure('engine.template-too-long', { tokens: wanted, context: model.contextLength });
  const onGrid =
    layout.attention === 'block' && layout.grid === 'absolute' && !(laid && laid.open === null)
      ? Math.ceil(wanted / blockLength) * blockLength
      : wanted;
  const until = Math.min(onGrid, model.contextLength);
  const fixed = new Map<number, NonNullable<Fixed>>();
  laid?.slots.forEach((slot, i) => slot && fixed.set(known.length + i, slot));
  /** From here on the reply may end by itself; before it, only what is laid out stands. */
  const openFrom = laid ? (laid.open ? known.length + laid.open.from : Infinity) : known.length;
  const rules = endingRules(writing, laid?.open ?? null, openFrom - first);
  if (until <= known.length) return 'context-full';

  /** By position: what stands there, and the forward that brought it. */
  const filled = new Map<number, Unmasked & { forward: number }>();
  let reason: StopReason | null = null;
  const show = ({ from, to, forward, unmasked, edited, remasked, guesses }: CanvasStep): void => {
    const begin = Math.max(from, known.length);
    // what is fixed further on is in sight too
    const shown = laid ? Math.min(Math.max(to, begin + SHOWN), until) : to;
    const canvas = { from: begin - first, length: shown - begin };
    const left = [...edited.map(({ slot }) => slot), ...remasked].flatMap((slot): StepChange[] => {
      const before = filled.get(slot);
      return before ? [{ slot: slot - first, state: 'rejected', id: before.id, p: before.p }] : [];
    });
    if (left.length > 0) writing.frame({ canvas, changes: left });
    for (const slot of remasked) filled.delete(slot);
    for (const token of [...unmasked, ...edited]) filled.set(token.slot, { ...token, forward });
    const guessed = new Map(guesses.map(({ slot, row }) => [slot, row.entropy]));
    const changes = Array.from({ length: canvas.length }, (_, i): StepChange => {
      const stands = fixed.get(begin + i);
      if (stands) return { slot: canvas.from + i, state: 'locked', id: stands.id, p: stands.p };
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
    let released: KnownToken[] = [];
    let standing: KnownToken[] = [];
    /** Fixed tokens and written ones go out in order, each run by its own way. */
    const flush = (): void => {
      writing.publish(released);
      writing.publishWritten(standing);
      [released, standing] = [[], []];
    };
    for (let slot = Math.max(from, known.length); slot < to && reason === null; slot++) {
      const stands = fixed.get(slot);
      if (stands) {
        if (released.length > 0) flush();
        standing.push({ ...stands, text: '', forward: counts.forwards });
        continue;
      }
      if (standing.length > 0) flush();
      const { id, p, row, forward } = filled.get(slot) as Unmasked & { forward: number };
      const token = writing.committed({ id, p, row, forward, via: 'revealed' });
      if (slot < openFrom) released.push(token);
      else {
        const pushed = rules.push(token);
        for (const one of pushed.released) released.push(one);
        reason = pushed.reason;
      }
    }
    flush();
    return reason !== null;
  };
  let prefilled = false;
  const passes = new SessionPasses((rows, over) => {
    // context rows and following blocks are the prompt, or a block that is committed; all else denoises
    const prompt = !prefilled && (rows.contextRows > 0 || rows.canvases.some(({ follows }) => follows === true));
    if (prompt && job.cancelled()) throw new Stopped();
    if (prompt) counts.prefillForwards++;
    else if (!prefilled) {
      prefilled = true;
      writing.promptRead();
    }
    return prompt ? model.forward(rows, over) : writing.forward(rows);
  }, cache);
  const written = await unlessStopped(
    writeBlocks(passes, {
      layout,
      prompt: known,
      until,
      sampler: rule,
      params,
      sampling: samplingOf(settings),
      ...(laid
        ? {
            fixed: new Map([...fixed].map(([slot, { id }]) => [slot, id])),
            rules: new Map(
              [...slotRules(laid, model.tokenizer, { banned: diffusion.banned, ends: model.endOfTurn })].map(
                ([slot, rule]) => [known.length + slot, rule],
              ),
            ),
          }
        : {}),
      seed: job.request.seed,
      banned: diffusion.banned,
      ends: new Set(), // the stop rules see every block
      ...(!laid && resizes(layout) && params['canvas'] !== 'fixed'
        ? { extent: { start: START, ends: new Set(model.endOfTurn) } }
        : {}),
      guidance: guides(layout) && typeof params['guidance'] === 'number' ? params['guidance'] : 0,
      cached: cache.length,
      cancelled: job.cancelled,
      onStep: show,
      onBlock: commit,
    }),
  );
  if (written === null) return null;
  if (reason !== null) return reason;
  writing.publish(rules.end());
  if (job.cancelled()) return null;
  if (laid && laid.open === null) return 'end';
  return until < onGrid ? 'context-full' : 'length';
}

/** How a token is drawn, as samplers of diffusion models take it. */
export const samplingOf = ({
  sampling: { temperature, topP, topK },
}: Pick<GenerationSettings, 'sampling'>): typeof greedy =>
  temperature === 0 ? greedy : { temperature, topP, topK: topK === 64 ? 0 : topK };

interface EndRules {
  push(token: KnownToken): { released: KnownToken[]; reason: StopReason | null };
  end(): KnownToken[];
}
/** The stop rules; of an open hole also its own end, by sentences or by its length. @param from its first slot in the reply */
function endingRules({ settings: { ending }, model, slot }: Writing, open: LaidOut['open'], from: number): EndRules {
  if (!open) return new StopRules<KnownToken>({ endOfTurn: model.endOfTurn, ...ending, already: slot });
  const { hole } = open;
  const shapes = shapesOf(model.tokenizer);
  const stop = new StopRules<KnownToken>({
    endOfTurn: model.endOfTurn,
    ...ending,
    maxTokens: Math.min(ending.maxTokens, from + hole.max),
    already: from,
  });
  const written: number[] = [];
  let sentences = 0;
  return {
    end: () => stop.end(),
    push(token) {
      const pushed = stop.push(token);
      written.push(token.id);
      if (pushed.reason !== null || !shapes.endsSentence(written, written.length - 1)) return pushed;
      sentences++;
      const closes =
        (hole.close !== undefined && written.length >= hole.close) ||
        (hole.sentences !== undefined && sentences >= hole.sentences[1] && written.length >= hole.min);
      return closes ? { released: [...pushed.released, ...stop.end()], reason: 'end' } : pushed;
    },
  };
}

/**
 * The layout on the canvas. A full-attention model sees all of it at once, so one forward for each of a few lengths tells how
 * many masks a short hole should have: the length at which the model is surest of what it would write there.
 */
async function laidOut(
  writing: Writing,
  { layout: { attention, shift, maskToken } }: DiffusionModel,
  given: ReplyLayout,
  known: readonly number[],
): Promise<LaidOut> {
  const { model, settings, job } = writing;
  const options = { begins: writing.slot === 0, most: Math.max(1, settings.ending.maxTokens - writing.slot) };
  const usual = layOut(given, model.tokenizer, options);
  if (attention !== 'full') return usual;
  const lengths = usual.holes.map(({ from, to }) => to - from);
  for (const [i, { part }] of usual.holes.entries()) {
    const { min, max } = part.hole;
    if (!part.short || min >= max) continue;
    const tries = lengthsToTry(Math.max(1, min), max);
    let best = -Infinity;
    let chosen = lengths[i] as number;
    for (const length of tries) {
      if (job.cancelled()) return usual;
      let hole = 0;
      const laid = layOut(given, model.tokenizer, {
        ...options,
        length: () => (hole++ === i ? length : (lengths[hole - 1] as number)),
      });
      const place = laid.holes[i] as LaidOut['holes'][number];
      const ids = [...known, ...laid.slots.map((slot) => slot?.id ?? maskToken)];
      if (ids.length > model.contextLength) continue;
      const at = known.length + place.from;
      const made = await writing.forward({
        ids,
        positions: ids.map((_, position) => position),
        contextRows: 0,
        canvases: [{ rows: ids.length, sees: 0 }],
        wanted: Array.from({ length }, (_, slot) => Math.max(0, at + slot - shift)),
      });
      const sure = rowsOf(made, length).reduce((sum, { logits, lse }) => sum + (logits[0] as number) - lse, 0) / length;
      if (sure > best) [best, chosen] = [sure, length];
    }
    lengths[i] = chosen;
  }
  let hole = 0;
  return layOut(given, model.tokenizer, { ...options, length: () => lengths[hole++] as number });
}
/** At most four lengths between two, both included. */
function lengthsToTry(min: number, max: number): number[] {
  const steps = Math.min(3, max - min);
  return [...new Set(Array.from({ length: steps + 1 }, (_, i) => Math.round(min + ((max - min) * i) / steps)))];
}
