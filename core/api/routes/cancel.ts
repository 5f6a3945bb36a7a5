/** Ends an answer by the id that its chunks and its `x-request-id` carry: DELETE /v1/requests/{id}, and two names that clients use. */
import { ApiError } from '../errors.ts';
import { defineRoute, type Call, type Route } from '../route.ts';

function cancel({ api, answer, params, keyId }: Call): void {
  const id = params['id'] ?? '';
  if (!api.turns.cancel(id.replace(/^(?:chatcmpl-|cmpl-|fim-|resp_)/, ''), keyId))
    throw new ApiError({
      status: 404,
      message: 'There is no request with this id under way, or it came with another key.',
      code: 'not_found',
    });
  answer.json({ id, object: 'request', status: 'cancelled' });
}
const route = (method: Route['method'], path: string): Route =>
  defineRoute({
    method,
    path,
    summary: 'End an answer that waits or is being written.',
    answers: { json: 'Its id.' },
    handle: cancel,
  });

export const cancelRequest = route('DELETE', '/v1/requests/{id}');
export const cancelByPost = route('POST', '/v1/requests/{id}/cancel');
export const cancelResponse = route('POST', '/v1/responses/{id}/cancel');
