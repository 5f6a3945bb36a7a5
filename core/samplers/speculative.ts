/**
 * Exact mode: self-speculation. Masked canvas rows draft the tokens to come; the next forward verifies them with
 * context rows of the model's own causal head, and drafts again, in the same forward, for the outcomes that are likely.
 * Where the last four tokens or more stood before in the conversation, what followed them then is drafted instead, without
 * a canvas.
 * A draft is kept only where it equals what the causal head draws with the same noise, so the reply is the one that
 * decoding one token at a time gives.
 *
 * With the last known token at position n − 1 and k drafts for positions n … n + k − 1, the forward's context rows are
 * [last known, drafts]; row j draws the token of position n + j exactly. If a of the drafts hold, a + 1 tokens are
 * committed (the row after the last accepted draft gives one more). The canvas for outcome a begins at position n + a,
 * the slot of that still unknown token, sees the rows it builds on, and its row i drafts position n + a + 1 + i. Where a row
 * predicts its own slot (shift 0) the canvas is one row longer, and its first row, of the unknown token, drafts nothing.
 *
 * Where the pack has a drafter there are no canvases: a forward is its context rows alone, and the drafter is asked in
 * between for what follows the last known token. A shorter match in the conversation raises the token that followed there,
 * and where the drafter's block ends, a copy goes on. A drafter with lookahead also guesses the rest of a block of
 * `canvasLength` slots. A guess is the likeliest token of its slot by itself; it is shown, and no forward verifies it.
 */
import { probability, probabilityOf, type Choice, type Row } from '../sampling/choose.ts';
import { canvasLengthOf, type Param } from '../contract/samplers.ts';
import { append } from '../contract/lists.ts';
import { Copies, type Copied, type Copying } from './copies.ts';
import { Pace } from './pace.ts';
import { numberOf, type Sampler } from './sampler.ts';
import { SequenceStepper, type Certainty } from './sequence.ts';
import type { DraftRow, ForwardPlan, StepChange, Stepper, StepResult, StepToken } from './stepper.ts';

/** Drafts of a forward that copies, at most: with the last known token sixteen rows. */
const COPIED_MOST = 15;

/** After drafts that hold together with a smaller chance, no further one is worth its row anywhere. */
const HOPELESS = 0.05;
/** A guess with a smaller chance stays grain. */
const LEAST_GUESS = 0.1;

export class ExactStepper extends SequenceStepper {
  #drafts: (Choice & Certainty)[] = [];
  #outcomes: number[] = [];
  /** The drafts were copied from the conversation: no canvas beside them, as the copy itself goes on when it holds. */
  #copied = false;
  /** By draft: the copy that it is; undefined for others. */
  #copies: (Copied | undefined)[] = [];
  /** The chances of the drafts, summed: how many are expected to hold. */
  #expected = 0;
  /** Newest guesses at slots after the drafts. */
  readonly #guesses = new Map<number, StepChange>();
  /** What each slot of the canvas was last said to be, so that a frame holds changes alone. */
  readonly #said = new Map<number, StepChange>();
  protected readonly copying: Copying = new Copies();
  readonly #pace = this.o.pace ?? new Pace();

  protected get draftLength(): number {
    return numberOf(this.o.params, 'draftLength');
  }

  /** Whether a draft stays though the causal head drew another token. */
  protected tolerates(_id: number, _row: Row): boolean {
    return false;
  }

  /** How many drafts are worth their rows. `chances`: of each, that it holds with all those before it; `pending`: rows beside them. */
  protected worth(chances: readonly number[], pending: number): number {
    return this.#pace.worth(chances, pending);
  }

  plan(room: number): ForwardPlan {
    const length = this.draftLength;
    const pending = this.known.slice(this.cached);
    this.#drafts.length = Math.min(this.#drafts.length, room - pending.length);
    const context = [...pending, ...this.#drafts.map((d) => d.id)];
    const k = this.#drafts.length;
    this.#outcomes = this.o.drafter || (this.#copied && k > 0) ? [] : draftOutcomes(k);
    const first = pending.length - 1; // the row that draws the next token
    const idle = 1 - (this.o.shift ?? 1);
    const canvases = this.#outcomes.map((accepted) => ({
      ids: Array.from({ length: idle + length }, () => this.o.maskToken),
      position: this.known.length + accepted,
      sees: pending.length + accepted,
    }));
    const wanted = Array.from({ length: k + 1 }, (_, i) => first + i);
    for (let canvas = 0; canvas < canvases.length; canvas++)
      for (let i = 0; i < length; i++) wanted.push(context.length + canvas * (idle + length) + idle + i);
    return { context, canvases, wanted };
  }

  take(rows: Row[]): StepResult {
    const pending = this.known.length - this.cached;
    const length = this.draftLength;
    const drafts = this.#drafts;
    const forward = ++this.forwards;
    const tokens: StepToken[] = [];
    let accepted = 0;
    let held = true;
    while (held) {
      const row = rows[accepted] as Row;
      const drawn = this.draw(row, this.known);
      const draft = drafts[accepted];
      held = draft !== undefined && (draft.id === drawn.id || this.tolerates(draft.id, row));
      const choice = held && draft && draft.id !== drawn.id ? { id: draft.id, p: probabilityOf(row, draft.id) } : drawn;
      this.known.push(choice.id);
      tokens.push({ ...choice, via: !held ? 'context' : choice === drawn ? 'draft' : 'revealed', row, forward });
      if (this.o.endOfTurn.has(choice.id)) break;
      if (held) accepted++;
    }
    const slot = this.next;
    const lost = drafts.slice(tokens.length - (held ? 0 : 1));
    const rejected: StepChange[] = lost.map((d, i) => ({
      slot: slot + i - (held ? 0 : 1),
      state: 'rejected',
      id: d.id,
      p: d.p,
    }));
    for (const { slot: taken } of rejected) this.#said.delete(taken);
    // The rows of pending tokens and of accepted drafts hold true keys and values; the last token's row is still to come.
    const cacheRows = pending + accepted;
    this.cached += cacheRows;
    const outcome = this.#outcomes.indexOf(accepted);
    const base = drafts.length + 1 + outcome * length;
    this.copying.fared(
      Array.from(drafts, (_, i) => this.#copies[i]),
      accepted,
    );
    if (!this.#copied && drafts.length > 0) this.#pace.drafts(this.#expected, accepted);
    this.#copy();
    if (!this.#copied && outcome >= 0) {
      const history = [...this.known];
      for (let i = 0; i < length; i++) {
        const row = rows[base + i] as Row;
        const choice = this.draw(row, history);
        this.#drafts.push({ ...choice, ...this.certaintyOf(row) });
        history.push(choice.id);
      }
    }
    return { cacheRows, tokens, rejected, ...this.opening(), drafted: this.#drafts.length, accepted };
  }

  /** Drafts what followed the last tokens earlier, where enough of them match. */
  #copy(): void {
    this.#drafts = [];
    this.#copies = [];
    const chances = this.#add(this.copying.instead(this.known, this.#most), 1);
    this.#copied = chances.length > 0;
    if (this.#copied) this.#keep(this.worth(chances, this.known.length - this.cached));
  }

  /** Drafts that a forward of copies may have. */
  get #most(): number {
    return Math.min(COPIED_MOST, this.o.maxTokens - this.next - 1);
  }

  /** Drafts copies, up to the end of a turn. @returns of each the chance that it holds with all before it, `hold` being theirs */
  #add(copies: readonly Copied[], hold: number): number[] {
    const chances: number[] = [];
    for (const copy of copies) {
      chances.push((hold *= copy.chance));
      this.#copies[this.#drafts.length] = copy;
      this.#drafts.push({ id: copy.id, p: 0 });
      if (this.o.endOfTurn.has(copy.id)) break;
    }
    return chances;
  }

  #keep(drafts: number): void {
    this.#drafts.length = drafts;
    this.#copies.length = Math.min(this.#copies.length, drafts);
  }

  /** None where the conversation itself was copied from, or the reply ends with the next token. */
  wantsDrafts(room: number): ReturnType<NonNullable<Stepper['wantsDrafts']>> {
    if (!this.o.drafter || this.#drafts.length > 0) return null;
    const count = Math.min(this.draftLength, room - 1, this.o.maxTokens - this.next - 1);
    if (count <= 0) return null;
    const ahead = this.#canvas > 0 ? Math.max(0, this.#end(0) - this.next - count) : 0;
    return { anchor: this.known.at(-1) as number, count, ...(ahead > 0 ? { ahead } : {}) };
  }

  draft(row: DraftRow, count: number, ahead = 0): number {
    const history = [...this.known];
    const chances: number[] = [];
    const ids: number[] = [];
    let previous: number | null = null;
    let hold = 1;
    const goesOn = (): boolean => hold >= HOPELESS && !(previous !== null && this.o.endOfTurn.has(previous));
    for (let i = 0; i < count && goesOn(); i++) {
      const drafted = this.copying.inform(row(i, previous), this.known, ids);
      const choice = this.draw(drafted, history);
      chances.push((hold *= choice.p));
      this.#drafts.push({ ...choice, ...this.certaintyOf(drafted) });
      history.push(choice.id);
      ids.push(choice.id);
      previous = choice.id;
    }
    if (ids.length === this.draftLength && goesOn())
      append(chances, this.#add(this.copying.behind(this.known, ids, this.#most - ids.length), hold));
    const kept = this.worth(chances, this.known.length - this.cached);
    this.#keep(kept);
    this.#expected = chances.slice(0, kept).reduce((sum, chance) => sum + chance, 0);
    if (this.#canvas > 0) this.#guess(row, kept, count + ahead);
    return kept;
  }

  get #canvas(): number {
    return this.o.canvas ?? 0;
  }
  /** The end of what is seen: of the block that the next slot stands in, and of `drafts` drafts. */
  #end(drafts: number): number {
    const from = this.next;
    const length = this.#canvas;
    const block = length > 0 ? (Math.floor(from / length) + 1) * length : from + Math.max(this.draftLength, drafts);
    return Math.max(from + Math.max(1, drafts), Math.min(block, this.o.maxTokens));
  }
  /** Guesses for the rows [from, end) of the drafter. Of neighbours that expect the same token the surest one shows it. */
  #guess(row: DraftRow, from: number, end: number): void {
    let last: StepChange | null = null;
    for (let i = from; i < end; i++) {
      const slot = this.next + i;
      const guess = this.#likeliest(row(i, null), slot);
      this.#guesses.delete(slot);
      if (guess && last && guess.id === last.id) {
        if ((guess.p ?? 0) <= (last.p ?? 0)) continue;
        this.#guesses.delete(last.slot);
      }
      if (guess) this.#guesses.set(slot, guess);
      last = guess;
    }
  }
  /** The likeliest token of a slot by itself; null where it is improbable, never may be drawn, or ends the turn. */
  #likeliest(row: Row, slot: number): StepChange | null {
    let best = 0;
    for (let c = 1; c < row.ids.length; c++) if ((row.logits[c] as number) > (row.logits[best] as number)) best = c;
    const id = row.ids[best] as number;
    const p = probability(row, row.logits[best] as number);
    if (p < LEAST_GUESS || this.o.endOfTurn.has(id) || this.o.suppressed.has(id)) return null;
    return { slot, state: 'guess', id, p, entropy: Math.max(0, row.entropy) };
  }

  /** The slot whose token the next forward draws, then the drafts; where a block is seen, what is guessed of the rest of it. */
  opening(): ReturnType<Stepper['opening']> {
    const from = this.next;
    const length = this.#end(this.#drafts.length) - from;
    const changes: StepChange[] = Array.from({ length }, (_, i) => {
      const draft = this.#drafts[i];
      if (draft) return { slot: from + i, state: 'draft', ...draft };
      return this.#guesses.get(from + i) ?? { slot: from + i, state: 'masked', id: null, p: 0 };
    });
    return { canvas: { from, length }, changes: this.#canvas > 0 ? this.#changed(from, changes) : changes };
  }
  #changed(from: number, changes: readonly StepChange[]): StepChange[] {
    const news = changes.filter((change) => {
      const said = this.#said.get(change.slot);
      return said?.state !== change.state || said.id !== change.id || said.p !== change.p;
    });
    for (const slot of this.#said.keys()) if (slot < from || slot >= from + changes.length) this.#said.delete(slot);
    for (const slot of this.#guesses.keys()) if (slot < from) this.#guesses.delete(slot);
    for (const change of news) this.#said.set(change.slot, change);
    return news;
  }
}

/**
 * The numbers of accepted drafts for which the forward drafts again. One canvas an outcome costs draftLength rows, so
 * with more than two drafts only the ends are covered: nothing held, the first held, everything held.
 */
export function draftOutcomes(drafts: number): number[] {
  return drafts <= 2 ? Array.from({ length: drafts + 1 }, (_, a) => a) : [0, 1, drafts];
}

/** Drafts a forward at most, where the model's own masked rows write them. */
const MOST_DRAFTS = 8;

/** Of at most so many slots; 0: the drafts alone are shown. */
const canvasLength = (most: number): Param => ({
  kind: 'integer',
  id: 'canvasLength',
  label: 'Canvas',
  description:
    'Slots of the block that is shown forming: what the drafter expects beyond its drafts is shown faintly. The text is the same. 0 shows the drafts alone.',
  unit: 'slots',
  min: 0,
  max: most,
  offered: [0, most],
  default: most,
});

export const speculative: Sampler = {
  id: 'speculative',
  describe: ({ causalHead, drafterSlots, lookahead = 0 }) =>
    causalHead
      ? {
          id: 'speculative',
          name: 'Lossless speculative decoding',
          description:
            'Drafts several tokens at once and verifies them with the causal head: the same text as one token at a time.',
          guarantee: 'lossless',
          params: [
            {
              kind: 'integer',
              id: 'draftLength',
              label: 'Draft length',
              description: 'Tokens drafted for each forward, at most.',
              unit: 'tokens',
              min: 1,
              max: drafterSlots > 0 ? drafterSlots : MOST_DRAFTS,
              default: drafterSlots > 0 ? drafterSlots : 1,
            },
            ...(lookahead > 0 ? [canvasLength(drafterSlots + lookahead)] : []),
          ],
        }
      : null,
  blockLength: (params) => canvasLengthOf(params) || numberOf(params, 'draftLength'),
  drafts: true,
  paced: true,
  create: (options) => new ExactStepper(options),
};
