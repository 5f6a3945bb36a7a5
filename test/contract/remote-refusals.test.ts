/** What SGLang, vLLM, LMDeploy and Unsloth send and refuse, as their sources have it (docs/servers.md names the versions). */
import { describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../core/contract/generation.ts';
import type { RemoteOptions } from '../../core/engines/index.ts';
import {
  ask,
  delta,
  request,
  says,
  send,
  serverAt,
  sse,
  type Script,
  type ScriptedServer,
} from '../fixtures/remote-server.ts';
import { scriptedServers } from '../fixtures/scripted-servers.ts';

const serve = scriptedServers();
const to = (server: ScriptedServer, more: Parameters<typeof serverAt>[1] = {}): RemoteOptions => ({
  server: serverAt([server.address], more),
  key: () => undefined,
  limits: { gatherMs: 0 },
});
const refuses =
  (message: string, status = 400): Script =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message, type: 'BadRequestError', code: status } }));
  };
const settings = (): NonNullable<Parameters<typeof request>[0]>['settings'] => {
  const { settings: own } = request();
  return {
    ...own,
    sampling: { ...own.sampling, temperature: 0.7, topP: 0.9 },
    ending: { ...own.ending, stop: ['END'] },
  };
};
const leftOut = (events: readonly GenerationEvent[]): unknown =>
  events.flatMap((event) => (event.type === 'started' ? [event.pack.server?.leftOut] : []))[0];

describe('a server that refuses a field', () => {
  it('is asked again without the field that it names, and the reply says so (vLLM with a diffusion model)', async () => {
    const server = await serve(
      refuses(
        'The temperature, min_p, seed, min_tokens, logit_bias, bad_words, and allowed_token_ids sampling parameters are not yet supported with diffusion models.',
      ),
      says('Yes.'),
    );
    const { text, events } = await ask(to(server), request({ settings: settings() as never }));
    expect(text).toBe('Yes.');
    expect(server.seen[1]?.body).toMatchObject({ top_p: 0.9, stop: ['END'], stream_options: { include_usage: true } });
    expect(server.seen[1]?.body).not.toHaveProperty('temperature');
    expect(leftOut(events)).toEqual(['temperature']);
  });
  it('is not sent it again by the next reply', async () => {
    const server = await serve(refuses('Unsupported value: temperature'), says('Yes.'));
    const { createRemoteEngine } = await import('../../core/engines/index.ts');
    const engine = createRemoteEngine(to(server));
    for (const generationId of ['a', 'b'])
      await new Promise<void>((resolve) =>
        engine.generate(request({ generationId }), ({ type }) => {
          if (type === 'finished') resolve();
        }),
      );
    expect(server.seen.map(({ body }) => 'temperature' in body)).toEqual([true, false, false]);
  });
  it('gets the length under its newer name where it asks for that', async () => {
    const server = await serve(
      refuses(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      ),
      says('Yes.'),
    );
    const { text, events } = await ask(to(server));
    expect(text).toBe('Yes.');
    expect(server.seen[1]?.body).toMatchObject({ max_completion_tokens: 512 });
    expect(server.seen[1]?.body).not.toHaveProperty('max_tokens');
    expect(leftOut(events)).toBeUndefined();
  });
  it('is asked with what no server lacks where it names none, and keeps the place where a reply goes on', async () => {
    const server = await serve(refuses('Extra inputs are not permitted', 422), says(' raised metal.'));
    const { text } = await ask(to(server), request({ goesOn: { text: 'A burr is', slots: 3 } }));
    expect(text).toBe(' raised metal.');
    expect(Object.keys(server.seen[1]?.body ?? {}).sort()).toEqual(
      ['add_generation_prompt', 'continue_final_message', 'max_tokens', 'messages', 'model', 'stream'].sort(),
    );
  });
  it('that goes on refusing is not asked for ever', async () => {
    const server = await serve(
      refuses('temperature, top_p, stop, stream_options: no'),
      refuses('this model is not loaded'),
    );
    const { last } = await ask(to(server), request({ settings: settings() as never }));
    expect(last).toMatchObject({ type: 'failed', error: { params: { reason: 'this model is not loaded' } } });
    expect(server.seen.length).toBeLessThan(5);
  });
});

describe('a reply that its server ends', () => {
  const ends =
    (reason: string, ...pieces: string[]): Script =>
    (response) => {
      sse(response);
      for (const piece of pieces) send(response, delta(piece));
      send(response, delta('', reason));
      send(response, '[DONE]');
      response.end();
    };
  it.each(['abort', 'error', 'content_filter'])(
    'before it is whole (%s) is not shown as a whole one',
    async (reason) => {
      const { text, last } = await ask(to(await serve(ends(reason, 'Kept'))));
      expect(text).toBe('Kept');
      expect(last).toMatchObject({ type: 'failed', error: { id: 'remote.broke-off', params: { reason } } });
    },
  );
  it('because it repeats itself says so (vLLM)', async () => {
    const { last } = await ask(to(await serve(ends('repetition', 'la la la'))));
    expect(last).toMatchObject({ type: 'finished', reason: 'loop' });
  });
  it.each(['stop', 'eos', 'tool_calls'])('by itself (%s) is whole', async (reason) => {
    expect((await ask(to(await serve(ends(reason, 'Whole.'))))).last).toMatchObject({
      type: 'finished',
      reason: 'end',
    });
  });
});

describe('a model that reasons first', () => {
  const reasons =
    (field: string, ...after: unknown[]): Script =>
    (response) => {
      sse(response);
      for (const piece of ['It asks', ' for a tool.'])
        send(response, { choices: [{ index: 0, delta: { [field]: piece }, finish_reason: null }] });
      for (const chunk of after) send(response, chunk);
      send(response, '[DONE]');
      response.end();
    };
  it.each(['reasoning_content', 'reasoning'])('has its reasoning kept out of the reply (%s)', async (field) => {
    const { text, last } = await ask(to(await serve(reasons(field, delta('A burin.'), delta('', 'stop')))));
    expect(text).toBe('A burin.');
    expect(last.type).toBe('finished');
  });
  it('and writes no word within the length says so, and is no empty reply', async () => {
    const { text, last } = await ask(to(await serve(reasons('reasoning_content', delta('', 'length')))));
    expect(text).toBe('');
    expect(last).toMatchObject({ type: 'failed', error: { id: 'remote.only-reasoning' } });
  });
});

describe('Unsloth’s server', () => {
  const dialect = { dialect: 'unsloth' } as const;
  const frame = (block: number, step: number, text: string): unknown => ({
    ...(delta('') as object),
    type: 'diffusion_frame',
    block,
    step,
    total: 3,
    text,
  });
  it('is sent the seed, without which each retry would write the same reply', async () => {
    const server = await serve(says('Yes.'));
    await ask(to(server, dialect), request({ seed: 9 }));
    expect(server.seen[0]?.body).toMatchObject({ seed: 9 });
  });
  it.each([
    ['\n[engine error: visual server closed the stream]', 'stop', 'visual server closed the stream'],
    [
      '\n[This conversation needs 9000 tokens but DiffusionGemma is running with a 2048-token context. Start a new chat or shorten your message.]',
      'length',
      'This conversation needs 9000 tokens',
    ],
  ])('sends an error as text: it is an error, and no part of the reply', async (content, finish, said) => {
    const server = await serve((response) => {
      sse(response);
      send(response, frame(0, 1, 'Ke pt'));
      send(response, delta('Kept'));
      send(response, delta(content, finish));
      send(response, '[DONE]');
      response.end();
    });
    const { text, last } = await ask(to(server, dialect));
    expect(text).toBe('Kept');
    expect(last).toMatchObject({ type: 'failed', error: { id: 'remote.said' } });
    expect(JSON.stringify(last)).toContain(said);
  });
  it('leaves no canvas behind where a block was reasoning', async () => {
    const server = await serve((response) => {
      sse(response);
      send(response, frame(0, 1, 'thought about it'));
      send(response, {
        choices: [{ index: 0, delta: { reasoning_content: 'thought about it' }, finish_reason: null }],
      });
      send(response, frame(1, 1, 'A burin'));
      send(response, delta('A burin.'));
      send(response, frame(2, 1, 'left over'));
      send(response, delta('', 'stop'));
      send(response, '[DONE]');
      response.end();
    });
    const { text, events, last } = await ask(to(server, dialect));
    expect([text, last.type]).toEqual(['A burin.', 'finished']);
    const frames = events.filter((event) => event.type === 'frame');
    expect(frames.at(-1)).toMatchObject({ canvas: { length: 0 } });
    // the thought is off the canvas before the next block begins
    expect(frames[1]).toMatchObject({ canvas: { from: 0, length: 0 } });
  });
  it('counts its forwards: they are shown as its figures, and nothing is counted by us', async () => {
    const server = await serve((response) => {
      sse(response);
      send(response, frame(0, 1, 'A burin'));
      send(response, delta('A burin.'));
      send(response, {
        choices: [],
        usage: { prompt_tokens: 5, completion_tokens: 12 },
        timings: { diffusion: true, diffusion_steps: 4, diffusion_blocks: 1 },
      });
      send(response, delta('', 'stop'));
      send(response, '[DONE]');
      response.end();
    });
    const { last } = await ask(to(server, dialect));
    expect(last).toMatchObject({ type: 'finished', counts: { tokens: 12, promptTokens: 5, forwards: 4 } });
  });
});
