/** `mezzotint serve` as LangChain's chat model speaks to it. */
import { ChatOpenAI } from '@langchain/openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serve, SERVED_KEY, type Served } from '../fixtures/served.ts';

let served: Served;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.end());
const model = (maxTokens: number): ChatOpenAI =>
  new ChatOpenAI({
    model: 'smollm2-135m-instruct',
    apiKey: SERVED_KEY,
    temperature: 0,
    maxTokens,
    configuration: { baseURL: served.address },
  });

it('writes a reply whole and in pieces, with the same text and its usage', async () => {
  const whole = await model(16).invoke('Write one sentence about the sea.');
  expect(String(whole.content).length).toBeGreaterThan(20);
  expect(whole.usage_metadata).toMatchObject({ output_tokens: 16 });
  let streamed = '';
  for await (const piece of await model(16).stream('Write one sentence about the sea.'))
    streamed += String(piece.content);
  expect(streamed).toBe(whole.content);
});

it('keeps to a schema, and calls the function that it is given', async () => {
  const schema = {
    title: 'dog',
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0, maximum: 20 } },
    required: ['name', 'age'],
    additionalProperties: false,
  };
  const dog = await model(60).withStructuredOutput(schema, { method: 'jsonSchema' }).invoke('Invent a dog.');
  expect(dog).toMatchObject({ name: expect.any(String) as string, age: expect.any(Number) as number });
  const weather = {
    type: 'function' as const,
    function: {
      name: 'weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  };
  const called = await model(40)
    .bindTools([weather], { tool_choice: 'weather' })
    .invoke('What is the weather in Paris?');
  expect(called.tool_calls).toMatchObject([{ name: 'weather', args: { city: expect.any(String) as string } }]);
});
