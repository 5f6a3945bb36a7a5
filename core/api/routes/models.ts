/** GET /v1/models: the model in use. */
import { defineRoute } from '../route.ts';
import { modelOf } from '../shapes/models.ts';

export const models = defineRoute({
  method: 'GET',
  path: '/v1/models',
  summary: 'List the models that can be used.',
  answers: { json: 'A list of models.' },
  async handle({ api, answer }) {
    const { pack } = await api.ready();
    answer.json({ object: 'list', data: [modelOf(api, pack)] });
  },
});
