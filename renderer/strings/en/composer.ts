/** The message box. */

export const composer = {
  label: 'Message',
  placeholder: 'Ask, or paste something to work on',
  send: 'Send',
  stop: 'Stop',
  mode: 'How the reply is written',
  wait: 'The model is still loading. You can type already.',
  failed: 'The model could not be loaded, so nothing can be sent yet. What you type is kept.',
  offline: 'Not connected. What you type is kept.',
  busy: 'A reply is running: stop it or let it finish.',
  unsupported: (mode: string): string => `This model has no ${mode} mode.`,
  tooLong: (n: number): string => `That is ${n.toLocaleString('en')} characters too long to send.`,
} as const;
