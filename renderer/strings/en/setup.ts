/** The words of instructions, presets and of what the model reads. */
import { number } from '../live.ts';

const tokens = (n: number): string => `${number(n)} ${n === 1 ? 'token' : 'tokens'}`;
const messages = (n: number): string => `${number(n)} ${n === 1 ? 'message' : 'messages'}`;

export const setup = {
  button: 'Instructions',
  buttonHint: 'Instructions, preset and settings of this conversation',
  sheet: 'This conversation',
  sheetNew: 'The new chat',
  close: 'Close',
  preset: 'Preset',
  presetHint: 'Takes its instructions and settings over; change them here as you like.',
  presetNone: 'None',
  anyModel: 'as the window has it',
  presetGone: 'a preset that was deleted',
  instructions: 'Instructions',
  instructionsHint:
    'What the model should know or keep to in this conversation. Left empty, it reads its own: a line on being helpful and correct.',
  instructionsPlaceholder: 'For example: Answer in two sentences, for a reader of twelve.',
  own: 'Settings of this conversation',
  ownHint: 'What is left empty follows the settings of the window.',
  asInWindow: (value: string): string => `as set: ${value}`,
  ownNote: (names: string): string => `The open conversation has its own ${names}.`,
  ownSee: 'See them',
  saveAs: 'Save as a preset…',
  name: 'Name',
  save: 'Save',
  cancel: 'Cancel',
  manage: 'Presets…',
  preview: 'What the model reads…',

  presets: 'Presets',
  presetsHint:
    'Instructions and settings to begin a conversation with. A conversation keeps what it took, whatever becomes of the preset.',
  presetsNone: 'There are none yet.',
  standard: 'New chats begin with it',
  standardNone: 'New chats begin with nothing chosen.',
  makeStandard: 'Begin new chats with it',
  notStandard: 'No longer begin new chats with it',
  isStandard: 'default',
  edit: 'Edit',
  editOf: (name: string): string => `Edit “${name}”`,
  duplicate: 'Duplicate',
  duplicateOf: (name: string): string => `Duplicate “${name}”`,
  copyOf: (name: string): string => `${name} (copy)`,
  remove: 'Delete',
  removeOf: (name: string): string => `Delete “${name}”`,
  removed: (name: string): string => `Deleted “${name}”.`,
  undo: 'Undo',
  add: 'New preset',
  importFile: 'Import…',
  exportAll: 'Export all',
  imported: (n: number, duplicates: number): string =>
    `${number(n)} imported${duplicates > 0 ? `, ${number(duplicates)} here already` : ''}.`,
  problem: (where: string, why: string): string => `${where}: ${why}`,
  summary: (parts: readonly string[]): string => (parts.length === 0 ? 'follows the window' : parts.join(' · ')),
  withInstructions: 'instructions',
  temperatureOf: (n: number): string => `temperature ${n}`,
  lengthOf: (n: number): string => `up to ${tokens(n)}`,

  reads: 'What the model reads',
  readsHint: 'Exactly the text that goes in, with the marks that tell it who speaks. Your draft stands last.',
  readsLoading: 'Asking the engine…',
  readsTotal: (n: number, of: number, left: number): string =>
    `${tokens(n)} of ${number(of)}; ${tokens(left)} left for the reply.`,
  readsDropped: (n: number): string =>
    `${messages(n)} at the beginning no longer fit and are left out, whole turns together. Instructions and the last question always stay.`,
  readsTooLong: (over: number): string =>
    `Instructions and the last question are ${tokens(over)} too long: nothing can be sent like this.`,
  readsTokens: tokens,
  readsLeftOut: 'left out',
  readsRoles: { system: 'Instructions', user: 'You', assistant: 'Reply' },
  readsFrame: 'The reply begins here',
  again: 'Read again',

  count: (n: number, of: number): string => `${number(n)} of ${tokens(of)}`,
  tooLong: (n: number, of: number): string =>
    `${tokens(n)}, and ${number(of)} can be read. Shorten it, or send it in parts.`,
  edge: 'The context was full: the last reply was written without what stands above.',
} as const;
