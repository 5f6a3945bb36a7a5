/** The status of the engine. */
import type { EngineStatus } from '../../../core/contract/engine.ts';
import type { IntegersRefused, KernelChoice } from '../../../core/contract/kernels.ts';

const integersRefusedWords: Record<IntegersRefused, string> = {
  processor: 'This processor has no exact integer products.',
  model: 'Integer products are not for this kind of model.',
  memory: 'Integer products would be faster, but need more memory than this machine has.',
  'read-only': 'Integer products would be faster, but the model’s folder can’t be written.',
  room: 'Integer products would be faster, but the disk has no room for the weights laid out for them.',
  quality: 'Integer products would be faster, but this model’s answers would change too much.',
  failed: 'Integer products would be faster, but the weights could not be laid out for them.',
};

export const engine = {
  label: 'Model status',
  here: 'on this machine',
  waits: 'loads when you write',
  unloaded: 'not in memory · loads when you write',
  starting: 'Starting the engine…',
  steps: {
    verify: 'Checking the model’s files…',
    measure: 'Measuring what runs it fastest…',
    layout: 'Laying the weights out for this processor, once…',
    session: 'Preparing the model…',
    'self-test': 'Testing the device…',
  },
  stopLoad: 'Cancel',
  stopLoadHint: (name: string): string => `Cancel loading: ${name} answers again`,
  on: (device: string): string => `on ${device}`,
  ready: (pack: string, device: string): string => `${pack} · ${device}`,
  failed: 'The model could not be loaded',
  retry: 'Try again',
  retrying: 'Trying…',
  silent: 'The engine does not answer',
  silentLoading: 'The model does not go on loading',
  silentHint: 'It may be short of memory, or have hung. You can wait or restart it. What was committed is kept.',
  restart: 'Restart the engine',
  refused: 'Not used',
  noneRefused: 'No faster device was found to be refused.',
  facts: (s: Extract<EngineStatus, { state: 'ready' }>): string =>
    `${Math.round(s.pack.parameters / 1e6)} M parameters, context of ${s.pack.contextLength.toLocaleString('en')} tokens, ${s.threads} threads, loaded in ${(s.loadMs / 1000).toFixed(1)} s. ${s.pack.licence}.`,
  share: (share: number): string => `${Math.round(100 * share)} %`,
  kernels: ({ threads, spinUs, products, why, measured = [], integersRefused }: KernelChoice): string => {
    const refused = integersRefused ? ` ${integersRefusedWords[integersRefused]}` : '';
    const ways = `${threads === 1 ? 'One thread runs' : `${threads} threads run`} the model${products === 'integers' ? ' with integer products' : ''}${spinUs === 0 ? ', asleep between products' : ''}`;
    if (why === 'asked') return `${ways}, as you chose.${refused}`;
    if (why === 'usual') return `${ways}, the usual number: nothing was measured.`;
    const ms = measured
      .find((one) => one.threads === threads && one.spinUs === spinUs && one.products === products)
      ?.rows.map(({ rows, ms }) => `${ms.toFixed(1)} ms with ${rows === 1 ? 'one row' : `${rows} rows`}`)
      .join(', ');
    return `${ways}, the fastest of ${measured.length} ways on this machine. A forward over some of its layers took ${ms ?? ''}.${refused}`;
  },
  adapter: (name: string, version: string): string => `Diffusion adapter ${name} ${version}.`,
} as const;
