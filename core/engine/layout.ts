/**
 * A reply with fixed parts: each part in order, with all that is still to come on the canvas. Fixed tokens are read by
 * the causal head, which says how likely it finds them; holes are filled with what follows them in view.
 */
import { append } from '../contract/lists.ts';
import type { KnownToken, StopReason } from '../contract/generation.ts';
import type { Hole, Layout } from '../contract/layout.ts';
import { chanceOf } from '../samplers/infill.ts';
import type { StepChange, StepToken } from '../samplers/stepper.ts';
import { layoutParts, shapesOf, type HolePart, type Part } from '../text/parts.ts';
import { StopRules } from '../text/stop.ts';
import { decode } from './decode.ts';
import { fillLong, fillShort } from './span.ts';
import { fillValue } from './value.ts';
import type { Writing } from './writing.ts';

/** Slots of parts to come that are shown. */
const SHOWN = 96;

/** @returns why it ended; null where it was cancelled */
export async function writeLayout(
  writing: Writing,
  prompt: readonly number[],
  layout: Layout,
): Promise<StopReason | null> {
  const parts = layoutParts(layout, writing.model.tokenizer, writing.slot === 0);
  const known = [...prompt];
  const view = new LayoutView(writing);
  view.show([], parts);
  for (const [i, part] of parts.entries()) {
    if (writing.job.cancelled()) return null;
    const rest = parts.slice(i + 1);
    const needed =
      part.kind === 'hole'
        ? Math.max(1, part.hole.min) + 1
        : part.kind === 'locked'
          ? part.ids.length
          : part.tokens.length;
    if (known.length + needed + (part.kind === 'hole' ? part.suffix.length : 0) >= writing.model.contextLength)
      return 'context-full';
    if (part.kind === 'locked') await writeLocked(writing, known, part.ids);
    else if (part.kind === 'written') await writeAgain(writing, known, part.tokens, rest, view);
    else if (part.last && !part.short && !part.hole.as) return writeEnd(writing, known, part.hole);
    else if (!(await writeHole(writing, known, part, rest, view))) return null;
    view.show([], rest);
  }
  return 'end';
}

async function writeLocked(writing: Writing, known: number[], ids: readonly number[]): Promise<void> {
  const from = known.length;
  append(known, ids);
  const rows = await writing.readFixed(known, from);
  writing.publish(
    ids.flatMap((id, i) => {
      const row = rows[i];
      return row
        ? [writing.committed({ id, p: chanceOf(row, id), via: 'locked', row, forward: writing.counts.forwards })]
        : [];
    }),
  );
}

/** What was written before surfaces again in the order it was found; each of its steps was a forward. */
async function writeAgain(
  writing: Writing,
  known: number[],
  tokens: readonly KnownToken[],
  rest: readonly Part[],
  view: LayoutView,
): Promise<void> {
  const steps = [...new Set(tokens.map(({ forward }) => forward))].sort((a, b) => a - b);
  const slots: Omit<StepChange, 'slot'>[] = tokens.map(() => ({ state: 'masked', id: null, p: 0 }));
  view.show(slots, rest);
  const at = new Map<number, number>();
  for (const step of steps) {
    at.set(step, ++writing.counts.forwards);
    tokens.forEach((token, i) => {
      if (token.forward === step) slots[i] = { state: 'revealed', id: token.id, p: token.p };
    });
    view.show(slots, rest);
  }
  append(
    known,
    tokens.map(({ id }) => id),
  );
  writing.publishWritten(
    tokens.map((token) => ({ ...token, forward: at.get(token.forward) ?? writing.counts.forwards })),
  );
}

/** A hole that something follows, or a short one at the end. */
async function writeHole(
  writing: Writing,
  known: number[],
  part: HolePart,
  rest: readonly Part[],
  view: LayoutView,
): Promise<boolean> {
  await writing.readFixed(known, known.length);
  const end = writing.model.endOfTurn[0];
  const suffix = part.last && end !== undefined ? [end] : part.suffix;
  const { as } = part.hole;
  if (as && as.type !== 'free') {
    const tokens = await fillValue(writing, known, { as, max: part.hole.max, suffix: part.suffix }, (slots) =>
      view.show(slots, rest),
    );
    if (!tokens) return false;
    take(writing, known, tokens, (slots) => view.show(slots, rest));
    return true;
  }
  const free = part.hole.as?.type === 'free';
  const where = {
    hole: part.hole,
    suffix,
    space: part.space,
    fresh: part.fresh,
    lines: free,
    breaks: free || !part.short,
    free,
  };
  const show = (slots: readonly Omit<StepChange, 'slot'>[]): void => view.show(slots, rest);
  const filled = part.short
    ? (
        await fillShort(writing, known, where, { count: 1, seed: writing.job.request.seed, slot: writing.slot }, show)
      )[0]
    : await fillLong(writing, known, where, show);
  if (!filled) return false;
  take(writing, known, filled.tokens, show);
  return true;
}
/** A hole's tokens become a part of the reply. */
function take(
  writing: Writing,
  known: number[],
  tokens: readonly StepToken[],
  show: (slots: readonly Omit<StepChange, 'slot'>[]) => void,
): void {
  show(tokens.map(({ id, p }) => ({ state: 'revealed', id, p })));
  append(
    known,
    tokens.map(({ id }) => id),
  );
  writing.rewind(known);
  writing.publish(tokens.map((token) => writing.committed(token)));
}

/** The last hole: the reply ends as any reply does, but not before `min`, and from `close` on with a sentence. */
function writeEnd(writing: Writing, known: readonly number[], hole: Hole): Promise<StopReason | null> {
  const {
    settings: { ending },
    model,
  } = writing;
  const shapes = shapesOf(model.tokenizer);
  const from = writing.slot;
  const stop = new StopRules<KnownToken>({
    endOfTurn: model.endOfTurn,
    ...ending,
    maxTokens: Math.min(ending.maxTokens, from + hole.max),
    already: from,
  });
  let sentences = 0;
  const written: number[] = [];
  return decode(writing, known, {
    endFrom: from + hole.min,
    reached: from >= ending.maxTokens ? 'length' : null,
    onTokens: (tokens) => writing.publish(tokens),
    onFrame: (frame) => writing.frame(frame),
    rules: {
      end: () => stop.end(),
      push: (token) => {
        const pushed = stop.push(token);
        written.push(token.id);
        if (pushed.reason !== null || !shapes.endsSentence(written, written.length - 1)) return pushed;
        sentences++;
        const closes =
          (hole.close !== undefined && written.length >= hole.close) ||
          (hole.sentences !== undefined && sentences >= hole.sentences[1] && written.length >= hole.min);
        return closes ? { released: [...pushed.released, ...stop.end()], reason: 'end' } : pushed;
      },
    },
  });
}

/** How many slots a hole is drawn with before it is filled. */
const expected = (hole: Hole): number =>
  hole.sentences ? Math.round(9 * (hole.sentences[0] + hole.sentences[1])) : Math.round((hole.min + hole.max) / 2);

/** The canvas of a layout: the part being written, then what is still to come. Tells only of slots that changed. */
class LayoutView {
  readonly #writing: Writing;
  #shown = new Map<number, string>();

  constructor(writing: Writing) {
    this.#writing = writing;
  }

  show(current: readonly Omit<StepChange, 'slot'>[], rest: readonly Part[]): void {
    const slots: Omit<StepChange, 'slot'>[] = [...current];
    for (const part of rest) {
      if (slots.length >= SHOWN) break;
      if (part.kind === 'hole')
        for (let i = 0; i < expected(part.hole); i++) slots.push({ state: 'masked', id: null, p: 0 });
      else if (part.kind === 'locked')
        append(
          slots,
          part.ids.map((id) => ({ state: 'locked' as const, id, p: null })),
        );
      else
        append(
          slots,
          part.tokens.map(() => ({ state: 'masked' as const, id: null, p: 0 })),
        );
    }
    slots.length = Math.min(slots.length, Math.max(SHOWN, current.length));
    const from = this.#writing.slot;
    const changes: StepChange[] = [];
    const shown = new Map<number, string>();
    slots.forEach((slot, i) => {
      const key = `${slot.state} ${slot.id} ${slot.p}`;
      shown.set(from + i, key);
      if (this.#shown.get(from + i) !== key) changes.push({ slot: from + i, ...slot });
    });
    this.#shown = shown;
    this.#writing.frame({ canvas: { from, length: slots.length }, changes });
  }
}
