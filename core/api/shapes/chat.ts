/** OpenAI's chat completions: whole, and as chunks that every client appends. */
import { finishedOf, finishReason, timingsOf, usageOf } from './usage.ts';
import { chatLogprobs } from './logprobs.ts';
import type { View } from './canvas.ts';
import type { About, Delta, Result, Send, Shape } from '../reply.ts';

export interface ChatOptions {
  about: About;
  /** A last chunk with the usage, where it was asked for. */
  includeUsage: boolean;
  /** How many alternatives each token's log-probability comes with; null: none were asked for. */
  topLogprobs: number | null;
  view: View | null;
}
const callsOf = (result: Result): unknown =>
  result.calls?.map(({ id, name, arguments: given }, index) => ({
    index,
    id,
    type: 'function',
    function: { name, arguments: given },
  }));

export function chatShape({ about, includeUsage, topLogprobs, view }: ChatOptions): Shape {
  const { id, created, pack, seed } = about;
  const base = (object: string): Record<string, unknown> => ({
    id,
    object,
    created,
    model: pack.id,
    system_fingerprint: pack.hash.slice(0, 16),
  });
  const chunk = (
    delta: Record<string, unknown>,
    extra: Record<string, unknown> = {},
    finish: string | null = null,
    logprobs: unknown = null,
  ): Record<string, unknown> => ({
    ...base('chat.completion.chunk'),
    choices: [{ index: 0, delta, logprobs, finish_reason: finish }],
    ...(includeUsage ? { usage: null } : {}),
    ...extra,
  });
  /** What belongs to the delta of the same event. */
  let beside: Record<string, unknown> | null = null;
  let last = '';
  return {
    stream: 'events',
    opening: (send) => send(chunk({ role: 'assistant', content: '' })),
    event(send, event) {
      const shown = view?.event(event) ?? null;
      if (!shown) return;
      const { before, content, ...rest } = shown;
      if (before) send(chunk({}, before as Record<string, unknown>));
      if (view?.replaces) {
        last = String(content);
        send(chunk({ content }, rest));
      } else if (event.type === 'blockCommitted') beside = rest;
      else send(chunk({}, rest));
    },
    delta(send, { text, tokens }: Delta) {
      const extra = beside ?? {};
      beside = null;
      if (view?.replaces) return;
      if (text === '' && topLogprobs === null && Object.keys(extra).length === 0) return;
      send(
        chunk(
          text === '' ? {} : { content: text },
          extra,
          null,
          topLogprobs === null ? null : chatLogprobs(tokens, topLogprobs),
        ),
      );
    },
    alive: (send) => send(chunk({})),
    done(send: Send, result) {
      const calls = callsOf(result);
      if (calls) send(chunk({ tool_calls: calls }));
      const finish = finishReason(result.reason);
      const extra = { timings: timingsOf(result.counts), mezzotint: finishedOf(result, seed) };
      if (view?.replaces) {
        const meta = { diffusion_meta: { diffusion_content: true, diffusion_progress: 1 } };
        send(chunk({ content: last || result.text }, { ...extra, ...meta }, finish));
      } else send(chunk({}, extra, finish));
      if (includeUsage) send({ ...base('chat.completion.chunk'), choices: [], usage: usageOf(result.counts) });
      send('[DONE]');
    },
    whole: (result) => ({
      ...base('chat.completion'),
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: result.calls ? null : result.text,
            refusal: null,
            ...(result.calls
              ? {
                  tool_calls: result.calls.map(({ id: callId, name, arguments: given }) => ({
                    id: callId,
                    type: 'function',
                    function: { name, arguments: given },
                  })),
                }
              : {}),
          },
          logprobs: topLogprobs === null ? null : chatLogprobs(result.tokens, topLogprobs),
          finish_reason: finishReason(result.reason),
        },
      ],
      usage: usageOf(result.counts),
      timings: timingsOf(result.counts),
      mezzotint: finishedOf(result, seed),
    }),
  };
}
