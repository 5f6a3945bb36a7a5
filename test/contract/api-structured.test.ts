/** JSON of a schema, valid by construction: over a table of chance that says anything, at temperatures at which it does. */
import Ajv from 'ajv';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api, oneKey, startApiServer, type ApiServer } from '../../core/api/index.ts';
import { realTimers, Scheduler } from '../../core/engines/index.ts';
import { askServer, chunksOf, contentOf, KEY, type Answered } from '../fixtures/api-server.ts';
import { LETTERS, tableEngine } from '../fixtures/table-engine.ts';

let server: ApiServer;
let salt = 1;
beforeAll(async () => {
  const engine = tableEngine(() => salt);
  let ids = 0;
  const api = new Api({
    engine,
    scheduler: new Scheduler({ engine, timers: realTimers }),
    version: '0',
    randomSeed: () => 1,
    newId: () => `id-${++ids}`,
  });
  server = await startApiServer({
    api,
    port: 0,
    keys: oneKey(KEY),
    origins: () => [],
    log: (line, thrown) => console.error(line, thrown),
  });
});
afterAll(() => server.close());
const chat = (body: Record<string, unknown>): Promise<Answered> =>
  askServer(server.port, '/v1/chat/completions', {
    body: { messages: [{ role: 'user', content: 'x' }], max_tokens: 300, ...body },
  });
const ask = (path: string, body: Record<string, unknown>): Promise<Answered> => askServer(server.port, path, { body });
const formatOf = (schema: unknown): Record<string, unknown> => ({
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
});
interface Message {
  choices: {
    message: { content: string | null; tool_calls?: { function: { name: string; arguments: string } }[] };
    finish_reason: string;
  }[];
}
const contentIn = ({ json }: Answered): string => (json as Message).choices[0]?.message.content ?? '';

const name = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 1, maxLength: 6 });
type Schema = Record<string, unknown>;
const scalar: fc.Arbitrary<Schema> = fc.oneof(
  fc
    .record({ minLength: fc.constantFrom(0, 1), maxLength: fc.integer({ min: 1, max: 30 }) })
    .map((bounds) => ({ type: 'string', ...bounds })),
  fc.constant({ type: 'string', description: 'words' }),
  fc.constant({ type: 'boolean' }),
  fc.constant({ type: 'null' }),
  fc.constant({ type: 'number' }),
  fc.constant({ type: 'integer' }),
  fc
    .tuple(fc.integer({ min: -300, max: 300 }), fc.nat(500))
    .map(([minimum, more]) => ({ type: 'integer', minimum, maximum: minimum + more })),
  fc
    .uniqueArray(fc.oneof(name, fc.integer({ min: 0, max: 99 })), { minLength: 1, maxLength: 5 })
    .map((values) => ({ enum: values })),
  name.map((value) => ({ const: value })),
  fc.constant({ type: ['string', 'null'] }),
  fc.constant({ anyOf: [{ type: 'integer' }, { type: 'boolean' }, { type: 'null' }] }),
);
const { schema } = fc.letrec<{ schema: Schema; object: Schema }>((tie) => ({
  object: fc.dictionary(name, tie('schema'), { minKeys: 0, maxKeys: 4 }).map((properties) => ({
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  })),
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc
      .tuple(tie('schema'), fc.nat(2), fc.nat(3))
      .map(([items, minItems, more]) => ({ type: 'array', items, minItems, maxItems: minItems + more })),
    tie('object'),
    fc.tuple(tie('object'), fc.constant({ type: 'null' })).map((anyOf) => ({ anyOf })),
    scalar.map((values) => ({ type: 'object', additionalProperties: values })),
  ),
}));

describe('a schema', () => {
  it('is kept to by every reply: 200 schemas, whatever the model says, by every sampler', async () => {
    const ajv = new Ajv({ strict: false });
    let hold = 0;
    await fc.assert(
      fc.asyncProperty(
        schema,
        fc.nat(10_000),
        fc.constantFrom('exact', 'fast', 'ar'),
        fc.constantFrom(0, 0.8, 2),
        async (given, seed, mode, temperature) => {
          salt = seed;
          const answer = await chat({ ...formatOf(given), seed, temperature, mezzotint: { mode } });
          expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, '']);
          const content = contentIn(answer);
          const value: unknown = JSON.parse(content);
          expect(ajv.validate(given, value) || `${content} ${ajv.errorsText()}`).toBe(true);
          hold++;
        },
      ),
      { numRuns: 200, seed: 7 },
    );
    expect(hold).toBe(200);
  });

  it('streams the same text that it gives whole, and any JSON object where no schema is named', async () => {
    salt = 3;
    const format = formatOf({
      type: 'object',
      properties: { names: { type: 'array', items: { type: 'string' }, maxItems: 3 }, age: { type: 'integer' } },
    });
    const whole = contentIn(await chat({ ...format, seed: 5 }));
    const streamed = chunksOf(
      (await chat({ ...format, seed: 5, stream: true, mezzotint: { states: 'changes' } })).text,
    );
    expect(contentOf(streamed)).toBe(whole);
    const states = streamed.flatMap(({ mezzotint }) => (mezzotint && mezzotint.kind !== 'finished' ? [mezzotint] : []));
    expect(states.map(({ seq }) => seq)).toEqual(states.map((_, i) => i));
    for (let seed = 0; seed < 8; seed++) {
      salt = seed;
      const free: unknown = JSON.parse(
        contentIn(await chat({ response_format: { type: 'json_object' }, seed, max_tokens: 60 })),
      );
      expect(typeof free === 'object' && free !== null && !Array.isArray(free)).toBe(true);
    }
  });

  it('may refer to itself, and ends', async () => {
    const tree = {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: {
            name: { type: 'string', maxLength: 5 },
            children: { type: 'array', items: { $ref: '#/$defs/node' } },
          },
          required: ['name', 'children'],
        },
      },
    };
    const ajv = new Ajv();
    for (let seed = 0; seed < 6; seed++) {
      salt = seed;
      const content = contentIn(await chat({ ...formatOf(tree), seed, max_tokens: 80 }));
      expect(ajv.validate(tree, JSON.parse(content)) || content).toBe(true);
    }
  });

  it('that holds what cannot be kept to is refused with its path, before a word is written', async () => {
    const object = (properties: unknown): unknown => ({ type: 'object', properties });
    const refused: [unknown, string][] = [
      [object({ a: { type: 'string', pattern: 'x' } }), 'properties.a.pattern'],
      [object({ a: { type: 'string', format: 'email' } }), 'properties.a.format'],
      [object({ a: { type: 'array', items: { type: 'number', multipleOf: 2 } } }), 'properties.a.items.multipleOf'],
      [object({ a: { type: 'array', uniqueItems: true } }), 'properties.a.uniqueItems'],
      [object({ a: { anyOf: [{ type: 'string' }, { enum: ['x'] }] } }), 'properties.a.anyOf'],
      [object({ a: { allOf: [{ type: 'string' }, { type: 'string' }] } }), 'properties.a.allOf'],
      [object({ a: { $ref: '#/$defs/none' } }), 'properties.a.$ref'],
      [object({ a: { type: 'colour' } }), 'properties.a.type'],
      [{ type: 'object', required: ['b'], properties: {} }, 'required'],
      [{ $ref: '#/$defs/a', $defs: { a: object({ a: { $ref: '#/$defs/a' } }) } }, ''],
    ];
    for (const [given, path] of refused) {
      const answer = await chat(formatOf(given));
      const { param, code } = (answer.json as { error: { param: string; code: string } }).error;
      expect([path, answer.status, code]).toEqual([path, 400, 'unsupported_schema']);
      expect(param.startsWith('response_format.json_schema.schema')).toBe(true);
      expect(param.endsWith(path)).toBe(true);
    }
  });
});

describe('functions', () => {
  const tools = [
    {
      type: 'function',
      function: {
        name: 'rain',
        parameters: {
          type: 'object',
          properties: { town: { type: 'string' }, hours: { type: 'integer', minimum: 1, maximum: 9 } },
        },
      },
    },
    {
      type: 'function',
      function: { name: 'mail', parameters: { type: 'object', properties: { to: { type: 'string' } } } },
    },
  ];
  it('are called with arguments of their schema, the one that is named or one of all, whole and streamed', async () => {
    const names = new Set<string>();
    for (let seed = 0; seed < 8; seed++) {
      salt = seed;
      const { choices } = (await chat({ tools, tool_choice: 'required', seed })).json as Message;
      expect(choices[0]).toMatchObject({ message: { content: null }, finish_reason: 'tool_calls' });
      const call = choices[0]?.message.tool_calls?.[0]?.function;
      names.add(call?.name ?? '');
      const given = JSON.parse(call?.arguments ?? '') as Record<string, unknown>;
      expect(Object.keys(given)).toEqual(call?.name === 'mail' ? ['to'] : ['town', 'hours']);
    }
    expect([...names].sort()).toEqual(['mail', 'rain']);
    const chunks = chunksOf(
      (await chat({ tools, tool_choice: { type: 'function', function: { name: 'mail' } }, stream: true })).text,
    );
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
    expect(chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])).toMatchObject([
      { index: 0, type: 'function', function: { name: 'mail' } },
    ]);
  });

  it('are called through a response too, where each is named at its top, and through its events', async () => {
    const flat = tools.map(({ type, function: declared }) => ({ type, ...declared }));
    const asked = { input: 'Will it rain?', tools: flat, tool_choice: { type: 'function', name: 'rain' } };
    const whole = (await ask('/v1/responses', asked)).json as {
      output: { type: string; name: string; arguments: string }[];
      tools: unknown[];
    };
    expect(whole.output).toMatchObject([{ type: 'function_call', name: 'rain' }]);
    expect(Object.keys(JSON.parse(whole.output[0]?.arguments ?? '') as object)).toEqual(['town', 'hours']);
    expect(whole.tools).toHaveLength(2);
    const { text } = await ask('/v1/responses', { ...asked, stream: true });
    expect(text.match(/^event: (.*)$/gm)?.map((line) => line.slice(7))).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ]);
    const wrong = await ask('/v1/responses', { ...asked, tool_choice: { type: 'function', name: 'nobody' } });
    expect([wrong.status, (wrong.json as { error: { param: string } }).error.param]).toEqual([400, 'tool_choice.name']);
    const search = await ask('/v1/responses', { ...asked, tools: [{ type: 'web_search' }] });
    expect([search.status, (search.json as { error: { param: string } }).error.param]).toEqual([400, 'tools.0.type']);
  });

  it('are called as Ollama does, with arguments as a value, in a line before the last', async () => {
    const asked = { model: 'fake', messages: [{ role: 'user', content: 'Will it rain?' }], tools };
    type Line = { done: boolean; message: { content: string; tool_calls?: { function: Record<string, unknown> }[] } };
    let called: Line[] | undefined;
    for (let seed = 0; seed < 20 && !called; seed++) {
      salt = seed;
      const { text } = await ask('/api/chat', { ...asked, options: { temperature: 2, seed, num_predict: 60 } });
      const lines = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Line);
      if (lines.some(({ message }) => message.tool_calls)) called = lines;
    }
    const calls = (called ?? []).flatMap(({ message, done }) =>
      (message.tool_calls ?? []).map((call) => ({ call, done })),
    );
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      done: false,
      call: {
        function: { name: expect.stringMatching(/^(rain|mail)$/) as string, arguments: expect.any(Object) as object },
      },
    });
    expect(called?.at(-1)).toMatchObject({ done: true, done_reason: 'stop', message: { content: '' } });
  });

  it('are left alone where none may be called, and the model decides where it may', async () => {
    expect(((await chat({ tools, tool_choice: 'none' })).json as Message).choices[0]?.finish_reason).not.toBe(
      'tool_calls',
    );
    const reasons = new Set<string>();
    for (let seed = 0; seed < 12; seed++) {
      salt = seed;
      reasons.add(
        ((await chat({ tools, seed, temperature: 2, max_tokens: 20 })).json as Message).choices[0]?.finish_reason ?? '',
      );
    }
    expect(reasons.has('tool_calls')).toBe(true);
    expect(reasons.size).toBeGreaterThan(1);
    const wrong = await chat({ tools, tool_choice: { type: 'function', function: { name: 'nobody' } } });
    expect([wrong.status, (wrong.json as { error: { param: string } }).error.param]).toEqual([
      400,
      'tool_choice.function.name',
    ]);
  });
});
