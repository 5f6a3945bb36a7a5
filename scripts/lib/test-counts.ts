/** Reads how many tests passed, failed and were skipped out of the runners' JSON reports. */
import * as v from 'valibot';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const vitestReport = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  numTodoTests: v.optional(v.number(), 0),
  testResults: v.optional(v.array(v.object({ status: v.string(), assertionResults: v.array(v.unknown()) })), []),
});

/** A file that could not even be loaded holds no tests but has failed: it counts as one failure. */
export function countVitest(json: string): Counts {
  const report = v.parse(vitestReport, JSON.parse(json));
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

const playwrightReport = v.object({
  stats: v.object({ expected: v.number(), unexpected: v.number(), flaky: v.number(), skipped: v.number() }),
  errors: v.array(v.unknown()),
});

/** A flaky test passed only on a second try: that is a failure until it is understood. */
export function countPlaywright(json: string): Counts {
  const { stats, errors } = v.parse(playwrightReport, JSON.parse(json));
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + errors.length, skipped: stats.skipped };
}

/** `N passed, N failed`, with `, N skipped` where any were. */
export const totalsLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
