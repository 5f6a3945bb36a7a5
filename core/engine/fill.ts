/** Other ways to write spans of a reply that is there: candidates, each with how likely the model finds it. */
import { append } from '../contract/lists.ts';
import type { FillRequest, FillResult, FilledSpan, Span } from '../contract/engine.ts';
import { MAX_REPLY_TOKENS } from '../contract/generation.ts';
import { SHORT_HOLE } from '../contract/layout.ts';
import { failure } from '../contract/result.ts';
import { FAR } from '../samplers/infill.ts';
import { shapesOf } from '../text/parts.ts';
import { displayPiece } from '../text/tokenizer.ts';
import {
  fillLong,
  fillShort,
  likelihoodOf,
  spanTokens,
  type ShowSpan,
  type SpanFilled,
  type SpanHole,
} from './span.ts';
import { fillCanvas } from './fill-canvas.ts';
import type { FillJob, LoopModel } from './loop-model.ts';
import { Writing } from './writing.ts';

/** @returns null where it was cancelled */
export async function runFill(model: LoopModel, job: FillJob): Promise<FillResult | null> {
  const { request } = job;
  const spans = [...request.spans].sort((a, b) => a.from - b.from);
  check(request, spans);
  const began = job.now();
  const { diffusion } = model;
  if (diffusion) {
    const writing = fillWriting(model, job, request.seed);
    const { rule } = writing.sampler;
    if (rule) return fillCanvas(writing, diffusion, rule, spans, job);
  }
  let forwards = 0;
  const candidates: FilledSpan[][] = [];
  let original: FillResult['original'] = [];
  const rounds = spans.length === 1 ? 1 : request.candidates;
  for (let round = 0; round < rounds; round++) {
    const made = await fillAll(model, job, spans, round);
    if (!made) return null;
    forwards += made.forwards;
    if (round === 0) original = made.original;
    append(candidates, made.candidates);
  }
  const worth = (list: readonly FilledSpan[]): number =>
    list.reduce((sum, { span, rest, tokens }) => sum + span * tokens.length + rest * FAR, 0);
  if (rounds > 1) candidates.sort((a, b) => worth(b) - worth(a));
  return { candidates: candidates.map((list) => ({ spans: list })), original, forwards, ms: job.now() - began };
}

function check({ reply }: FillRequest, spans: readonly Span[]): void {
  spans.forEach(({ from, to, min, max }, i) => {
    const next = spans[i + 1];
    if (to <= from || to > reply.length || max < min || (next && next.from < to))
      throw failure('engine.no-such-span', { from, to, has: reply.length });
  });
}

function fillWriting(model: LoopModel, { request, prompt, cache, cancelled, now }: FillJob, seed: number): Writing {
  return new Writing(model, {
    request: {
      generationId: request.fillId,
      messages: [],
      replyPrefix: [],
      settings: { ...request.settings, ending: { ...request.settings.ending, maxTokens: MAX_REPLY_TOKENS } },
      seed,
    },
    prompt,
    droppedMessages: 0,
    cache,
    pack: { id: '', name: '', hash: '' },
    device: '',
    cancelled,
    now,
    emit: () => undefined,
  });
}

/** Fills all spans in order. One span gives several ways; several spans give one. */
async function fillAll(
  model: LoopModel,
  job: FillJob,
  spans: readonly Span[],
  round: number,
): Promise<{ candidates: FilledSpan[][]; original: FillResult['original']; forwards: number } | null> {
  const { request, prompt } = job;
  const { reply } = request;
  const seed = (request.seed + round * 0x9e3779b1) >>> 0;
  const writing = fillWriting(model, job, seed);
  const generate = writing.job.request;
  const known = [...prompt];
  const original: FillResult['original'] = [];
  const filled: FilledSpan[] = [];
  let at = 0;
  for (const [number, span] of spans.entries()) {
    append(known, reply.slice(at, span.from));
    at = span.to;
    writing.slot = known.length - prompt.length;
    const where = holeOf(model, request, span, spans[number + 1]);
    const show: ShowSpan = (slots) =>
      job.onBest(
        number,
        slots.map(({ id, p }): [string, number] => [id === null ? '' : displayPiece(model.tokenizer, id), p ?? 0]),
      );
    const ready = async (): Promise<void> => {
      writing.rewind(known);
      await writing.readFixed(known, known.length);
    };
    await ready();
    const before = reply.slice(span.from, span.to);
    original.push(means(await likelihoodOf(writing, known, before, where.suffix), before.length));
    const count = spans.length === 1 ? request.candidates : 1;
    const ways: SpanFilled[] = [];
    if (span.max <= SHORT_HOLE)
      append(ways, await fillShort(writing, known, where, { count, seed, slot: writing.slot }, show));
    else {
      for (let way = 0; way < count; way++) {
        await ready();
        generate.seed = (seed + way * 0x85ebca77) >>> 0;
        const one = await fillLong(writing, known, where, show);
        if (!one) return null;
        ways.push(one);
      }
    }
    if (job.cancelled()) return null;
    const results = ways.map((way): FilledSpan => ({
      from: span.from,
      to: span.to,
      tokens: spanTokens(writing, [...prompt, ...known.slice(prompt.length)], way.tokens),
      ...means(way, way.tokens.length),
    }));
    if (spans.length === 1)
      return { candidates: results.map((result) => [result]), original, forwards: writing.counts.forwards };
    // a span for which nothing else was found stays as it is
    const best = results[0];
    if (best) filled.push(best);
    append(known, best ? best.tokens.map(({ id }) => id) : before);
  }
  return { candidates: [filled], original, forwards: writing.counts.forwards };
}

const means = (
  { span, rest, seen }: { span: number; rest: number; seen: number },
  tokens: number,
): { span: number; rest: number } => ({ span: span / Math.max(1, tokens), rest: seen > 0 ? rest / seen : 0 });

function holeOf(
  model: LoopModel,
  { reply, ended }: FillRequest,
  { from, to, min, max }: Span,
  next: Span | undefined,
): SpanHole {
  const shapes = shapesOf(model.tokenizer);
  const end = model.endOfTurn[0];
  const old = reply.slice(from, to);
  const first = old[0] as number;
  const follows = reply.slice(to, next?.from);
  return {
    hole: { kind: 'hole', min, max },
    suffix: next === undefined && ended && end !== undefined ? [...follows, end] : follows,
    space: shapes.beginsWord(first),
    fresh:
      !shapes.blank(first) &&
      !shapes.text(first).startsWith(' ') &&
      (from === 0 || shapes.text(reply[from - 1] as number).endsWith('\n')),
    lines: old.some((id) => shapes.lines.has(id)),
    breaks: true,
    avoid: old,
  };
}
