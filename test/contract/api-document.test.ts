/** The OpenAPI document that is served, against the routes that answer, and docs/api.md against the document. */
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { question, startApi, type ApiUnderTest } from '../fixtures/api-server.ts';

interface Operation {
  summary: string;
  security?: unknown[];
  requestBody?: { content: { 'application/json': { schema: Record<string, unknown> } } };
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}
let under: ApiUnderTest;
let document: Document;
beforeAll(async () => {
  under = await startApi();
  document = (await under.ask('/openapi.json', { headers: { authorization: '' } })).json as Document;
});
afterAll(() => under.close());
const operations = (): [string, string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, string, Operation] => [
      method.toUpperCase(),
      path,
      operation,
    ]),
  );

describe('the document', () => {
  it('names every address with its methods, and whether it wants a key', async () => {
    expect(document.openapi).toBe('3.1.0');
    expect(operations().length).toBeGreaterThan(15);
    for (const [method, path, { security }] of operations()) {
      const address = path.replace(/\{\w+\}/, 'x');
      const options = await under.ask(address, { method: 'OPTIONS', headers: { authorization: '' } });
      expect([path, options.status]).toEqual([path, 204]);
      expect(options.headers.allow).toContain(method);
      const stranger = await under.ask(address, {
        method,
        headers: { authorization: '' },
        ...(method === 'POST' ? { body: {} } : {}),
      });
      expect([path, stranger.status === 401]).toEqual([path, security === undefined]);
    }
  });

  it('describes bodies that are taken, and no others', async () => {
    const ajv = new Ajv({ strict: false });
    const fits = (path: string, body: unknown): boolean =>
      ajv.validate(document.paths[path]?.['post']?.requestBody?.content['application/json'].schema ?? {}, body);
    const chat = '/v1/chat/completions';
    const taken = { ...question, temperature: 0.5, stop: ['x'], mezzotint: { states: 'changes', threshold: 0.5 } };
    expect(fits(chat, taken)).toBe(true);
    for (const wrong of [{}, { messages: [] }, { ...question, temperature: 3 }, { ...question, stop: 5 }]) {
      expect([wrong, fits(chat, wrong)]).toEqual([wrong, false]);
      expect((await under.ask(chat, { body: wrong })).status).toBe(400);
    }
  });

  it('and the page of the documentation name the same addresses', () => {
    const page = readFileSync('docs/api.md', 'utf8');
    for (const [method, path] of operations()) expect(page).toContain(`${method} ${path}`);
  });
});
