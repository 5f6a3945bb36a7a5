/** What can be typed in a chat besides questions. */
export const chatCommands = {
  '/help': 'show this',
  '/new': 'begin another conversation',
  '/retry': 'have another reply written to the last question',
  '/continue': 'go on with a reply that was stopped or reached its longest length',
  '/quit': 'leave; so does Ctrl-D',
} as const;
export type ChatCommand = keyof typeof chatCommands;

export const chatHelp = (): string =>
  [
    ...Object.entries(chatCommands).map(([name, help]) => `  ${name.padEnd(10)}  ${help}`),
    '  Ctrl-C stops a reply; pressed again, it leaves.',
    '  A line that ends with \\ goes on in the next one. // begins a question with a slash.',
  ].join('\n');

export type Typed =
  | { kind: 'nothing' }
  | { kind: 'question'; text: string }
  | { kind: 'command'; name: ChatCommand }
  | { kind: 'unknown'; name: string };

export function readTyped(line: string): Typed {
  const text = line.trim();
  if (text === '') return { kind: 'nothing' };
  if (text.startsWith('//')) return { kind: 'question', text: text.slice(1) };
  if (!text.startsWith('/')) return { kind: 'question', text };
  const [name = ''] = text.split(/\s/);
  return Object.hasOwn(chatCommands, text) ? { kind: 'command', name: text as ChatCommand } : { kind: 'unknown', name };
}
