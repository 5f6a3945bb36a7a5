/** `mezzotint serve` as litellm speaks to it, which aider and many proxies are built on. Skipped where it can't be installed. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pythonWith, type Python } from '../fixtures/python.ts';
import { serve, SERVED_KEY, type Served } from '../fixtures/served.ts';

const MODEL = 'smollm2-135m-instruct';
let python: Python | string = '';
let served: Served | undefined;
beforeAll(async () => {
  python = pythonWith(['litellm==1.110.0']);
  if (typeof python === 'string') return;
  served = await serve();
}, 300_000);
afterAll(() => served?.end());

const SCRIPT = `
import json, sys
import litellm
litellm.telemetry = False
asked = dict(model="openai/" + sys.argv[3], api_base=sys.argv[1], api_key=sys.argv[2], seed=3, max_tokens=12,
             messages=[{"role": "user", "content": "Write one sentence about the sea."}], num_retries=0)
whole = litellm.completion(**asked)
streamed, usage, finish = "", None, None
for chunk in litellm.completion(**asked, stream=True, stream_options={"include_usage": True},
                                extra_body={"mezzotint": {"states": "changes"}}):
    if chunk.choices:
        streamed += chunk.choices[0].delta.content or ""
        finish = chunk.choices[0].finish_reason or finish
    usage = getattr(chunk, "usage", None) or usage
try:
    litellm.completion(**{**asked, "model": "openai/nobody"})
    refused = None
except litellm.NotFoundError:
    refused = 404
try:
    litellm.completion(**{**asked, "messages": [{"role": "user", "content": "word " * 20000}]})
    long = None
except litellm.BadRequestError as error:
    long = type(error).__name__
print(json.dumps(dict(text=whole.choices[0].message.content, tokens=whole.usage.completion_tokens,
    streamed=streamed, usage=usage.completion_tokens, finish=finish, refused=refused, long=long)))
`;

it('litellm gets a reply whole and streamed, with usage, and errors as its own kinds', async (context) => {
  if (typeof python === 'string' || !served) return context.skip(String(python));
  // its list of prices would be fetched otherwise
  const env = { LITELLM_LOCAL_MODEL_COST_MAP: 'True' };
  // it prints a hint for each error before
  const lines = await python.run(['-c', SCRIPT, served.address, SERVED_KEY, MODEL], env);
  const said = JSON.parse(lines.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  expect(said).toMatchObject({ streamed: said['text'], tokens: 12, usage: 12, finish: 'length', refused: 404 });
  expect(said['long']).toMatch(/ContextWindowExceededError|BadRequestError/);
});
