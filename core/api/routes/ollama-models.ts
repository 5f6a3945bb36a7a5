/** How Ollama's clients find out which models there are: /api/version, /api/tags, /api/ps and /api/show. */
import * as v from 'valibot';
import { capabilitiesOf } from '../../contract/capabilities.ts';
import { optional } from '../requests/optional.ts';
import { defineRoute } from '../route.ts';
import { detailsOf, entryOf } from '../shapes/ollama.ts';

/** The version of Ollama whose protocol this is. */
const PROTOCOL = '0.13.0';

export const ollamaVersion = defineRoute({
  method: 'GET',
  path: '/api/version',
  summary: "Say which version of Ollama's protocol this is.",
  errors: 'text',
  answers: { json: 'Versions.' },
  handle: ({ api, answer }) => answer.json({ version: PROTOCOL, mezzotint: api.version }),
});
export const ollamaTags = defineRoute({
  method: 'GET',
  path: '/api/tags',
  summary: 'List the models that can be used, as Ollama does.',
  errors: 'text',
  answers: { json: 'A list of models.' },
  async handle({ api, answer }) {
    const { pack } = await api.ready();
    answer.json({ models: [entryOf(api, pack)] });
  },
});
export const ollamaPs = defineRoute({
  method: 'GET',
  path: '/api/ps',
  summary: 'List the models that are loaded, as Ollama does.',
  errors: 'text',
  answers: { json: 'A list of models.' },
  async handle({ api, answer }) {
    const { pack } = await api.ready();
    const { modified_at: _, ...entry } = entryOf(api, pack);
    answer.json({
      models: [{ ...entry, expires_at: '2318-01-01T00:00:00Z', size_vram: 0, context_length: pack.contextLength }],
    });
  },
});
const showBody = v.looseObject({ model: optional(v.string()), name: optional(v.string()) });
export const ollamaShow = defineRoute({
  method: 'POST',
  path: '/api/show',
  summary: 'Describe a model, as Ollama does.',
  body: showBody,
  errors: 'text',
  answers: { json: 'A model.' },
  async handle({ api, answer, body }) {
    const { model, name } = body as v.InferOutput<typeof showBody>;
    const { pack } = await api.model(model ?? name);
    const can = capabilitiesOf(api.status);
    answer.json({
      license: pack.licence,
      modelfile: '',
      parameters: '',
      // clients take a model for one that fills where its template has a suffix
      template: can.layout ? '{{ .Prompt }}{{ .Suffix }}' : '{{ .Prompt }}',
      details: detailsOf(pack),
      model_info: {
        'general.architecture': pack.family,
        'general.basename': pack.name,
        'general.parameter_count': pack.parameters,
        [`${pack.family}.context_length`]: pack.contextLength,
      },
      capabilities: ['completion', ...(can.layout ? ['insert'] : [])],
      modified_at: new Date(api.began * 1000).toISOString(),
    });
  },
});
