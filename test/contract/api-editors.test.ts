/**
 * Programs that can't be installed in the tests, replayed: the requests of Continue, Zed, aider and Open WebUI as they send them, and the
 * answers read as their own parsers read them. Over `mezzotint serve` with the pack that ships.
 */
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunksOf } from '../fixtures/api-server.ts';
import { serve, SERVED_KEY, type Served } from '../fixtures/served.ts';

let served: Served;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.end());
const MODEL = 'smollm2-135m-instruct';
const NAME = `${MODEL}:latest`;
const json = { 'content-type': 'application/json' };
const bearer = { authorization: `Bearer ${SERVED_KEY}` };

interface Answer {
  status: number;
  type: string;
  text: string;
}
async function send(path: string, headers: Record<string, string>, body?: unknown): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${served.port}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
}
const read = <T>(schema: v.GenericSchema<unknown, T>, { status, text }: Answer): T => {
  expect(status).toBe(200);
  return v.parse(schema, JSON.parse(text));
};
const lines = <T>(schema: v.GenericSchema<unknown, T>, { status, text }: Answer): T[] => {
  expect(status).toBe(200);
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => v.parse(schema, JSON.parse(line)));
};
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const deltas = (text: string): string =>
  chunksOf(text)
    .map(({ choices }) => choices[0]?.delta.content ?? '')
    .join('');

describe('Continue', () => {
  /** Its provider of OpenAI's API sends the key twice, and what nobody set as it stands. */
  const headers = { ...json, ...bearer, 'x-api-key': SERVED_KEY };
  const asked = {
    messages: [
      { role: 'system', content: 'You are a coding assistant.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Write one sentence ' },
          { type: 'text', text: 'about the sea.' },
        ],
      },
    ],
    model: MODEL,
    max_tokens: 12,
    temperature: 0,
    top_p: 1,
    frequency_penalty: 0,
    presence_penalty: 0,
    stop: ['<|im_end|>'],
    user: undefined,
    stream: true,
  };

  it('finds the models, and reads a chat by its deltas', async () => {
    const list = read(v.object({ data: v.array(v.object({ id: v.string() })) }), await send('/v1/models', headers));
    expect(list.data).toEqual([{ id: MODEL }]);
    const chat = await send('/v1/chat/completions', headers, { ...asked, stream_options: { include_usage: true } });
    expect(chat).toMatchObject({ status: 200, type: expect.stringContaining('text/event-stream') as string });
    const text = deltas(chat.text);
    expect(text.length).toBeGreaterThan(5);
    // a request that wants all of it at once has the same words
    const whole = read(
      v.object({ choices: v.tuple([v.object({ message: v.object({ content: v.string() }) })]) }),
      await send('/v1/chat/completions', headers, { ...asked, stream: false }),
    );
    expect(whole.choices[0].message.content).toBe(text);
  });

  it('as a client of Ollama asks /api/show for a template with a suffix, and fills by it', async () => {
    const own = { ...json, ...bearer };
    // by `name`, and under the name that a person typed: without a tag
    const shown = read(
      v.object({ template: v.string(), parameters: v.string() }),
      await send('/api/show', own, { name: MODEL }),
    );
    expect(shown.template).toContain('.Suffix');
    // lines of “key value”; it fails on any other
    for (const line of shown.parameters.split('\n').filter(Boolean)) expect(line).toMatch(/^(\S+)\s+((?:".*")|\S+)$/);
    const options = { temperature: 0, num_predict: 6, stop: ['\n\n'], num_ctx: 8192, mirostat: undefined };
    const filled = lines(
      v.object({ response: v.string(), done: v.boolean() }),
      await send('/api/generate', own, {
        model: MODEL,
        prompt: 'The capital of France is ',
        suffix: '. It lies on the Seine.',
        raw: true,
        options,
        keep_alive: 1800,
        stream: true,
      }),
    );
    expect(filled.map(({ response }) => response).join('')).toBe('Paris');
    expect(filled.at(-1)?.done).toBe(true);
    const chat = lines(
      v.object({ message: v.object({ role: v.literal('assistant'), content: v.string() }), done: v.boolean() }),
      await send('/api/chat', own, {
        model: MODEL,
        messages: [{ role: 'user', content: 'Say hello.' }],
        options: { ...options, num_predict: 8 },
        keep_alive: 1800,
        stream: true,
      }),
    );
    expect(chat.map(({ message }) => message.content).join('').length).toBeGreaterThan(1);
  });
});

describe('Zed', () => {
  const details = v.object({
    format: v.string(),
    family: v.string(),
    families: v.nullable(v.array(v.string())),
    parameter_size: v.string(),
    quantization_level: v.string(),
  });
  const listing = v.object({ name: v.string(), modified_at: v.string(), size: count, digest: v.string(), details });
  /** One key alone: it is an enumeration there. */
  const call = v.strictObject({ function: v.object({ name: v.string(), arguments: v.unknown() }) });
  const delta = v.object({
    model: v.string(),
    created_at: v.string(),
    message: v.object({
      role: v.literal('assistant'),
      content: v.string(),
      tool_calls: v.optional(v.array(call)),
      thinking: v.optional(v.string()),
    }),
    done_reason: v.optional(v.string()),
    done: v.boolean(),
    prompt_eval_count: v.optional(count),
    eval_count: v.optional(count),
  });
  const headers = { ...json, ...bearer };
  /** What it sends where nobody set anything: null, not nothing. */
  const asked = {
    model: NAME,
    messages: [{ role: 'user', content: 'Write one sentence about the sea.' }],
    stream: true,
    keep_alive: -1,
    options: { num_ctx: 4096, num_predict: null, stop: null, temperature: 0, top_p: null },
    tools: [],
    think: null,
  };

  it('lists the models by /api/tags, asks each for what it can, and chats', async () => {
    const { models } = read(
      v.object({ models: v.array(listing) }),
      await send('/api/tags', { accept: 'application/json', ...bearer }),
    );
    expect(models.map(({ name }) => name)).toEqual([NAME]);
    const shown = read(
      v.object({ capabilities: v.array(v.string()), model_info: v.record(v.string(), v.unknown()) }),
      await send('/api/show', headers, { model: NAME }),
    );
    expect(shown.capabilities).toContain('completion');
    // no pictures are read, and nothing is thought apart from the reply
    for (const none of ['vision', 'thinking']) expect(shown.capabilities).not.toContain(none);
    expect(shown.model_info[`${String(shown.model_info['general.architecture'])}.context_length`]).toBe(8192);
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'My name is Ada.' },
      { role: 'assistant', content: 'Hello, Ada.', tool_calls: null, thinking: null },
      { role: 'user', content: 'What is my name?' },
    ];
    const said = lines(
      delta,
      await send('/api/chat', headers, { ...asked, messages, options: { ...asked.options, num_predict: 8 } }),
    );
    expect(said.map(({ message }) => message.content).join('').length).toBeGreaterThan(1);
    expect(said.at(-1)).toMatchObject({ done: true, done_reason: expect.stringMatching(/^(stop|length)$/) as string });
    expect(said.at(-1)?.eval_count).toBeGreaterThan(0);
  });

  it('reads a call of a tool that it offers', async () => {
    const tools = [
      {
        type: 'function',
        function: {
          name: 'weather',
          description: null,
          parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      },
    ];
    const said = lines(
      delta,
      await send('/api/chat', headers, { ...asked, tools, options: { ...asked.options, num_predict: 24 } }),
    );
    expect(said.at(-1)?.done).toBe(true);
  });

  it('without the key is refused with a status and words', async () => {
    const refused = await send('/api/tags', { accept: 'application/json' });
    expect(refused.status).toBe(401);
    expect((JSON.parse(refused.text) as { error: string }).error).toMatch(/key/i);
  });
});

describe('aider', () => {
  it('gets a reply to its instructions around a file, under the name that stands for any model, and a commit message', async () => {
    const headers = { ...json, accept: 'application/json', ...bearer, 'x-stainless-lang': 'python' };
    const file = 'greet.py\n```\ndef greet(name):\n    return "Hello " + name\n```';
    const edit = await send('/v1/chat/completions', headers, {
      messages: [
        { role: 'system', content: 'Act as an expert software developer.' },
        { role: 'user', content: 'I switched to a new code base.' },
        { role: 'assistant', content: 'Ok.' },
        { role: 'user', content: `I have *added these files to the chat*:\n\n${file}` },
        { role: 'assistant', content: 'Ok, any changes I propose will be to those files.' },
        {
          role: 'user',
          content: 'Rename the function greet to hello.\n\nYou MUST return a *file listing* with the entire content.',
        },
      ],
      model: 'mezzotint',
      stream: true,
      temperature: 0,
      max_tokens: 24,
    });
    expect(edit).toMatchObject({ status: 200, type: expect.stringContaining('text/event-stream') as string });
    expect(deltas(edit.text).length).toBeGreaterThan(5);
    const commit = read(
      v.object({ choices: v.tuple([v.object({ message: v.object({ content: v.string() }) })]) }),
      await send('/v1/chat/completions', headers, {
        messages: [
          { role: 'system', content: 'Generate a one-line commit message for the diffs.' },
          { role: 'user', content: '# Diffs:\n-def greet(name):\n+def hello(name):' },
        ],
        model: 'mezzotint',
        temperature: 0,
        max_tokens: 12,
      }),
    );
    expect(commit.choices[0].message.content.length).toBeGreaterThan(1);
  });
});

describe('Open WebUI', () => {
  it('finds the model as a server of OpenAI’s API, chats, and has a title made', async () => {
    const list = read(
      v.object({ data: v.array(v.object({ id: v.string(), name: v.optional(v.string()) })) }),
      await send('/v1/models', { accept: '*/*', ...bearer }),
    );
    expect(list.data.map(({ id }) => id)).toEqual([MODEL]);
    // its own tools come with every question, unless they are switched off: some have no type that a call could be held to
    const tools = [
      {
        type: 'function',
        function: {
          name: 'get_current_timestamp',
          description: 'Get the current Unix timestamp in seconds.',
          parameters: { properties: {}, type: 'object' },
        },
      },
      {
        type: 'function',
        function: {
          name: 'ask_user',
          description: 'Ask the user clarifying questions before continuing.',
          parameters: {
            properties: {
              questions: { items: { additionalProperties: true, type: 'object' }, type: 'array' },
              allow_other: { default: true, type: 'boolean' },
            },
            required: ['questions'],
            type: 'object',
          },
        },
      },
    ];
    const messages = [{ role: 'user', content: 'Write a short note to thank a neighbour.' }];
    const chat = await send(
      '/v1/chat/completions',
      { ...json, accept: '*/*', ...bearer },
      { stream: true, model: MODEL, messages, tools, max_tokens: 24, stream_options: { include_usage: true } },
    );
    expect(chat).toMatchObject({ status: 200, type: expect.stringContaining('text/event-stream') as string });
    for (const chunk of chunksOf(chat.text))
      // top-level keys that mean something of their own there
      for (const key of ['event', 'selected_model_id', 'error', 'type']) expect(chunk).not.toHaveProperty(key);
    expect(chunksOf(chat.text).at(-1)).toMatchObject({ usage: { completion_tokens: expect.any(Number) as number } });
    const title = read(
      v.object({ choices: v.tuple([v.object({ message: v.object({ content: v.string() }) })]) }),
      await send(
        '/v1/chat/completions',
        { ...json, accept: '*/*', ...bearer },
        {
          model: MODEL,
          messages: [{ role: 'user', content: '### Task:\nGenerate a concise title, as JSON: { "title": "" }' }],
          stream: false,
          max_tokens: 16,
        },
      ),
    );
    expect(title.choices[0].message.content.length).toBeGreaterThan(0);
  });

  it('finds it as a server of Ollama’s, in the order that it looks', async () => {
    const headers = { ...json, accept: '*/*', ...bearer };
    const version = read(v.object({ version: v.string() }), await send('/api/version', headers));
    // compared with others number by number
    expect(version.version).toMatch(/^\d+\.\d+\.\d+$/);
    const entry = v.object({ name: v.string(), model: v.string(), details: v.looseObject({ family: v.string() }) });
    const tags = read(v.object({ models: v.array(entry) }), await send('/api/tags', headers));
    const running = read(
      v.object({ models: v.array(v.object({ model: v.string(), expires_at: v.string() })) }),
      await send('/api/ps', headers),
    );
    expect([tags.models[0]?.model, running.models[0]?.model]).toEqual([NAME, NAME]);
    expect(Date.parse(running.models[0]?.expires_at ?? '')).toBeGreaterThan(Date.now());
    expect((await send('/api/show', headers, { model: NAME })).status).toBe(200);
    const said = lines(
      v.object({ message: v.object({ content: v.string() }), done: v.boolean() }),
      await send('/api/chat', headers, {
        model: NAME,
        messages: [{ role: 'user', content: 'Name a metal.' }],
        options: { num_predict: 8 },
        stream: true,
      }),
    );
    expect(said.map(({ message }) => message.content).join('').length).toBeGreaterThan(1);
  });
});
