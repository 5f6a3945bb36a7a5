/**
 * The stepper of all diffusion families: it writes a canvas block after block. It owns the grid of blocks, the shift between
 * rows and slots, sub-blocks, each block's first slot, the forward that commits a block, the refresh of approximate caches,
 * and the end. Which slots take a token in a step is the sampler's choice alone.
 */
import { uniform } from '../../sampling/noise.ts';
import { draw, greedy, guided, wantsWhole, type Sampling } from './draw.ts';
import type { Params } from '../../contract/samplers.ts';
import { resized, seesEnd, TAIL } from './extent.ts';
import type { BlockOptions, Forwards, Written } from './block-options.ts';
import { guides, promptBlocks, resizes } from './layout.ts';
import type { CanvasStep, Unmasked } from './canvas-step.ts';
import type { Passes } from './passes.ts';
import type { Choice, Decision, Drawn, Row, Slot, Step } from './rule.ts';
import { drawBy, fixedBehind } from './slot-rules.ts';

export type { CanvasStep, Unmasked } from './canvas-step.ts';
export { promptBlocks, type Layout } from './layout.ts';
export type { BlockOptions, Forwards, Written } from './block-options.ts';
export type { SlotRule } from './slot-rules.ts';

export async function writeBlocks(passes: Passes, options: BlockOptions): Promise<Written> {
  return new Canvas(passes, options).write();
}

class Canvas {
  readonly #passes: Passes;
  readonly #o: BlockOptions;
  readonly #canvas: (number | null)[];
  /** The position after the canvas's last slot. */
  #until: number;
  readonly #whole: boolean;
  readonly #memory: unknown;
  readonly #forwards: Forwards = { prefill: 0, denoise: 0, refresh: 0, commit: 0 };
  readonly #blocks: Written['blocks'] = [];
  /** The same reply without its question, where guidance wants it. */
  readonly #bare: Passes | null;
  #next: number | null = null;
  #nextRow: Row | null = null;

  constructor(passes: Passes, options: BlockOptions) {
    this.#passes = passes;
    this.#o = options;
    const { prompt, until, sampler, params, sampling, guidance = 0, layout } = options;
    if (guidance > 0 && !guides(layout)) throw new RangeError('guidance does not fit this layout');
    this.#bare = guidance > 0 ? passes.beside() : null;
    if (options.extent && !resizes(layout)) throw new RangeError('a canvas that is cached has one length');
    this.#canvas = [...prompt];
    this.#until = until;
    this.#resize(until);
    this.#whole = wantsWhole(sampling) || guidance > 0 || (sampler.wholeRows?.(params) ?? false);
    for (const [slot, id] of options.fixed ?? []) this.#canvas[slot] = id;
    this.#memory = sampler.memory?.();
  }

  async write(): Promise<Written> {
    const { layout, prompt, until: most } = this.#o;
    const first =
      layout.attention === 'block' && layout.grid === 'absolute'
        ? prompt.length - (prompt.length % layout.blockLength)
        : prompt.length;
    if (layout.attention !== 'full') await this.#prefill(first);
    await this.#findLength();
    let ended = false;
    for (let from = first; from < this.#until && !ended && !this.#stopped; from += layout.blockLength) {
      const to = Math.min(from + layout.blockLength, this.#until);
      this.#blocks.push({ denoise: 0, refresh: 0, commit: 0 });
      await this.#block(from, to);
      if (this.#stopped || this.#canvas.slice(from, to).includes(null)) break;
      ended = this.#canvas.slice(Math.max(from, prompt.length), to).some((id) => this.#o.ends.has(id as number));
      if (this.#o.onBlock?.(from, to, this.#canvas) ?? false) {
        ended = true;
        break; // what is not gone on with needs no commit
      }
      await this.#commit(from, to);
      // the end that a canvas was cut for has not come
      if (!ended && to === this.#until && to < most) this.#resize(Math.min(most, to + layout.blockLength));
    }
    const masked = this.#canvas.indexOf(null);
    const sequence = (masked < 0 ? this.#canvas : this.#canvas.slice(0, masked)) as number[];
    return { sequence, next: this.#next, forwards: this.#forwards, blocks: this.#blocks, ended };
  }

  get #stopped(): boolean {
    return this.#o.cancelled?.() ?? false;
  }
  #count(kind: keyof Forwards): void {
    this.#forwards[kind]++;
    const block = this.#blocks.at(-1);
    if (block && kind !== 'prefill') block[kind]++;
  }
  get #all(): number {
    const { prefill: _, ...decoding } = this.#forwards;
    return Object.values(decoding).reduce((a, b) => a + b, 0);
  }

  /** Cuts the canvas, or lengthens it with masks. */
  #resize(until: number): void {
    this.#canvas.length = Math.min(this.#canvas.length, until);
    while (this.#canvas.length < until) this.#canvas.push(null);
    this.#until = until;
  }

  /** A short canvas is doubled until the model sees an end in it. */
  async #findLength(): Promise<void> {
    const { extent, prompt, layout, until: most } = this.#o;
    if (!extent) return;
    const start = Math.ceil(extent.start / layout.blockLength) * layout.blockLength;
    for (let slots = start; ; slots *= 2) {
      this.#resize(Math.min(most, prompt.length + slots));
      if (this.#until >= most || this.#stopped) return;
      const last = Array.from({ length: TAIL }, (_, i) => this.#until - TAIL + i - layout.shift);
      const rows = last.filter((row) => row >= prompt.length - layout.shift && row >= 0);
      const ids = this.#canvas.map((id) => id ?? layout.maskToken);
      const tail = await this.#passes.glance(ids, 0, { rows });
      this.#count('refresh');
      if (seesEnd(tail, extent.ends)) return;
    }
  }

  /** Reads the prompt's whole blocks, or all of a causal one. */
  async #prefill(until: number): Promise<void> {
    const { layout, prompt, cached = 0 } = this.#o;
    const masks = Array.from({ length: until }, () => layout.maskToken);
    if (masks.length > 0) await this.#bare?.read(masks, promptBlocks(until, layout), { rows: [] });
    const ids = prompt.slice(cached, until);
    if (ids.length === 0) return;
    const rows = layout.firstSlot === 'commit-row' ? [ids.length - 1] : [];
    const within = layout.attention === 'causal' ? ('causal' as const) : promptBlocks(ids.length, layout);
    this.#follow(await this.#passes.read(ids, within, { rows }));
    this.#count('prefill');
  }

  /** Takes the row that a commit gives for the slot after it. It is always the likeliest token, whatever the sampling. */
  #follow(rows: Row[]): void {
    const [row] = rows;
    if (!row) return;
    this.#nextRow = row;
    this.#next = draw(row, greedy, this.#o.banned, { seed: 0, slot: 0 }).id;
  }

  /** A slot's draw, by its own rule where it has one. */
  #draw(row: Row, sampling: Sampling, seed: number, slot: number): Drawn {
    return drawBy(this.#o.rules?.get(slot), this.#o.banned, row, sampling, { seed, slot });
  }
  /** Whether a slot's token may still change. */
  #free(slot: number): boolean {
    return slot >= this.#o.prompt.length && !(this.#o.fixed?.has(slot) ?? false);
  }

  async #commit(from: number, to: number): Promise<void> {
    const { layout } = this.#o;
    if (layout.attention === 'full') return;
    const ids = this.#canvas.slice(from, to) as number[];
    const rows = layout.firstSlot === 'commit-row' ? [ids.length - 1] : [];
    this.#follow(await this.#passes.read(ids, layout.attention === 'causal' ? 'causal' : [ids.length], { rows }));
    await this.#bare?.read(this.#unprompted(ids, from), [ids.length], { rows: [] });
    this.#count('commit');
  }

  /** Ids from position `at` on, with the prompt's masked. */
  #unprompted(ids: readonly number[], at: number): number[] {
    return ids.map((id, i) => (at + i < this.#o.prompt.length ? this.#o.layout.maskToken : id));
  }

  async #block(from: number, to: number): Promise<void> {
    const { layout } = this.#o;
    const seeded = this.#canvas[from] === null && this.#next !== null ? this.#next : null;
    if (seeded !== null) {
      this.#canvas[from] = seeded;
      const row = this.#nextRow as Row;
      const p = Math.exp((row.logits[0] as number) - row.lse);
      const own = this.#o.rules?.has(from) ? this.#draw(row, greedy, 0, from) : { id: seeded, p };
      this.#canvas[from] = own.id;
      this.#tell(from, to, { unmasked: [{ slot: from, id: own.id, p: own.p, via: 'commit-row', row }] });
    }
    const refreshes = layout.attention === 'full' && (layout.cache === 'prefix' || layout.cache === 'dual');
    if (refreshes) this.#passes.cut(0);
    if (this.#masked(from, to).length === 0) this.#tell(from, to, {}); // filled while an earlier one was
    const size = layout.subBlock ?? to - from;
    for (let part = from; part < to && !this.#stopped; part += size)
      await this.#part(from, to, part, Math.min(part + size, to), refreshes && part === from);
  }

  /** Denoises the slots of one part of a block until the sampler is done with it. */
  async #part(from: number, to: number, first: number, end: number, refresh: boolean): Promise<void> {
    const { sampler, layout, params } = this.#o;
    const masks = this.#masked(first, end).length;
    const bare = this.#passes.cached;
    let settled = 0;
    for (let index = 0; !this.#stopped; index++) {
      const masked = this.#masked(first, end);
      if (masked.length === 0 && !(sampler.revisits && this.#anyFree(first, end))) break;
      if (masked.length === 0) settled++;
      const renews = refresh && index === 0;
      const measures = this.#o.extent !== undefined && index === 0 && first === from;
      const { slots, ahead } = await this.#predict(from, to, first, end, renews, measures);
      this.#count(renews ? 'refresh' : 'denoise');
      const decision = this.#decide(
        slots,
        sampler.ahead ? ahead : [],
        { index, masks, settled, first },
        renews,
        params,
      );
      this.#apply(from, to, [...slots, ...ahead], decision);
      if (measures && this.#o.extent) {
        const open = [...slots, ...ahead].filter(({ current }) => current === null);
        const until = resized(
          open,
          { until: this.#until, most: this.#o.until, block: [from, from + layout.blockLength] },
          this.#o.extent.ends,
        );
        // what a sampler has unmasked behind the block stays
        const written = this.#canvas.findLastIndex((id) => id !== null) + 1;
        this.#resize(Math.max(until, to, Math.min(written, this.#until)));
      }
      if (renews) this.#keepAround(from, to);
      else if (layout.blockCache) this.#keepBeside(from, to, first, end, bare);
      if (decision.done ?? this.#masked(first, end).length === 0) break;
    }
    if (layout.blockCache) this.#passes.cut(bare);
    this.#beside = null;
  }

  #anyFree(first: number, end: number): boolean {
    for (let slot = first; slot < end; slot++) if (this.#free(slot)) return true;
    return false;
  }
  #masked(first: number, end: number): number[] {
    const slots: number[] = [];
    for (let slot = first; slot < end; slot++) if (this.#canvas[slot] === null) slots.push(slot);
    return slots;
  }

  /** One forward, and for each slot that may be decided the row that predicts it. */
  async #predict(
    from: number,
    to: number,
    first: number,
    end: number,
    renews: boolean,
    measures: boolean,
  ): Promise<{ slots: Slot[]; ahead: Slot[] }> {
    const { layout, sampler, guidance = 0 } = this.#o;
    const [start, window] = this.#window(from, to, first, end, renews);
    const stop = Math.min(window, this.#until);
    const numbers: number[] = [];
    for (let slot = first; slot < end; slot++)
      if (this.#canvas[slot] === null || (sampler.revisits && this.#free(slot))) numbers.push(slot);
    const count = numbers.length;
    if (sampler.ahead || measures) for (const slot of this.#masked(end, stop)) numbers.push(slot);
    const rows = numbers.map((slot) => Math.max(0, slot - layout.shift - start));
    const ids = this.#canvas.slice(start, stop).map((id) => id ?? layout.maskToken);
    const shadowed = sampler.shadows ? numbers.filter((slot) => this.#canvas[slot] !== null) : [];
    const shadow = { ids: Array.from({ length: end - first }, () => layout.maskToken), at: first };
    for (const slot of shadowed) rows.push(ids.length + slot - first);
    let made = await this.#passes.glance(ids, start, {
      rows,
      whole: this.#whole,
      ...(shadowed.length > 0 ? { shadow } : {}),
    });
    if (this.#bare) {
      const bare = await this.#bare.glance(this.#unprompted(ids, start), start, { rows, whole: true });
      made = made.map((row, i) => guided(row, bare[i] as Row, guidance));
    }
    const slots = numbers.map((slot, i): Slot => {
      const at = shadowed.indexOf(slot);
      const seen = { slot, row: made[i] as Row, current: this.#canvas[slot] ?? null };
      return at < 0 ? seen : { ...seen, shadow: made[numbers.length + at] as Row };
    });
    return { slots: slots.slice(0, count), ahead: slots.slice(count) };
  }

  /** Positions that a forward runs. */
  #window(from: number, to: number, first: number, end: number, renews: boolean): [number, number] {
    const { layout } = this.#o;
    if (layout.attention === 'full') {
      if (renews || layout.cache === 'none') return [0, this.#until];
      return layout.cache === 'prefix' ? [from, this.#until] : [from, to];
    }
    if (this.#beside === first) return [first, end];
    return [from, fixedBehind(this.#o.fixed, to)];
  }

  #decide(
    slots: Slot[],
    ahead: Slot[],
    at: { index: number; masks: number; settled: number; first: number },
    renews: boolean,
    params: Params,
  ): Decision {
    const { layout, sampler, prompt, sampling, seed } = this.#o;
    const until = this.#until;
    const forward = this.#all;
    const drawn = new Map<number, Drawn>();
    const noise = (purpose: number): number =>
      (seed ^ Math.imul(forward + 1, 0x9e3779b1) ^ Math.imul(purpose, 0x85ebca6b)) >>> 0;
    const step: Step = {
      index: at.index,
      masks: at.masks,
      length: layout.blockLength,
      settled: at.settled,
      progress: (at.first - prompt.length) / Math.max(1, until - prompt.length),
      filled: 1 - this.#masked(prompt.length, until).length / Math.max(1, until - prompt.length),
      ahead,
      draw: ({ slot, row }) => {
        const known = drawn.get(slot) ?? this.#draw(row, sampling, noise(0), slot);
        drawn.set(slot, known);
        return known;
      },
      random: (slot, purpose = 1) => uniform(noise(purpose), slot, 0),
      memory: this.#memory,
    };
    // A later forward over the cached canvas has no row before the block: its first slot is filled now, by the likeliest token.
    if (renews && layout.shift === 1) {
      const [slot] = slots;
      if (!slot) return { unmask: [] };
      const { id, p } = this.#draw(slot.row, greedy, 0, slot.slot);
      return { unmask: [{ slot: slot.slot, id, p }] };
    }
    return sampler.choose(slots, step, params);
  }

  #apply(from: number, to: number, slots: Slot[], { unmask, edit = [], remask = [] }: Decision): void {
    const rowOf = new Map(slots.map(({ slot, row }) => [slot, row]));
    const taken = (pick: Choice): Unmasked => ({ ...pick, via: 'sampler', row: rowOf.get(pick.slot) as Row });
    const edited = edit.map((pick) => ({ ...taken(pick), before: this.#canvas[pick.slot] as number }));
    for (const { slot, id } of [...unmask, ...edit]) this.#canvas[slot] = id;
    for (const slot of remask) this.#canvas[slot] = null;
    const guesses = slots.flatMap(({ slot, row }) => (this.#canvas[slot] === null && slot < to ? [{ slot, row }] : []));
    this.#tell(from, to, { unmasked: unmask.map(taken), edited, remasked: [...remask], guesses });
  }

  #tell(from: number, to: number, change: Partial<CanvasStep>): void {
    const finished = this.#masked(from, to).length === 0;
    this.#o.onStep?.(
      { forward: this.#all, from, to, unmasked: [], edited: [], remasked: [], guesses: [], finished, ...change },
      this.#canvas,
    );
  }

  /** After a forward of the whole canvas: keeps the slots before the block, and in a dual cache those behind it. */
  #keepAround(from: number, to: number): void {
    const { layout } = this.#o;
    const rows: number[] = [];
    for (let slot = 0; slot < this.#until; slot++)
      if (slot < from || (layout.cache === 'dual' && slot >= to)) rows.push(slot);
    this.#passes.keep(rows);
  }

  /** The part whose block's other slots are cached. */
  #beside: number | null = null;

  /**
   * After a forward of the whole block whose part's first slot is filled: its other slots are kept, so that the part can be
   * run alone. Only then: the row before the part is not in such a run.
   */
  #keepBeside(from: number, to: number, first: number, end: number, bare: number): void {
    if (this.#beside === first || this.#canvas[first] === null || this.#masked(first, end).length === 0) return;
    const rows: number[] = [];
    for (let slot = from; slot < to; slot++) if (slot < first || slot >= end) rows.push(slot - from);
    this.#passes.cut(bare);
    this.#passes.keep(rows);
    this.#beside = first;
  }
}
