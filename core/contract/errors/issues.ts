/** What a schema found wrong, to be shown within a sentence. */
import * as v from 'valibot';

/** One line of at most 300 characters: each fault, and where it is. */
export const issuesOf = (issues: readonly v.BaseIssue<unknown>[]): string =>
  issues
    .map((issue) => [issue.message, v.getDotPath(issue)].filter(Boolean).join(' at '))
    .join('; ')
    .slice(0, 300);
