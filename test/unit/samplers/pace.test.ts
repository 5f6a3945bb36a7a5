import { describe, expect, test } from 'vitest';
import { Pace } from '../../../core/samplers/pace.ts';

/** Forwards of 1 to 8 rows, in turns, as a machine with these costs would give them. */
function taught(cost: (rows: number) => number, rounds = 100): Pace {
  const pace = new Pace();
  for (let i = 0; i < rounds; i++) for (let rows = 1; rows <= 8; rows++) pace.forward(rows, cost(rows));
  return pace;
}

describe('what rows cost', () => {
  test("is learned from the forwards, whatever the machine's speed", () => {
    for (const ms of [0.5, 10, 400]) {
      const pace = taught((rows) => ms * (1 + 0.05 * (rows - 1)));
      for (let rows = 1; rows <= 8; rows++)
        expect(pace.cost(rows) / pace.cost(1)).toBeCloseTo(1 + 0.05 * (rows - 1), 1);
    }
  });

  test('is known before the first forward, and for more rows than were ever run', () => {
    const pace = new Pace();
    expect(pace.cost(1)).toBe(1);
    for (let rows = 1; rows < 20; rows++) expect(pace.cost(rows + 1)).toBeGreaterThan(pace.cost(rows));
  });

  test('is not spoiled by a pause of the machine for longer than some dozens of forwards', () => {
    const pace = taught((rows) => 10 + rows);
    const before = pace.cost(6);
    pace.forward(6, 5000);
    expect(pace.cost(6)).toBeLessThan(before * 1.1);
    for (let i = 0; i < 60; i++) pace.forward(6, 16);
    expect(pace.cost(6) / before).toBeCloseTo(1, 1);
  });
});

test('drafts that hold less often than their chances say are verified in smaller numbers', () => {
  const chances = [0.5, 0.35, 0.25, 0.2, 0.15];
  const [honest, boastful] = [taught((rows) => 9 + rows), taught((rows) => 9 + rows)];
  for (let i = 0; i < 200; i++) {
    honest.drafts(1, 1);
    boastful.drafts(1, 0.4);
  }
  expect(honest.trust).toBeCloseTo(1, 1);
  expect(boastful.trust).toBeLessThan(0.6);
  expect(boastful.worth(chances, 1)).toBeLessThan(honest.worth(chances, 1));
});

test('the number of drafts is the one that writes the most tokens in the time, by what was learned', () => {
  const cost = (rows: number): number => 10 + 1.5 * rows;
  const pace = taught(cost);
  for (let i = 0; i < 200; i++) pace.step(2, cost(4));
  const chances = [0.9, 0.7, 0.5, 0.2, 0.05];
  const rate = 2 / cost(4);
  const nets = chances.map(
    (_, i) => chances.slice(0, i + 1).reduce((sum, chance) => sum + chance, 0) - rate * cost(i + 2),
  );
  expect(pace.worth(chances, 1)).toBe(nets.indexOf(Math.max(...nets)) + 1);
});

test('one draft is always verified: the drafter has run already', () => {
  expect(new Pace().worth([0.001, 0.0001], 1)).toBe(1);
  expect(new Pace().worth([], 1)).toBe(0);
});
