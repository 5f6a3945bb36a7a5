/** GET /health: whether the server answers and the model is there. It waits for nothing. */
import { defineRoute } from '../route.ts';

export const health = defineRoute({
  method: 'GET',
  path: '/health',
  summary: 'Say whether replies can be written.',
  open: true,
  answers: { json: 'The state of the server.' },
  handle({ api, answer }) {
    const { state } = api.status;
    if (state === 'ready') return answer.json({ status: 'ok' });
    const message = state === 'failed' ? 'The model could not be loaded.' : 'The model is being loaded.';
    answer.json({ status: state, error: { code: 503, message, type: 'unavailable_error' } }, 503, {
      'Retry-After': '5',
    });
  },
});
