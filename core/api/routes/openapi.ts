/** GET /openapi.json. The table is handed in by the server that serves it. */
import { openApiOf } from '../openapi.ts';
import { defineRoute, type Route } from '../route.ts';

/** @param table the routes, this one included */
export const openapi = (table: () => readonly Route[]): Route =>
  defineRoute({
    method: 'GET',
    path: '/openapi.json',
    summary: 'Describe this API.',
    open: true,
    answers: { json: 'An OpenAPI document.' },
    handle: ({ api, answer }) => answer.json(openApiOf(table(), api.version)),
  });
