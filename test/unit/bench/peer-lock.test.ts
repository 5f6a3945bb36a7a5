/** The peer's lock as `npm ci` wants it: one optional package left out, and nothing is installed anywhere. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

interface Lock {
  packages: Record<string, { optionalDependencies?: Record<string, string>; dependencies?: Record<string, string> }>;
}
const lock = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../bench/peer/package-lock.json'), 'utf8'),
) as Lock;

test('the bench can install its peer: every dependency of every platform is in its lock', () => {
  const names = Object.keys(lock.packages).map((place) => place.slice(place.lastIndexOf('node_modules/') + 13));
  const wanted = Object.values(lock.packages).flatMap(({ dependencies, optionalDependencies }) =>
    Object.keys({ ...dependencies, ...optionalDependencies }),
  );
  expect([...new Set(wanted)].filter((name) => !names.includes(name))).toEqual([]);
});
