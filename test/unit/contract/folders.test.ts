/** Folders that a request names. */
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { moveData, switchProfile } from '../../../core/contract/data.ts';

test.each([moveData, switchProfile])(
  'a path with a zero character, which no system has, does not fit $name',
  ({ request }) => {
    expect(v.safeParse(request, { folder: '/data/ok' }).success).toBe(true);
    expect(v.safeParse(request, { folder: '/data/6\0' }).success).toBe(false);
    expect(v.safeParse(request, { folder: '' }).success).toBe(false);
  },
);
