/** OpenAI's text completions. Chunks of a fill carry `delta.content` too, which is what Continue reads. */
import type { About, Shape } from '../reply.ts';
import type { View } from './canvas.ts';
import { textLogprobs } from './logprobs.ts';
import { finishedOf, finishReason, timingsOf, usageOf } from './usage.ts';

export interface TextOptions {
  about: About;
  includeUsage: boolean;
  topLogprobs: number | null;
  view: View | null;
  withDelta: boolean;
}
export function textShape({ about, includeUsage, topLogprobs, view, withDelta }: TextOptions): Shape {
  const { id, created, pack, seed } = about;
  const base = { id, object: 'text_completion', created, model: pack.id, system_fingerprint: pack.hash.slice(0, 16) };
  let at = 0;
  const choice = (text: string, logprobs: unknown, finish: string | null): Record<string, unknown> => ({
    index: 0,
    text,
    ...(withDelta ? { delta: text === '' ? {} : { content: text } } : {}),
    logprobs,
    finish_reason: finish,
  });
  const chunk = (
    text: string,
    extra: Record<string, unknown> = {},
    logprobs: unknown = null,
    finish: string | null = null,
  ): unknown => ({
    ...base,
    choices: [choice(text, logprobs, finish)],
    ...(includeUsage ? { usage: null } : {}),
    ...extra,
  });
  return {
    stream: 'events',
    opening: (send) => send(chunk('')),
    event(send, event) {
      const shown = view?.event(event) ?? null;
      if (!shown) return;
      const { before, ...rest } = shown;
      if (before) send(chunk('', before as Record<string, unknown>));
      send(chunk('', rest));
    },
    delta(send, { text, tokens }) {
      const logprobs = topLogprobs === null ? null : textLogprobs(tokens, topLogprobs, at);
      at += text.length;
      if (text !== '') send(chunk(text, {}, logprobs));
    },
    alive: (send) => send(chunk('')),
    done(send, result) {
      send(
        chunk(
          '',
          { timings: timingsOf(result.counts), mezzotint: finishedOf(result, seed) },
          null,
          finishReason(result.reason),
        ),
      );
      if (includeUsage) send({ ...base, choices: [], usage: usageOf(result.counts) });
      send('[DONE]');
    },
    whole: (result) => ({
      ...base,
      choices: [
        choice(
          result.text,
          topLogprobs === null ? null : textLogprobs(result.tokens, topLogprobs, 0),
          finishReason(result.reason),
        ),
      ],
      usage: usageOf(result.counts),
      timings: timingsOf(result.counts),
      mezzotint: finishedOf(result, seed),
    }),
  };
}
