/** The local API, in the settings. */

export const api = {
  section: 'Local API',
  enabled: 'Answer other programs',
  enabledHint:
    'Programs on this computer that speak the API of OpenAI or Ollama get replies from the model. Each needs a key; your own replies come first, and nothing of theirs is kept.',
  port: 'Port',
  portHint: 'Where it answers on this computer.',
  address: (at: string): string => `It answers at ${at}`,
  keys: 'Keys',
  keysHint: 'One for each program. Only a trace of each is kept, by which it can be checked.',
  name: 'Name of the program',
  add: 'Make a key',
  firstKey: 'First key',
  revoke: 'Revoke',
  revokeOf: (name: string): string => `Revoke the key “${name}”`,
  used: (when: string): string => `last used ${when}`,
  never: 'never used',
  made: (name: string): string => `The key “${name}”. It is shown this once:`,
  copy: 'Copy',
  copied: 'Copied',
} as const;
