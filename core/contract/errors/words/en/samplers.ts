/** Errors of samplers, in English. */
import { wordsOf } from '../../kinds.ts';
import type { samplersErrors } from '../../table/samplers.ts';

export const samplers = wordsOf<typeof samplersErrors>()({
  'sampler.not-for-model': [
    "This model can't be written with the sampler {sampler}. Nothing was written.",
    'Use one of: {offered}.',
  ],
  'sampler.unknown': ['There is no sampler {sampler}. Nothing was written.', 'Use one of: {offered}.'],
  'param.unknown': ['{sampler}: there is no parameter {param}. Nothing was changed.', 'It has: {known}.'],
  'param.none-known': ['{sampler}: there is no parameter {param}. Nothing was changed.', 'It has none: leave it out.'],
  'param.not-switch': ['{sampler}: {param} is {given}. Nothing was changed.', 'It is true or false.'],
  'param.not-choice': ['{sampler}: {param} is {given}. Nothing was changed.', 'It is one of: {choices}.'],
  'param.not-integer': [
    '{sampler}: {param} is {given}. Nothing was changed.',
    'It is a whole number from {min} to {max}.',
  ],
  'param.not-number': ['{sampler}: {param} is {given}. Nothing was changed.', 'It is a number from {min} to {max}.'],
  'param.not-integer-or-null': [
    '{sampler}: {param} is {given}. Nothing was changed.',
    'It is a whole number from {min} to {max}, or null for: {none}.',
  ],
  'param.not-number-or-null': [
    '{sampler}: {param} is {given}. Nothing was changed.',
    'It is a number from {min} to {max}, or null for: {none}.',
  ],
});
