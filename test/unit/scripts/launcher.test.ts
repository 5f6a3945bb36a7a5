import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprint, inRoot, root, withLock } from '../../../scripts/lib/common.mjs';
import { modulesMatch, stale } from '../../../scripts/lib/ready.mjs';
import {
  countPlaywright,
  countVitest,
  crashedFiles,
  totalsLine,
  withSecondRun,
} from '../../../scripts/lib/test-counts.ts';

let dir: string;
beforeAll(() => {
  mkdirSync(inRoot('test-results'), { recursive: true });
  dir = mkdtempSync(path.join(inRoot('test-results'), 'launcher-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('installing', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b-for-another-platform': { version: '2.0.0', optional: true },
    },
  };
  it('is not needed where every package of the lock is there in its version', () => {
    expect(modulesMatch(lock, { packages: { 'node_modules/a': { version: '1.0.0' } } })).toBe(true);
  });
  it('is needed where one is missing, older, or nothing is installed', () => {
    expect(modulesMatch(lock, { packages: {} })).toBe(false);
    expect(modulesMatch(lock, { packages: { 'node_modules/a': { version: '0.9.0' } } })).toBe(false);
    expect(
      modulesMatch(lock, {
        packages: {
          'node_modules/a': { version: '1.0.0' },
          'node_modules/b-for-another-platform': { version: '1.0.0' },
        },
      }),
    ).toBe(false);
    expect(modulesMatch(lock, null)).toBe(false);
  });
});

describe('staleness', () => {
  it('shows a changed, a new and a removed file, and nothing else', () => {
    const file = path.join(dir, 'a.txt');
    const inputs = [path.relative(root, dir), 'not-there.txt'];
    writeFileSync(file, 'one');
    const first = fingerprint(inputs);
    expect(fingerprint(inputs)).toBe(first);
    utimesSync(file, new Date(1000), new Date(1000));
    const second = fingerprint(inputs);
    expect(second).not.toBe(first);
    writeFileSync(path.join(dir, 'b.txt'), '');
    expect(fingerprint(inputs)).not.toBe(second);
    rmSync(path.join(dir, 'b.txt'));
    expect(fingerprint(inputs)).toBe(second);
  });
  it('of the whole app is known within a third of a second', () => {
    const began = performance.now();
    stale();
    expect(performance.now() - began).toBeLessThan(300);
  });
});

describe('two starts at once', () => {
  it('take turns', async () => {
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} ends`);
    };
    await Promise.all([withLock('test-turns', work('a')), withLock('test-turns', work('b'))]);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });
  it('do not wait for one that is gone', async () => {
    writeFileSync(inRoot('.cache', 'test-gone.lock'), '999999999');
    expect(await withLock('test-gone', () => Promise.resolve('done'))).toBe('done');
  });
});

describe('the totals', () => {
  it('count what ran, and a file that could not be loaded as a failure', () => {
    const report = {
      numPassedTests: 3,
      numFailedTests: 1,
      numPendingTests: 2,
      testResults: [
        { name: 'broken.test.ts', status: 'failed', assertionResults: [] },
        { status: 'failed', assertionResults: [{ fullName: 'adds', status: 'failed' }, { status: 'passed' }] },
      ],
    };
    expect(countVitest(JSON.stringify(report))).toEqual({
      passed: 3,
      failed: 2,
      skipped: 2,
      failures: ['broken.test.ts could not be loaded', 'adds'],
    });
  });
  it('take a second run for a file whose process ended in the midst of its tests', () => {
    const file = (name: string, ...statuses: string[]) => ({
      name,
      status: statuses.every((status) => status === 'passed') ? 'passed' : 'failed',
      assertionResults: statuses.map((status, n) => ({ fullName: `${name} ${n}`, status })),
    });
    const report = JSON.stringify({
      numPassedTests: 3,
      numFailedTests: 1,
      numPendingTests: 0,
      testResults: [
        file('ends.ts', 'passed', 'passed'),
        file('crashes.ts', 'passed', 'pending'),
        file('fails.ts', 'failed'),
      ],
    });
    expect(crashedFiles(report)).toEqual(['crashes.ts']);
    expect(withSecondRun(report, countVitest(report), { passed: 2, failed: 0, skipped: 0 })).toEqual({
      passed: 4,
      failed: 1,
      skipped: 0,
      failures: ['fails.ts 0'],
      flaky: ['crashes.ts (its process had ended)'],
    });
  });
  it('name the end-to-end tests that failed, and those that needed a second try', () => {
    const spec = (title: string, status: string) => ({ title, tests: [{ status }] });
    const report = {
      stats: { expected: 5, unexpected: 1, flaky: 1, skipped: 2 },
      errors: [{}],
      suites: [
        { file: 'a.spec.ts', specs: [spec('one', 'unexpected'), spec('two', 'expected')] },
        { file: 'b.spec.ts', suites: [{ specs: [spec('three', 'flaky')] }] },
      ],
    };
    expect(countPlaywright(JSON.stringify(report))).toEqual({
      passed: 6,
      failed: 2,
      skipped: 2,
      failures: ['a.spec.ts › one'],
      flaky: ['b.spec.ts › three'],
    });
  });
  it('are one line', () => {
    expect(totalsLine({ passed: 4, failed: 0, skipped: 0 })).toBe('4 passed, 0 failed');
    expect(totalsLine({ passed: 4, failed: 1, skipped: 2 })).toBe('4 passed, 1 failed, 2 skipped');
  });
});
