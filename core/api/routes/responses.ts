/** POST /v1/responses. Nothing is remembered: each request brings its whole conversation. */
import * as v from 'valibot';
import { conversation } from '../ask.ts';
import { badRequest, unsupported } from '../errors.ts';
import { reply } from '../reply.ts';
import { promptOf, type ApiMessage } from '../requests/messages.ts';
import { optional } from '../requests/optional.ts';
import { refuseOthers, samplingFields } from '../requests/sampling.ts';
import { mezzotintSchema, othersOf, type Mezzotint } from '../requests/states.ts';
import { defineRoute } from '../route.ts';
import { responseShape } from '../shapes/responses.ts';
import { formatOf, formatSchema } from '../structured/format.ts';
import { flatToolChoiceSchema, flatToolsSchema, readFlatTools } from '../structured/tools.ts';

const content = v.union([v.string(), v.array(v.looseObject({ type: v.string(), text: optional(v.string()) }))]);
const item = v.looseObject({
  type: optional(v.string()),
  role: optional(v.picklist(['system', 'developer', 'user', 'assistant'])),
  content: optional(content),
  call_id: optional(v.string()),
  name: optional(v.string()),
  arguments: optional(v.string()),
  output: optional(v.unknown()),
});
const { temperature, top_p } = samplingFields;
const body = v.looseObject({
  model: optional(v.string()),
  input: v.union(
    [v.string(), v.pipe(v.array(item), v.minLength(1, 'one item is the least'))],
    'text or a list is needed',
  ),
  instructions: optional(v.string()),
  stream: optional(v.boolean()),
  temperature,
  top_p,
  max_output_tokens: samplingFields.max_tokens,
  text: optional(v.looseObject({ format: optional(formatSchema) })),
  tools: optional(flatToolsSchema),
  tool_choice: optional(flatToolChoiceSchema),
  mezzotint: optional(mezzotintSchema),
});

/** @throws ApiError 400 for an item of another kind */
function messagesOf(input: string | v.InferOutput<typeof item>[]): ApiMessage[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }] as ApiMessage[];
  return input.flatMap((one, i): ApiMessage[] => {
    const kind = one.type ?? 'message';
    if (kind === 'message') return [{ role: one.role ?? 'user', content: one.content }] as ApiMessage[];
    if (kind === 'function_call')
      return [
        {
          role: 'assistant',
          tool_calls: [{ id: one.call_id, function: { name: one.name ?? '', arguments: one.arguments ?? '' } }],
        },
      ] as ApiMessage[];
    if (kind === 'function_call_output')
      return [
        { role: 'tool', content: typeof one.output === 'string' ? one.output : JSON.stringify(one.output ?? '') },
      ] as ApiMessage[];
    if (kind === 'reasoning') return [];
    throw badRequest(`input.${i}.type: ${kind.slice(0, 60)} can't be read here.`, `input.${i}.type`);
  });
}

export const responses = defineRoute({
  method: 'POST',
  path: '/v1/responses',
  summary: 'Write a response. Nothing of it is kept.',
  body,
  answers: { json: 'A response.', events: 'Events of a response.' },
  handle: (call) =>
    reply(call, async () => {
      const { api, id } = call;
      const request = call.body as v.InferOutput<typeof body>;
      refuseOthers(request);
      for (const name of ['previous_response_id', 'conversation', 'prompt'])
        if (request[name] !== undefined && request[name] !== null)
          throw unsupported(name, `${name}: nothing is remembered here. Send the whole conversation as input.`);
      if (request['background'] === true)
        throw unsupported('background', 'background: the answer comes with the request.');
      if (request['truncation'] === 'auto')
        throw unsupported('truncation', 'truncation: nothing is left out in silence.');
      const { pack } = await api.model(request.model);
      const states: Partial<Mezzotint> = request.mezzotint ?? {};
      const given = messagesOf(request.input);
      const messages = promptOf(
        request.instructions === undefined
          ? given
          : [{ role: 'system', content: request.instructions } as ApiMessage, ...given],
        'input',
      );
      const { seed, work } = await conversation(api, pack, {
        messages,
        param: 'input',
        format: formatOf(request.text?.format, 'text.format'),
        tools: readFlatTools(request.tools, request.tool_choice),
        sampling: { temperature: request.temperature, top_p: request.top_p, max_tokens: request.max_output_tokens },
        knobs: states,
        others: othersOf(states),
      });
      return {
        stream: request.stream === true,
        work,
        shape: responseShape(
          { id: `resp_${id}`, pack, created: Math.floor(api.now() / 1000), seed },
          {
            instructions: request.instructions ?? null,
            max_output_tokens: request.max_output_tokens ?? null,
            temperature: request.temperature ?? null,
            top_p: request.top_p ?? null,
            text: { format: request.text?.format ?? { type: 'text' } },
            tool_choice: request.tool_choice ?? 'auto',
            tools: request.tools ?? [],
          },
        ),
      };
    }),
});
