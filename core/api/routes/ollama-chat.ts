/** POST /api/chat. */
import * as v from 'valibot';
import { conversation } from '../ask.ts';
import { reply } from '../reply.ts';
import { messageSchema, promptOf } from '../requests/messages.ts';
import { ollamaFields, ollamaFormat, samplingOf } from '../requests/ollama.ts';
import { optional } from '../requests/optional.ts';
import { defineRoute } from '../route.ts';
import { ollamaShape } from '../shapes/ollama.ts';
import { readTools, toolsSchema } from '../structured/tools.ts';

const message = v.looseObject({
  ...messageSchema.entries,
  images: optional(v.pipe(v.array(v.unknown()), v.maxLength(0, 'this model reads text alone'))),
});
const body = v.looseObject({
  ...ollamaFields,
  messages: v.array(message, 'a list of messages is needed'),
  tools: optional(toolsSchema),
});
export const ollamaChat = defineRoute({
  method: 'POST',
  path: '/api/chat',
  summary: 'Write a reply to a conversation, as Ollama does.',
  body,
  errors: 'text',
  answers: { json: 'A reply.', lines: 'Pieces of a reply.' },
  handle: (call) =>
    reply(call, async () => {
      const { api } = call;
      const request = call.body as v.InferOutput<typeof body>;
      const { pack } = await api.model(request.model);
      const { work } = await conversation(api, pack, {
        messages: promptOf(request.messages),
        format: ollamaFormat(request.format),
        tools: readTools(request.tools),
        sampling: samplingOf(request.options, pack.contextLength),
      });
      return {
        stream: request.stream !== false,
        work,
        shape: ollamaShape(api, pack, (content, calls) => ({
          message: { role: 'assistant', content, ...(calls ? { tool_calls: calls } : {}) },
        })),
      };
    }),
});
