/** Reads how many tests passed, failed and were skipped out of the runners' JSON reports, and which deserve a look. */
import * as v from 'valibot';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** The titles of those that failed, and of those that passed only on a second try. */
  failures?: readonly string[];
  flaky?: readonly string[];
}

const vitestReport = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  numTodoTests: v.optional(v.number(), 0),
  testResults: v.optional(
    v.array(
      v.object({
        name: v.optional(v.string(), '?'),
        status: v.string(),
        assertionResults: v.array(
          v.object({ fullName: v.optional(v.string(), '?'), status: v.optional(v.string(), '') }),
        ),
      }),
    ),
    [],
  ),
});

/** Files whose process ended in the midst of their tests: some of them never came to an end, and none failed. */
export function crashedFiles(json: string): string[] {
  return v
    .parse(vitestReport, JSON.parse(json))
    .testResults.filter(
      ({ status, assertionResults: tests }) =>
        status === 'failed' &&
        tests.some((test) => test.status === 'pending') &&
        !tests.some((test) => test.status === 'failed'),
    )
    .map(({ name }) => name);
}

/** A file that could not even be loaded holds no tests but has failed: it counts as one failure. */
export function countVitest(json: string): Counts {
  const report = v.parse(vitestReport, JSON.parse(json));
  const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const failed = report.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: [...unloaded.map(({ name }) => `${name} could not be loaded`), ...failed.map(({ fullName }) => fullName)],
  };
}

interface Suite {
  file?: string | undefined;
  specs?: { title: string; tests: { status: string }[] }[] | undefined;
  suites?: Suite[] | undefined;
}
const suiteSchema: v.GenericSchema<unknown, Suite> = v.object({
  file: v.optional(v.string()),
  specs: v.optional(v.array(v.object({ title: v.string(), tests: v.array(v.object({ status: v.string() })) }))),
  suites: v.optional(v.array(v.lazy(() => suiteSchema))),
});
const playwrightReport = v.object({
  stats: v.object({ expected: v.number(), unexpected: v.number(), flaky: v.number(), skipped: v.number() }),
  errors: v.array(v.unknown()),
  suites: v.optional(v.array(suiteSchema), []),
});

/** `file › title` of every test that came out so. */
function titled(suites: readonly Suite[], status: string, file = '?'): string[] {
  return suites.flatMap((suite) => {
    const at = suite.file ?? file;
    const own = (suite.specs ?? []).filter(({ tests }) => tests.some((test) => test.status === status));
    return [...own.map(({ title }) => `${at} › ${title}`), ...titled(suite.suites ?? [], status, at)];
  });
}

/** A flaky test passed only on a second try: it counts as passed, and its title is printed until somebody understands it. */
export function countPlaywright(json: string): Counts {
  const { stats, errors, suites } = v.parse(playwrightReport, JSON.parse(json));
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
    failures: titled(suites, 'unexpected'),
    flaky: titled(suites, 'flaky'),
  };
}

/** The counts of a run in which some files crashed, and of a second run of those alone. */
export function withSecondRun(json: string, first: Counts, second: Counts): Counts {
  const crashed = new Set(crashedFiles(json));
  const once = v.parse(vitestReport, JSON.parse(json)).testResults.filter(({ name }) => crashed.has(name));
  const passed = once.flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'passed'));
  return {
    passed: first.passed - passed.length + second.passed,
    failed: first.failed + second.failed,
    skipped: first.skipped + second.skipped,
    failures: [...(first.failures ?? []), ...(second.failures ?? [])],
    flaky: [...crashed].map((name) => `${name} (its process had ended)`),
  };
}

/** `N passed, N failed`, with `, N skipped` where any were. */
export const totalsLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
