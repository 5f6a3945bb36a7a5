/** `mezzotint serve` over the pack that ships, as the clients that people use speak to it. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, streamText } from 'ai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
