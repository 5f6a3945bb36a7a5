/**
 * The seats of a canvas: so many in the rest of the running line, then full lines. A slot keeps its line whatever surfaces in
 * it: a wide word takes its room from the grain beside it, not from the next line. Pure.
 */
import type { Slot } from './reply.ts';

/** A word and the grain after it, or the grain a line begins with: they share their seats. */
export interface Run {
  /** The first slot. */
  readonly key: number;
  readonly slots: readonly Slot[];
}
export interface Line {
  readonly key: number;
  /** The line that the text before stands in. */
  readonly running: boolean;
  readonly runs: readonly Run[];
}
/** Room for a canvas, in pixels: what is left of the running line, and a whole line. */
export interface Room {
  readonly rest: number;
  readonly line: number;
  /** The running line has nothing in it yet. */
  readonly empty: boolean;
  /** Width of a seat. */
  readonly seat: number;
}

/** Line ends and tabs that surface are shown by a sign: their seats are not bare. */
const isSeen = (slot: Slot): boolean => slot.state !== 'masked' && slot.text !== '';

function runsOf(slots: readonly Slot[]): Run[] {
  const runs: { key: number; slots: Slot[] }[] = [];
  for (const slot of slots) {
    const last = runs.at(-1);
    if (last && !isSeen(slot)) last.slots.push(slot);
    else runs.push({ key: slot.slot, slots: [slot] });
  }
  return runs;
}

/** The canvas line by line. A running line without room for a seat has no line here. */
export function linesOf(slots: readonly Slot[], { rest, line, empty, seat }: Room): Line[] {
  const most = Math.max(1, Math.floor(line / seat));
  const first = empty ? most : Math.min(most, Math.floor(rest / seat));
  const lines: Line[] = [];
  for (let from = 0; from < slots.length;) {
    const running = from === 0 && first > 0;
    const end = from + (running ? first : most);
    const part = slots.slice(from, end);
    lines.push({ key: part[0]?.slot ?? 0, running, runs: runsOf(part) });
    from = end;
  }
  return lines;
}

const spread = (amount: number, over: readonly number[]): number[] => {
  const all = over.reduce((sum, one) => sum + one, 0);
  const share = all > 0 ? Math.min(1, amount / all) : 0;
  return over.map((one) => one * share);
};
/**
 * How wide each slot of a line is, in pixels and in order. A word has a seat, or as much as it needs of its run's seats; the
 * grain after it shares the rest. What does not fit is taken from the grain of the other runs, then from words that have room.
 * @param wordOf the width of a slot's word @param least of a slot of grain
 */
export function widthsOf({ runs }: Line, seat: number, wordOf: (slot: Slot) => number, least: number): number[] {
  const parts = runs.map(({ slots: [first, ...after] }) => {
    const word = first && isSeen(first) ? wordOf(first) : null;
    const grains = after.length + (word === null ? 1 : 0);
    const seats = (after.length + 1) * seat;
    return { word, grains, seats, need: (word ?? 0) + grains * least };
  });
  let lacks = parts.reduce((sum, { need, seats }) => sum + Math.max(0, need - seats), 0);
  const rooms = parts.map(({ seats }) => seats);
  for (const fromGrain of [true, false]) {
    const spare = parts.map(({ grains, seats, need }) => (grains > 0 === fromGrain ? Math.max(0, seats - need) : 0));
    const given = spread(lacks, spare);
    given.forEach((one, i) => {
      rooms[i] = (rooms[i] ?? 0) - one;
      lacks -= one;
    });
  }
  return parts.flatMap(({ word, grains, need }, i) => {
    const room = Math.max(need, rooms[i] ?? 0);
    if (word === null) return Array<number>(grains).fill(room / grains);
    const own = grains === 0 ? room : Math.min(Math.max(seat, word), room - grains * least);
    return [own, ...Array<number>(grains).fill((room - own) / Math.max(1, grains))];
  });
}
