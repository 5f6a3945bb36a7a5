/** GET /: a line for those who look whether anything answers. */
import { defineRoute } from '../route.ts';

export const root = defineRoute({
  method: 'GET',
  path: '/',
  summary: 'Say that the server answers.',
  open: true,
  answers: {},
  handle: ({ answer }) => answer.text('Mezzotint is running\n'),
});
