/** The question before a link is opened. */

export const link = {
  title: 'Open this link in your browser?',
  body: 'It leaves Mezzotint. Your browser will connect to:',
  open: 'Open link',
  cancel: 'Cancel',
} as const;
