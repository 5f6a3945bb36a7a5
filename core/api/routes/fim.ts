/** POST /v1/fim/completions, as Mercury has it and Continue sends it. */
import { defineRoute } from '../route.ts';
import { answerText, textBody } from './text-completion.ts';

export const fim = defineRoute({
  method: 'POST',
  path: '/v1/fim/completions',
  summary: 'Write what stands between a prompt and a suffix.',
  body: textBody,
  answers: { json: 'A text completion.', events: 'Chunks of a text completion, with the text as a delta too.' },
  handle: (call) => answerText(call, { id: 'fim', withDelta: true }),
});
