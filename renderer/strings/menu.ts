/** The words of a message's menu. */
export const menuWords = {
  more: 'More',
  moreOf: { question: 'More for this question', reply: 'More for this reply' },
  again: 'Ask again',
  againHint: 'Write another reply to this question; those that are there are kept',
  retry: 'Retry',
  retrySame: 'Same settings, new seed',
  retryNow: 'With the settings set now',
  retryIn: (mode: string): string => `In ${mode} mode`,
} as const;
