/** What POST /v1/completions and POST /v1/fim/completions have in common: a text goes on, or is filled before a suffix. */
import * as v from 'valibot';
import { capabilitiesOf } from '../../contract/capabilities.ts';
import { continuation } from '../ask.ts';
import { unsupported } from '../errors.ts';
import { reply } from '../reply.ts';
import { optional } from '../requests/optional.ts';
import { refuseOthers, samplingFields } from '../requests/sampling.ts';
import { ALTERNATIVES, mezzotintSchema, othersOf, type Mezzotint } from '../requests/states.ts';
import type { Call } from '../route.ts';
import { mezzotintView } from '../shapes/canvas.ts';
import { textShape } from '../shapes/text.ts';

const text = v.string('text is needed');
export const textBody = v.looseObject({
  model: optional(v.string()),
  /** One text; a list may hold one. */
  prompt: v.union([text, v.pipe(v.array(text), v.length(1, 'one prompt at a time'))], 'text is needed'),
  suffix: optional(text),
  stream: optional(v.boolean()),
  stream_options: optional(v.looseObject({ include_usage: optional(v.boolean()) })),
  ...samplingFields,
  logprobs: optional(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(ALTERNATIVES + 1, `${ALTERNATIVES + 1} are the most`)),
  ),
  echo: optional(v.boolean()),
  mezzotint: optional(mezzotintSchema),
});

export const answerText = (call: Call, kind: { id: string; withDelta: boolean }): Promise<void> =>
  reply(call, async () => {
    const { api, id } = call;
    const request = call.body as v.InferOutput<typeof textBody>;
    refuseOthers(request);
    if (request.echo) throw unsupported('echo', 'echo: the prompt is not sent back.');
    const { pack } = await api.model(request.model);
    const states: Partial<Mezzotint> = request.mezzotint ?? {};
    if (states.template !== undefined)
      throw unsupported('mezzotint.template', 'mezzotint.template: use it with chat completions.');
    if (request.logprobs !== undefined && !capabilitiesOf(api.status).probabilities)
      throw unsupported('logprobs', 'logprobs: the engine in use gives no probabilities.');
    const stream = request.stream === true;
    const { seed, work } = await continuation(api, pack, {
      prompt: typeof request.prompt === 'string' ? request.prompt : (request.prompt[0] ?? ''),
      suffix: request.suffix,
      sampling: request,
      knobs: states,
      others: othersOf(states),
    });
    return {
      stream,
      work,
      shape: textShape({
        about: { id: `${kind.id}-${id}`, pack, created: Math.floor(api.now() / 1000), seed },
        includeUsage: request.stream_options?.include_usage === true,
        topLogprobs: request.logprobs ?? null,
        view: stream && states.states !== undefined ? mezzotintView(states, api.now) : null,
        withDelta: kind.withDelta,
      }),
    };
  });
