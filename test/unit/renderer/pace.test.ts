import { describe, expect, it } from 'vitest';
import { frugal } from '../../../renderer/state/reply/pace.ts';

/** A page whose drawing takes `cost` milliseconds. */
function page(cost: number) {
  let now = 1000;
  const queue: { at: number; task: () => void }[] = [];
  const later = (task: () => void, ms: number): void => void queue.push({ at: now + ms, task });
  const clock = { now: () => now, later, drawn: (task: () => void) => later(task, cost) };
  return {
    clock,
    get now() {
      return now;
    },
    advance(ms: number) {
      const end = now + ms;
      for (;;) {
        queue.sort((a, b) => a.at - b.at);
        const next = queue[0];
        if (!next || next.at > end) break;
        queue.shift();
        now = Math.max(now, next.at);
        next.task();
      }
      now = end;
    },
  };
}
/** How often a reply is drawn in two seconds in which something new comes every `every` ms. */
function draws(cost: number, every: number, fills = false): number {
  const at = page(cost);
  const pace = frugal(
    (task) => task(),
    () => fills,
    at.clock,
  );
  let drawn = 0;
  let asked = false;
  for (let t = 0; t < 2000; t += every) {
    if (!asked) {
      asked = true;
      pace(() => {
        asked = false;
        drawn++;
      });
    }
    at.advance(every);
  }
  return drawn;
}

describe('the pace of drawing a running reply', () => {
  it('draws the first state at once, and again at once after a rest', () => {
    const at = page(8);
    const pace = frugal((task) => task(), undefined, at.clock);
    const times: number[] = [];
    pace(() => times.push(at.now));
    at.advance(1000);
    pace(() => times.push(at.now));
    expect(times).toEqual([1000, 2000]);
  });
  it('follows a fast page at every step, and spends a small share of the time on a slow one', () => {
    expect(draws(0.5, 20)).toBe(100);
    const slow = draws(5, 10);
    expect(slow * 5).toBeLessThan(2000 / 10);
    expect(draws(4, 10, true) * 4).toBeLessThan(2000 / 20);
    expect(slow).toBeGreaterThan(10);
  });
  it('never falls below six draws a second, however slow the page', () => {
    expect(draws(40, 10)).toBeGreaterThanOrEqual(12);
  });
});
