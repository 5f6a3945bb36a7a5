/** OpenAI's responses, without a memory of them: the whole object, and its events in order. */
import type { About, Result, Send, Shape } from '../reply.ts';

/** Fields of the request that the object repeats. */
export type Repeated = Record<string, unknown>;

export function responseShape({ id, created, pack }: About, repeated: Repeated): Shape {
  const itemId = `msg_${id.slice(5)}`;
  let sequence = 0;
  const part = (text: string): unknown => ({ type: 'output_text', text, annotations: [], logprobs: [] });
  const message = (text: string, status: string): unknown => ({
    id: itemId,
    type: 'message',
    status,
    role: 'assistant',
    content: status === 'in_progress' ? [] : [part(text)],
  });
  const itemsOf = ({ text, calls }: Result, status: string): unknown[] =>
    calls
      ? calls.map(({ id: callId, name, arguments: given }) => ({
          id: `fc_${callId}`,
          type: 'function_call',
          status: 'completed',
          call_id: callId,
          name,
          arguments: given,
        }))
      : [message(text, status)];
  const whole = (result: Result | null): Record<string, unknown> => {
    const cut = result?.reason === 'length' || result?.reason === 'context-full';
    const status =
      result === null ? 'in_progress' : result.reason === 'stopped' ? 'cancelled' : cut ? 'incomplete' : 'completed';
    return {
      id,
      object: 'response',
      created_at: created,
      status,
      background: false,
      error: null,
      incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
      model: pack.id,
      output: result ? itemsOf(result, cut ? 'incomplete' : 'completed') : [],
      output_text: result?.text ?? '',
      parallel_tool_calls: false,
      previous_response_id: null,
      store: false,
      metadata: {},
      ...repeated,
      usage: result
        ? {
            input_tokens: result.counts.promptTokens,
            input_tokens_details: { cached_tokens: result.counts.cachedTokens },
            output_tokens: result.counts.tokens,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: result.counts.promptTokens + result.counts.tokens,
          }
        : null,
    };
  };
  const emit = (send: Send, type: string, fields: Record<string, unknown>): void =>
    send({ type, sequence_number: sequence++, ...fields }, type);
  const place = { item_id: itemId, output_index: 0, content_index: 0 };
  let begun = false;
  const begin = (send: Send): void => {
    if (begun) return;
    begun = true;
    emit(send, 'response.output_item.added', { output_index: 0, item: message('', 'in_progress') });
    emit(send, 'response.content_part.added', { ...place, part: part('') });
  };
  return {
    stream: 'events',
    opening(send) {
      emit(send, 'response.created', { response: whole(null) });
      emit(send, 'response.in_progress', { response: whole(null) });
    },
    delta(send, { text }) {
      if (text === '') return;
      begin(send);
      emit(send, 'response.output_text.delta', { ...place, delta: text, logprobs: [] });
    },
    alive: (send) => emit(send, 'response.in_progress', { response: whole(null) }),
    done(send, result) {
      const final = whole(result);
      if (result.calls)
        (final['output'] as { arguments: string; id: string; name: string }[]).forEach((item, index) => {
          emit(send, 'response.output_item.added', {
            output_index: index,
            item: { ...item, arguments: '', status: 'in_progress' },
          });
          const at = { item_id: item.id, output_index: index };
          emit(send, 'response.function_call_arguments.delta', { ...at, delta: item.arguments });
          emit(send, 'response.function_call_arguments.done', { ...at, name: item.name, arguments: item.arguments });
          emit(send, 'response.output_item.done', { output_index: index, item });
        });
      else {
        begin(send);
        emit(send, 'response.output_text.done', { ...place, text: result.text, logprobs: [] });
        emit(send, 'response.content_part.done', { ...place, part: part(result.text) });
        emit(send, 'response.output_item.done', { output_index: 0, item: (final['output'] as unknown[])[0] });
      }
      const status = final['status'] === 'incomplete' ? 'incomplete' : 'completed';
      emit(send, `response.${status}`, { response: final });
    },
    whole,
  };
}
