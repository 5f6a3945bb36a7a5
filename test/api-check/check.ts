/** What people most often find wrong with local servers, asked of one: a line for each. */
import { request as askHttp, type IncomingHttpHeaders } from 'node:http';
import { request as askHttps } from 'node:https';

export interface Target {
  /** Up to and with /v1. */
  url: string;
  key: string;
  /** Default: the first that the server lists. */
  model?: string;
}
export interface Line {
  trap: number;
  name: string;
  /** pass · fail · skip: it could not be asked. */
  result: 'pass' | 'fail' | 'skip';
  /** What was seen, where it is not as it should be. */
  seen: string;
}
interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Milliseconds until the status came, and until the first piece of the body. */
  headMs: number;
  firstMs: number;
}
interface Asking {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Goes away when the text so far holds this. */
  leaveAt?: (text: string) => boolean;
}
interface Chunk {
  choices?: { index: number; delta?: { role?: string; content?: string | null }; finish_reason?: string | null }[];
  usage?: { completion_tokens?: number } | null;
  error?: unknown;
}
const WAIT_MS = 120_000;

function ask(
  { url, key }: Target,
  path: string,
  { method, body, headers = {}, leaveAt }: Asking = {},
): Promise<Answered> {
  const address = path.startsWith('http') ? path : `${url}${path}`;
  return new Promise((resolve, reject) => {
    const began = performance.now();
    let firstMs = 0;
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const made = (address.startsWith('https:') ? askHttps : askHttp)(
      address,
      {
        method: method ?? (sent === undefined ? 'GET' : 'POST'),
        headers: {
          ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
          ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        agent: false,
        timeout: WAIT_MS,
      },
      (response) => {
        const headMs = performance.now() - began;
        let text = '';
        const end = (): void =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, headMs, firstMs });
        response.setEncoding('utf8').on('data', (piece: string) => {
          firstMs ||= performance.now() - began;
          text += piece;
          if (!leaveAt?.(text)) return;
          end();
          made.destroy();
        });
        response.on('end', end);
        response.on('error', reject);
      },
    );
    made.on('timeout', () => made.destroy(new Error('nothing came for two minutes')));
    made.on('error', reject);
    made.end(sent);
  });
}
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
const isError = (text: string): boolean => {
  const value = parsed(text) as { error?: { message?: unknown } } | undefined;
  return typeof value?.error?.message === 'string';
};
const blocksOf = (text: string): string[] => text.split('\n\n').filter((block) => block !== '');
const chunksOf = (text: string): Chunk[] =>
  blocksOf(text).flatMap((block) => {
    const data = block.replace(/^data: /, '');
    return data === '[DONE]' ? [] : [(parsed(data) ?? {}) as Chunk];
  });

/** Throws what was seen, in words, where it is not as it should be. */
type Check = (target: Target, model: string) => Promise<void>;
class Seen extends Error {}
class Skipped extends Error {}
const expect = (holds: boolean, seen: string): void => {
  if (!holds) throw new Seen(seen);
};
const messages = [{ role: 'user', content: 'Count from one to twenty in words.' }];
const chat = (
  target: Target,
  model: string,
  body: Record<string, unknown> = {},
  asking: Asking = {},
): Promise<Answered> =>
  ask(target, '/chat/completions', { body: { model, messages, max_tokens: 16, ...body }, ...asking });

const checks: [number, string, Check][] = [
  [
    1,
    'an unknown address is 404 with a JSON error',
    async (target) => {
      const { status, text } = await ask(target, '/no-such-thing', { body: {} });
      expect(status === 404 && isError(text), `${status} ${text.slice(0, 80)}`);
    },
  ],
  [
    2,
    'a preflight is answered',
    async (target) => {
      const { status } = await ask(target, '/chat/completions', { method: 'OPTIONS', headers: { authorization: '' } });
      expect(status < 300 || status === 403, String(status));
    },
  ],
  [
    3,
    'a page that may call may send both kinds of key',
    async (target) => {
      const { status, headers } = await ask(target, '/chat/completions', {
        method: 'OPTIONS',
        headers: {
          authorization: '',
          origin: 'http://localhost:3000',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization, x-api-key',
        },
      });
      if (headers['access-control-allow-origin'] === undefined)
        throw new Skipped('http://localhost:3000 may not call here: name it to the server to see this');
      const allowed = String(headers['access-control-allow-headers'] ?? '').toLowerCase();
      expect(
        status < 300 && (allowed === '*' || ['authorization', 'x-api-key'].every((name) => allowed.includes(name))),
        `${status} ${allowed}`,
      );
    },
  ],
  [
    4,
    'a client that leaves ends its reply',
    async (target, model) => {
      const alone = await chat(target, model, { max_tokens: 2 });
      expect(alone.status === 200, String(alone.status));
      for (let i = 0; i < 3; i++)
        await chat(
          target,
          model,
          { max_tokens: 4000, stream: true },
          { leaveAt: (text) => text.split('\n\n').length > 3 },
        );
      const began = performance.now();
      const { status } = await chat(target, model, { max_tokens: 2 });
      const ms = performance.now() - began;
      expect(status === 200 && ms < 20_000, `the next one took ${Math.round(ms)} ms (${status})`);
    },
  ],
  [
    5,
    'finish_reason is null until the end, then a word',
    async (target, model) => {
      const reasons = chunksOf((await chat(target, model, { stream: true })).text).flatMap(({ choices }) =>
        (choices ?? []).map((one) => one.finish_reason ?? null),
      );
      expect(
        reasons.slice(0, -1).every((reason) => reason === null) && typeof reasons.at(-1) === 'string',
        JSON.stringify(reasons),
      );
    },
  ],
  [
    6,
    'include_usage is honoured',
    async (target, model) => {
      const chunks = chunksOf(
        (await chat(target, model, { stream: true, stream_options: { include_usage: true } })).text,
      );
      expect(
        typeof chunks.at(-1)?.usage?.completion_tokens === 'number' && chunks.at(-1)?.choices?.length === 0,
        JSON.stringify(chunks.at(-1)).slice(0, 120),
      );
    },
  ],
  [
    7,
    'a stream is nothing but data lines',
    async (target, model) => {
      const odd = blocksOf((await chat(target, model, { stream: true })).text).find(
        (block) => !/^data: \S/.test(block) || block.includes('\n'),
      );
      expect(odd === undefined, String(odd).slice(0, 80));
    },
  ],
  [
    8,
    'the first chunk has a role and no null content',
    async (target, model) => {
      const [first] = chunksOf((await chat(target, model, { stream: true })).text);
      const delta = first?.choices?.[0]?.delta;
      expect(delta?.role === 'assistant' && delta.content !== null, JSON.stringify(delta));
    },
  ],
  [
    9,
    '[DONE] ends with an empty line',
    async (target, model) => {
      const { text } = await chat(target, model, { stream: true });
      expect(text.endsWith('data: [DONE]\n\n'), JSON.stringify(text.slice(-40)));
    },
  ],
  [
    10,
    'response_format text is taken',
    async (target, model) => {
      const { status } = await chat(target, model, { response_format: { type: 'text' } });
      expect(status === 200, String(status));
    },
  ],
  [
    11,
    'a prompt that is too long is refused, not cut',
    async (target, model) => {
      const { status, text } = await chat(target, model, {
        messages: [{ role: 'user', content: 'word '.repeat(400_000) }],
      });
      expect((status === 400 || status === 413) && isError(text), `${status} ${text.slice(0, 80)}`);
    },
  ],
  [
    12,
    'content in parts is taken',
    async (target, model) => {
      const { status } = await chat(target, model, {
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello.' }] }],
      });
      expect(status === 200, String(status));
    },
  ],
  [
    13,
    'the other address of this machine answers',
    async (target, model) => {
      const { hostname } = new URL(target.url);
      if (hostname !== '127.0.0.1' && hostname !== 'localhost') throw new Skipped('not on this machine');
      const other = { ...target, url: target.url.replace(hostname, '[::1]') };
      const { status } = await ask(other, '/models').catch((error: Error) => ({ status: error.message }));
      expect(status === 200, `${status} (${model})`);
    },
  ],
  [
    14,
    'headers and a first chunk come at once',
    async (target, model) => {
      const { headMs, firstMs } = await chat(target, model, { stream: true });
      expect(headMs < 5000 && firstMs < 5000, `after ${Math.round(headMs)} and ${Math.round(firstMs)} ms`);
    },
  ],
  [
    15,
    'a foreign host and a foreign page are refused',
    async (target) => {
      const host = await ask(target, '/models', { headers: { host: 'evil.example' } });
      const page = await ask(target, '/models', { headers: { origin: 'https://evil.example' } });
      expect(host.status === 403, `host: ${host.status}`);
      expect(page.status === 403 || page.headers['access-control-allow-origin'] === undefined, `page: ${page.status}`);
    },
  ],
  [
    16,
    'a wrong key and none are refused',
    async (target) => {
      for (const key of ['', 'wrong'])
        expect((await ask({ ...target, key }, '/models')).status === 401, `with the key "${key}"`);
    },
  ],
  [
    17,
    'many at once are answered, or told when to come again',
    async (target, model) => {
      const all = await Promise.all(Array.from({ length: 24 }, () => chat(target, model, { max_tokens: 2 })));
      const odd = all.find(
        ({ status, headers }) =>
          status !== 200 && !((status === 503 || status === 429) && headers['retry-after'] !== undefined),
      );
      expect(odd === undefined, `${odd?.status} ${odd?.text.slice(0, 80)}`);
    },
  ],
  [
    18,
    '/v1 may be left out',
    async (target) => {
      const { status } = await ask(target, `${target.url.replace(/\/v1\/?$/, '')}/models`);
      expect(status === 200, String(status));
    },
  ],
  [
    19,
    'no special tokens leak',
    async (target, model) => {
      const { text } = await chat(target, model);
      expect(!/<\|[a-z_]+\|>/i.test(text), text.slice(0, 120));
    },
  ],
  [
    20,
    'a reply that was cut says "length"',
    async (target, model) => {
      const { text } = await chat(target, model, { max_tokens: 2 });
      const reply = parsed(text) as Chunk | undefined;
      expect(reply?.choices?.[0]?.finish_reason === 'length', String(reply?.choices?.[0]?.finish_reason));
    },
  ],
  [
    21,
    'no ceiling on how long a reply may take',
    () => {
      throw new Skipped('a ceiling of minutes is not waited for; ours has a test with a clock of its own');
    },
  ],
  [
    22,
    'an error is no content',
    async (target, model) => {
      const { status, text } = await chat(target, model, { temperature: 'hot', stream: true });
      expect(status >= 400 && status < 500 && isError(text), `${status} ${text.slice(0, 80)}`);
    },
  ],
];

export async function checkServer(target: Target, onLine: (line: Line) => void): Promise<Line[]> {
  const listed = await ask(target, '/models');
  const model = target.model ?? (parsed(listed.text) as { data?: { id: string }[] } | undefined)?.data?.[0]?.id ?? '';
  if (model === '') throw new Error(`${target.url}/models lists no model (${listed.status}). Name one with --model.`);
  const lines: Line[] = [];
  for (const [trap, name, check] of checks) {
    let line: Line = { trap, name, result: 'pass', seen: '' };
    try {
      await check(target, model);
    } catch (thrown) {
      const seen = thrown instanceof Error ? thrown.message : String(thrown);
      line = { ...line, result: thrown instanceof Skipped ? 'skip' : 'fail', seen };
    }
    lines.push(line);
    onLine(line);
  }
  return lines;
}
