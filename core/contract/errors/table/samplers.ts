/** Errors of samplers: code for programs, kinds of parameters. */
import type { ErrorTable } from '../kinds.ts';

export const samplersErrors = {
  'sampler.not-for-model': ['bad-request', { sampler: 'text', offered: 'list' }],
  'sampler.unknown': ['bad-request', { sampler: 'text', offered: 'list' }],
  'param.unknown': ['bad-request', { sampler: 'text', param: 'text', known: 'list' }],
  'param.none-known': ['bad-request', { sampler: 'text', param: 'text' }],
  'param.not-switch': ['bad-request', { sampler: 'text', param: 'text', given: 'text' }],
  'param.not-choice': ['bad-request', { sampler: 'text', param: 'text', given: 'text', choices: 'list' }],
  'param.not-integer': ['bad-request', { sampler: 'text', param: 'text', given: 'text', min: 'number', max: 'number' }],
  'param.not-number': ['bad-request', { sampler: 'text', param: 'text', given: 'text', min: 'number', max: 'number' }],
  'param.not-integer-or-null': [
    'bad-request',
    { sampler: 'text', param: 'text', given: 'text', min: 'number', max: 'number', none: 'text' },
  ],
  'param.not-number-or-null': [
    'bad-request',
    { sampler: 'text', param: 'text', given: 'text', min: 'number', max: 'number', none: 'text' },
  ],
} as const satisfies ErrorTable;
