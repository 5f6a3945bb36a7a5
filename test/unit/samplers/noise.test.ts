import { expect, test } from 'vitest';
import { choose, type Row } from '../../../core/sampling/choose.ts';
import { uniform } from '../../../core/sampling/noise.ts';

test('uniform noise equals an independent implementation', () => {
  // computed by a Python version of the same mix
  expect(uniform(0, 0, 0)).toBe(0.5222082227701321);
  expect(uniform(1, 0, 0)).toBe(0.6247434277320281);
  expect(uniform(0, 1, 0)).toBe(0.6499881482450292);
  expect(uniform(0, 0, 1)).toBe(0.17179165279958397);
  expect(uniform(123456789, 500, 49151)).toBe(0.8832755287876353);
  expect(uniform(0xffffffff, 8191, 151935)).toBe(0.8839411501539871);
});

const row: Row = {
  ids: [7, 3, 9, 1],
  logits: [2, 1, 0, -1],
  lse: Math.log(Math.exp(2) + Math.exp(1) + 1 + Math.exp(-1)),
  entropy: 0,
};
const sampling = { temperature: 1, topP: 1, topK: 64, repetitionPenalty: 1 };
const draw = (over: Partial<typeof sampling>, slot: number, history: number[] = []): number =>
  choose(row, { sampling: { ...sampling, ...over }, seed: 42, slot, history, suppressed: new Set([1]) }).id;

function frequencies(over: Partial<typeof sampling>): Map<number, number> {
  const n = 20_000;
  const counts = new Map<number, number>();
  for (let slot = 0; slot < n; slot++) counts.set(draw(over, slot), (counts.get(draw(over, slot)) ?? 0) + 1 / n);
  return counts;
}

test.each([0.5, 1, 1.7])(
  'at temperature %d tokens are drawn by softmax(logit / T) of what is not suppressed',
  (temperature) => {
    const counts = frequencies({ temperature });
    const weights = [2, 1, 0].map((logit) => Math.exp(logit / temperature));
    const total = weights.reduce((a, b) => a + b);
    [7, 3, 9].forEach((id, i) => expect(counts.get(id) ?? 0).toBeCloseTo((weights[i] as number) / total, 1.6));
    expect(counts.has(1)).toBe(false);
  },
);

test('greedy takes the best, top-k and top-p cut the tail, the penalty lowers what was said', () => {
  expect(draw({ temperature: 0 }, 0)).toBe(7);
  expect([...frequencies({ topK: 2 }).keys()].sort()).toEqual([3, 7]);
  expect([...frequencies({ topP: 0.6 }).keys()]).toEqual([7]);
  expect(draw({ temperature: 0, repetitionPenalty: 2 }, 0, [7])).toBe(3); // 2 / 2 = 1 ties with 3: the lower id wins
  expect(draw({ temperature: 0, repetitionPenalty: 2 }, 0, [7, ...Array.from({ length: 256 }, () => 5)])).toBe(7); // out of the window
});

test('greedy is where sampling goes as the temperature falls, whatever is suppressed, said before or without a number', () => {
  for (let n = 0; n < 200; n++) {
    const ids = Array.from({ length: 12 }, (_, i) => i).sort((a, b) => uniform(n, a, 0) - uniform(n, b, 0));
    const logits = ids.map((id) => (uniform(n, id, 1) < 0.1 ? -Infinity : Math.round(8 * uniform(n, id, 2)) - 4)); // few values: many ties
    const some: Row = { ids, logits, lse: 6, entropy: 0 };
    const options = {
      seed: n,
      slot: 0,
      history: [ids[0] as number, ids[5] as number],
      suppressed: new Set([ids[1] as number]),
    };
    const at = (temperature: number): number =>
      choose(some, { ...options, sampling: { ...sampling, temperature, repetitionPenalty: 1.3 } }).id;
    const [greedy, cold] = [at(0), at(1e-6)];
    const scored = (id: number): number => {
      const logit = logits[ids.indexOf(id)] as number;
      return options.history.includes(id) ? (logit > 0 ? logit / 1.3 : logit * 1.3) : logit;
    };
    expect(scored(greedy)).toBe(scored(cold));
    for (const id of ids)
      if (!options.suppressed.has(id) && scored(id) === scored(greedy)) expect(greedy).toBeLessThanOrEqual(id);
  }
  expect(() =>
    choose(
      { ...row, ids: [1], logits: [2] },
      { sampling: { ...sampling, temperature: 0 }, seed: 1, slot: 0, history: [], suppressed: new Set([1]) },
    ),
  ).toThrow(RangeError);
});

test('a choice reports the probability at temperature 1, whatever the settings', () => {
  const { p } = choose(row, {
    sampling: { ...sampling, temperature: 0.3, repetitionPenalty: 1.5 },
    seed: 1,
    slot: 0,
    history: [7],
    suppressed: new Set(),
  });
  expect(p).toBeLessThan(1);
  const greedy = choose(row, {
    sampling: { ...sampling, temperature: 0 },
    seed: 1,
    slot: 0,
    history: [],
    suppressed: new Set(),
  });
  expect(greedy.p).toBeCloseTo(Math.exp(2 - row.lse), 12);
});
