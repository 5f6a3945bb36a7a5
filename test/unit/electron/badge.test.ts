import { describe, expect, it } from 'vitest';
import { badgeOf } from '../../../electron/badge.ts';
import { order } from '../../../renderer/strings/en/order.ts';

describe('the count on the app’s icon', () => {
  it.each([0, 1, 12, 1234])('is the number of unread replies in the window’s title: %i', (unread) => {
    expect(badgeOf(unread === 0 ? 'Copper · Mezzotint' : order.titleWith(unread, 'Copper · Mezzotint'))).toBe(unread);
  });
  it('is none for a title that only begins with a bracket', () => {
    for (const title of ['(draft) Copper', '(2)', '', '(a 2) b', 'Mezzotint (3) x']) expect(badgeOf(title)).toBe(0);
  });
});
