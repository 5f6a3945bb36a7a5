/** `mezzotint serve` as Python's clients speak to it: openai, and the llm command. Skipped where they can't be installed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pythonWith, type Python } from '../fixtures/python.ts';
import { serve, SERVED_KEY, type Served } from '../fixtures/served.ts';

const MODEL = 'smollm2-135m-instruct';
let python: Python | string = '';
let served: Served | undefined;
let home = '';
beforeAll(async () => {
  python = pythonWith(['openai==3.57.0', 'llm==0.36']);
  if (typeof python === 'string') return;
  served = await serve();
  home = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-llm-'));
}, 300_000);
afterAll(async () => {
  await served?.end();
  if (home !== '') rmSync(home, { recursive: true, force: true });
});

const SCRIPT = `
import json, sys
from openai import OpenAI, BadRequestError
client = OpenAI(base_url=sys.argv[1], api_key=sys.argv[2])
model = client.models.list().data[0].id
asked = dict(model=model, messages=[{"role": "user", "content": "Write one sentence about the sea."}], max_tokens=16, seed=3)
whole = client.chat.completions.create(**asked)
streamed, usage, states = "", None, set()
for chunk in client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True},
                                            extra_body={"mezzotint": {"states": "changes"}}):
    if chunk.choices:
        streamed += chunk.choices[0].delta.content or ""
    usage = chunk.usage or usage
    state = (chunk.model_extra or {}).get("mezzotint")
    if state:
        states.add(state["kind"])
tool = {"type": "function", "function": {"name": "weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
called = client.chat.completions.create(model=model, messages=asked["messages"], tools=[tool], tool_choice="required")
call = called.choices[0].message.tool_calls[0].function
response = client.responses.create(model=model, input="Say hello.", max_output_tokens=8)
try:
    client.chat.completions.create(**asked, n=2)
    refused = None
except BadRequestError as error:
    refused = error.param
print(json.dumps(dict(model=model, text=whole.choices[0].message.content, finish=whole.choices[0].finish_reason,
    tokens=whole.usage.completion_tokens, streamed=streamed, usage=usage.completion_tokens, states=sorted(states),
    call=call.name, arguments=json.loads(call.arguments), response=response.output_text, refused=refused)))
`;

it('openai of PyPI gets replies, states, calls and errors through its own types', async (context) => {
  if (typeof python === 'string' || !served) return context.skip(String(python));
  const said = JSON.parse(await python.run(['-c', SCRIPT, served.address, SERVED_KEY])) as Record<string, unknown>;
  expect(said).toMatchObject({
    model: MODEL,
    finish: 'length',
    tokens: 16,
    usage: 16,
    streamed: said['text'],
    states: ['commit', 'finished', 'frame', 'started'],
    call: 'weather',
    arguments: { city: expect.any(String) as string },
    refused: 'n',
  });
  expect(String(said['response']).length).toBeGreaterThan(1);
});

it('the llm command lists the model, streams a reply and gets JSON of a schema', async (context) => {
  if (typeof python === 'string' || !served) return context.skip(String(python));
  writeFileSync(
    path.join(home, 'extra-openai-models.yaml'),
    JSON.stringify([
      {
        model_id: 'mezzotint',
        model_name: MODEL,
        api_base: served.address,
        api_key_name: 'mezzotint',
        supports_schema: true,
      },
    ]),
  );
  const env = { LLM_USER_PATH: home, OPENAI_API_KEY: SERVED_KEY };
  const { run } = python;
  const llm = (...args: string[]): Promise<string> => run(['-m', 'llm', ...args], env);
  expect(await llm('models')).toContain('mezzotint');
  const ask = ['-m', 'mezzotint', '--key', SERVED_KEY, '-o', 'temperature', '0', '-o', 'max_tokens', '16'];
  const streamed = await llm(...ask, 'Write one sentence about the sea.');
  expect(streamed.trim().length).toBeGreaterThan(20);
  expect(await llm(...ask, '--no-stream', 'Write one sentence about the sea.')).toBe(streamed);
  const json = await llm(...ask, '--schema', 'name, age int', 'Invent a dog.');
  expect(JSON.parse(json)).toMatchObject({ name: expect.any(String) as string, age: expect.any(Number) as number });
});
