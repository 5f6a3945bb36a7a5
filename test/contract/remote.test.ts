/** Servers on other machines: what each dialect becomes, and every fault that a server was seen to have. */
import { once } from 'node:events';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { generationEventSchema, type GenerationEvent } from '../../core/contract/generation.ts';
import { addressOf, checkAddress, reachOf, type RemoteOptions } from '../../core/engines/index.ts';
import { readTrace, roundEvent, TraceWriter } from '../../core/store/trace/index.ts';
import {
  ask,
  delta,
  request,
  says,
  scripted,
  send,
  serverAt,
  sse,
  type Script,
  type ScriptedServer,
} from '../fixtures/remote-server.ts';
import { scriptedServers } from '../fixtures/scripted-servers.ts';

const serve = scriptedServers();
const KEY = 'sk-a-secret-of-the-tests';
const to = (
  server: ScriptedServer,
  more: Parameters<typeof serverAt>[1] = {},
  limits: RemoteOptions['limits'] = {},
): RemoteOptions => ({
  server: serverAt([server.address], more),
  key: () => KEY,
  limits: { gatherMs: 0, ...limits },
});
const failedWith = (last: GenerationEvent): string | undefined => (last.type === 'failed' ? last.error.id : last.type);

/** As the contract asks of every reply. */
function sound(events: readonly GenerationEvent[], first = 0): void {
  let due = first;
  events.forEach((event, i) => {
    expect(v.is(generationEventSchema, event), JSON.stringify(event)).toBe(true);
    expect(event.seq).toBe(i);
    if (event.type === 'blockCommitted') {
      expect(event.from).toBe(due);
      due += event.tokens.length;
    }
  });
}

describe('a server that sends finished text', () => {
  it('has its pieces committed as they come, without ids, probabilities, forwards or a canvas', async () => {
    const server = await serve(says('A burr', ' is raised', ' metal.'));
    const { events, text, last } = await ask(to(server));
    sound(events);
    expect(text).toBe('A burr is raised metal.');
    expect(events.some(({ type }) => type === 'frame')).toBe(false);
    for (const event of events)
      if (event.type === 'blockCommitted')
        for (const token of event.tokens) expect([token.id, token.p]).toEqual([null, null]);
    expect(last).toMatchObject({
      type: 'finished',
      reason: 'end',
      counts: { tokens: 5, promptTokens: 11, forwards: 0, drafted: 0 },
    });
    expect(events[0]).toMatchObject({
      type: 'started',
      device: 'remote',
      pack: { id: 'm', server: { host: server.host, states: false, unit: 'text', dialect: 'openai-blocks' } },
    });
  });
  it('is sent the question, the key and a name for the conversation, and no field that servers refuse', async () => {
    const server = await serve(says('Yes.'));
    await ask(to(server), request({ affinity: 'abc' }));
    const [seen] = server.seen;
    expect(seen).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
    expect(seen?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'x-session-id': 'abc',
      'x-smg-routing-key': 'abc',
    });
    expect(seen?.body).toMatchObject({ model: 'm', stream: true, messages: request().messages, max_tokens: 512 });
    expect(Object.keys(seen?.body ?? {})).not.toContain('seed');
  });
  it('is asked once more, with less, where it refuses a field', async () => {
    const server = await serve((response) => {
      response.writeHead(422, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: 'stream_options is not permitted' } }));
    }, says('Yes.'));
    expect((await ask(to(server))).text).toBe('Yes.');
    expect(Object.keys(server.seen[1]?.body ?? {})).not.toContain('stream_options');
  });
  it('may send the whole reply as one object, lines of JSON, or an end without [DONE]', async () => {
    const whole = await serve((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ choices: [{ index: 0, message: { content: 'Whole.' }, finish_reason: 'length' }] }),
      );
    });
    expect(await ask(to(whole))).toMatchObject({ text: 'Whole.', last: { type: 'finished', reason: 'length' } });
    const lines = await serve((response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.end(`${JSON.stringify(delta('Lines.'))}\n${JSON.stringify(delta('', 'stop'))}`);
    });
    expect(await ask(to(lines))).toMatchObject({ text: 'Lines.', last: { type: 'finished' } });
    const open = await serve((response) => {
      sse(response);
      send(response, delta('Open.', 'stop'));
      response.end();
    });
    expect(await ask(to(open))).toMatchObject({ text: 'Open.', last: { type: 'finished' } });
  });
  it('may send comments, empty events, usage before the end, null content and an empty finish reason', async () => {
    const server = await serve((response) => {
      sse(response);
      response.write(': keep-alive\n\ndata:\n\nevent: ping\nid: 1\nretry: 100\n\n');
      send(response, { choices: [{ index: 0, delta: { role: 'assistant', content: null }, finish_reason: '' }] });
      send(response, { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } });
      response.write(
        `data: ${JSON.stringify(delta('Fine'))}\r\n\r\ndata: ${JSON.stringify(delta('.', 'stop'))}\r\n\r\n`,
      );
      response.end('data: [DONE]');
    });
    expect(await ask(to(server))).toMatchObject({ text: 'Fine.', last: { type: 'finished', counts: { tokens: 2 } } });
  });
  it('cuts events and characters anywhere: nothing is lost and nothing is garbled', async () => {
    const bytes = Buffer.from(
      `data: ${JSON.stringify(delta('Größe 雕版 👩‍🎨'))}\n\ndata: ${JSON.stringify(delta('!', 'stop'))}\n\ndata: [DONE]\n\n`,
    );
    const server = await serve(async (response) => {
      sse(response);
      for (const byte of bytes) if (!response.write(Buffer.from([byte]))) await once(response, 'drain');
      response.end();
    });
    expect((await ask(to(server))).text).toBe('Größe 雕版 👩‍🎨!');
  });
  it('may divide a character between two deltas', async () => {
    const server = await serve((response) => {
      sse(response);
      response.write('data: {"choices":[{"index":0,"delta":{"content":"a\\ud83d"}}]}\n\n');
      response.write('data: {"choices":[{"index":0,"delta":{"content":"\\ude00b"},"finish_reason":"stop"}]}\n\n');
      response.end('data: [DONE]\n\n');
    });
    expect((await ask(to(server))).text).toBe('a😀b');
  });
});

describe('a server that sends states', () => {
  const frame = (block: number, step: number, text: string, choices: boolean): unknown => ({
    ...(choices ? (delta('') as object) : {}),
    type: 'diffusion_frame',
    block,
    step,
    total: 3,
    text,
  });
  it.each([true, false])('in Unsloth’s dialect has its canvas drawn as sent, with choices: %s', async (choices) => {
    const server = await serve((response) => {
      sse(response);
      for (const [i, text] of ['░░░░', '░ key░░', 'The key is░'].entries()) send(response, frame(0, i, text, choices));
      send(response, delta('The key is small.'));
      send(response, frame(1, 0, '░░', choices));
      send(response, delta(' Yes.', 'stop'));
      send(response, '[DONE]');
      response.end();
    });
    const { events, text } = await ask(to(server, { dialect: 'unsloth' }));
    expect(server.seen[0]?.headers['x-unsloth-events']).toBe('1');
    sound(events);
    expect(text).toBe('The key is small. Yes.');
    const frames = events.filter((event) => event.type === 'frame');
    expect(frames[0]).toMatchObject({ canvas: { from: 0, length: 4 } });
    expect(frames[1]?.changes).toEqual([{ slot: 1, state: 'draft', id: null, text: ' key', p: null }]);
    // what is stored says as little: an unknown probability comes back as unknown
    const rounded = events.map(roundEvent);
    expect(readTrace([new TraceWriter().part(rounded)])).toEqual(rounded);
    // after a block its canvas is empty, and the next one begins behind its words
    expect(frames[3]).toMatchObject({ canvas: { from: 4, length: 0 } });
    expect(frames[4]).toMatchObject({ canvas: { from: 4, length: 2 } });
  });
  it('in Mercury’s dialect has noise drawn and nothing committed before the end', async () => {
    const mark = (content: string, finish: string | null, at: number): unknown =>
      delta(content, finish, { diffusion_meta: { diffusion_content: true, diffusion_progress: at } });
    const server = await serve((response) => {
      sse(response);
      send(response, mark('The k#y 7\u0007dea', null, 0.3));
      send(response, mark('The key idea', null, 0.6));
      send(response, mark('The key idea.', 'stop', 1));
      send(response, '[DONE]');
      response.end();
    });
    const { events, text } = await ask(to(server, { dialect: 'mercury' }));
    expect(server.seen[0]?.body).toMatchObject({ diffusing: true });
    sound(events);
    expect(text).toBe('The key idea.');
    const commits = events.filter(({ type }) => type === 'blockCommitted');
    expect(commits).toHaveLength(1);
    const states = events.flatMap((event) => (event.type === 'frame' ? event.changes : []));
    expect(states.some(({ state, text }) => state === 'draft' && text === ' k#y')).toBe(true);
    expect(JSON.stringify(states)).not.toContain('\\u0007');
  });
  it('in Mercury’s dialect, chunks without the mark are ordinary deltas', async () => {
    const server = await serve(says('Plain', ' text.'));
    const { events, text } = await ask(to(server, { dialect: 'mercury' }));
    sound(events);
    expect(text).toBe('Plain text.');
  });
});

describe('faults of a server', () => {
  const begins = (response: Parameters<Script>[0]): void => {
    sse(response);
    send(response, delta('Kept'));
  };
  it('a page in place of JSON names what came', async () => {
    for (const type of ['text/html', 'text/event-stream']) {
      const server = await serve((response) => {
        response.writeHead(200, { 'content-type': type });
        response.end('<!doctype html><title>Gateway</title>');
      });
      const { last, events } = await ask(to(server));
      expect(failedWith(last)).toBe('remote.no-json');
      expect(JSON.stringify(last)).toContain('<!doctype html>');
      sound(events);
    }
  });
  it('an error within an answer of status 200 is said; what came before is kept', async () => {
    const server = await serve((response) => {
      begins(response);
      send(response, { error: { message: 'CUDA out of memory', code: 500 } });
      response.end();
    });
    const { last, text } = await ask(to(server));
    expect(text).toBe('Kept');
    expect(last).toMatchObject({
      type: 'failed',
      error: { id: 'remote.said', params: { reason: 'CUDA out of memory' } },
    });
  });
  it('a stream that is cut in the midst of a block keeps what was committed', async () => {
    const cuts: Script[] = [
      (response) => {
        begins(response);
        response.write('data: {"choices":[{"index":0,"delta":{"content":" half');
        setImmediate(() => response.destroy());
      },
      (response) => {
        begins(response);
        response.end('data: {"choices":[{"index":0,"delta":{"conte');
      },
      (response) => {
        begins(response);
        response.end();
      },
    ];
    for (const cut of cuts) {
      const server = await serve(cut);
      const { last, text, events } = await ask(to(server));
      expect(text).toBe('Kept');
      expect(failedWith(last)).toBe('remote.cut');
      sound(events);
      expect(server.seen).toHaveLength(1);
    }
  });
  it('a connection that breaks after the end harms nothing', async () => {
    const server = await serve((response) => {
      sse(response);
      send(response, delta('Whole.', 'stop'));
      setImmediate(() => response.destroy());
    });
    expect(await ask(to(server))).toMatchObject({ text: 'Whole.', last: { type: 'finished' } });
  });
  it('silence ends with the time that was waited', async () => {
    const never = await serve(() => undefined);
    expect((await ask(to(never, {}, { silentMs: 60 }))).last).toMatchObject({ error: { id: 'remote.silent' } });
    const midst = await serve(begins);
    const { last, text } = await ask(to(midst, {}, { silentMs: 60 }));
    expect(text).toBe('Kept');
    expect(failedWith(last)).toBe('remote.silent');
  });
  it('“too many requests” is waited for as long as the server asks, and no longer than a person would', async () => {
    const busy =
      (seconds: string): Script =>
      (response) => {
        response.writeHead(429, { 'retry-after': seconds });
        response.end('{"error":{"message":"slow down"}}');
      };
    const soon = await serve(busy('0.01'), says('Then.'));
    expect((await ask(to(soon))).text).toBe('Then.');
    const late = await serve(busy('3600'));
    expect((await ask(to(late))).last).toMatchObject({ error: { id: 'remote.busy-for', params: { seconds: 3600 } } });
    expect(late.seen).toHaveLength(1);
    const always = await serve(busy('0.01'));
    expect(failedWith((await ask(to(always))).last)).toBe('remote.busy-for');
    expect(always.seen).toHaveLength(3);
  });
  it('a wait is cancelled', async () => {
    const server = await serve((response) => {
      response.writeHead(503, { 'retry-after': '30' });
      response.end();
    });
    const engine = to(server);
    const outcome = ask(engine, request(), () => undefined);
    const cancelled = new Promise<void>((resolve) => {
      const look = (): void => (server.seen.length > 0 ? resolve() : void setImmediate(look));
      look();
    });
    await cancelled;
    // a second reply of the same server, stopped at its start
    const second = await ask(to(await serve(begins)), request(), (event, cancel) => {
      if (event.type === 'blockCommitted') cancel();
    });
    expect(second).toMatchObject({ text: 'Kept', last: { type: 'stopped' } });
    await server.close();
    void outcome;
  });
  it('redirects are not followed, so that the key stays where it belongs', async () => {
    const elsewhere = await serve(says('Stolen.'));
    const server = await serve((response) => {
      response.writeHead(307, { location: `${elsewhere.address}/chat/completions` });
      response.end();
    });
    const { last } = await ask(to(server));
    expect(failedWith(last)).toBe('remote.redirect');
    expect(JSON.stringify(last)).toContain(elsewhere.host);
    expect(elsewhere.seen).toHaveLength(0);
  });
  it('a frame of 100 MB is not read', async () => {
    const mega = 'x'.repeat(1024 * 1024);
    let sent = 0;
    const server = await serve(async (response) => {
      begins(response);
      response.write('data: {"choices":[{"index":0,"delta":{"content":"');
      for (; sent < 100 && !response.destroyed; sent++)
        if (!response.write(mega)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    });
    const { last, text } = await ask(to(server));
    expect(failedWith(last)).toBe('remote.too-large');
    expect(text).toBe('Kept');
    expect(sent).toBeLessThan(60);
  });
  it('control characters and fields that are meant for the window do nothing', async () => {
    const server = await serve((response) => {
      sse(response);
      send(
        response,
        delta('\u001b[31mred\u0007\u0000\u009b2J', 'stop', {
          event: 'x',
          type: 'response.done',
          selected_model_id: 'y',
        }),
      );
      send(response, '[DONE]');
      response.end();
    });
    expect(await ask(to(server))).toMatchObject({ text: '[31mred2J', last: { type: 'finished' } });
  });
  it('other statuses are said in the server’s words, and the key is never among them', async () => {
    const answers = (status: number, body: string): Promise<ScriptedServer> =>
      serve((response) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(body);
      });
    const of = async (status: number, body: string): Promise<GenerationEvent> =>
      (await ask(to(await answers(status, body)))).last;
    expect(failedWith(await of(401, `{"error":"bad key ${KEY}"}`))).toBe('remote.key-refused');
    expect(failedWith(await of(404, '<html>'))).toBe('remote.no-path');
    const said = await of(404, `{"error":{"message":"no model for ${KEY}"}}`);
    expect(failedWith(said)).toBe('remote.refused');
    expect(JSON.stringify(said)).not.toContain(KEY);
    expect(await of(400, '{"detail":[{"msg":"context is 4096"}]}')).toMatchObject({
      error: { id: 'remote.refused', params: { reason: 'context is 4096' } },
    });
    expect(failedWith(await of(500, ''))).toBe('remote.refused');
  });
  it('what is no chunk is named', async () => {
    for (const [body, id] of [
      ['data: {"choices":{"a":1}}\n\n', 'remote.misfit'],
      ['data: nonsense\n\n', 'remote.no-json'],
    ] as const) {
      const server = await serve((response) => {
        begins(response);
        response.end(body);
      });
      const { last, text } = await ask(to(server));
      expect(text).toBe('Kept');
      expect(failedWith(last)).toBe(id);
    }
  });
  it('a key store that fails is said, and nothing is sent', async () => {
    const server = await serve(says('No.'));
    const { last } = await ask({
      ...to(server),
      key: () => {
        throw new Error('the key store is locked');
      },
    });
    expect(last.type).toBe('failed');
    expect(server.seen).toHaveLength(0);
  });
});

describe('a second address', () => {
  const fails: Script = (response) => {
    response.writeHead(500);
    response.end();
  };
  const pair = (one: ScriptedServer, two: ScriptedServer): RemoteOptions => ({
    ...to(one),
    server: serverAt([one.address, two.address]),
  });
  it('is tried before the first word, whatever the first one does', async () => {
    const second = await serve(says('Second.'));
    const gone = await scripted(fails);
    await gone.close();
    for (const first of [await serve(fails), gone, await serve((response) => void response.destroy())])
      expect((await ask(pair(first, second))).text).toBe('Second.');
  });
  it('is never tried after the first word', async () => {
    const second = await serve(says('Second.'));
    const first = await serve((response) => {
      sse(response);
      send(response, delta('First'));
      setImmediate(() => response.destroy());
    });
    const { text, last } = await ask(pair(first, second));
    expect(text).toBe('First');
    expect(failedWith(last)).toBe('remote.cut');
    expect(second.seen).toHaveLength(0);
  });
});

describe('a reply that goes on', () => {
  const goesOn = { text: 'A burr is', slots: 3 };
  it('is asked for with its text, and counts on from its slots', async () => {
    const server = await serve(says(' raised', ' metal.'));
    const { events, text } = await ask(to(server), request({ goesOn }));
    sound(events, 3);
    expect(events[0]).toMatchObject({ type: 'started', firstSlot: 3 });
    expect(text).toBe(' raised metal.');
    expect(server.seen[0]?.body).toMatchObject({
      continue_final_message: true,
      messages: [request().messages[0], { role: 'assistant', content: 'A burr is' }],
    });
  });
  it('is not doubled where the server repeats it, and loses nothing where it only seems to', async () => {
    const repeats = await serve(says('A burr', ' is', ' raised.'));
    expect((await ask(to(repeats), request({ goesOn }))).text).toBe(' raised.');
    const seems = await serve(says('A bur', 'in is steel.'));
    expect((await ask(to(seems), request({ goesOn }))).text).toBe('A burin is steel.');
  });
});

describe('the connection', () => {
  it('is used again for the next reply', async () => {
    const server = await serve(says('Yes.'));
    for (let i = 0; i < 8; i++) await ask(to(server));
    // one may still be ending when the next reply begins
    expect(server.connections()).toBeLessThan(4);
  });
  it('is closed where a reply is stopped, so that the server can stop too', async () => {
    let left = false;
    const server = await serve((response) => {
      sse(response);
      send(response, delta('Kept'));
      response.on('close', () => (left = true));
    });
    await ask(to(server), request(), (event, cancel) => {
      if (event.type === 'blockCommitted') cancel();
    });
    await expect.poll(() => left).toBe(true);
  });
});

describe('an address', () => {
  it('is taken as people copy it', () => {
    expect(addressOf(' https://Example.com/v1/chat/completions/ ')).toBe('https://example.com/v1');
    expect(addressOf('example.com/v1/')).toBe('https://example.com/v1');
    expect(addressOf('http://127.0.0.1:8000')).toBe('http://127.0.0.1:8000');
    for (const bad of ['', 'ftp://x', 'https://', 'javascript:alert(1)', 'https://a b'])
      expect(() => addressOf(bad), bad).toThrow(/address/);
    expect(() => addressOf('https://user:secret@example.com')).toThrow(/password/);
  });
  it('is reached without encryption only on this machine, or, once confirmed, in a private network', () => {
    for (const [ip, reach] of [
      ['127.0.0.1', 'loopback'],
      ['::1', 'loopback'],
      ['::ffff:127.0.0.1', 'loopback'],
      ['10.1.2.3', 'private'],
      ['192.168.0.9', 'private'],
      ['fd00::1', 'private'],
      ['169.254.169.254', 'public'],
      ['8.8.8.8', 'public'],
      ['::ffff:8.8.8.8', 'public'],
    ] as const)
      expect(reachOf(ip), ip).toBe(reach);
    for (const address of ['http://127.0.0.1:1', 'http://localhost:1', 'https://8.8.8.8'])
      expect(() => checkAddress(address, false)).not.toThrow();
    expect(() => checkAddress('http://192.168.0.9', false)).toThrow(/Plain HTTP/);
    expect(() => checkAddress('http://192.168.0.9', true)).not.toThrow();
    expect(() => checkAddress('http://8.8.8.8', true)).toThrow(/Plain HTTP/);
  });
});
