/** One reply under way: its events in order, its counts, its cache, and the two ways it runs the model. */
import { append } from '../contract/lists.ts';
import type {
  KnownToken,
  Counts,
  GenerationEvent,
  GenerationSettings,
  Mode,
  SlotChange,
  StopReason,
} from '../contract/generation.ts';
import { normalise } from '../contract/settings.ts';
import { alternatives, type Row } from '../sampling/choose.ts';
import { modeOfSampler, samplerOf, samplersFor, type ModelCapabilities, type Sampler } from '../samplers/index.ts';
import type { Query } from '../samplers/infill.ts';
import type { ForwardPlan, StepChange, StepToken } from '../samplers/stepper.ts';
import { CANDIDATES } from '../model/graph/contract.ts';
import { displayPiece, PieceDecoder } from '../text/tokenizer.ts';
import type { PrefixCache } from './cache.ts';
import type { Drafting } from './drafter.ts';
import type { LoopModel, LoopRequest } from './loop-model.ts';
import { Phases } from './phases.ts';
import type { ForwardRows, Predictions } from './session.ts';

const ALTERNATIVES = 4;
/** Rows of tokens that are tried, in one forward. */
const QUERY_ROWS = 224;

type Distribute<E> = E extends GenerationEvent ? Omit<E, 'seq' | 't'> : never;
export type Frame = { canvas: { from: number; length: number }; changes: StepChange[] };

export class Writing {
  readonly model: LoopModel;
  readonly job: LoopRequest;
  readonly cache: PrefixCache;
  readonly counts: Counts;
  readonly phases: Phases;
  /** As the model runs them: every parameter there and within its bounds. */
  readonly settings: GenerationSettings;
  readonly sampler: Sampler;
  readonly mode: Mode;
  /** The drafter's reading of this reply, where the sampler drafts with it. */
  drafting: Drafting | undefined;
  /** The slot after the last committed token. */
  slot: number;
  #block = 0;
  #seq = 0;
  readonly #started: number;
  #decodeFrom: number;
  readonly #pieces: PieceDecoder;

  constructor(model: LoopModel, job: LoopRequest) {
    this.model = model;
    this.job = job;
    this.cache = job.cache;
    const { settings, replyPrefix } = job.request;
    const capabilities: ModelCapabilities = {
      causalHead: true,
      canvas: true,
      shift: 1,
      drafterSlots: model.drafter?.slots ?? 0,
      lookahead: model.drafter?.lookahead ?? 0,
      blockLengths: [],
    };
    this.settings = normalise(settings, model.samplers ?? samplersFor(capabilities, model.registry));
    this.sampler = samplerOf(this.settings.sampler.id, model.registry);
    this.mode = modeOfSampler(this.sampler, capabilities);
    this.drafting = this.sampler.drafts ? model.drafter?.begin() : undefined;
    this.slot = replyPrefix.length;
    this.counts = {
      tokens: 0,
      forwards: 0,
      prefillForwards: 0,
      promptTokens: job.prompt.length + replyPrefix.length,
      cachedTokens: this.cache.length,
      drafted: 0,
      accepted: 0,
      msPrefill: 0,
      msDecode: 0,
      msForward: 0,
    };
    this.phases = new Phases(job.now);
    this.#pieces = new PieceDecoder(model.tokenizer);
    for (const id of replyPrefix) this.#pieces.push(id);
    this.#started = job.now();
    this.#decodeFrom = this.#started;
  }

  emit(event: Distribute<GenerationEvent>): void {
    this.job.emit({ ...event, seq: this.#seq++, t: Math.max(0, this.job.now() - this.#started) } as GenerationEvent);
  }
  begin(): void {
    const { settings, job } = this;
    this.emit({
      type: 'started',
      mode: this.mode,
      seed: job.request.seed,
      promptTokens: this.counts.promptTokens,
      cachedTokens: this.counts.cachedTokens,
      droppedMessages: job.droppedMessages,
      // parts of a layout are written without a canvas of their own
      blockLength: this.sampler.blockLength({
        ...settings.sampler.params,
        ...((job.request.layout ?? settings.layout) ? { canvasLength: 0 } : {}),
      }),
      firstSlot: this.slot,
      pack: job.pack,
      device: job.device,
    });
  }
  /** Reads the prompt: all of `known` but its last token goes into the cache. */
  async prefill(known: readonly number[]): Promise<void> {
    while (this.cache.length < known.length - 1 && !this.job.cancelled()) {
      await this.#read(
        known.slice(this.cache.length, Math.min(known.length - 1, this.cache.length + this.cache.room)),
        1,
      );
      this.counts.prefillForwards++;
    }
    this.promptRead();
  }
  /** The prompt is read: time from now on is the reply's own. */
  promptRead(): void {
    this.#decodeFrom = this.job.now();
    this.counts.msPrefill = this.#decodeFrom - this.#started;
  }
  async #read(ids: readonly number[], wanted: number): Promise<Row[]> {
    const plan: ForwardPlan = {
      context: [...ids],
      canvases: [],
      wanted: Array.from({ length: wanted }, (_, i) => ids.length - wanted + i),
    };
    const made = await this.model.forward(place(plan, this.cache.length), this.cache);
    this.append(ids, made);
    return rowsOf(made, wanted);
  }
  append(ids: readonly number[], made: Predictions): void {
    if (made.auxiliary) this.drafting?.read(made.auxiliary, ids.length, this.cache.length);
    this.cache.append(ids, made);
  }

  /** Context rows the next forward may have. */
  get room(): number {
    return Math.min(this.cache.room, this.model.contextLength - this.cache.length);
  }
  /** A forward of the reply itself. */
  async forward(rows: ForwardRows): Promise<Predictions> {
    const made = await this.phases.of(rows.canvases.length > 0 ? 'msCanvas' : 'msVerify', () =>
      this.model.forward(rows, this.cache),
    );
    this.counts.forwards++;
    return made;
  }
  /** Brings tokens that are fixed into the cache, all but the last; the rows that predict them, in order. `from`: the first of them in `sequence`. */
  async readFixed(sequence: readonly number[], from: number): Promise<Row[]> {
    const rows: Row[] = [];
    while (this.cache.length < sequence.length - 1) {
      const at = this.cache.length;
      const ids = sequence.slice(at, Math.min(sequence.length - 1, at + this.room));
      if (ids.length === 0) break;
      // the row of a token predicts the next one; a forward has one row at least that goes through the head
      const predicting = Math.max(0, Math.min(ids.length, at + ids.length + 1 - from));
      const read = await this.phases.of('msVerify', () => this.#read(ids, Math.max(1, predicting)));
      append(rows, read.slice(0, predicting));
      this.counts.forwards++;
    }
    return rows;
  }
  /** Forgets rows past the last but one token of `known`: what was written there was taken back. */
  rewind(known: readonly number[]): void {
    if (this.cache.length < known.length) return;
    this.cache.truncate(known.length - 1);
    if (this.drafting) this.drafting = this.model.drafter?.begin();
  }

  /** Rows of tokens tried after `last`, the last known one, whose row alone is not in the cache yet. Nothing of it is kept. */
  async tryOut(
    last: number,
    queries: readonly Query[],
    canvases: readonly (readonly (number | null)[])[] = [],
  ): Promise<{ rows: Row[][]; canvasRows: Row[][] }> {
    const rows: Row[][] = [];
    const canvasRows: Row[][] = [];
    for (let at = 0; at < queries.length || canvasRows.length < canvases.length;) {
      let size = 1;
      const some: Query[] = [];
      while (
        at + some.length < queries.length &&
        (some.length === 0 || size + (queries[at + some.length] as Query).ids.length <= QUERY_ROWS)
      ) {
        const query = queries[at + some.length] as Query;
        some.push(query);
        size += query.ids.length;
      }
      const drawn = at === 0 ? canvases : [];
      const made = await this.forward(beside(last, this.cache.length, some, drawn, this.model.maskToken));
      const list = rowsOf(made, made.lse.length);
      let next = 0;
      for (const query of some) rows.push(list.slice(next, (next += query.wanted)));
      for (const canvas of drawn) canvasRows.push(list.slice(next, (next += masksOf(canvas) - 1)));
      at += some.length;
    }
    return { rows, canvasRows };
  }

  committed(token: StepToken): KnownToken {
    const { tokenizer } = this.model;
    return {
      id: token.id,
      text: this.#pieces.push(token.id),
      p: token.p,
      forward: token.forward,
      via: token.via,
      entropy: Math.max(0, token.row.entropy),
      alternatives: alternatives(token.row, token.id, ALTERNATIVES, (id) => displayPiece(tokenizer, id)),
    };
  }
  publish(tokens: KnownToken[]): void {
    if (tokens.length === 0) return;
    this.counts.tokens += tokens.length;
    this.emit({ type: 'blockCommitted', forward: this.counts.forwards, block: this.#block++, from: this.slot, tokens });
    this.slot += tokens.length;
  }
  /** For tokens that were written before: their text is taken as it is, and the text decoder follows. */
  publishWritten(tokens: readonly KnownToken[]): void {
    this.publish(tokens.map((token) => ({ ...token, text: this.#pieces.push(token.id) })));
  }
  frame({ canvas, changes }: Frame): void {
    const { tokenizer } = this.model;
    const ends = changes.flatMap(({ slot, end }): [number, number][] => (end === undefined ? [] : [[slot, end]]));
    this.emit({
      type: 'frame',
      forward: this.counts.forwards,
      block: this.#block,
      canvas,
      changes: changes.map(({ slot, state, id, p, entropy }): SlotChange => ({
        slot,
        state,
        id,
        text: id === null ? '' : displayPiece(tokenizer, id),
        p,
        ...(entropy === undefined ? {} : { entropy }),
      })),
      ...(ends.length > 0 ? { ends } : {}),
    });
  }
  /** The figures up to now. */
  end(): Counts {
    this.counts.msDecode = this.job.now() - this.#decodeFrom;
    return Object.assign(this.counts, this.phases.counts);
  }
  stop(): void {
    this.emit({ type: 'stopped', counts: this.end() });
  }
  finish(reason: StopReason): void {
    this.emit({ type: 'finished', reason, counts: this.end() });
  }
}

const masksOf = (canvas: readonly (number | null)[]): number => canvas.filter((id) => id === null).length;

/** Rows with their absolute positions. */
export function place(plan: ForwardPlan, cached: number): ForwardRows {
  return {
    ids: [...plan.context, ...plan.canvases.flatMap((canvas) => canvas.ids)],
    positions: [
      ...plan.context.map((_, i) => cached + i),
      ...plan.canvases.flatMap((canvas) => canvas.ids.map((_, i) => canvas.position + i)),
    ],
    contextRows: plan.context.length,
    canvases: plan.canvases.map((canvas) => ({ rows: canvas.ids.length, sees: canvas.sees })),
    wanted: plan.wanted,
  };
}

/** The last known token as a context row, tokens tried after it as branches, and canvases; all begin after it. */
function beside(
  last: number,
  cached: number,
  queries: readonly Query[],
  canvases: readonly (readonly (number | null)[])[],
  mask: number,
): ForwardRows {
  const after = (ids: readonly unknown[]): number[] => ids.map((_, i) => cached + 1 + i);
  const wanted: number[] = [];
  let at = 1;
  for (const { ids, wanted: count } of queries) {
    // the row before a branch's first token is the last known token's
    for (let i = ids.length - count; i < ids.length; i++) wanted.push(i < 0 ? 0 : at + i);
    at += ids.length;
  }
  for (const canvas of canvases) {
    for (let i = 0; i < masksOf(canvas) - 1; i++) wanted.push(at + i);
    at += canvas.length;
  }
  return {
    ids: [last, ...queries.flatMap(({ ids }) => ids), ...canvases.flatMap((canvas) => canvas.map((id) => id ?? mask))],
    positions: [cached, ...queries.flatMap(({ ids }) => after(ids)), ...canvases.flatMap(after)],
    contextRows: 1,
    branches: queries.filter(({ ids }) => ids.length > 0).map(({ ids }) => ({ rows: ids.length, sees: 1 })),
    canvases: canvases.map((canvas) => ({ rows: canvas.length, sees: 1 })),
    wanted,
  };
}

export function rowsOf(made: Predictions, count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    ids: made.ids.subarray(i * CANDIDATES, (i + 1) * CANDIDATES),
    logits: made.logits.subarray(i * CANDIDATES, (i + 1) * CANDIDATES),
    lse: made.lse[i] as number,
    entropy: made.entropy[i] as number,
  }));
}
