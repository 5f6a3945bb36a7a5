/** The step loop of a sampler: plan, forward, take, until the rules end it. */
import { append, largest } from '../contract/lists.ts';
import type { KnownToken, StopReason } from '../contract/generation.ts';
import type { Stepper, StepToken } from '../samplers/stepper.ts';
import type { StopRules } from '../text/stop.ts';
import { place, rowsOf, type Frame, type Writing } from './writing.ts';

export interface Decoding {
  /** Takes each committed token in order and says what is released, and whether that is the end. */
  rules: Pick<StopRules<KnownToken>, 'push' | 'end'>;
  /** The end is reached before anything is written. */
  reached?: StopReason | null;
  /** The first slot at which the model may end its turn. */
  endFrom?: number;
  /** What may not be drawn, above what never may. */
  suppressed?: ReadonlySet<number>;
  /** Slots of the blocks that are seen forming; absent: the drafts alone are seen. */
  canvas?: number;
  /** Slots before the first one written that are not committed yet. */
  ahead?: number;
  /** A token as the rules see it; by default as it is committed. */
  commit?: (token: StepToken) => KnownToken;
  onTokens: (tokens: KnownToken[]) => void;
  onFrame: (frame: Frame) => void;
}

/** Forwards of the reply's sampler after `known` until the rules end it. @returns null where it was cancelled; what the rules held back is released first */
export async function decode(writing: Writing, known: readonly number[], how: Decoding): Promise<StopReason | null> {
  const { cache, counts, settings, model, job } = writing;
  const before = counts.forwards;
  const commit = how.commit ?? ((token: StepToken) => writing.committed(token));
  const { now } = job;
  const pace = writing.sampler.paced ? model.pace : undefined;
  const stepper = writing.sampler.create({
    known,
    firstSlot: writing.slot + (how.ahead ?? 0),
    cached: cache.length,
    sampling: settings.sampling,
    params: settings.sampler.params,
    maxTokens: settings.ending.maxTokens,
    seed: job.request.seed,
    maskToken: model.maskToken,
    ...(model.diffusion ? { shift: model.diffusion.layout.shift } : {}),
    endOfTurn: new Set(model.endOfTurn),
    suppressed: new Set([...model.suppressed, ...(how.suppressed ?? [])]),
    ...(how.endFrom === undefined ? {} : { endFrom: how.endFrom }),
    drafter: writing.drafting !== undefined,
    ...(how.canvas === undefined ? {} : { canvas: how.canvas }),
    ...(pace ? { pace } : {}),
  });
  /** Has the drafter draft, where the stepper wants it: whether the canvas changed. */
  const draft = async (): Promise<boolean> => {
    const wanted = writing.drafting && stepper.wantsDrafts?.(writing.room);
    if (!wanted || !writing.drafting) return false;
    const { drafting } = writing;
    const row = await writing.phases.of('msDraft', () =>
      drafting.draft(wanted.anchor, wanted.count + (wanted.ahead ?? 0)),
    );
    if (row)
      counts.drafted += await writing.phases.of(
        'msCommit',
        () => stepper.draft?.(row, wanted.count, wanted.ahead) ?? 0,
      );
    return row !== null;
  };
  const shown = ({ canvas, changes }: ReturnType<Stepper['opening']>): void => how.onFrame({ canvas, changes });

  shown(stepper.opening());
  let reason: StopReason | null = how.reached ?? null;
  if (reason === null && (await draft())) shown(stepper.opening());
  let stepped = now();
  while (reason === null) {
    if (job.cancelled()) {
      how.onTokens(how.rules.end());
      return null;
    }
    const plan = writing.room > 0 ? stepper.plan(writing.room) : null;
    const rows = plan && place(plan, cache.length);
    if (!plan || !rows || largest(rows.positions) >= model.contextLength) {
      how.onTokens(how.rules.end());
      return 'context-full';
    }
    const began = now();
    const made = await writing.forward(rows);
    if (rows.canvases.length === 0) model.pace?.forward(rows.contextRows, now() - began);
    const step = await writing.phases.of('msCommit', () => {
      const taken = stepper.take(rowsOf(made, plan.wanted.length));
      writing.append(plan.context.slice(0, taken.cacheRows), made);
      return taken;
    });
    counts.drafted += step.drafted;
    counts.accepted += step.accepted;
    const released: KnownToken[] = [];
    for (const token of step.tokens) {
      const pushed = how.rules.push(commit({ ...token, forward: token.forward + before }));
      append(released, pushed.released);
      reason = pushed.reason;
      if (reason !== null) break;
    }
    let drafted: boolean;
    try {
      drafted = reason === null && (await draft());
    } finally {
      // sent together, after the drafter: one message a forward
      if (step.rejected.length) how.onFrame({ canvas: step.canvas, changes: step.rejected });
      how.onTokens(released);
    }
    if (reason === null) shown(drafted ? stepper.opening() : step);
    const ended = now();
    pace?.step(step.tokens.length, ended - stepped);
    stepped = ended;
  }
  return reason;
}
