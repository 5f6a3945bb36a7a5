/** POST /tokenize, as llama.cpp's server has it. */
import * as v from 'valibot';
import { capabilitiesOf } from '../../contract/capabilities.ts';
import { unsupported } from '../errors.ts';
import { optional } from '../requests/optional.ts';
import { defineRoute } from '../route.ts';

const body = v.looseObject({
  model: optional(v.string()),
  content: v.string('text is needed'),
  /** Each token with the text that it completes. */
  with_pieces: optional(v.boolean()),
});
export const tokenize = defineRoute({
  method: 'POST',
  path: '/v1/tokenize',
  summary: "Split a text into the model's tokens.",
  body,
  answers: { json: 'Token ids.' },
  async handle({ api, answer, body: given }) {
    const { model, content, with_pieces: withPieces } = given as v.InferOutput<typeof body>;
    await api.model(model);
    if (!capabilitiesOf(api.status).preview)
      throw unsupported('content', 'content: the engine in use counts no tokens.');
    const { ids, pieces } = await api.scheduler.tokenize(content);
    answer.json({ tokens: withPieces ? ids.map((id, i) => ({ id, piece: pieces[i] })) : ids, count: ids.length });
  },
});
