/** Replies of models whose noise is uniform: each step of a canvas becomes a frame, each finished canvas a block of the reply. */
import type { KnownToken, StopReason } from '../contract/generation.ts';
import { failure } from '../contract/result.ts';
import { chanceOf, writeCanvases, type NoiseStep } from '../samplers/rules/canvases.ts';
import type { Sampler as Rule } from '../samplers/rules/rule.ts';
import type { StepChange } from '../samplers/stepper.ts';
import { StopRules } from '../text/stop.ts';
import type { DiffusionModel } from './loop-model.ts';
import { SessionPasses, Stopped, unlessStopped } from './passes.ts';
import type { Writing } from './writing.ts';

/** Writes a reply, or the rest of one, after `known`. @returns null where it was cancelled */
export async function writeNoise(
  writing: Writing,
  { banned, vocabulary }: DiffusionModel,
  rule: Rule,
  known: readonly number[],
): Promise<StopReason | null> {
  const { settings, model, job, cache, counts } = writing;
  const { sampler, ending } = settings;
  if (job.request.layout ?? settings.layout) throw failure('capability.layout');
  if (writing.slot >= ending.maxTokens) return 'length';
  const first = job.prompt.length;
  const blockLength = writing.sampler.blockLength(sampler.params);
  // a canvas has the length that the model was trained for; what is past the limit is cut by the rules
  const left = first + ending.maxTokens - known.length;
  const wanted = known.length + Math.ceil(left / blockLength) * blockLength;
  const until = Math.min(wanted, model.contextLength);
  if (known.length + blockLength > until) return 'context-full';
  const rules = new StopRules<KnownToken>({ endOfTurn: model.endOfTurn, ...ending, already: writing.slot });
  let reason: StopReason | null = null;

  const show = ({ from, to, canvas, rows, kept }: NoiseStep): void => {
    const changes = canvas.map(({ id, accepted, p }, i): StepChange => {
      const entropy = Math.max(0, rows[i]?.entropy ?? 0);
      const slot = from - first + i;
      const keeps = kept?.[i];
      if (keeps) return { slot, state: 'revealed', ...keeps, entropy };
      if (accepted) return { slot, state: 'revealed', id, p, entropy };
      return { slot, state: 'noise', id: model.tokenizer.knows(id) ? id : null, p: 0, entropy };
    });
    writing.frame({ canvas: { from: from - first, length: to - from }, changes });
  };
  let prefilled = false;
  const passes = new SessionPasses((rows, over) => {
    if (!prefilled && rows.contextRows > 0) {
      if (job.cancelled()) throw new Stopped();
      counts.prefillForwards++;
      return model.forward(rows, over);
    }
    if (!prefilled) {
      prefilled = true;
      writing.promptRead();
    }
    return writing.forward(rows);
  }, cache);
  const written = await unlessStopped(
    writeCanvases(passes, {
      blockLength,
      prompt: known,
      until,
      sampler: rule,
      params: sampler.params,
      banned,
      ends: new Set(), // the stop rules see every canvas
      chance: chanceOf(job.request.seed, vocabulary, banned),
      cached: cache.length,
      cancelled: job.cancelled,
      onStep: show,
      onBlock: (_from, _to, kept) => {
        const released: KnownToken[] = [];
        for (const token of kept) {
          const pushed = rules.push(writing.committed({ ...token, forward: counts.forwards, via: 'revealed' }));
          for (const one of pushed.released) released.push(one);
          reason = pushed.reason;
          if (reason !== null) break;
        }
        writing.publish(released);
        return reason !== null;
      },
    }),
  );
  if (written === null) return null;
  if (reason !== null) return reason;
  writing.publish(rules.end());
  if (job.cancelled()) return null;
  return until < wanted ? 'context-full' : 'length';
}
