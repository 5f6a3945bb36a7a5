/** Servers on other machines. */
import type { Cost, Price } from '../../../core/contract/remote.ts';
import { money, number } from '../live.ts';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export const servers = {
  label: 'Servers',
  about:
    'A server on another machine can write replies in place of a model on this one. Your questions are then sent to it; each reply says where it was written.',
  more: 'Servers…',
  open: 'Add or choose a server',
  none: 'There is none yet. Nothing leaves this machine.',
  list: 'Servers that were added',
  inUse: 'writes replies',
  here: 'Write on this machine',
  use: 'Use',
  useOf: (name: string): string => `Have ${name} write replies`,
  test: 'Test',
  testOf: (name: string): string => `Test ${name}`,
  testing: 'Waiting for a reply…',
  remove: 'Remove',
  removeOf: (name: string): string => `Remove ${name}`,
  sure: (name: string): string => `Remove ${name} and its key? Its replies stay.`,
  keep: 'Keep it',
  add: 'Add a server',
  address: 'Address',
  addressHint: 'For example https://example.com/v1, or http://127.0.0.1:8000 on this machine.',
  key: 'Key, if it needs one',
  keyHint: {
    system: 'It is kept in the system’s key store, and sent to this server alone.',
    file: 'It is kept in a file that only your account can read, and sent to this server alone.',
  },
  look: 'Look',
  looking: 'Asking for its models…',
  confirm: 'I trust this network. Others on it can read what is sent without encryption.',
  found: (host: string, n: number): string => `${host} lists ${n === 1 ? 'one model' : `${number(n)} models`}.`,
  model: 'Model',
  modelHint: 'As the server calls it.',
  name: 'Name',
  tryIt: 'Test reply',
  save: 'Add',
  observed: (states: number, pieces: number): string =>
    states > 0
      ? `Observed: ${number(states)} states of the canvas, then finished text.`
      : `Observed: finished text in ${pieces === 1 ? 'one piece' : `${number(pieces)} pieces`}, no states.`,
  probabilities: 'Words come with the model’s confidence.',
  noProbabilities: 'This server reports no confidence.',
  took: (first: number, all: number): string => `First words after ${seconds(first)}, all after ${seconds(all)}.`,
  said: (text: string): string => `It wrote: “${text}”`,
  dialect: {
    mezzotint: 'another Mezzotint',
    'openai-blocks': 'OpenAI-compatible',
    unsloth: 'Unsloth’s states',
    mercury: 'Mercury’s states',
  },
  untested: 'Not tested yet.',
  at: (host: string): string => `at ${host}`,
  writes: (name: string, host: string, states: boolean): string =>
    `${name} (${host}) writes the replies: your questions are sent there. ${
      states ? 'It sends states of the canvas.' : 'It sends finished text only, so no canvas is shown.'
    }`,
  writtenAt: 'Written at',
  sends: 'Sent',
  sendsStates: 'states of the canvas',
  sendsText: 'finished text only',
  leftOut: 'Not taken',
  leftOutNames: (fields: readonly string[]): string =>
    fields
      .map((field) => ({ temperature: 'temperature', top_p: 'top-p', stop: 'stop texts' })[field] ?? field)
      .join(', '),
  parts: (hosts: string): string => `Replies here were written at ${hosts}.`,
  price: {
    known: ({ input, output, currency, from, day }: Price): string =>
      `A million tokens cost ${money(input, currency)} to read and ${money(output, currency)} to write, ${
        { person: 'as you entered', server: 'as the server lists', published: 'as published' }[from]
      } (${day}).`,
    unknown: 'Its price is not known, so no cost is shown.',
    enter: 'Enter a price',
    change: 'Change',
    changeOf: (name: string): string => `Enter what ${name} costs`,
    input: 'A million tokens read',
    output: 'A million tokens written',
    currency: 'Currency',
    cancel: 'Cancel',
    clear: 'Forget mine',
    save: 'Save',
  },
  cost: 'Cost',
  costOf: ({ amount, currency }: Cost): string => money(amount, currency),
  spent: (costs: readonly Cost[], unknown: number): string =>
    `What servers wrote here cost ${costs.map(({ amount, currency }) => money(amount, currency)).join(' + ')}${
      unknown > 0
        ? `; the cost of ${unknown === 1 ? 'one more reply' : `${number(unknown)} more replies`} is not known`
        : ''
    }.`,
  localOnly: 'Stays on this machine',
  localOnlyHint: 'Nothing of this conversation is sent to a server, whichever is in use.',
} as const;
