/** POST /v1/completions. */
import { defineRoute } from '../route.ts';
import { answerText, textBody } from './text-completion.ts';

export const completions = defineRoute({
  method: 'POST',
  path: '/v1/completions',
  summary: 'Go on with a text, or write what stands between a prompt and a suffix.',
  body: textBody,
  answers: { json: 'A text completion.', events: 'Chunks of a text completion.' },
  handle: (call) => answerText(call, { id: 'cmpl', withDelta: false }),
});
