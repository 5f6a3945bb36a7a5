import { describe, expect, it } from 'vitest';
import type { SlotState } from '../../../core/contract/generation.ts';
import type { Slot } from '../../../renderer/state/reply/reply.ts';
import { linesOf, widthsOf, type Line, type Room } from '../../../renderer/state/reply/seats.ts';
import { seeded } from '../../fixtures/fake-engine.ts';

const slotsOf = (texts: readonly string[], from = 0): Slot[] =>
  texts.map((text, i) => ({
    slot: from + i,
    state: text === '' ? ('masked' as SlotState) : 'revealed',
    text,
    p: text === '' ? 0 : 0.9,
  }));
const room: Room = { rest: 160, line: 500, empty: false, seat: 50 };
const shape = (slots: readonly Slot[], at: Room = room): number[][] =>
  linesOf(slots, at).map(({ runs }) => runs.flatMap((run) => run.slots.map(({ slot }) => slot)));

describe('the seats of a canvas', () => {
  it('fill the rest of the running line, then whole lines', () => {
    expect(shape(slotsOf(Array(16).fill('')))).toEqual([
      [0, 1, 2],
      [3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
      [13, 14, 15],
    ]);
    expect(linesOf(slotsOf(Array(16).fill('')), room).map(({ running }) => running)).toEqual([true, false, false]);
  });

  it('begin on the next line where the running one is full, and take the whole of one that is empty', () => {
    expect(shape(slotsOf(['', '']), { ...room, rest: 40 })).toEqual([[0, 1]]);
    expect(linesOf(slotsOf(['', '']), { ...room, rest: 40 })[0]?.running).toBe(false);
    expect(linesOf(slotsOf(['', '']), { ...room, rest: 500, empty: true })[0]?.running).toBe(true);
  });

  it('hold at least one slot a line, however narrow the column is', () => {
    expect(shape(slotsOf(['', '', '']), { rest: 20, line: 20, empty: true, seat: 50 })).toEqual([[0], [1], [2]]);
  });

  it('a slot keeps its line whatever surfaces, in any order', () => {
    const random = seeded(11);
    for (let round = 0; round < 40; round++) {
      const at = { rest: random() * 500, line: 120 + random() * 400, empty: random() < 0.2, seat: 50 };
      const texts: string[] = Array(3 + Math.floor(random() * 40)).fill('');
      const lines = shape(slotsOf(texts), at);
      for (let open = texts.length; open > 0; open--) {
        const free = texts.flatMap((text, i) => (text === '' ? [i] : []));
        texts[free[Math.floor(random() * free.length)] ?? 0] = ' w'.repeat(1 + Math.floor(random() * 12));
        expect(shape(slotsOf(texts), at)).toEqual(lines);
      }
    }
  });

  it('a word shares its seats with the grain after it, so that a wide one moves no other', () => {
    const [line] = linesOf(slotsOf(['', ' sky', '', '', ' blue', '']), { ...room, empty: true });
    expect(line?.runs.map((run) => run.slots.map(({ text }) => text))).toEqual([[''], [' sky', '', ''], [' blue', '']]);
  });

  const widthOfText = ({ text }: Slot): number => text.length * 10;
  const lineOf = (texts: readonly string[], at: Room = { ...room, empty: true, rest: 500 }): Line =>
    linesOf(slotsOf(texts), at)[0]!;
  const total = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width, 0);

  it('are one width where nothing is wide, and a wide word takes from the grain after it alone', () => {
    expect(widthsOf(lineOf(['', '', '']), 50, widthOfText, 8)).toEqual([50, 50, 50]);
    expect(widthsOf(lineOf([' sky', '', ' blue']), 50, widthOfText, 8)).toEqual([50, 50, 50]);
    expect(widthsOf(lineOf(['', ' elsewher', '', ' blue']), 50, widthOfText, 8)).toEqual([50, 90, 10, 50]);
    expect(widthsOf(lineOf([' scatter', '', '', ' blue']), 50, widthOfText, 8)).toEqual([80, 35, 35, 50]);
  });
  it('what a word needs beyond that comes from other grain, then from words with room; no word has less than its width', () => {
    expect(widthsOf(lineOf([' elsewhere', ' a', '']), 50, widthOfText, 8)).toEqual([100, 42, 8]);
    expect(widthsOf(lineOf([' elsewhere', ' a', ' b']), 50, widthOfText, 8)).toEqual([100, 25, 25]);
    const random = seeded(5);
    for (let round = 0; round < 200; round++) {
      const texts = Array.from({ length: 10 }, () =>
        random() < 0.4 ? '' : ' w'.repeat(1 + Math.floor(random() * (round % 2 ? 3 : 5))),
      );
      const line = lineOf(texts);
      const widths = widthsOf(line, 50, widthOfText, 8);
      const needs = texts.map((text) => (text === '' ? 8 : text.length * 10));
      expect(widths).toHaveLength(10);
      widths.forEach((width, i) => expect(width).toBeGreaterThan((needs[i] ?? 0) - 0.001));
      expect(total(widths)).toBeCloseTo(Math.max(500, total(needs)), 3);
    }
  });
});
