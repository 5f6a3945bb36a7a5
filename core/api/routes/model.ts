/** GET /v1/models/{id}. */
import { defineRoute } from '../route.ts';
import { modelOf } from '../shapes/models.ts';

export const model = defineRoute({
  method: 'GET',
  path: '/v1/models/{id}',
  summary: 'Describe a model.',
  answers: { json: 'A model.' },
  async handle({ api, answer, params }) {
    const { pack } = await api.model(params['id']);
    answer.json(modelOf(api, pack));
  },
});
