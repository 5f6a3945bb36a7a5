/**
 * `npm test`: lint, types, unit and contract, a real checkpoint where it was fetched, WebGPU, end to end, in this order. Each part says how it came out; a part whose runtime can't
 * be had is skipped with the reason, never passed. The last line is the totals; the exit code is 0 only where nothing failed.
 *
 * `--only PART[,PART]` runs some parts (lint, types, unit, contract, standing, webgpu, electron, chromium); what follows `--` goes to their runner.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './lib/common.mjs';
import { ensureBuilt } from './lib/ready.mjs';
import { missing } from '../test/standing/source.ts';
import { chromiumForTests, electronForTests, webgpuForTests } from './lib/test-runtimes.mjs';
import {
  countPlaywright,
  countVitest,
  crashedFiles,
  totalsLine,
  withSecondRun,
  type Counts,
} from './lib/test-counts.ts';

interface Outcome {
  part: string;
  counts: Counts;
  /** Why a part did not run. */
  skipped?: string;
  seconds: number;
}
const parts = ['lint', 'types', 'unit', 'contract', 'standing', 'webgpu', 'electron', 'chromium'] as const;
type Part = (typeof parts)[number];

const args = process.argv.slice(2);
const rest = args.includes('--') ? args.slice(args.indexOf('--') + 1) : [];
const only = args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '').split(',') : [...parts];
const unknown = only.filter((name) => !parts.some((part) => part === name) && name !== 'e2e');
if (unknown.length > 0) {
  console.error(
    `There is no part named ${unknown.join(', ')}; there are ${parts.join(', ')} and e2e (electron and chromium).`,
  );
  process.exit(1);
}
const wanted = (part: Part): boolean =>
  only.includes(part) || (only.includes('e2e') && (part === 'electron' || part === 'chromium'));

const results = inRoot('test-results');
mkdirSync(results, { recursive: true });

/** Runs a program with its output shown; returns whether it ended well. */
function run(command: readonly string[], env: Record<string, string> = {}): boolean {
  const [program, ...programArgs] = command;
  const done = spawnSync(program ?? '', programArgs, {
    cwd: inRoot(),
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (done.error) console.error(`${program}: ${done.error.message}`);
  return done.status === 0;
}
const tool = (...where: string[]): string => inRoot('node_modules', ...where);

/** A tool that only says yes or no counts as one. */
const one = (passed: boolean): Counts => ({ passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 });

/** A runner that ended badly without a report, or found nothing to run, has failed. */
function counted(ended: boolean, report: string, count: (json: string) => Counts): Counts {
  if (!existsSync(report)) return one(false);
  const counts = count(readFileSync(report, 'utf8'));
  if (!ended && counts.failed === 0) return { ...counts, failed: 1 };
  return counts;
}

function vitest(folder: 'unit' | 'contract' | 'gpu', env: Record<string, string> = {}): Counts {
  const report = path.join(results, `${folder}.json`);
  const again = path.join(results, `${folder}-again.json`);
  const runner = (to: string, files: readonly string[]): boolean => {
    rmSync(to, { force: true });
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${to}`];
    return run([process.execPath, tool('vitest', 'vitest.mjs'), 'run', ...files, ...reporters, ...rest], env);
  };
  const ended = runner(report, [`test/${folder}/`]);
  const json = existsSync(report) ? readFileSync(report, 'utf8') : null;
  const crashed = json === null || !process.env['CI'] ? [] : crashedFiles(json);
  if (json === null || crashed.length === 0 || crashed.length > 2) return counted(ended, report, countVitest);
  console.log(`\nThe process of ${crashed.join(' and ')} ended in the midst of its tests: once more.`);
  return withSecondRun(json, countVitest(json), counted(runner(again, crashed), again, countVitest));
}

function playwright(project: 'electron' | 'chromium', wrap: readonly string[], env: Record<string, string>): Counts {
  const report = path.join(results, `${project}.json`);
  rmSync(report, { force: true });
  const ended = run(
    [
      ...wrap,
      process.execPath,
      tool('@playwright', 'test', 'cli.js'),
      'test',
      `--project=${project}`,
      '--reporter=list,json',
      ...rest,
    ],
    {
      ...env,
      PLAYWRIGHT_JSON_OUTPUT_NAME: report,
    },
  );
  return counted(ended, report, countPlaywright);
}

const outcomes: Outcome[] = [];
async function part(name: Part, work: () => Promise<Counts | { reason: string }> | Counts): Promise<void> {
  if (!wanted(name)) return;
  console.log(`\n── ${name} ──`);
  const began = Date.now();
  let counts: Counts;
  let skipped: string | undefined;
  try {
    const result = await work();
    if ('reason' in result) {
      skipped = result.reason;
      counts = { passed: 0, failed: 0, skipped: 1 };
    } else counts = result;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    counts = one(false);
  }
  const outcome: Outcome = {
    part: name,
    counts,
    seconds: (Date.now() - began) / 1000,
    ...(skipped === undefined ? {} : { skipped }),
  };
  outcomes.push(outcome);
  console.log(line(outcome));
}
const line = ({ part: name, counts, skipped, seconds }: Outcome): string =>
  skipped === undefined ? `${name}: ${totalsLine(counts)} (${seconds.toFixed(1)} s)` : `${name}: skipped: ${skipped}`;

await part('lint', () => {
  const rules = one(run([process.execPath, tool('eslint', 'bin', 'eslint.js'), '.']));
  const format = one(
    run([process.execPath, tool('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.']),
  );
  return { passed: rules.passed + format.passed, failed: rules.failed + format.failed, skipped: 0 };
});
await part('types', () => {
  const ts = run([process.execPath, tool('typescript', 'bin', 'tsc'), '--noEmit', '-p', '.']);
  const svelte = run([
    process.execPath,
    tool('svelte-check', 'bin', 'svelte-check'),
    '--tsconfig',
    './tsconfig.json',
    '--output',
    'human',
    '--threshold',
    'error',
  ]);
  return { passed: Number(ts) + Number(svelte), failed: Number(!ts) + Number(!svelte), skipped: 0 };
});
await part('unit', () => vitest('unit'));
await part('contract', async () => {
  await ensureBuilt(process.execPath);
  return vitest('contract');
});
await part('standing', async () => {
  const reason = missing();
  if (reason !== null) return { reason };
  await ensureBuilt(process.execPath);
  return one(run([process.execPath, inRoot('test', 'standing', 'main.ts'), '--quick', ...rest]));
});
await part('webgpu', async () => {
  const runtime = await webgpuForTests();
  if ('reason' in runtime) return { reason: runtime.reason };
  console.log(`through ${runtime.said}`);
  return vitest('gpu', runtime.env);
});
await part('electron', async () => {
  const runtime = await electronForTests(process.execPath);
  if ('reason' in runtime) return { reason: runtime.reason };
  await ensureBuilt(process.execPath);
  console.log(`in ${runtime.said}`);
  return playwright('electron', runtime.wrap, runtime.env);
});
await part('chromium', async () => {
  const runtime = await chromiumForTests();
  if ('reason' in runtime) return { reason: runtime.reason };
  await ensureBuilt(process.execPath);
  console.log(`in ${runtime.said}`);
  return playwright('chromium', [], runtime.env);
});

const totals = outcomes.reduce<Counts>(
  (sum, { counts }) => ({
    passed: sum.passed + counts.passed,
    failed: sum.failed + counts.failed,
    skipped: sum.skipped + counts.skipped,
  }),
  { passed: 0, failed: 0, skipped: 0 },
);
console.log('\n── parts ──');
for (const outcome of outcomes) console.log(line(outcome));
for (const { part: name, counts } of outcomes) {
  for (const title of counts.flaky ?? []) console.log(`${name}, passed on a second try: ${title}`);
  for (const title of counts.failures ?? []) console.log(`${name}, failed: ${title}`);
}
console.log(totalsLine(totals));
process.exitCode = totals.failed > 0 || outcomes.length === 0 ? 1 : 0;
