/** Log-probabilities of tokens that the model did not predict. */
import { expect, test } from 'vitest';
import { textLogprobs } from '../../../core/api/shapes/logprobs.ts';

test('a fixed word has no log-probability: null, as OpenAI gives for a token that was not predicted', () => {
  const token = { forward: 1, alternatives: [] };
  const { tokens, token_logprobs, top_logprobs } = textLogprobs(
    [
      { ...token, id: 1, text: 'Dear', p: null, via: 'locked' },
      { ...token, id: 2, text: ' Ann', p: 0.5, via: 'revealed' },
    ],
    1,
    0,
  );
  expect(tokens).toEqual(['Dear', ' Ann']);
  expect(token_logprobs).toEqual([null, Math.log(0.5)]);
  expect(top_logprobs).toEqual([null, { ' Ann': Math.log(0.5) }]);
});
