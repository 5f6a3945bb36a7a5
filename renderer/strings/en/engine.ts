/** The status of the engine. */
import type { EngineStatus } from '../../../core/contract/engine.ts';

export const engine = {
  label: 'Model status',
  here: 'on this machine',
  waits: 'loads when you write',
  unloaded: 'not in memory · loads when you write',
  starting: 'Starting the engine…',
  steps: {
    verify: 'Checking the model’s files…',
    session: 'Preparing the model…',
    'self-test': 'Testing the device…',
  },
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
  adapter: (name: string, version: string): string => `Diffusion adapter ${name} ${version}.`,
} as const;
