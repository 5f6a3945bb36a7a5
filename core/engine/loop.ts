/**
 * One reply: prompt into the cache, then forwards until a stop rule holds. Emits `GenerationEvent`s; the model is only
 * seen through `forward`, so tests run the whole loop over a table.
 */
import type { KnownToken, StopReason } from '../contract/generation.ts';
import { canvasLengthOf } from '../contract/samplers.ts';
import { StopRules } from '../text/stop.ts';
import { decode } from './decode.ts';
import { writeDiffusion } from './diffuse.ts';
import { writeLayout } from './layout.ts';
import type { LoopModel, LoopRequest } from './loop-model.ts';
import { writeNoise } from './noise.ts';
import { Writing } from './writing.ts';

export async function runReply(model: LoopModel, job: LoopRequest): Promise<void> {
  const writing = new Writing(model, job);
  const known = [...job.prompt, ...job.request.replyPrefix];
  writing.begin();
  const { rule } = writing.sampler;
  if (model.diffusion && rule) {
    const write = rule.noise === 'uniform' ? writeNoise : writeDiffusion;
    const end = await write(writing, model.diffusion, rule, known);
    return end === null ? writing.stop() : writing.finish(end);
  }
  await writing.prefill(known);
  const layout = job.request.layout ?? job.request.settings.layout;
  const reason = layout ? await writeLayout(writing, known, layout) : await writeFreely(writing, known);
  if (reason === null) writing.stop();
  else writing.finish(reason);
}

/** A reply, or the rest of one, without anything fixed. @returns null where it was cancelled */
async function writeFreely(writing: Writing, known: readonly number[]): Promise<StopReason | null> {
  const {
    settings: { ending, sampler },
    model,
  } = writing;
  const rules = new StopRules<KnownToken>({ endOfTurn: model.endOfTurn, ...ending, already: writing.slot });
  return decode(writing, known, {
    rules,
    reached: writing.slot >= ending.maxTokens ? 'length' : null,
    onTokens: (tokens) => writing.publish(tokens),
    onFrame: (frame) => writing.frame(frame),
    canvas: canvasLengthOf(sampler.params),
  });
}
