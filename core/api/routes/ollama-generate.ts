/** POST /api/generate. */
import * as v from 'valibot';
import { continuation, conversation } from '../ask.ts';
import { unsupported } from '../errors.ts';
import { reply } from '../reply.ts';
import { ollamaFields, ollamaFormat, samplingOf } from '../requests/ollama.ts';
import { optional } from '../requests/optional.ts';
import { defineRoute } from '../route.ts';
import { ollamaShape } from '../shapes/ollama.ts';

const body = v.looseObject({
  ...ollamaFields,
  prompt: optional(v.string('text is needed')),
  suffix: optional(v.string('text is needed')),
  system: optional(v.string('text is needed')),
  /** The prompt is read as it is. */
  raw: optional(v.boolean()),
  images: optional(v.pipe(v.array(v.unknown()), v.maxLength(0, 'this model reads text alone'))),
});
export const ollamaGenerate = defineRoute({
  method: 'POST',
  path: '/api/generate',
  summary: 'Answer a prompt, or write what stands before a suffix, as Ollama does.',
  body,
  errors: 'text',
  answers: { json: 'A reply.', lines: 'Pieces of a reply.' },
  handle: async (call) => {
    const { api, answer } = call;
    const request = call.body as v.InferOutput<typeof body>;
    const { pack } = await api.model(request.model);
    const shape = ollamaShape(api, pack, (response) => ({ response }));
    const prompt = request.prompt ?? '';
    // clients ask so that a model is loaded; this one is
    if (prompt === '' && !request.suffix)
      return answer.json({
        model: request.model,
        created_at: new Date(api.now()).toISOString(),
        response: '',
        done: true,
        done_reason: 'load',
      });
    await reply(call, async () => {
      for (const name of ['template', 'context'])
        if (request[name] !== undefined && request[name] !== null)
          throw unsupported(name, `${name}: this server can't do that.`);
      if ((request.raw || request.suffix) && ollamaFormat(request.format))
        throw unsupported('format', 'format: it does not go with raw and suffix.');
      const sampling = samplingOf(request.options, pack.contextLength);
      const begun =
        request.raw || request.suffix
          ? await continuation(api, pack, { prompt, suffix: request.suffix, sampling })
          : await conversation(api, pack, {
              messages: [
                ...(request.system ? [{ role: 'system' as const, content: request.system }] : []),
                { role: 'user' as const, content: prompt },
              ],
              param: 'prompt',
              format: ollamaFormat(request.format),
              sampling,
            });
      return { stream: request.stream !== false, work: begun.work, shape };
    });
  },
});
