/** Words of the models on this machine: the chooser, the list, the import. */
import type { ImportPlan, Model, ModelSkills, ModelCost } from '../../../core/contract/models.ts';

export const size = (bytes: number): string =>
  bytes < 1e6
    ? `${Math.max(1, Math.round(bytes / 1e3)).toLocaleString('en')} kB`
    : bytes < 1e9
      ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
      : `${(bytes / 1e9).toFixed(1)} GB`;
export const weights = (parameters: number): string =>
  parameters >= 1e9
    ? `${(parameters / 1e9).toFixed(1)} B parameters`
    : parameters >= 1e6
      ? `${Math.round(parameters / 1e6)} M parameters`
      : `${parameters.toLocaleString('en')} parameters`;
const lengths: Record<ModelSkills['length'], string> = {
  tokens: 'Replies grow until the model ends them.',
  blocks: 'Replies grow block by block until the model ends them.',
  canvas: 'The whole reply is denoised at once, up to the maximum length that you set.',
};

/** Time in plain words. @param ms milliseconds */
const time = (ms: number): string =>
  ms < 950
    ? `${Math.max(1, Math.round(ms))} ms`
    : ms < 90_000
      ? `${ms < 9500 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)} s`
      : `${Math.round(ms / 60_000)} min`;
/** Of the reply that the cost is told for. */
const REPLY = 64;

export const models = {
  cost: {
    label: 'Speed here',
    probing: 'Trying a few of its layers on this machine: ten seconds at most…',
    skip: 'Skip',
    step: ({ rows, forwardMs }: ModelCost): string => `A step of ${rows} slots takes about ${time(forwardMs)}.`,
    reply: ({ tokensPerSecond }: ModelCost): string =>
      `A reply of ${REPLY} tokens takes up to ${time((REPLY * 1000) / tokensPerSecond)}, at one slot a step.`,
    tooLong: 'Trying a few of its layers took longer than ten seconds: a reply would take many minutes here.',
    unknown: 'Not measured.',
    measure: 'Measure',
    quicker: (length: ModelSkills['length'], bits: number): string =>
      `That is slower than one reads. Quicker: ${[
        length === 'canvas' ? 'a model that writes block by block, as each of its steps reads one block' : '',
        'a model with fewer parameters',
        bits === 8 ? '4 bits' : '',
        'the right end of the speed slider, which fills several slots a step',
      ]
        .filter((part) => part !== '')
        .join('; ')}.`,
  },
  label: 'Models',
  close: 'Close',
  choose: 'Model',
  chooseHint: 'The model that answers where a chat has none of its own, from the next question on',
  chooseHere: 'The model of this conversation, from the next question on',
  usual: (name: string): string => `As in other chats: ${name}`,
  notHere: (id: string): string => `${id} (not on this machine)`,
  chooseWait: 'A reply is being written',
  more: 'Models…',
  list: 'On this machine',
  about: ({ parameters, bits, bytes, builtIn, licence }: Model): string =>
    [builtIn ? 'comes with the app' : '', weights(parameters), `${bits} bits`, size(bytes), licence]
      .filter((part) => part !== '')
      .join(' · '),
  answers: 'answers now',
  use: 'Use',
  useLabel: (name: string): string => `Use ${name}`,
  remove: 'Delete…',
  removeLabel: (name: string): string => `Delete ${name}`,
  sure: (name: string, bytes: number): string =>
    `Delete ${name} from this machine? This frees ${size(bytes)}. Its replies stay, and you can import it again.`,
  delete: 'Delete',
  keep: 'Keep',
  import: 'Import a model',
  importCommand: 'Import a model…',
  hint: 'A folder as transformers saves it (config.json and safetensors), or a GGUF file. It is read and converted here; the original stays as it is.',
  path: 'Path of the folder or GGUF file',
  check: 'Check',
  folder: 'Choose a folder…',
  file: 'Choose a GGUF file…',
  dropHint: 'You can also drop it on the window.',
  nameless: (name: string): string =>
    `A browser does not tell where “${name}” lies. Type or paste its whole path here.`,
  checking: 'Looking at it. Nothing is written…',
  which: (family: string): string =>
    `The files are of the family ${family}, and do not tell which of these models it is. They are written differently:`,
  recipe: 'Which model it is',
  go: 'Continue',
  back: 'Another one',
  kind: 'Kind',
  kindOf: ({ family, architecture, format }: ImportPlan): string =>
    `${family} (${architecture}), ${format === 'gguf' ? 'GGUF' : 'safetensors'}`,
  weights: 'Size',
  weightsOf: ({ parameters, contextLength }: ImportPlan): string =>
    `${weights(parameters)}, context of ${contextLength.toLocaleString('en')} tokens`,
  licence: 'Licence',
  licenceOf: ({ licence, licenceText }: ImportPlan): string =>
    licenceText
      ? `${licence === 'unknown' ? 'not named' : licence}; its text comes along`
      : licence === 'unknown'
        ? 'The checkpoint names none. Look at the page you got it from.'
        : `${licence}; its text is not beside the weights`,
  disk: 'On disk',
  diskOf: (before: number, after: number, free: number | null): string =>
    `${size(before)} now, ${size(after)} after the import${free === null ? '' : ` (${size(free)} free)`}`,
  memory: 'Memory',
  memoryOf: (needed: number, machine: number): string => `about ${size(needed)} of this machine’s ${size(machine)}`,
  bits: 'Precision',
  bitsHint: '8 bits stay closest to the original; 4 bits need half the memory and lose a little.',
  bitsOf: (bits: number, suggested: boolean): string => `${bits} bits${suggested ? ' (suggested)' : ''}`,
  can: 'Here',
  canOf: ({ exact, rewrite, length }: ModelSkills): string[] => [
    exact ? 'Exact mode: the text of one token at a time, in fewer steps.' : 'No Exact mode: it has no causal head.',
    rewrite ? 'Templates, fixed words and rewriting passages.' : 'No templates and no rewriting of passages.',
    lengths[length],
  ],
  sampler: (name: string): string => `Written by its authors’ sampler: ${name}.`,
  tooLarge: (needed: number, machine: number): string =>
    `This model needs about ${size(needed)} of memory, and this machine has ${size(machine)}. It can’t be imported this way.`,
  tooLargeHint: { 4: 'Choose a smaller model.', 8: 'Try 4 bits, or choose a smaller model.' },
  noRoom: (needed: number, free: number): string =>
    `The pack needs ${size(needed)}, and the disk has ${size(free)} free. Make room, then check again.`,
  run: 'Import',
  converting: (name: string, done: number, total: number): string =>
    `Converting ${name}: ${total === 0 ? 0 : Math.floor((100 * done) / total)} %`,
  testing: (name: string): string => `Testing ${name}…`,
  goesOn: 'You can close this and go on chatting. Cancelling leaves nothing behind.',
  cancel: 'Cancel',
  done: (name: string): string => `${name} is ready.`,
  useNow: 'Use it now',
  later: 'Later',
  failed: (name: string): string => `${name} could not be imported`,
  again: 'Back',
};
