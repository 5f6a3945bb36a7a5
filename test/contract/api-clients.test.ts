/** `mezzotint serve` over the pack that ships, as the clients that people use speak to it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, streamText } from 'ai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOf } from '../../core/api/index.ts';
import { holes } from '../api-measure/snippets.ts';
import { chunksOf, askServer, type Answered, type Asking } from '../fixtures/api-server.ts';
import { serve, SERVED_KEY, type Served } from '../fixtures/served.ts';

let served: Served;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.end());
const messages = [{ role: 'user' as const, content: 'Write one sentence about the sea.' }];
const MODEL = 'smollm2-135m-instruct';

describe('openai', () => {
  const client = (): OpenAI => new OpenAI({ baseURL: served.address, apiKey: SERVED_KEY });

  it('lists the model, and gets one reply whole, streamed, and by its own helper', async () => {
    const list = await client().models.list();
    expect(list.data.map(({ id }) => id)).toEqual([MODEL]);
    const asked = { model: MODEL, messages, max_tokens: 24, seed: 3 };
    const whole = await client().chat.completions.create(asked);
    const text = whole.choices[0]?.message.content ?? '';
    expect(text.length).toBeGreaterThan(20);
    expect(whole.usage?.completion_tokens).toBe(24);
    expect(whole.choices[0]?.finish_reason).toBe('length');

    let streamed = '';
    let usage: number | undefined;
    for await (const chunk of await client().chat.completions.create({
      ...asked,
      stream: true,
      stream_options: { include_usage: true },
    })) {
      streamed += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage?.completion_tokens ?? usage;
    }
    expect([streamed, usage]).toEqual([text, 24]);
    const helped = await client().chat.completions.stream(asked).finalChatCompletion();
    expect(helped.choices[0]?.message.content).toBe(text);
  });

  it('gets states through its own types without harm, and errors as errors with their fields', async () => {
    let text = '';
    const kinds = new Set<string>();
    const body = { model: MODEL, messages, max_tokens: 12, stream: true as const, mezzotint: { states: 'changes' } };
    for await (const chunk of await client().chat.completions.create(body)) {
      text += chunk.choices[0]?.delta.content ?? '';
      const { mezzotint } = chunk as { mezzotint?: { kind: string } };
      if (mezzotint) kinds.add(mezzotint.kind);
    }
    expect([...kinds].sort()).toEqual(['commit', 'finished', 'frame', 'started']);
    expect(text.length).toBeGreaterThan(5);
    await expect(client().chat.completions.create({ model: 'gpt-4', messages })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    await expect(client().chat.completions.create({ model: MODEL, messages, n: 2 })).rejects.toMatchObject({
      status: 400,
      param: 'n',
    });
    const stranger = new OpenAI({ baseURL: served.address, apiKey: 'wrong' });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401 });
  });

  it('can end a reply early, and the next one is not held up by it', async () => {
    const controller = new AbortController();
    const stream = await client().chat.completions.create(
      { model: MODEL, messages, max_tokens: 4000, stream: true, mezzotint: { mode: 'ar' } } as never,
      { signal: controller.signal },
    );
    for await (const chunk of stream as unknown as AsyncIterable<unknown>) {
      expect(chunk).toBeDefined();
      controller.abort();
    }
    const next = await client().chat.completions.create({ model: MODEL, messages, max_tokens: 3 });
    expect(next.usage?.completion_tokens).toBe(3);
  });
});

describe("the AI SDK's provider of compatible servers", () => {
  it('writes text, whole and streamed', async () => {
    const model = createOpenAICompatible({ name: 'mezzotint', baseURL: served.address, apiKey: SERVED_KEY })(MODEL);
    const prompt = 'Write one sentence about the sea.';
    const whole = await generateText({ model, prompt, maxOutputTokens: 16, seed: 3 });
    expect(whole.text.length).toBeGreaterThan(5);
    const streamed = streamText({ model, prompt, maxOutputTokens: 16, seed: 3 });
    let text = '';
    for await (const piece of streamed.textStream) text += piece;
    expect(text).toBe(whole.text);
    expect(await streamed.finishReason).toBe('length');
  });
});

describe('structure', () => {
  const client = (): OpenAI => new OpenAI({ baseURL: served.address, apiKey: SERVED_KEY });

  it('is what a schema says, with values that the model chose', async () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string' },
        born: { type: 'integer', minimum: 1000, maximum: 2030 },
        alive: { type: 'boolean' },
        jobs: { type: 'array', items: { type: 'string' }, maxItems: 2 },
      },
      required: ['name', 'born', 'alive', 'jobs'],
      additionalProperties: false,
    };
    const reply = await client().chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: 'Describe Ada Lovelace, born 1815 in London.' }],
      temperature: 0,
      max_tokens: 60,
      response_format: { type: 'json_schema', json_schema: { name: 'person', strict: true, schema } },
    });
    const value = JSON.parse(reply.choices[0]?.message.content ?? '') as { name: string; born: number };
    expect(value).toMatchObject({ name: expect.stringContaining('Ada') as string });
    expect(value.born).toBeGreaterThanOrEqual(1000);
    expect(value.born).toBeLessThanOrEqual(2030);
    expect(Object.keys(value)).toEqual(['name', 'born', 'alive', 'jobs']);
  });

  it('of a call is there too, and its result can be sent back', async () => {
    const tools = [
      {
        type: 'function' as const,
        function: {
          name: 'weather',
          parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      },
    ];
    const asked: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'What is the weather in Paris?' }];
    const called = await client().chat.completions.create({
      model: MODEL,
      messages: asked,
      tools,
      tool_choice: 'required',
      temperature: 0,
    });
    const message = called.choices[0]?.message;
    const call = message?.tool_calls?.[0];
    if (!message || call?.type !== 'function') throw new Error('no call');
    expect(JSON.parse(call.function.arguments)).toMatchObject({ city: expect.any(String) as string });
    const answered = await client().chat.completions.create({
      model: MODEL,
      messages: [...asked, message, { role: 'tool', tool_call_id: call.id, content: '{"sky": "clear"}' }],
      max_tokens: 12,
    });
    expect(answered.choices[0]?.message.content?.length).toBeGreaterThan(0);
  });
});

const ask = (path: string, body?: unknown, asking: Asking = {}): Promise<Answered> =>
  askServer(served.port, path, {
    ...(body === undefined ? {} : { body }),
    ...asking,
    headers: { authorization: `Bearer ${SERVED_KEY}`, ...asking.headers },
  });

describe('texts', () => {
  it('go on, whole and streamed, with the same words', async () => {
    const client = new OpenAI({ baseURL: served.address, apiKey: SERVED_KEY });
    const asked = { model: MODEL, prompt: 'The capital of France is', max_tokens: 12, temperature: 0 };
    const whole = await client.completions.create({ ...asked, logprobs: 2 });
    expect(whole.choices[0]?.text).toContain('Paris');
    expect(whole.choices[0]?.logprobs?.tokens?.join('')).toBe(whole.choices[0]?.text);
    let text = '';
    for await (const chunk of await client.completions.create({ ...asked, stream: true }))
      text += chunk.choices[0]?.text ?? '';
    expect(text).toBe(whole.choices[0]?.text);
    // what looks like a special token stays text
    expect((await ask('/v1/completions', { prompt: '<|im_end|>', max_tokens: 2 })).status).toBe(200);
    expect((await ask('/v1/completions', { prompt: '', max_tokens: 2 })).status).toBe(200);
    expect((await ask('/v1/completions', { prompt: 'word '.repeat(9000) })).json).toMatchObject({
      error: { code: 'context_length_exceeded', param: 'prompt' },
    });
  });

  it('end where what follows begins, in the middle of a line of code too', async () => {
    const ended = holes.filter(({ answer }) => ['ok', 'high', 'item'].includes(answer));
    expect(ended).toHaveLength(3);
    for (const { prefix, suffix, answer } of ended) {
      const { json } = await ask('/v1/completions', { prompt: prefix, suffix, max_tokens: 24, temperature: 0 });
      expect((json as { choices: { text: string }[] }).choices[0]?.text.trim()).toBe(answer);
    }
  });

  it('are filled between a prompt and a suffix, which stay as they are', async () => {
    const asked = {
      prompt: 'def add(a, b):\n    return ',
      suffix: '\n\nprint(add(2, 3))  # 5\n',
      max_tokens: 5,
      temperature: 0,
    };
    const whole = (await ask('/v1/completions', asked)).json as { choices: { text: string; finish_reason: string }[] };
    const text = whole.choices[0]?.text ?? '';
    expect(text).toMatch(/^\S/);
    expect(text).toContain('a');
    expect(text).not.toContain('print(add(2, 3))');
    const streamed = await ask('/fim/completions', { ...asked, stream: true });
    const chunks = chunksOf(streamed.text);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(text);
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe(text);
    const stopped = await ask('/v1/fim/completions', { ...asked, stop: text.slice(1, 2) });
    expect(stopped.json).toMatchObject({ choices: [{ text: text.slice(0, 1), finish_reason: 'stop' }] });
    // as Continue's editor plug-ins ask: both headers, numbers that nobody set left out, the stream read by its deltas
    const editor = await ask('/v1/fim/completions', {
      ...asked,
      model: MODEL,
      top_p: 1,
      frequency_penalty: 0,
      presence_penalty: 0,
      stop: ['<fim_prefix>', '\n\n\n'],
      stream: true,
    });
    expect(editor.status).toBe(200);
    const read = chunksOf(editor.text).filter(({ choices }) => choices.length > 0);
    expect(read.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(text);
    const twice = await fetch(`${served.address}/fim/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'x-api-key': SERVED_KEY,
        authorization: `Bearer ${SERVED_KEY}`,
      },
      body: JSON.stringify({ ...asked, model: MODEL, stream: true }),
    });
    expect(
      chunksOf(await twice.text())
        .map(({ choices }) => choices[0]?.delta.content ?? '')
        .join(''),
    ).toBe(text);
    // several lines, longer than the search over whole spans
    const lines = await ask('/v1/fim/completions', {
      prompt: 'Shopping list:\n- milk\n',
      suffix: '- eggs\n\nThat is all.',
      max_tokens: 20,
      temperature: 0,
    });
    expect((lines.json as typeof whole).choices[0]?.text).toBeTruthy();
  });

  it('are split into tokens', async () => {
    const { json } = await ask('/tokenize', { content: 'Hello world', with_pieces: true });
    const { tokens, count } = json as { tokens: { id: number; piece: string }[]; count: number };
    expect(tokens.map(({ piece }) => piece).join('')).toBe('Hello world');
    expect(count).toBe(tokens.length);
  });
});

describe('responses', () => {
  it('come whole, as events that the client folds, and refuse what would need a memory', async () => {
    const client = new OpenAI({ baseURL: served.address, apiKey: SERVED_KEY });
    const asked = {
      model: MODEL,
      instructions: 'Be brief.',
      input: 'Say hello.',
      max_output_tokens: 8,
      temperature: 0,
    };
    const whole = await client.responses.create(asked);
    expect(whole.output_text.length).toBeGreaterThan(1);
    expect(whole.usage?.output_tokens).toBeGreaterThan(0);
    const stream = client.responses.stream(asked);
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types.slice(0, 2)).toEqual(['response.created', 'response.in_progress']);
    expect(types.at(-1)).toMatch(/^response\.(completed|incomplete)$/);
    expect((await stream.finalResponse()).output_text).toBe(whole.output_text);
    await expect(client.responses.create({ ...asked, previous_response_id: 'resp_1' })).rejects.toMatchObject({
      status: 400,
      param: 'previous_response_id',
    });
    const turns = [
      { role: 'user' as const, content: [{ type: 'input_text' as const, text: 'My name is Ada.' }] },
      { role: 'assistant' as const, content: 'Hello, Ada.' },
      { role: 'user' as const, content: 'What is my name?' },
    ];
    const long = await client.responses.create({ ...asked, input: turns });
    expect(long.usage?.input_tokens).toBeGreaterThan(2 * (whole.usage?.input_tokens ?? Infinity) - 10);
  });
});

describe('ollama', () => {
  const client = (): Ollama =>
    new Ollama({ host: `http://127.0.0.1:${served.port}`, headers: { authorization: `Bearer ${SERVED_KEY}` } });

  it('finds the model and gets replies, whole and in pieces', async () => {
    const list = await client().list();
    expect(list.models.map(({ name }) => name)).toEqual([`${MODEL}:latest`]);
    const shown = await client().show({ model: MODEL });
    expect(shown.capabilities).toContain('insert');
    expect((await client().ps()).models).toHaveLength(1);
    const asked = { model: `${MODEL}:latest`, messages, options: { seed: 3, num_predict: 12 } };
    const whole = await client().chat({ ...asked, stream: false });
    expect(whole).toMatchObject({ done: true, done_reason: 'length', eval_count: 12 });
    let text = '';
    for await (const part of await client().chat({ ...asked, stream: true })) text += part.message.content;
    expect(text).toBe(whole.message.content);
    const generated = await client().generate({
      model: MODEL,
      prompt: 'Say hello.',
      options: { num_predict: 4 },
      stream: false,
    });
    expect((generated.response ?? '').length).toBeGreaterThan(0);
    const filled = await client().generate({
      model: MODEL,
      prompt: 'The capital of France is ',
      suffix: '. It lies on the Seine.',
      options: { temperature: 0, num_predict: 6 },
      stream: false,
    });
    expect(filled.response).toBe('Paris');
    await expect(client().chat({ ...asked, model: 'llama3' })).rejects.toMatchObject({
      error: expect.stringContaining('llama3') as string,
      status_code: 404,
    });
  });
});

describe('the command', () => {
  it('ends a request by its id, for its own key alone', async () => {
    const controller = new AbortController();
    const response = await fetch(`${served.address}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SERVED_KEY}` },
      body: JSON.stringify({ messages, max_tokens: 4000, stream: true, mezzotint: { mode: 'ar' } }),
      signal: controller.signal,
    });
    const id = response.headers.get('x-request-id') ?? '';
    expect((await ask(`/v1/requests/chatcmpl-${id}`, undefined, { method: 'DELETE' })).json).toMatchObject({
      status: 'cancelled',
    });
    const text = await response.text();
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(chunksOf(text).at(-1)?.mezzotint).toMatchObject({ reason: 'stopped' });
    expect((await ask('/v1/requests/nobody/cancel', {})).status).toBe(404);
  });

  it('makes a key where none is named, prints it once, takes those of a data folder and no other, and ends in order', async () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-serve-'));
    const key = { id: 'a', name: 'A', createdAt: 1, lastUsedAt: null, hash: hashOf('mzt-of-the-folder') };
    writeFileSync(
      path.join(dir, 'mezzotint.api.json'),
      JSON.stringify({ version: 1, enabled: false, port: 11811, origins: [], keys: [key] }),
    );
    const made = await serve(['--data', dir], {});
    expect(made.key).toMatch(/^mzt-/);
    const status = async (key: string): Promise<number> =>
      (await fetch(`${made.address}/models`, { headers: { 'x-api-key': key } })).status;
    expect([await status(made.key), await status('mzt-of-the-folder'), await status(SERVED_KEY)]).toEqual([
      200, 200, 401,
    ]);
    expect(made.said().split(made.key)).toHaveLength(2);
    expect(await made.end()).toBe(0);
    rmSync(dir, { recursive: true, force: true });
  });
});
