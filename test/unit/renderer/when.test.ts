import { describe, expect, it } from 'vitest';
import { ago } from '../../../renderer/state/window/when.ts';

describe('when something was', () => {
  const now = Date.UTC(2026, 10, 25, 12);
  it.each([
    [30_000, 'just now'],
    [-60_000, 'just now'],
    [5 * 60_000, '5 min. ago'],
    [3 * 3_600_000, '3 hr. ago'],
    [26 * 3_600_000, 'yesterday'],
    [8 * 86_400_000, 'Nov 17, 2026'],
  ])('%d ms ago is “%s”', (past, words) => expect(ago(now - past, now, 'en', 'just now')).toBe(words));
  it('is said in the language asked for', () => expect(ago(now - 5 * 60_000, now, 'zh-Hans', '刚刚')).toBe('5分钟前'));
});
