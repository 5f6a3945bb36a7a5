/**
 * One reply: prompt into the cache, then forwards until a stop rule holds. Emits `GenerationEvent`s; the model is only
 * seen through `forward`, so tests run the whole loop over a table.
 */
import type { PackInfo } from '../contract/engine.ts';
import type { CommittedToken, Counts, GenerationEvent, SlotChange, StopReason } from '../contract/generation.ts';
import type { GenerateRequest } from '../contract/engine.ts';
import { alternatives, type Row } from '../diffusion/choose.ts';
import { createStepper } from '../diffusion/index.ts';
import type { ForwardPlan, StepChange, Stepper, StepToken } from '../diffusion/stepper.ts';
import { StopRules } from '../text/stop.ts';
import { displayPiece, PieceDecoder, type Tokenizer } from '../text/tokenizer.ts';
import type { KvCache } from './cache.ts';
import type { Drafting } from './drafter.ts';
import { CANDIDATES } from '../model/graph/contract.ts';
import type { ForwardRows, Predictions } from './session.ts';

const ALTERNATIVES = 4;

export interface LoopModel {
  forward(rows: ForwardRows, cache: KvCache): Promise<Predictions>;
  tokenizer: Tokenizer;
  maskToken: number;
  endOfTurn: readonly number[];
  suppressed: readonly number[];
  contextLength: number;
  /** The pack's drafter, where it has one. */
  drafter?: { slots: number; begin(): Drafting };
}

export interface LoopRequest {
  request: GenerateRequest;
  /** The rendered prompt, without the reply's prefix. */
  prompt: number[];
  droppedMessages: number;
  /** Holds a prefix of prompt + reply prefix, never all of it. */
  cache: KvCache;
  pack: Pick<PackInfo, 'id' | 'name' | 'hash'>;
  device: string;
  cancelled: () => boolean;
  now: () => number;
  emit: (event: GenerationEvent) => void;
}

type Distribute<E> = E extends GenerationEvent ? Omit<E, 'seq' | 't'> : never;

export async function runReply(model: LoopModel, job: LoopRequest): Promise<void> {
  const { request, cache } = job;
  const { seed, replyPrefix } = request;
  const byDrafter = request.settings.mode === 'exact' || (request.settings.mode === 'fast' && request.settings.blockLength <= (model.drafter?.slots ?? 0));
  const drafting = byDrafter ? model.drafter?.begin() : undefined;
  const settings = drafting && model.drafter ? { ...request.settings, draftLength: Math.min(request.settings.draftLength, model.drafter.slots) } : request.settings;
  const started = job.now();
  let seq = 0;
  const emit = (event: Distribute<GenerationEvent>): void => job.emit({ ...event, seq: seq++, t: Math.max(0, job.now() - started) } as GenerationEvent);
  const known = [...job.prompt, ...replyPrefix];
  const counts: Counts = { tokens: 0, forwards: 0, prefillForwards: 0, promptTokens: known.length, cachedTokens: cache.length, drafted: 0, accepted: 0, msPrefill: 0, msDecode: 0, msForward: 0 };
  const { suppressed, endOfTurn, maskToken, tokenizer } = model;
  emit({
    type: 'started',
    mode: settings.mode,
    seed,
    promptTokens: counts.promptTokens,
    cachedTokens: counts.cachedTokens,
    droppedMessages: job.droppedMessages,
    blockLength: settings.mode === 'fast' ? settings.blockLength : settings.mode === 'exact' ? settings.draftLength : 1,
    firstSlot: replyPrefix.length,
    pack: job.pack,
    device: job.device,
  });

  while (cache.length < known.length - 1 && !job.cancelled()) {
    const ids = known.slice(cache.length, Math.min(known.length - 1, cache.length + cache.room));
    const plan: ForwardPlan = { context: ids, canvases: [], wanted: [ids.length - 1] };
    const made = await model.forward(place(plan, cache.length), cache);
    if (made.taps) drafting?.read(made.taps, ids.length, cache.length);
    cache.append(ids, made);
    counts.prefillForwards++;
  }
  const decodeFrom = job.now();
  counts.msPrefill = decodeFrom - started;

  const pieces = new PieceDecoder(tokenizer);
  for (const id of replyPrefix) pieces.push(id);
  const stop = new StopRules<CommittedToken>({ endOfTurn, stop: settings.stop, maxTokens: settings.maxTokens, loopGuard: settings.loopGuard, already: replyPrefix.length });
  const stepper = createStepper(settings.mode, { known, firstSlot: replyPrefix.length, cached: cache.length, settings, seed, maskToken, endOfTurn: new Set(endOfTurn), suppressed: new Set(suppressed), drafter: drafting !== undefined });
  const commit = (token: StepToken): CommittedToken => ({
    id: token.id,
    text: pieces.push(token.id),
    p: token.p,
    forward: token.forward,
    via: token.via,
    alternatives: alternatives(token.row, token.id, ALTERNATIVES, (id) => displayPiece(tokenizer, id)),
  });
  const show = (change: StepChange): SlotChange => ({ ...change, text: change.id === null ? '' : displayPiece(tokenizer, change.id) });
  const end = (): void => {
    counts.msDecode = job.now() - decodeFrom;
  };

  let slot = replyPrefix.length;
  let block = 0;
  const publish = (tokens: CommittedToken[]): void => {
    if (tokens.length === 0) return;
    counts.tokens += tokens.length;
    emit({ type: 'blockCommitted', forward: counts.forwards, block: block++, from: slot, tokens });
    slot += tokens.length;
  };

  /** Context rows the next forward may have. */
  const room = (): number => Math.min(cache.room, model.contextLength - cache.length);
  /** Has the drafter draft, where the stepper wants it: whether the canvas changed. */
  const draft = async (): Promise<boolean> => {
    const wanted = drafting && stepper.wantsDrafts?.(room());
    if (!wanted) return false;
    const before = job.now();
    const row = await drafting.draft(wanted.anchor, wanted.count);
    counts.msForward += job.now() - before;
    if (row) counts.drafted += stepper.draft?.(row, wanted.count) ?? 0;
    return row !== null;
  };
  const frame = ({ canvas, changes }: ReturnType<Stepper['opening']>): void => emit({ type: 'frame', forward: counts.forwards, block, canvas, changes: changes.map(show) });

  frame(stepper.opening());
  let reason: StopReason | null = replyPrefix.length >= settings.maxTokens ? 'length' : null;
  if (reason === null && (await draft())) frame(stepper.opening());
  while (reason === null) {
    if (job.cancelled()) {
      publish(stop.end());
      end();
      return emit({ type: 'stopped', counts });
    }
    const plan = room() > 0 ? stepper.plan(room()) : null;
    const rows = plan && place(plan, cache.length);
    if (!plan || !rows || Math.max(...rows.positions) >= model.contextLength) {
      publish(stop.end());
      reason = 'context-full';
      break;
    }
    const before = job.now();
    const made = await model.forward(rows, cache);
    counts.msForward += job.now() - before;
    counts.forwards++;
    const step = stepper.take(rowsOf(made, plan.wanted.length));
    if (made.taps) drafting?.read(made.taps, step.cacheRows, cache.length);
    cache.append(plan.context.slice(0, step.cacheRows), made);
    counts.drafted += step.drafted;
    counts.accepted += step.accepted;
    if (step.rejected.length) frame({ canvas: step.canvas, changes: step.rejected });
    const released: CommittedToken[] = [];
    for (const token of step.tokens) {
      const pushed = stop.push(commit(token));
      released.push(...pushed.released);
      reason = pushed.reason;
      if (reason !== null) break;
    }
    publish(released);
    if (reason === null) frame((await draft()) ? stepper.opening() : step);
  }
  end();
  emit({ type: 'finished', reason, counts });
}

/** Rows with their absolute positions. */
function place(plan: ForwardPlan, cached: number): ForwardRows {
  return {
    ids: [...plan.context, ...plan.canvases.flatMap((canvas) => canvas.ids)],
    positions: [...plan.context.map((_, i) => cached + i), ...plan.canvases.flatMap((canvas) => canvas.ids.map((_, i) => canvas.position + i))],
    contextRows: plan.context.length,
    canvases: plan.canvases.map((canvas) => ({ rows: canvas.ids.length, sees: canvas.sees })),
    wanted: plan.wanted,
  };
}

function rowsOf(made: Predictions, count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    ids: made.ids.subarray(i * CANDIDATES, (i + 1) * CANDIDATES),
    logits: made.logits.subarray(i * CANDIDATES, (i + 1) * CANDIDATES),
    lse: made.lse[i] as number,
    entropy: made.entropy[i] as number,
  }));
}
