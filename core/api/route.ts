/** A route of the API: one file and one row of routes/index.ts. Its OpenAPI entry follows from it. */
import type { IncomingMessage } from 'node:http';
import type { GenericSchema } from 'valibot';
import type { Api } from './api.ts';
import type { Answer } from './answer.ts';

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** With names in braces: `/v1/models/{id}`. One that begins with /v1 is answered without it too. */
  path: string;
  /** One line for the OpenAPI document. */
  summary: string;
  /** Answered without a key: it shows nothing of the person's. */
  open?: true;
  /** What the body has to be; it is checked before `handle` is called. */
  body?: GenericSchema<unknown, unknown>;
  /** How errors are said: OpenAI's envelope, or a line of text as Ollama has it. */
  errors?: 'text';
  /** The kinds of answers, for the OpenAPI document. */
  answers: Partial<Record<'json' | 'events' | 'lines', string>>;
  handle(call: Call): Promise<void> | void;
}
export interface Call {
  readonly api: Api;
  readonly answer: Answer;
  readonly headers: IncomingMessage['headers'];
  /** Parts of the path by their names. */
  readonly params: Readonly<Record<string, string>>;
  /** Checked by the route's schema. */
  readonly body: unknown;
  /** Names the answer; a client cancels by it. */
  readonly id: string;
  readonly keyId: string;
}
export const defineRoute = (route: Route): Route => route;
