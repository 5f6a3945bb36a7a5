/** The faults that people report of local servers, one by one: none of them is here. Over the scripted engine. */
import { request as ask, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  chunksOf,
  contentOf,
  eventsOf,
  KEY,
  question,
  startApi,
  type Answered,
  type ApiUnderTest,
} from '../fixtures/api-server.ts';
import { fakeReady, fakeText } from '../fixtures/fake-engine.ts';

let under: ApiUnderTest;
afterEach(() => under.close());
const begin = async (options: Parameters<typeof startApi>[0] = {}): Promise<void> => {
  under = await startApi(options);
};
const errorOf = ({ json }: Answered): { message: string; type: string; param: string | null; code: string | null } =>
  (json as { error: ReturnType<typeof errorOf> }).error;

interface Open {
  text: () => string;
  response: Promise<IncomingMessage>;
  leave(): void;
}
/** A stream that stays open. */
function open(body: Record<string, unknown> = {}): Open {
  let text = '';
  const made = ask({
    host: '127.0.0.1',
    port: under.server.port,
    path: '/v1/chat/completions',
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}` },
    agent: false,
  });
  const response = new Promise<IncomingMessage>((resolve) => {
    made.on('response', (got: IncomingMessage) => {
      got.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      got.on('error', () => undefined);
      resolve(got);
    });
  });
  made.on('error', () => undefined);
  made.end(JSON.stringify({ ...question, stream: true, ...body }));
  return { text: () => text, response, leave: () => made.destroy() };
}
const until = (seen: () => void): Promise<void> => vi.waitFor(seen, { interval: 2, timeout: 20_000 });
const received = (type: string): number =>
  under.fake.process.received.filter((message) => message.type === type).length;

describe('addresses and methods', () => {
  it('1 an address that is not there is 404, a method that is not answered 405 with Allow, both as JSON errors', async () => {
    await begin();
    const lost = await under.ask('/v1/nothing', { body: {} });
    expect(lost.status).toBe(404);
    expect(errorOf(lost)).toMatchObject({ code: 'not_found', type: 'invalid_request_error' });
    const wrong = await under.ask('/v1/chat/completions');
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'POST, OPTIONS']);
    expect(errorOf(wrong).message).toContain('POST');
    for (const path of ['/v1/embeddings', '/v1/audio/speech', '/%zz', '//'])
      expect((await under.ask(path)).status).toBe(404);
  });

  it('2, 3 every route answers a preflight, with the headers that clients send', async () => {
    await begin({ origins: ['https://app.example'] });
    for (const path of ['/v1/models', '/v1/chat/completions', '/models/x', '/health']) {
      const answer = await under.ask(path, {
        method: 'OPTIONS',
        headers: {
          authorization: '',
          origin: 'https://app.example',
          'access-control-request-headers': 'x-api-key',
          'access-control-request-private-network': 'true',
        },
      });
      expect(answer.status).toBe(204);
      expect(answer.headers['access-control-allow-origin']).toBe('https://app.example');
      expect(answer.headers['access-control-allow-private-network']).toBe('true');
      for (const name of ['authorization', 'content-type', 'x-api-key', 'x-stainless-lang', 'x-stainless-retry-count'])
        expect(answer.headers['access-control-allow-headers']).toContain(name);
    }
    const plain = await under.ask('/v1/models', { method: 'OPTIONS', headers: { authorization: '' } });
    expect([plain.status, plain.headers.allow]).toEqual([204, 'GET, OPTIONS']);
  });

  it('13 both addresses of this machine answer', async () => {
    await begin();
    expect((await under.ask('/health', { host: '127.0.0.1' })).status).toBe(200);
    if (under.server.both) expect((await under.ask('/health', { host: '::1' })).status).toBe(200);
  });

  it('15 another host or a page that nobody named is refused in words; a named one is let in', async () => {
    await begin({ origins: ['https://app.example'] });
    const rebound = await under.ask('/v1/models', { headers: { host: `evil.example:${under.server.port}` } });
    expect(rebound.status).toBe(403);
    expect(errorOf(rebound)).toMatchObject({ code: 'host_not_allowed' });
    const page = await under.ask('/v1/models', { headers: { origin: 'https://evil.example' } });
    expect(page.status).toBe(403);
    expect(errorOf(page).message).toContain('https://evil.example');
    expect(page.headers['access-control-allow-origin']).toBeUndefined();
    const named = await under.ask('/v1/models', { headers: { origin: 'https://app.example' } });
    expect([named.status, named.headers['access-control-allow-origin']]).toEqual([200, 'https://app.example']);
    // an error can be read by the page too
    const error = await under.ask('/v1/nothing', { headers: { origin: 'https://app.example' } });
    expect(error.headers['access-control-allow-origin']).toBe('https://app.example');
    expect((await under.ask('/v1/models', { headers: { host: `localhost:${under.server.port}` } })).status).toBe(200);
  });

  it('16 nothing is answered without the key but health; both of its headers are taken', async () => {
    await begin();
    for (const authorization of ['', 'Bearer ', 'Bearer wrong', 'Basic abc']) {
      const refused = await under.ask('/v1/models', { headers: { authorization } });
      expect(refused.status).toBe(401);
      expect(errorOf(refused)).toMatchObject({ code: 'invalid_api_key', type: 'authentication_error' });
    }
    expect((await under.ask('/v1/models', { headers: { authorization: '', 'x-api-key': KEY } })).status).toBe(200);
    expect((await under.ask('/health', { headers: { authorization: '' } })).status).toBe(200);
    // an unknown address says nothing more to a stranger than a known one
    expect((await under.ask('/v1/nothing', { headers: { authorization: '' } })).status).toBe(401);
  });

  it('18 /v1 may be left out', async () => {
    await begin();
    expect((await under.ask('/models')).text).toBe((await under.ask('/v1/models')).text);
    expect((await under.ask('/chat/completions', { body: { ...question, max_tokens: 4 } })).status).toBe(200);
    expect((await under.ask('/v1/models/')).status).toBe(200);
  });

  it('a body that is too long, no JSON, or no request at all is refused, and the server goes on', async () => {
    await begin({ limits: { bodyBytes: 2000 } });
    const long = await under.ask('/v1/chat/completions', { body: { ...question, user: 'x'.repeat(3000) } });
    expect([long.status, errorOf(long).code]).toEqual([413, 'body_too_large']);
    const broken = await under.ask('/v1/chat/completions', { body: '{"messages":' });
    expect([broken.status, errorOf(broken).code]).toEqual([400, 'invalid_json']);
    await new Promise<void>((resolve) => {
      const socket = connect(under.server.port, '127.0.0.1', () => socket.write('HELLO\r\n\r\n'));
      let said = '';
      socket.on('data', (bytes) => (said += bytes.toString()));
      socket.on('close', () => {
        expect(said).toContain('400 Bad Request');
        resolve();
      });
    });
    expect((await under.ask('/health')).status).toBe(200);
  });
});

describe('streams', () => {
  it('5, 6, 8, 9 begin with a role and empty content, end with a reason, then the usage where it was asked for, then [DONE]', async () => {
    await begin();
    const plain = await under.chat({ stream: true, max_tokens: 20 });
    expect(plain.headers['content-type']).toContain('text/event-stream');
    expect(plain.text.endsWith('data: [DONE]\n\n')).toBe(true);
    // nothing but data lines with an empty line after each: no comments, no empty events
    expect(
      plain.text
        .split('\n\n')
        .slice(0, -1)
        .every((block) => /^data: \S/.test(block) && !block.includes('\n')),
    ).toBe(true);
    const chunks = chunksOf(plain.text);
    expect(chunks[0]?.choices[0]).toMatchObject({ delta: { role: 'assistant', content: '' }, finish_reason: null });
    expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true);
    const reasons = chunks.map(({ choices }) => choices[0]?.finish_reason);
    expect(reasons.slice(0, -1).every((reason) => reason === null)).toBe(true);
    expect(reasons.at(-1)).toBe('length');
    expect(fakeText.startsWith(contentOf(chunks))).toBe(true);
    expect(chunks.some(({ usage }) => usage !== undefined && usage !== null)).toBe(false);

    const counted = chunksOf(
      (await under.chat({ stream: true, max_tokens: 20, stream_options: { include_usage: true } })).text,
    );
    expect(counted.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 20 } });
    expect(counted.at(-2)?.choices[0]?.finish_reason).toBe('length');
    // the same text whole
    const whole = (await under.chat({ max_tokens: 20 })).json as {
      choices: { message: { content: string }; finish_reason: string }[];
      usage: unknown;
    };
    expect(whole.choices[0]).toMatchObject({ message: { content: contentOf(chunks) }, finish_reason: 'length' });
    expect(whole.usage).toMatchObject({ completion_tokens: 20 });
  });

  it('7, 22 an engine that fails in mid-reply ends the stream with an error, and no text of it is content', async () => {
    await begin({ crashAfter: [6] });
    const { text } = await under.chat({ stream: true });
    const chunks = chunksOf(text);
    expect(chunks.at(-1)?.error).toMatchObject({ code: 'engine-crashed' });
    expect(text).not.toContain('[DONE]');
    expect(text).not.toMatch(/^error:/m);
    expect(fakeText.startsWith(contentOf(chunks.slice(0, -1)))).toBe(true);
    // whole, it is a status
    await under.close();
    await begin({ crashAfter: [6] });
    const whole = await under.chat();
    expect([whole.status, errorOf(whole).code]).toEqual([503, 'engine-crashed']);
  });

  it('14 headers and role come at once, also while the reply waits, and a silent stream says that it lives by valid chunks', async () => {
    await begin({ pace: 'manual', limits: { keepAliveMs: 5 } });
    const first = open();
    const second = open();
    await until(() => expect(chunksOf(second.text()).length).toBeGreaterThan(2));
    expect(chunksOf(second.text())[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(chunksOf(second.text())[2]?.choices[0]).toMatchObject({ delta: {}, finish_reason: null });
    await until(() => expect(received('generate')).toBe(1));
    under.fake.step(10_000);
    await until(() => expect(first.text()).toContain('[DONE]'));
    await until(() => expect(received('generate')).toBe(2));
    under.fake.step(10_000);
    await until(() => expect(second.text()).toContain('[DONE]'));
    expect(contentOf(chunksOf(second.text()))).toBe(fakeText);
  });

  it('19 a reply that is text stays text: what the engine leaves out does not leak', async () => {
    await begin({ script: { text: 'Plain words. <tag> {"name": "x"}' } });
    expect(contentOf(chunksOf((await under.chat({ stream: true })).text))).toBe('Plain words. <tag> {"name": "x"}');
  });

  it('20 a reply that was cut says so', async () => {
    await begin();
    const reason = async (body: Record<string, unknown>): Promise<unknown> =>
      ((await under.chat(body)).json as { choices: { finish_reason: string }[] }).choices[0]?.finish_reason;
    expect(await reason({ max_tokens: 3 })).toBe('length');
    expect(await reason({ max_completion_tokens: 3, max_tokens: 500 })).toBe('length');
    expect(await reason({ max_tokens: 500 })).toBe('stop');
  });
});

describe('turns', () => {
  it('4 a client that leaves ends its reply: while it waits, and while it is written', async () => {
    await begin({ pace: 'manual' });
    const first = open();
    const second = open();
    await until(() => expect(under.api.turns.open).toBe(2));
    await until(() => expect(under.scheduler.waiting).toHaveLength(1));
    second.leave();
    await until(() => expect(under.scheduler.waiting).toHaveLength(0));
    // the engine never hears of it
    expect(received('generate')).toBe(1);
    under.fake.step(4);
    await until(() => expect(contentOf(chunksOf(first.text())).length).toBeGreaterThan(0));
    first.leave();
    await until(() => expect(received('cancel')).toBe(1));
    await until(() => expect(under.scheduler.running).toBeNull());
    expect(under.api.turns.open).toBe(0);
  });

  it('17 a bounded number waits; one more is told when to come again, and health answers meanwhile', async () => {
    await begin({ pace: 'manual', limits: { requests: 3 } });
    const streams = [open(), open(), open()];
    await until(() => expect(under.api.turns.open).toBe(3));
    const refused = await under.chat();
    expect([refused.status, errorOf(refused).code]).toEqual([503, 'queue_full']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect((await under.ask('/health')).status).toBe(200);
    for (const stream of streams) stream.leave();
    await until(() => expect(under.api.turns.open).toBe(0));
    under.fake.step(10_000);
  });

  it("21 nothing but its reader's patience ends a slow reply", async () => {
    await begin({ pace: 'manual', limits: { keepAliveMs: 2 } });
    const slow = open();
    await until(() => expect(chunksOf(slow.text()).length).toBeGreaterThan(40));
    under.fake.step(10_000);
    await until(() => expect(slow.text()).toContain('[DONE]'));
  });

  it('a person comes first: the reply of a program waits, then goes on where it was, with the same text', async () => {
    await begin({ pace: 'manual' });
    const stream = open({ mezzotint: { states: 'changes' } });
    await until(() => expect(received('generate')).toBe(1));
    under.fake.step(12);
    await until(() => expect(contentOf(chunksOf(stream.text())).length).toBeGreaterThan(0));
    const order: string[] = [];
    const [program] = under.fake.requests;
    if (!program) throw new Error('no request');
    under.scheduler.at('person').generate({ ...program, generationId: 'person' }, ({ type }) => order.push(type));
    await until(() => expect(under.scheduler.running).toBe('person'));
    await until(() => {
      under.fake.step(10);
      expect(order.at(-1)).toBe('finished');
    });
    await until(() => {
      under.fake.step(10);
      expect(stream.text()).toContain('[DONE]');
    });
    const chunks = chunksOf(stream.text());
    expect(contentOf(chunks)).toBe(fakeText);
    const states = chunks.flatMap(({ mezzotint }) => (mezzotint && mezzotint.kind !== 'finished' ? [mezzotint] : []));
    expect(states.map(({ seq }) => seq)).toEqual(states.map((_, i) => i));
    expect(states.filter(({ kind }) => kind === 'started')).toHaveLength(1);
  });
});

describe('requests', () => {
  it('10 plain text is a format that can be had; what cannot be kept is refused with its name', async () => {
    await begin();
    expect((await under.chat({ response_format: { type: 'text' }, max_tokens: 4 })).status).toBe(200);
    const harmless = {
      n: 1,
      user: 'me',
      metadata: {},
      presence_penalty: 0,
      logit_bias: {},
      store: false,
      tools: [],
      service_tier: 'auto',
    };
    expect((await under.chat({ ...harmless, max_tokens: 4 })).status).toBe(200);
    const refused = {
      n: 2,
      logit_bias: { 5: 1 },
      frequency_penalty: 0.5,
      min_p: 0.1,
      grammar: 'root ::= "x"',
      audio: { voice: 'a' },
      store: true,
      temperature: 3,
      top_logprobs: 21,
      seed: 1.5,
    };
    for (const [name, value] of Object.entries(refused)) {
      const answer = await under.chat({ [name]: value });
      expect([name, answer.status, errorOf(answer).param]).toEqual([name, 400, name]);
    }
    expect(received('generate')).toBe(2);
  });

  it('11 a prompt that does not fit is refused whole', async () => {
    await begin();
    const words = 'word '.repeat(9000);
    const alone = await under.chat({ messages: [{ role: 'user', content: words }] });
    expect([alone.status, errorOf(alone).code]).toEqual([400, 'context_length_exceeded']);
    const turns = Array.from({ length: 12 }, (_, i) => ({
      role: i % 2 ? 'assistant' : 'user',
      content: 'word '.repeat(1000),
    }));
    const many = await under.chat({ messages: [...turns, { role: 'user', content: 'And now?' }], stream: true });
    expect([many.status, errorOf(many).code]).toEqual([400, 'context_length_exceeded']);
    expect(received('generate')).toBe(0);
  });

  it('12 content in parts is joined; pictures are refused with their place', async () => {
    await begin();
    const parts = [
      { type: 'text', text: 'One.' },
      { type: 'text', text: 'Two.' },
    ];
    expect((await under.chat({ messages: [{ role: 'user', content: parts }], max_tokens: 4 })).status).toBe(200);
    expect(under.fake.requests[0]?.messages.at(-1)?.content).toBe('One.\nTwo.');
    const picture = await under.chat({
      messages: [{ role: 'user', content: [parts[0], { type: 'image_url', image_url: { url: 'data:' } }] }],
    });
    expect([picture.status, errorOf(picture).param]).toEqual([400, 'messages.0.content.1']);
  });

  it('a model that is not here is 404 with those that are; the alias always works', async () => {
    await begin();
    const answer = await under.chat({ model: 'gpt-3.5-turbo' });
    expect([answer.status, errorOf(answer).code]).toEqual([404, 'model_not_found']);
    expect(errorOf(answer).message).toContain('fake');
    expect((await under.chat({ model: 'mezzotint', max_tokens: 2 })).status).toBe(200);
    expect((await under.ask('/v1/models/fake')).json).toMatchObject({
      id: 'fake',
      object: 'model',
      context_length: 8192,
    });
    expect((await under.ask('/v1/models/other')).status).toBe(404);
  });

  it('settings and knobs reach the engine by the names of the registry, and wrong ones are refused with their path', async () => {
    await begin();
    await under.chat({
      temperature: 0,
      top_p: 0.5,
      top_k: 9,
      seed: -1,
      stop: 'END',
      max_tokens: 4,
      mezzotint: { sampler: 'corrected-threshold', params: { blockLength: 16 }, threshold: 0.5 },
    });
    expect(under.fake.requests[0]).toMatchObject({
      seed: 7,
      settings: {
        sampling: { temperature: 0, topP: 0.5, topK: 9 },
        sampler: { id: 'corrected-threshold', params: { blockLength: 16, threshold: 0.5 } },
        ending: { stop: ['END'], maxTokens: 4 },
      },
    });
    // a point of the speed slider, with a number of its sampler beside it
    await under.chat({ max_tokens: 4, mezzotint: { speed: 'fast-bold', block_length: 8 } });
    expect(under.fake.requests[1]?.settings.sampler).toEqual({
      id: 'corrected-threshold',
      params: { blockLength: 8, threshold: 0.3 },
    });
    const listed = (await under.ask('/v1/models')).json as { data: { speeds: { id: string }[] }[] };
    const speeds = listed.data[0]?.speeds.map(({ id }) => id) ?? [];
    expect(speeds).toContain('fast-bold');
    const unknown = await under.chat({ mezzotint: { speed: 'warp' } });
    expect(JSON.stringify(unknown.json)).toContain(speeds.join(', '));
    const wrong: [Record<string, unknown>, string][] = [
      [{ speed: 'warp' }, 'mezzotint.speed'],
      [{ speed: 'fast-bold', mode: 'exact' }, 'mezzotint.mode'],
      [{ speed: 'bold', sampler: 'autoregressive' }, 'mezzotint.speed'],
      [{ sampler: 'nobody' }, 'mezzotint.sampler'],
      [{ threshold: 0.5 }, 'mezzotint.threshold'],
      [{ sampler: 'corrected-threshold', threshold: 7 }, 'mezzotint.threshold'],
      [{ sampler: 'corrected-threshold', params: { blockLength: 'x' } }, 'mezzotint.params.blockLength'],
      [{ states: 'all' }, 'mezzotint.states'],
      [{ template: 'no hole' }, 'mezzotint.template'],
    ];
    for (const [mezzotint, path] of wrong) {
      const answer = await under.chat({ mezzotint });
      expect([path, answer.status, errorOf(answer).param]).toEqual([path, 400, path]);
    }
  });

  it('log-probabilities are those of the model, with as many alternatives as were asked for', async () => {
    await begin({ script: { alternatives: 4 } });
    const { choices } = (await under.chat({ logprobs: true, top_logprobs: 3, max_tokens: 5 })).json as {
      choices: {
        logprobs: { content: { token: string; logprob: number; bytes: number[]; top_logprobs: unknown[] }[] };
      }[];
    };
    const content = choices[0]?.logprobs.content ?? [];
    expect(content).toHaveLength(5);
    expect(fakeText.startsWith(content.map(({ token }) => token).join(''))).toBe(true);
    for (const one of content) {
      expect(one.logprob).toBeLessThanOrEqual(0);
      expect(one.top_logprobs).toHaveLength(3);
      expect(Buffer.from(one.bytes).toString()).toBe(one.token);
    }
  });

  it('while the model is loaded health says so, and a request waits a while, then is told when to come again', async () => {
    await begin({ ready: null, limits: { loadMs: 5 } });
    expect((await under.ask('/health')).status).toBe(503);
    const answer = await under.chat();
    expect([answer.status, errorOf(answer).code]).toEqual([503, 'loading']);
    expect(answer.headers['retry-after']).toBe('5');
    await until(() => expect(under.fake.processes).toHaveLength(1));
    under.fake.process.emit({ type: 'status', status: fakeReady });
    await until(() => expect(under.engine.status.state).toBe('ready'));
    expect((await under.ask('/health')).status).toBe(200);
  });
});

describe('states', () => {
  it('come only where they are asked for, one to one with the events of a reply, and fold to the same text', async () => {
    await begin();
    const silent = chunksOf((await under.chat({ stream: true })).text);
    expect(silent.filter(({ mezzotint }) => mezzotint && mezzotint.kind !== 'finished')).toEqual([]);
    const chunks = chunksOf(
      (await under.chat({ stream: true, mezzotint: { states: 'canvas', sampler: 'corrected-threshold' } })).text,
    );
    const kinds = chunks.flatMap(({ mezzotint }) => (mezzotint ? [mezzotint.kind] : []));
    expect(kinds[0]).toBe('started');
    expect(kinds.at(-1)).toBe('finished');
    expect(kinds).toContain('frame');
    const commits = chunks.flatMap(({ mezzotint }) => (mezzotint?.kind === 'commit' ? [mezzotint] : []));
    const texts = commits.flatMap(({ tokens }) => (tokens as { text: string }[]).map(({ text }) => text));
    expect(texts.join('')).toBe(fakeText);
    expect(contentOf(chunks)).toBe(fakeText);
    const frames = chunks.flatMap(({ mezzotint }) => (mezzotint?.kind === 'frame' ? [mezzotint] : []));
    expect(frames.some(({ text }) => String(text).includes('░'))).toBe(true);
  });

  it('that come faster than asked for are merged: no change is lost, and a block shows its last state', async () => {
    await begin();
    const body = {
      stream: true,
      mezzotint: { states: 'changes', sampler: 'corrected-threshold', interval_ms: 10_000 },
    };
    const chunks = chunksOf((await under.chat(body)).text);
    const seen = new Map<number, string>();
    for (const { mezzotint } of chunks) {
      if (mezzotint?.kind === 'frame')
        for (const { slot, text } of mezzotint['changes'] as { slot: number; text: string }[]) seen.set(slot, text);
      if (mezzotint?.kind === 'commit') {
        const tokens = mezzotint['tokens'] as { text: string }[];
        tokens.forEach(({ text }, i) => expect(seen.get((mezzotint['from'] as number) + i)).toBe(text));
      }
    }
  });

  it("are drawn in Mercury's and Unsloth's ways too, where those are asked for", async () => {
    await begin();
    const mercury = chunksOf((await under.chat({ stream: true, diffusing: true })).text);
    const contents = mercury.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? ''));
    expect(contents.at(-1)).toBe(fakeText);
    expect(contents.slice(1).some((content) => content.includes('░'))).toBe(true);
    expect(mercury.at(-1)).toMatchObject({ diffusion_meta: { diffusion_content: true, diffusion_progress: 1 } });
    const answer = await under.ask('/v1/chat/completions', {
      body: { ...question, stream: true, mezzotint: { mode: 'fast' } },
      headers: { 'x-unsloth-events': '1' },
    });
    const unsloth = chunksOf(answer.text);
    const frames = unsloth.filter(({ type }) => type === 'diffusion_frame');
    expect(frames[0]).toMatchObject({ block: 0, step: 0, choices: [{ delta: {}, finish_reason: null }] });
    expect(contentOf(unsloth)).toBe(fakeText);
    expect(eventsOf(answer.text).at(-1)).toBe('[DONE]');
  });
});
