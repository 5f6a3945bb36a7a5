/** What one forward did, read from its own events and what was on the screen before: the facts that sentences are made of. Pure. */
import type { GenerationEvent, StopReason } from '../../../core/contract/generation.ts';
import { applyEvent, type ReplyState, type Slot } from '../reply/reply.ts';

/** A word on the canvas: `slot` counts in the reply, `place` on the canvas it stood on, from 1. */
export interface Word {
  readonly slot: number;
  readonly place: number;
  readonly text: string;
  /** Null: the engine did not say it. */
  readonly p: number | null;
}
/**
 * opened: a canvas of masked slots · drawn: the causal head drew the next word · passed: slots over the threshold ·
 * revised: a word put in the place of one taken back · taken: words taken back · drafted: proposed · kept: drafts that held ·
 * struck: drafts that did not · block: a block is finished · ended.
 */
export type Fact =
  | {
      readonly kind: 'opened' | 'drawn' | 'passed' | 'revised' | 'taken' | 'drafted' | 'kept' | 'struck';
      readonly words: readonly Word[];
    }
  | { readonly kind: 'block'; readonly tokens: number; readonly words: readonly Word[] }
  | {
      readonly kind: 'ended';
      readonly how: 'finished' | 'stopped' | 'failed';
      readonly reason: StopReason | null;
      readonly words: readonly Word[];
    };

/** @param before what was on the screen; not changed. @param events those of one step, in order */
export function factsOf(before: ReplyState, events: readonly GenerationEvent[]): Fact[] {
  const state: ReplyState = { ...before, slots: [...before.slots] };
  const found: Record<Exclude<Fact['kind'], 'block' | 'ended'>, Word[]> = {
    opened: [],
    drawn: [],
    passed: [],
    revised: [],
    taken: [],
    drafted: [],
    kept: [],
    struck: [],
  };
  const facts: Fact[] = [];
  for (const event of events) {
    const from = state.slots[0]?.slot ?? 0;
    const word = (slot: number, text: string, p: number | null, first = from): Word => ({
      slot,
      place: slot - first + 1,
      text,
      p,
    });
    const was = (slot: number): Slot | undefined => state.slots[slot - from];
    if (event.type === 'frame') {
      const first = event.canvas.from;
      const fresh = first !== from || state.slots.length === 0;
      // where every slot has a token from the start, none is drawn by a head before the others
      const noisy = [...state.slots, ...event.changes].some(({ state: s }) => s === 'noise');
      const open = noisy ? -1 : (state.slots.find(({ state: s }) => s === 'masked')?.slot ?? first);
      for (const { slot, state: now, text, p } of event.changes) {
        // what is taken back before the canvas that follows stood on the one before
        const here = word(slot, text, p, slot < first ? from : first);
        const old = was(slot);
        if (now === 'rejected')
          (state.mode === 'fast' ? found.taken : found.struck).push(old ? { ...here, text: text || old.text } : here);
        else if (now === 'masked' && fresh) found.opened.push(here);
        else if (now === 'draft' && text !== '' && !(old?.state === 'draft' && old.text === text))
          found.drafted.push(here);
        else if (now === 'revealed' && !(old?.state === 'revealed' && old.text === text))
          (found.taken.some((lost) => lost.slot === slot)
            ? found.revised
            : slot === open
              ? found.drawn
              : found.passed
          ).push(here);
      }
    } else if (event.type === 'blockCommitted') {
      const words = event.tokens.map((token, i) => word(event.from + i, token.text, token.p));
      if (state.mode === 'fast') facts.push({ kind: 'block', tokens: words.length, words });
      else
        event.tokens.forEach(({ via }, i) => words[i] && (via === 'draft' ? found.kept : found.drawn).push(words[i]));
    } else if (event.type !== 'started')
      facts.push({
        kind: 'ended',
        how: event.type,
        reason: event.type === 'finished' ? event.reason : null,
        words: [],
      });
    state.seq = event.seq - 1;
    applyEvent(state, event);
  }
  const order = ['kept', 'struck', 'taken', 'revised', 'drawn', 'passed', 'drafted', 'opened'] as const;
  const [blocks, ends] = [facts.filter(({ kind }) => kind === 'block'), facts.filter(({ kind }) => kind === 'ended')];
  // a canvas of grain says nothing beside what was written on it
  const ordered = order.flatMap((kind): Fact[] =>
    found[kind].length > 0 && !(kind === 'opened' && found.drafted.length > 0)
      ? [{ kind, words: found[kind].sort((a, b) => a.slot - b.slot) }]
      : [],
  );
  return [...blocks, ...ordered, ...ends];
}

/** Tokens a forward so far and of the last few forwards, at points along the writing: for a chart of at most `most` points. */
export interface CoursePoint {
  readonly ms: number;
  readonly tokens: number;
  readonly forward: number;
}
const WINDOW = 8;
export function courseOf(points: readonly CoursePoint[], most = 400): [ms: number[], recent: number[], mean: number[]] {
  const first = points[0];
  if (!first) return [[], [], []];
  const every = Math.max(1, Math.ceil(points.length / most));
  const chosen = points.flatMap((_, i) => (i > 0 && (i % every === 0 || i === points.length - 1) ? [i] : []));
  const share = (from: CoursePoint, to: CoursePoint): number =>
    to.forward > from.forward ? (to.tokens - from.tokens) / (to.forward - from.forward) : 0;
  const at = (i: number): CoursePoint => points[Math.max(0, i)] ?? first;
  return [
    chosen.map((i) => at(i).ms / 1000),
    chosen.map((i) => share(at(i - WINDOW), at(i))),
    chosen.map((i) => share(first, at(i))),
  ];
}
