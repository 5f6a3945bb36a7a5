/** What is in a message, beside its own words; when it was written, and how it is copied. */
export const message = {
  formula: 'Formula',
  note: (n: number): string => `Note ${n}`,
  backToMark: (n: number): string => `Back to the mark of note ${n}`,
  wrap: 'Wrap long lines',
  copyMarkdown: 'Copy as Markdown',
  copyPlain: 'Copy as plain text',
  asked: (at: string): string => `Asked ${at}`,
  written: (at: string): string => `Written ${at}`,
  justNow: 'just now',
} as const;
