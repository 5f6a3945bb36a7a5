/**
 * Other ways to write spans of a reply with a diffusion model: masks stand in the spans' places, and everything else is fixed
 * and seen from both sides. All spans are denoised on one canvas. Candidates differ in length and in how they begin; each is
 * scored by one forward with its own slots masked, and by one with what follows it masked.
 */
import type { FilledSpan, FillResult, Span } from '../contract/engine.ts';
import { chanceOf, FAR } from '../samplers/infill.ts';
import { writeBlocks, type SlotRule } from '../samplers/rules/blocks.ts';
import type { Sampler as Rule } from '../samplers/rules/rule.ts';
import type { StepToken } from '../samplers/stepper.ts';
import { shapesOf } from '../text/parts.ts';
import { displayPiece } from '../text/tokenizer.ts';
import { samplingOf } from './diffuse.ts';
import type { DiffusionModel, FillJob } from './loop-model.ts';
import { SessionPasses } from './passes.ts';
import { spanTokens } from './span.ts';
import type { Writing } from './writing.ts';

/** Fixed tokens after a span that its score looks at. */
const SEEN = 16;

interface Filled {
  /** By span. */
  tokens: StepToken[][];
  /** The whole sequence, and where each span lies in it. */
  sequence: number[];
  places: { from: number; to: number }[];
}

/** @param spans in order, checked @returns null where it was cancelled */
export async function fillCanvas(
  writing: Writing,
  diffusion: DiffusionModel,
  rule: Rule,
  spans: readonly Span[],
  job: FillJob,
): Promise<FillResult | null> {
  const began = job.now();
  const canvas = new FillCanvas(writing, diffusion, rule, spans, job);
  const original = await canvas.original();
  const found: FilledSpan[][] = [];
  const texts = new Set<string>();
  // a way that was found before, or says what stood there, does not count
  for (let attempt = 0; found.length < job.request.candidates && attempt < job.request.candidates + 3; attempt++) {
    const filled = await canvas.fill(attempt);
    if (!filled || job.cancelled()) return null;
    const list = await canvas.results(filled);
    const text = list.map(({ tokens }) => tokens.map((token) => token.text).join('')).join('\0');
    if (texts.has(text)) continue;
    texts.add(text);
    found.push(list);
  }
  const worth = (list: readonly FilledSpan[]): number =>
    list.reduce((sum, { span, rest, tokens }) => sum + span * tokens.length + rest * FAR, 0);
  found.sort((a, b) => worth(b) - worth(a));
  return {
    candidates: found.map((list) => ({ spans: list })),
    original,
    forwards: writing.counts.forwards,
    ms: job.now() - began,
  };
}

class FillCanvas {
  readonly #writing: Writing;
  readonly #diffusion: DiffusionModel;
  readonly #rule: Rule;
  readonly #spans: readonly Span[];
  readonly #job: FillJob;
  readonly #passes: SessionPasses;
  /** Rows of the prompt that stay cached between two ways. */
  readonly #kept: number;
  /** First tokens that were tried, by span. */
  readonly #tried: Set<number>[];

  constructor(writing: Writing, diffusion: DiffusionModel, rule: Rule, spans: readonly Span[], job: FillJob) {
    this.#writing = writing;
    this.#diffusion = diffusion;
    this.#rule = rule;
    this.#spans = spans;
    this.#job = job;
    this.#passes = new SessionPasses((rows) => writing.forward(rows), writing.cache);
    this.#kept = writing.cache.length;
    this.#tried = spans.map(({ from }) => new Set([job.request.reply[from] as number]));
  }

  /** The reply's own end counts as what follows its last token. */
  get #end(): number[] {
    const [end] = this.#writing.model.endOfTurn;
    return this.#job.request.ended && end !== undefined ? [end] : [];
  }
  /** The sequence with spans of these lengths, masks in their places, and where they lie. */
  #laid(lengths: readonly number[]): { ids: (number | null)[]; places: { from: number; to: number }[] } {
    const { reply } = this.#job.request;
    const ids: (number | null)[] = [...this.#job.prompt];
    const places: { from: number; to: number }[] = [];
    let at = 0;
    this.#spans.forEach((span, i) => {
      for (let slot = at; slot < span.from; slot++) ids.push(reply[slot] as number);
      const from = ids.length;
      for (let n = 0; n < (lengths[i] as number); n++) ids.push(null);
      places.push({ from, to: ids.length });
      at = span.to;
    });
    for (let slot = at; slot < reply.length; slot++) ids.push(reply[slot] as number);
    for (const id of this.#end) ids.push(id);
    return { ids, places };
  }
  /** Lengths to try, the old one first, then those around it. */
  #lengths({ from, to, min, max }: Span): number[] {
    const old = to - from;
    const near = [old, old + 1, old - 1, old + 2, old - 2].filter((n) => n >= Math.max(1, min) && n <= max);
    return near.length > 0 ? near : [Math.max(1, Math.min(max, Math.max(min, old)))];
  }

  async fill(attempt: number): Promise<Filled | null> {
    const { settings, sampler } = this.#writing;
    const lengths = this.#spans.map((span) => {
      const list = this.#lengths(span);
      return list[attempt % list.length] as number;
    });
    const { ids, places } = this.#laid(lengths);
    const first = places[0]?.from ?? ids.length;
    const last = places.at(-1)?.to ?? 0;
    const fixed = new Map<number, number>();
    for (let slot = first; slot < ids.length; slot++) {
      const id = ids[slot];
      if (id !== null && id !== undefined) fixed.set(slot, id);
    }
    const filled = new Map<number, StepToken>();
    this.#passes.cut(this.#kept);
    const params = settings.sampler.params;
    await writeBlocks(this.#passes, {
      layout: { ...this.#diffusion.layout, blockLength: sampler.blockLength(params) },
      prompt: ids.slice(0, first) as number[],
      until: ids.length,
      fixed,
      rules: this.#slotRules(places),
      sampler: this.#rule,
      params,
      sampling: samplingOf(settings),
      seed: (this.#job.request.seed + attempt * 0x9e3779b1) >>> 0,
      banned: this.#diffusion.banned,
      ends: new Set(),
      cached: this.#kept,
      cancelled: this.#job.cancelled,
      onStep: ({ unmasked, edited, remasked }) => {
        for (const slot of remasked) filled.delete(slot);
        for (const { slot, id, p, row } of [...unmasked, ...edited])
          filled.set(slot, { id, p, row, via: 'revealed', forward: this.#writing.counts.forwards });
        places.forEach(({ from, to }, span) => this.#show(span, from, to, filled));
      },
      onBlock: (_, to) => to >= last,
    });
    if (this.#job.cancelled()) return null;
    const tokens = places.map(({ from, to }) =>
      Array.from({ length: to - from }, (_, i) => filled.get(from + i) as StepToken),
    );
    tokens.forEach((list, span) => {
      const [begin] = list;
      if (begin) this.#tried[span]?.add(begin.id);
    });
    const sequence = ids.map((id, slot) => id ?? (filled.get(slot) as StepToken).id);
    return { tokens, sequence, places };
  }
  #show(span: number, from: number, to: number, filled: ReadonlyMap<number, StepToken>): void {
    const best = Array.from({ length: to - from }, (_, i): [string, number] => {
      const token = filled.get(from + i);
      return token ? [displayPiece(this.#writing.model.tokenizer, token.id), token.p] : ['', 0];
    });
    this.#job.onBest(span, best);
  }
  /** A span begins unlike what stood there and what was found before, and ends no reply. */
  #slotRules(places: readonly { from: number; to: number }[]): Map<number, SlotRule> {
    const { model } = this.#writing;
    const shapes = shapesOf(model.tokenizer);
    const inner = new Set([...this.#diffusion.banned, ...model.endOfTurn]);
    const rules = new Map<number, SlotRule>();
    places.forEach(({ from, to }, span) => {
      const old = this.#job.request.reply[this.#spans[span]?.from ?? 0] as number;
      const begins = new Set([...inner, ...(this.#tried[span] ?? [])]);
      if (shapes.beginsWord(old))
        for (let id = 0; id < model.tokenizer.vocabularySize; id++) if (!shapes.beginsWord(id)) begins.add(id);
      for (let slot = from; slot < to; slot++) rules.set(slot, { banned: slot === from ? begins : inner });
    });
    return rules;
  }

  async results({ tokens, sequence, places }: Filled): Promise<FilledSpan[]> {
    const results: FilledSpan[] = [];
    for (const [i, { from, to }] of places.entries()) {
      const span = this.#spans[i] as Span;
      results.push({
        from: span.from,
        to: span.to,
        tokens: spanTokens(this.#writing, sequence.slice(0, from), tokens[i] as StepToken[]),
        ...(await this.#score(sequence, from, to, places[i + 1]?.from)),
      });
    }
    return results;
  }
  async original(): Promise<FillResult['original']> {
    const { prompt, request } = this.#job;
    const sequence = [...prompt, ...request.reply, ...this.#end];
    const scores: FillResult['original'] = [];
    for (const [i, { from, to }] of this.#spans.entries()) {
      const next = this.#spans[i + 1]?.from;
      scores.push(
        await this.#score(
          sequence,
          prompt.length + from,
          prompt.length + to,
          next === undefined ? undefined : prompt.length + next,
        ),
      );
    }
    return scores;
  }
  /** Mean log-likelihood in nats: of the slots, masked together, and of those that follow, masked together. */
  async #score(
    sequence: readonly number[],
    from: number,
    to: number,
    next = sequence.length,
  ): Promise<{ span: number; rest: number }> {
    return {
      span: await this.#likelihood(sequence, from, to),
      rest: await this.#likelihood(sequence, to, Math.min(next, to + SEEN)),
    };
  }
  async #likelihood(sequence: readonly number[], from: number, to: number): Promise<number> {
    if (to <= from) return 0;
    const { shift, maskToken } = this.#diffusion.layout;
    this.#passes.cut(this.#kept);
    const at = this.#kept;
    const ids = sequence.slice(at).map((id, i) => (at + i >= from && at + i < to ? maskToken : id));
    const slots = Array.from({ length: to - from }, (_, i) => from + i);
    const rows = await this.#passes.glance(ids, at, { rows: slots.map((slot) => Math.max(0, slot - shift - at)) });
    const sum = rows.reduce((total, row, i) => {
      return total + Math.log(Math.max(chanceOf(row, sequence[slots[i] as number] as number), 1e-9));
    }, 0);
    return sum / slots.length;
  }
}
