/**
 * Blockwise semi-autoregressive denoising by confidence threshold (LLaDA's low-confidence rule in blocks,
 * Fast-dLLM's threshold: reveal every slot whose confidence reaches it, at least one a step), with correction.
 *
 * With shifted prediction over a causal prefix, the first masked slot is always drawn by the causal head itself, from
 * the context row before it; that is the "at least one". Slots further on are revealed by canvas rows. Revealed tokens
 * that have no mask before them become context rows of the next forward, which gives the causal head's opinion of them
 * for free: a revealed token it finds improbable is taken back, with all that was revealed after it, and replaced.
 * A finished block is committed together with the next block's first step, once its last tokens have passed.
 */
import { append } from '../contract/lists.ts';
import { plausibility, type Choice, type Row } from '../sampling/choose.ts';
import { numberOf, type Sampler } from './sampler.ts';
import { SequenceStepper, type Certainty } from './sequence.ts';
import type { ForwardPlan, StepChange, Stepper, StepperOptions, StepResult, StepToken } from './stepper.ts';

/** A revealed token is taken back when the causal head gives it less than this share of its best token's probability. */
export const REVISION_RATIO = 0.1;

export class ThresholdStepper extends SequenceStepper {
  #block: (StepToken | null)[];
  /** Context rows of the planned forward, and whether they are all there are to do. */
  #planned = { context: 0, whole: true };
  /** Entropy and end of the slots that the newest step predicted. */
  readonly #certainty = new Map<number, Certainty>();

  constructor(options: StepperOptions) {
    super(options);
    this.#block = this.#empty();
  }

  opening(): ReturnType<Stepper['opening']> {
    const from = this.next;
    const changes = this.#block.map((token, i): StepChange => {
      const slot = from + i;
      return {
        slot,
        ...(token
          ? { state: 'revealed', id: token.id, p: token.p, entropy: Math.max(0, token.row.entropy) }
          : { state: 'masked', id: null, p: 0 }),
        ...this.#certainty.get(slot),
      };
    });
    return { canvas: { from, length: this.#block.length }, changes };
  }

  plan(room: number): ForwardPlan {
    const prefix = this.#prefix();
    const sequence = [...this.known, ...prefix.map((token) => token.id)];
    // the end of a turn draws nothing after it: it needs no row
    const pending = sequence.slice(this.cached, this.#endsTurn(prefix) ? -1 : undefined);
    const context = pending.slice(0, room);
    this.#planned = { context: context.length, whole: context.length === pending.length };
    const wanted = context.map((_, i) => i);
    if (!this.#planned.whole || this.#endsTurn(prefix)) return { context, canvases: [], wanted };
    const slots = this.#finished(prefix) ? this.#empty() : this.#block.slice(prefix.length);
    const ids = slots.map((token) => token?.id ?? this.o.maskToken);
    for (const slot of this.#masked(slots)) if (slot > 0) wanted.push(context.length + slot - 1);
    return { context, canvases: [{ ids, position: sequence.length, sees: context.length }], wanted };
  }

  take(rows: Row[]): StepResult {
    const forward = ++this.forwards;
    const { context, whole } = this.#planned;
    const before = this.#prefix();
    const revised = this.#verify(rows, before, context, forward);
    const result = {
      cacheRows: revised?.cacheRows ?? context,
      rejected: revised?.rejected ?? [],
      tokens: [] as StepToken[],
      drafted: 0,
      accepted: 0,
    };
    this.cached += result.cacheRows;
    if (!revised && whole) {
      if (this.#finished(before)) result.tokens = this.#commit(before);
      if (!this.#endsTurn(before)) this.#reveal(rows, context, forward);
    }
    const after = this.#prefix();
    // An end of turn that the causal head itself drew, all before it passed: no row is left to run.
    if (this.#endsTurn(after) && this.cached === this.known.length + after.length - 1)
      result.tokens = [...result.tokens, ...this.#commit(after)];
    return { ...result, ...this.opening() };
  }

  #commit(tokens: StepToken[]): StepToken[] {
    append(
      this.known,
      tokens.map((token) => token.id),
    );
    this.#block = this.#empty();
    return tokens;
  }

  /** The block's revealed tokens with no mask before them, up to an end of turn. */
  #prefix(): StepToken[] {
    const prefix: StepToken[] = [];
    for (const token of this.#block) {
      if (token === null) break;
      prefix.push(token);
      if (this.o.endOfTurn.has(token.id)) break;
    }
    return prefix;
  }

  #endsTurn(prefix: StepToken[]): boolean {
    const last = prefix.at(-1);
    return last !== undefined && this.o.endOfTurn.has(last.id);
  }

  #finished(prefix: StepToken[]): boolean {
    return prefix.length === this.#block.length || this.#endsTurn(prefix);
  }

  /** The causal head's opinion of the revealed tokens whose context rows are in: the first that it refuses is replaced. */
  #verify(
    rows: Row[],
    prefix: StepToken[],
    context: number,
    forward: number,
  ): { cacheRows: number; rejected: StepChange[] } | null {
    for (let row = 0; row < context; row++) {
      const index = this.cached + row + 1 - this.known.length; // of the token this row draws, in the block
      const token = prefix[index];
      if (
        token?.via !== 'revealed' ||
        plausibility(rows[row] as Row, token.id, this.suppressedAt(this.next + index)) >= REVISION_RATIO
      )
        continue;
      const from = this.next;
      const rejected = this.#block.flatMap((t, i): StepChange[] =>
        t && i >= index ? [{ slot: from + i, state: 'rejected', id: t.id, p: t.p }] : [],
      );
      this.#block.fill(null, index);
      this.#block[index] = { ...this.#guess(rows[row] as Row, index), via: 'revised', row: rows[row] as Row, forward };
      return { cacheRows: row + 1, rejected };
    }
    return null;
  }

  /** Reveals the first masked slot by the last context row, and every other one over the threshold by its canvas row. */
  #reveal(rows: Row[], context: number, forward: number): void {
    const start = this.#prefix().length;
    const masked = this.#masked(this.#block.slice(start));
    const guesses = masked.map((slot) => {
      const row = rows[slot === 0 ? context - 1 : context + masked.filter((s) => s > 0).indexOf(slot)] as Row;
      return { slot, row, choice: this.#guess(row, start + slot) };
    });
    this.#certainty.clear();
    for (const { slot, row, choice } of guesses) {
      this.#certainty.set(this.next + start + slot, this.certaintyOf(row));
      if (slot === 0 || choice.p >= numberOf(this.o.params, 'threshold'))
        this.#block[start + slot] = { ...choice, via: slot === 0 ? 'context' : 'revealed', row, forward };
    }
  }

  /** The token of the block's slot `index`, after what is revealed before it. */
  #guess(row: Row, index: number): Choice {
    const history = [...this.known, ...this.#block.slice(0, index).flatMap((token) => (token ? [token.id] : []))];
    return this.draw(row, history, this.next + index);
  }

  #empty(): null[] {
    return Array.from({ length: numberOf(this.o.params, 'blockLength') }, () => null);
  }

  /** Masked slots, up to a revealed end of turn: what stands after it is moot. */
  #masked(slots: (StepToken | null)[]): number[] {
    const end = slots.findIndex((token) => token !== null && this.o.endOfTurn.has(token.id));
    return slots.slice(0, end < 0 ? undefined : end).flatMap((token, slot) => (token ? [] : [slot]));
  }
}

/** The block lengths a form offers: those of the model, in order. */
const offeredBlocks = (lengths: readonly number[]): number[] =>
  lengths.length > 0 ? [...lengths].sort((a, b) => a - b) : [4, 8, 16, 32];

export const correctedThreshold: Sampler = {
  id: 'corrected-threshold',
  describe: ({ canvas, causalHead, shift, blockLengths }) =>
    // the first masked slot is drawn by the causal head, every other one by the row before it
    canvas && causalHead && shift === 1
      ? {
          id: 'corrected-threshold',
          name: 'Confidence threshold with correction',
          description:
            "Denoises a block on the model's own canvas; each step unmasks every slot whose confidence reaches the threshold.",
          guarantee: 'diffusion',
          params: [
            {
              kind: 'integer',
              id: 'blockLength',
              label: 'Block length',
              description: 'Slots that are denoised together.',
              unit: 'slots',
              min: 2,
              max: 64,
              default: offeredBlocks(blockLengths).find((length) => length >= 8) ?? 8,
              offered: offeredBlocks(blockLengths),
            },
            {
              kind: 'number',
              id: 'threshold',
              label: 'Threshold',
              description: 'The confidence that unmasks a slot. Lower is faster and less careful.',
              unit: 'share',
              min: 0.05,
              max: 1,
              step: 0.01,
              default: 0.9,
            },
          ],
        }
      : null,
  blockLength: (params) => numberOf(params, 'blockLength'),
  drafts: false,
  paced: false,
  create: (options) => new ThresholdStepper(options),
};
