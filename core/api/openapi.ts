/** The OpenAPI document of a table of routes: what is served is what is described. */
import { toJsonSchema } from '@valibot/to-json-schema';
import type { Route } from './route.ts';

const types = {
  json: 'application/json',
  events: 'text/event-stream',
  lines: 'application/x-ndjson',
} as const;

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'] },
        code: { type: ['string', 'null'] },
      },
    },
  },
};
const errorText = { type: 'object', required: ['error'], properties: { error: { type: 'string' } } };

function bodyOf({ body }: Route): Record<string, unknown> | undefined {
  if (!body) return undefined;
  // checks that JSON Schema has no words for are left out: the server makes them all the same
  const { $schema: _, ...schema } = toJsonSchema(body as Parameters<typeof toJsonSchema>[0], {
    errorMode: 'ignore',
    typeMode: 'input',
  });
  return { required: true, content: { 'application/json': { schema } } };
}

export function openApiOf(table: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of table) {
    const requestBody = bodyOf(route);
    const parameters = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    }));
    const content = Object.fromEntries(
      Object.entries(route.answers).map(([kind, description]) => [
        types[kind as keyof typeof types],
        { schema: { description } },
      ]),
    );
    (paths[route.path] ??= {})[route.method.toLowerCase()] = {
      summary: route.summary,
      ...(parameters.length > 0 ? { parameters } : {}),
      ...(requestBody ? { requestBody } : {}),
      ...(route.open ? { security: [] } : {}),
      responses: {
        200: { description: Object.values(route.answers)[0] ?? 'A line of text.', content },
        default: {
          description: 'What went wrong.',
          content: { 'application/json': { schema: route.errors === 'text' ? errorText : errorSchema } },
        },
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Mezzotint',
      version,
      description: 'Paths that begin with /v1 are answered without it too.',
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
    security: [{ bearer: [] }, { header: [] }],
    paths,
  };
}
