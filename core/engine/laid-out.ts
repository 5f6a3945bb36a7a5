/**
 * A layout on the canvas of a diffusion model: fixed tokens stand in their places from the first step, masks lie between them,
 * and the model sees both. How many masks a hole gets is settled before anything is denoised, as slots don't move.
 */
import type { KnownToken } from '../contract/generation.ts';
import type { Hole, Layout } from '../contract/layout.ts';
import type { SlotRule } from '../samplers/rules/blocks.ts';
import { layoutParts, shapesOf, type HolePart } from '../text/parts.ts';
import type { Tokenizer } from '../text/tokenizer.ts';

/** What was fixed by a person, or written before; null where the slot is a mask. */
export type Fixed = Omit<KnownToken, 'text' | 'forward'> | null;
export interface LaidOut {
  /** By slot, counted from the layout's first. */
  slots: Fixed[];
  holes: { from: number; to: number; part: HolePart }[];
  /** The last hole, where the reply may end earlier than its slots. */
  open: { from: number; hole: Hole } | null;
}
const locked = (id: number): Fixed => ({ id, p: null, via: 'locked', alternatives: [] });

/** Tokens of a hole, about. */
export const usualLength = ({ min, max, sentences }: Hole): number =>
  sentences
    ? Math.min(max, Math.max(min, 9 * (sentences[0] + sentences[1])))
    : Math.max(1, Math.round((Math.max(1, min) + max) / 2));

/**
 * @param begins the layout begins the reply @param most slots that an open last hole may have
 * @param length masks of a hole that does not end the reply
 */
export function layOut(
  layout: Layout,
  tokenizer: Tokenizer,
  { begins, most, length = ({ hole }) => usualLength(hole) }: LayOutOptions,
): LaidOut {
  const laid: LaidOut = { slots: [], holes: [], open: null };
  for (const part of layoutParts(layout, tokenizer, begins)) {
    const from = laid.slots.length;
    if (part.kind === 'locked') for (const id of part.ids) laid.slots.push(locked(id));
    else if (part.kind === 'written') for (const { id, p, via } of part.tokens) laid.slots.push({ id, p, via });
    else {
      const isOpen = part.last && !part.short;
      const count = isOpen ? Math.max(1, Math.min(part.hole.max, most - from)) : length(part);
      for (let i = 0; i < count; i++) laid.slots.push(null);
      laid.holes.push({ from, to: from + count, part });
      if (isOpen) laid.open = { from, hole: part.hole };
    }
  }
  return laid;
}
export interface LayOutOptions {
  begins: boolean;
  most: number;
  length?: (part: HolePart) => number;
}

/** What may stand in the slots of holes: no end of the reply before its time, and a word where a word must begin. */
export function slotRules(
  { holes, open }: Pick<LaidOut, 'holes' | 'open'>,
  tokenizer: Tokenizer,
  { banned, ends }: { banned: ReadonlySet<number>; ends: readonly number[] },
): ReadonlyMap<number, SlotRule> {
  const rules = new Map<number, SlotRule>();
  if (holes.length === 0) return rules;
  const shapes = shapesOf(tokenizer);
  const inner = new Set(banned);
  for (const id of ends) inner.add(id);
  const within = (keep: (id: number) => boolean): ReadonlySet<number> => {
    const all = new Set(inner);
    for (let id = 0; id < tokenizer.vocabularySize; id++) if (!inner.has(id) && !keep(id)) all.add(id);
    return all;
  };
  // made when they are needed: each looks at the whole vocabulary
  let word: ReadonlySet<number> | undefined;
  let begin: ReadonlySet<number> | undefined;
  let fresh: ReadonlySet<number> | undefined;
  const blank = tokenizer.encode(' ')[0];
  for (const { from, to, part } of holes) {
    const isOpen = open?.from === from;
    for (let slot = from; slot < to; slot++) {
      if (isOpen && slot >= from + part.hole.min) break;
      if (part.short) word ??= within((id) => !shapes.breaks(id));
      rules.set(slot, { banned: part.short && word ? word : inner });
    }
    if (part.space) {
      begin ??= within(shapes.beginsWord);
      rules.set(from, { banned: begin, ...(blank === undefined ? {} : { otherwise: blank }) });
    } else if (part.fresh) {
      fresh ??= within((id) => !shapes.blank(id));
      rules.set(from, { banned: fresh });
    }
  }
  return rules;
}
