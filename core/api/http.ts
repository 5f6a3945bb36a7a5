/**
 * The API's server, on this machine's own addresses alone. Every account and every page of the machine can reach it, so each
 * request needs a key, names this host (against rebound names), and comes from no page but those that the person has named.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import * as v from 'valibot';
import { failure, reasonOf } from '../contract/result.ts';
import { Answer } from './answer.ts';
import type { Api } from './api.ts';
import { ApiError, apiErrorOf, badRequest } from './errors.ts';
import type { KeyCheck } from './keys.ts';
import type { Route } from './route.ts';
import { routes } from './routes/index.ts';

const HOSTS = ['127.0.0.1', '::1'] as const;
const MAX_HEAD_BYTES = 16 * 1024;
/** Milliseconds for a request to arrive whole, and for an idle connection to stay. */
const REQUEST_MS = 30_000;
const IDLE_MS = 65_000;
const CONNECTIONS = 512;
/** How long those who don't close their end are waited for. */
const CLOSE_LIMIT_MS = 1000;

export interface ApiServerOptions {
  api: Api;
  /** 0: any free port. */
  port: number;
  keys: KeyCheck;
  /** Origins of pages that may call, for example `https://app.example.com`. */
  origins: () => readonly string[];
  /** Told of errors nobody foresaw. */
  log: (line: string, thrown?: unknown) => void;
  table?: readonly Route[];
}
export interface ApiServer {
  port: number;
  /** `http://127.0.0.1:PORT/v1` */
  address: string;
  /** Whether ::1 answers too: not every machine has it. */
  both: boolean;
  close(): Promise<void>;
}

interface Found {
  route: Route;
  params: Record<string, string>;
}
interface Compiled {
  route: Route;
  pattern: RegExp;
}
const compile = (table: readonly Route[]): Compiled[] =>
  table.map((route) => ({
    route,
    pattern: new RegExp(
      `^${route.path
        .replace(/^\/v1(?=\/)/, '(?:/v1)?')
        .split(/\{(\w+)\}/)
        .map((part, i) => (i % 2 === 0 ? part.replace(/\./g, '\\.') : `(?<${part}>[^/]+)`))
        .join('')}${route.path === '/' ? '' : '/?'}$`,
    ),
  }));

const ALLOW_HEADERS = [
  'authorization',
  'content-type',
  'x-api-key',
  'x-request-id',
  'x-unsloth-events',
  ...['arch', 'async', 'helper-method', 'lang', 'os', 'package-version', 'poll-helper', 'retry-count'].map(
    (name) => `x-stainless-${name}`,
  ),
  'x-stainless-runtime',
  'x-stainless-runtime-version',
  'x-stainless-timeout',
].join(', ');

/** @throws MezzotintError `bad-request` where the port is taken or not allowed */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { api, keys, log } = options;
  const table = compile(options.table ?? routes);
  let port = 0;

  function find(pathname: string): Found[] {
    return table.flatMap(({ route, pattern }) => {
      const match = pattern.exec(pathname);
      if (!match) return [];
      try {
        const params = Object.fromEntries(
          Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
        );
        return [{ route, params }];
      } catch {
        return [];
      }
    });
  }
  const ownHost = (host: string | undefined): boolean =>
    ['127.0.0.1', 'localhost', '[::1]'].some((name) => host === `${name}:${port}` || (port === 80 && host === name));

  /** @returns headers for an allowed page; none where no page asks. @throws ApiError 403 */
  function crossOrigin(request: IncomingMessage): Record<string, string> {
    const { origin } = request.headers;
    if (origin === undefined) return {};
    if (!options.origins().includes(origin))
      throw new ApiError({
        status: 403,
        message: `Pages of ${origin.slice(0, 200)} may not use this server. Start it with --origin to allow this one.`,
        code: 'origin_not_allowed',
      });
    return { 'Access-Control-Allow-Origin': origin, Vary: 'Origin', 'Access-Control-Expose-Headers': 'x-request-id' };
  }

  async function serve(request: IncomingMessage, answer: Answer, id: string, preset: Preset): Promise<void> {
    if (!ownHost(request.headers.host))
      throw new ApiError({
        status: 403,
        message: `This server answers for 127.0.0.1:${port} and localhost:${port} alone, not for the host that the request names.`,
        code: 'host_not_allowed',
      });
    const [pathname = '/'] = (request.url ?? '/').split('?', 1);
    const found = find(pathname);
    answer.plainErrors = found.some(({ route }) => route.errors === 'text');
    const methods = [...new Set([...found.map(({ route }) => route.method), 'OPTIONS'])].join(', ');
    const allowed = crossOrigin(request);
    preset(allowed);
    if (request.method === 'OPTIONS' && found.length > 0) {
      preset({
        Allow: methods,
        ...(request.headers.origin === undefined
          ? {}
          : {
              'Access-Control-Allow-Methods': methods,
              'Access-Control-Allow-Headers': ALLOW_HEADERS,
              'Access-Control-Max-Age': '600',
              ...(request.headers['access-control-request-private-network'] === 'true'
                ? { 'Access-Control-Allow-Private-Network': 'true' }
                : {}),
            }),
      });
      return answer.empty();
    }
    const one = found.find(
      ({ route }) => route.method === request.method || (route.method === 'GET' && request.method === 'HEAD'),
    );
    const keyId = one?.route.open ? '' : keyOf(request);
    if (found.length === 0)
      throw new ApiError({
        status: 404,
        message: `There is nothing at ${pathname.slice(0, 200)}. GET /openapi.json lists what is.`,
        code: 'not_found',
      });
    if (!one)
      throw new ApiError({
        status: 405,
        message: `${pathname} answers ${methods}, not ${request.method}.`,
        code: 'method_not_allowed',
        headers: { Allow: methods },
      });
    const { route, params } = one;
    const body = route.body ? checked(route.body, await readBody(request)) : null;
    await route.handle({ api, answer, headers: request.headers, params, body, id, keyId });
  }
  function keyOf(request: IncomingMessage): string {
    const bearer = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const given = bearer ?? request.headers['x-api-key'];
    const keyId = typeof given === 'string' ? keys.check(given.trim()) : null;
    if (keyId === null)
      throw new ApiError({
        status: 401,
        message:
          given === undefined
            ? 'This server needs a key: send it as "Authorization: Bearer KEY" or as "x-api-key: KEY".'
            : 'This key is not, or no longer, valid here.',
        code: 'invalid_api_key',
        headers: { 'WWW-Authenticate': 'Bearer' },
      });
    return keyId;
  }
  async function readBody(request: IncomingMessage): Promise<unknown> {
    const tooLong = (): ApiError =>
      new ApiError({
        status: 413,
        message: `The body is longer than ${api.limits.bodyBytes} bytes.`,
        code: 'body_too_large',
        headers: { Connection: 'close' },
      });
    if (Number(request.headers['content-length'] ?? 0) > api.limits.bodyBytes) throw tooLong();
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > api.limits.bodyBytes) throw tooLong();
      chunks.push(chunk);
    }
    try {
      return JSON.parse(Buffer.concat(chunks).toString('utf8'));
    } catch {
      throw badRequest('The body is not JSON.', null, 'invalid_json');
    }
  }

  const listener: RequestListener = (request, response) => {
    const id = api.newId();
    response.setHeader('x-request-id', id);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    const answer = new Answer(response, api.limits.backlogBytes);
    const preset: Preset = (headers) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    };
    serve(request, answer, id, preset).catch((thrown: unknown) => {
      const error = apiErrorOf(thrown);
      if (error.status === 500) log(`${request.method} ${request.url}`, thrown);
      answer.fail(error);
      // what is left of a body that was refused is not read
      if (!request.complete) response.once('finish', () => request.destroy());
    });
  };

  const servers: Server[] = [];
  const listen = (host: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const server = createServer(
        {
          maxHeaderSize: MAX_HEAD_BYTES,
          requestTimeout: REQUEST_MS,
          headersTimeout: REQUEST_MS,
          keepAliveTimeout: IDLE_MS,
          connectionsCheckingInterval: 5000,
        },
        listener,
      );
      server.maxConnections = CONNECTIONS;
      server.on('clientError', (_error, socket) => {
        if (socket.writable)
          socket.end(
            'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n{"error":{"message":"This is no HTTP request.","type":"invalid_request_error","param":null,"code":null}}',
          );
        (socket as Socket).destroySoon();
      });
      server.once('error', reject);
      server.listen({ host, port: port || options.port, ipv6Only: host === '::1' }, () => {
        servers.push(server);
        port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  try {
    await listen(HOSTS[0]);
    await listen(HOSTS[1]).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRNOTAVAIL' && cause.code !== 'EAFNOSUPPORT' && cause.code !== 'EINVAL') throw cause;
    });
  } catch (thrown) {
    await closeAll(servers);
    const cause = thrown as NodeJS.ErrnoException;
    const given = { port: options.port };
    throw cause.code === 'EADDRINUSE'
      ? failure('api.port-taken', given, { cause })
      : cause.code === 'EACCES'
        ? failure('api.port-not-allowed', given, { cause })
        : failure('api.port-not-opened', { ...given, reason: cause.code ?? reasonOf(cause) }, { cause });
  }
  return {
    port,
    address: `http://127.0.0.1:${port}/v1`,
    both: servers.length === 2,
    close: async () => {
      api.turns.cancelAll();
      await closeAll(servers);
    },
  };
}
type Preset = (headers: Record<string, string>) => void;

const closeAll = async (servers: readonly Server[]): Promise<void> => {
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          const limit = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS);
          server.close(() => {
            clearTimeout(limit);
            resolve();
          });
          server.closeIdleConnections();
        }),
    ),
  );
};

/** The body as the route wants it. @throws ApiError 400 with the path of the first thing that is wrong */
function checked(schema: v.GenericSchema<unknown, unknown>, body: unknown): unknown {
  const parsed = v.safeParse(schema, body);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  throw badRequest(path === null ? `The body: ${issue.message}` : `${path}: ${issue.message}`, path);
}
