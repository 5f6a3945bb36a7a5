/** POST /v1/chat/completions. */
import * as v from 'valibot';
import { capabilitiesOf } from '../../contract/capabilities.ts';
import { parseTemplate } from '../../contract/template.ts';
import type { PromptMessage } from '../../contract/engine.ts';
import { conversation } from '../ask.ts';
import { badRequest, unsupported } from '../errors.ts';
import { reply } from '../reply.ts';
import { messagesSchema, promptOf } from '../requests/messages.ts';
import { refuseOthers, samplingFields } from '../requests/sampling.ts';
import { ALTERNATIVES, mezzotintSchema, othersOf, type Mezzotint } from '../requests/states.ts';
import { defineRoute } from '../route.ts';
import { mercuryView, mezzotintView, unslothView, type View } from '../shapes/canvas.ts';
import { chatShape } from '../shapes/chat.ts';
import { formatOf, formatSchema } from '../structured/format.ts';
import { readTools, toolChoiceSchema, toolsSchema } from '../structured/tools.ts';
import { optional } from '../requests/optional.ts';

const body = v.looseObject({
  model: optional(v.string()),
  messages: messagesSchema,
  stream: optional(v.boolean()),
  stream_options: optional(v.looseObject({ include_usage: optional(v.boolean()) })),
  ...samplingFields,
  logprobs: optional(v.boolean()),
  top_logprobs: optional(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(ALTERNATIVES + 1, `${ALTERNATIVES + 1} are the most`)),
  ),
  response_format: optional(formatSchema),
  tools: optional(toolsSchema),
  tool_choice: optional(toolChoiceSchema),
  /** The last message is a reply that goes on. */
  continue_final_message: optional(v.boolean()),
  /** Mercury's stream: each chunk holds the whole text so far. */
  diffusing: optional(v.boolean()),
  mezzotint: optional(mezzotintSchema),
});

export const chatCompletions = defineRoute({
  method: 'POST',
  path: '/v1/chat/completions',
  summary: 'Write a reply to a conversation.',
  body,
  answers: { json: 'A chat completion.', events: 'Chunks of a chat completion.' },
  handle: (call) =>
    reply(call, async () => {
      const { api, id } = call;
      const request = call.body as v.InferOutput<typeof body>;
      refuseOthers(request);
      const { pack } = await api.model(request.model);
      const states: Partial<Mezzotint> = request.mezzotint ?? {};
      const stream = request.stream === true;
      if (request.logprobs && !capabilitiesOf(api.status).probabilities)
        throw unsupported('logprobs', 'logprobs: the engine in use gives no probabilities.');
      const { messages, goesOn } = lastOf(promptOf(request.messages), request.continue_final_message === true);
      const { seed, work } = await conversation(api, pack, {
        messages,
        ...(goesOn === undefined ? {} : { goesOn }),
        layout: templateOf(states.template),
        format: formatOf(request.response_format, 'response_format'),
        tools: readTools(request.tools, request.tool_choice),
        sampling: request,
        knobs: states,
        others: othersOf(states),
      });
      let view: View | null = null;
      if (request.diffusing) view = mercuryView();
      else if (states.states !== undefined) view = mezzotintView(states, api.now);
      else if (call.headers['x-unsloth-events'] === '1') view = unslothView();
      const about = { id: `chatcmpl-${id}`, pack, created: Math.floor(api.now() / 1000), seed };
      return {
        stream,
        shape: chatShape({
          about,
          includeUsage: request.stream_options?.include_usage === true,
          topLogprobs: request.logprobs ? (request.top_logprobs ?? 0) : null,
          view: stream ? view : null,
        }),
        work,
      };
    }),
});

/** @throws ApiError 400 where it has no hole, or nothing else */
function templateOf(template: string | undefined): ReturnType<typeof parseTemplate> {
  if (template === undefined) return null;
  const layout = parseTemplate(template);
  if (!layout)
    throw badRequest(
      'mezzotint.template: fixed words and at least one hole are needed: ___, [3 words], [2-3 sentences].',
      'mezzotint.template',
    );
  return layout;
}

/** @throws ApiError 400 where what is to go on is no reply */
function lastOf(messages: PromptMessage[], goesOn: boolean): { messages: PromptMessage[]; goesOn?: string } {
  if (!goesOn) return { messages };
  const last = messages.at(-1);
  if (last?.role !== 'assistant' || messages.length < 2)
    throw badRequest('continue_final_message: the last message has to be a reply.', 'continue_final_message');
  return { messages: messages.slice(0, -1), goesOn: last.content };
}
