import { describe, expect, it } from 'vitest';
import type { SlotState } from '../../../core/contract/generation.ts';
import type { Slot } from '../../../renderer/state/reply/reply.ts';
import { linesOf, type Room } from '../../../renderer/state/reply/seats.ts';
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
});
