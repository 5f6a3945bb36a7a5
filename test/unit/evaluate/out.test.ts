import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { outOf } from '../../evaluate/out.ts';

const places = { from: path.resolve('/home/someone'), docs: path.resolve('/clone/docs') };

describe('where an evaluation is written', () => {
  it("a whole run replaces the project's documents", () => {
    expect(outOf({}, places)).toBe(places.docs);
    expect(outOf({ sampling: 'greedy' }, places)).toBe(places.docs);
  });
  it.each([
    { quick: true },
    { tasks: 'summary' },
    { settings: 'exact' },
    { limit: '3' },
    { pack: 'models/other' },
    { sampling: 'pack' },
  ])('%j replaces nothing unless a folder is named', (asked) => {
    expect(outOf(asked, places)).toBeNull();
    expect(outOf({ ...asked, out: 'report' }, places)).toBe(path.join(places.from, 'report'));
  });
});
