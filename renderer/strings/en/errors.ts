/** What stands around an error. */

export const errors = {
  file: (path: string): string => `File: ${path}`,
  dismiss: 'Dismiss',
  again: 'Try again',
  refetch: 'Open it again',
  draftKept: 'Your words are back in the message box.',
} as const;
