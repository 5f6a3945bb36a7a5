/** Figures of a reply. */
import type { StopReason } from '../../../core/contract/generation.ts';
import { count } from './format.ts';

export const figures = {
  tokens: (n: number): string => count(n, 'token', 'tokens'),
  forwards: (n: number): string => count(n, 'forward', 'forwards'),
  tpf: (n: number): string => `${n.toFixed(2)} a forward`,
  tpfLong: (n: number): string => `${n.toFixed(2)} tokens a forward`,
  rate: (n: number): string => `${n < 10 ? n.toFixed(1) : Math.round(n)} tok/s`,
  time: (ms: number): string =>
    ms < 60_000
      ? `${(ms / 1000).toFixed(1)} s`
      : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`,
  open: 'How this reply was made',
  mode: 'Mode',
  seed: 'Seed',
  model: 'Model',
  device: 'Device',
  prompt: 'Prompt',
  promptOf: (all: number, cached: number): string =>
    `${count(all, 'token', 'tokens')}, ${cached.toLocaleString('en')} from cache`,
  drafts: 'Drafts kept',
  draftsOf: (kept: number, all: number): string =>
    `${kept.toLocaleString('en')} of ${all.toLocaleString('en')}${all > 0 ? ` (${Math.round((kept / all) * 100)} %)` : ''}`,
  sampling: 'Sampling',
  samplingOf: (temperature: number, topP: number, penalty: number): string =>
    `${temperature === 0 ? 'greedy' : `temperature ${temperature}`}${topP < 1 ? `, top-p ${topP}` : ''}${penalty > 1 ? `, repetition ${penalty}` : ''}`,
  blocks: 'Canvas',
  prefill: 'Reading',
  decode: 'Writing',
  reason: 'Ended',
  reasons: {
    end: 'the model was done',
    length: 'length limit',
    'stop-string': 'stop string',
    loop: 'repetition',
    'context-full': 'context full',
  } satisfies Record<StopReason, string>,
};
