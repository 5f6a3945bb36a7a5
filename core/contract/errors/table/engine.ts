/** Errors of the engine and its process: code for programs, kinds of parameters. */
import type { ErrorTable } from '../kinds.ts';

export const engineErrors = {
  'engine.no-such-span': ['bad-request', { from: 'number', to: 'number', has: 'count' }],
  'engine.no-device': ['device-failed', { reasons: 'list' }],
  'engine.no-model': ['engine-not-ready'],
  'engine.not-loaded-yet': ['engine-not-ready'],
  'engine.app-closing': ['engine-not-ready'],
  'engine.template-too-long': ['prompt-too-long', { tokens: 'count', context: 'count' }],
  'engine.out-of-memory-step': ['out-of-memory', { reason: 'text' }],
  'engine.out-of-memory-load': ['out-of-memory', { reason: 'text' }],
  'engine.weights-not-finite': ['file-invalid'],
  'engine.silent': ['engine-silent'],
  'engine.too-slow': ['engine-silent'],
  'engine.restarted': ['engine-crashed'],
  'engine.did-not-answer': ['engine-crashed'],
  'engine.ended': ['engine-crashed'],
  'engine.ended-for-good': ['engine-crashed'],
  'engine.ended-for-memory': ['engine-crashed'],
  'engine.ended-for-memory-for-good': ['engine-crashed'],
  'engine.ended-often': ['engine-crashed', { times: 'count' }],
  'engine.ended-often-for-memory': ['out-of-memory', { times: 'count' }],
  'engine.event-missing': ['internal', { got: 'number', due: 'number' }],
  'engine.closed-early': ['engine-not-ready'],
  'engine.no-end': ['internal'],
  'engine.event-misfit': ['internal'],
  'engine.prompt-too-long': ['prompt-too-long', { tokens: 'count', context: 'count', reserve: 'count' }],
} as const satisfies ErrorTable;
