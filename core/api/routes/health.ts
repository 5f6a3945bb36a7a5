/** GET /health: whether the server answers and the model is there. It waits for nothing. */
import { elsewhere } from '../api.ts';
import { ApiError } from '../errors.ts';
import { defineRoute } from '../route.ts';

export const health = defineRoute({
  method: 'GET',
  path: '/health',
  summary: 'Say whether replies can be written.',
  open: true,
  answers: { json: 'The state of the server.' },
  handle({ api, answer }) {
    const { status } = api;
    const { state } = status;
    if (status.state === 'ready' && status.pack.server) throw new ApiError(elsewhere(status.pack.server.host));
    if (state === 'ready') return answer.json({ status: 'ok' });
    const message = state === 'failed' ? 'The model could not be loaded.' : 'The model is being loaded.';
    answer.json({ status: state, error: { code: 503, message, type: 'unavailable_error' } }, 503, {
      'Retry-After': '5',
    });
  },
});
