/**
 * Requests to servers: one pool of connections for all of them, no redirects, and an end to silence. What a body holds is its
 * reader's affair, which is told of each piece as it comes.
 */
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { failure, MezzotintError } from '../../contract/result.ts';
import { checkAddress, hostOf, lookupOf } from './address.ts';
import { Fault } from './fault.ts';

export interface RemoteLimits {
  /** Milliseconds until a connection stands. */
  connectMs: number;
  /** Milliseconds without a byte after which a server counts as silent. */
  silentMs: number;
  /** Bytes of one event of a stream, or of an answer that comes whole. */
  frameBytes: number;
  /** Characters of a reply. */
  replyCharacters: number;
  /** The longest wait that a server may ask for. */
  patienceMs: number;
  /** Milliseconds in which what comes is committed together. */
  gatherMs: number;
}
export const remoteLimits: RemoteLimits = {
  connectMs: 10_000,
  silentMs: 180_000,
  frameBytes: 4 * 1024 * 1024,
  replyCharacters: 4_000_000,
  patienceMs: 60_000,
  gatherMs: 40,
};

const pool = { keepAlive: true, maxSockets: 16, maxFreeSockets: 4, scheduling: 'lifo' } as const;
const plainAgent = new http.Agent(pool);
/** By what the environment says of proxies. */
const secureAgents = new Map<string, https.Agent>();

/**
 * Encrypted connections go through the proxy that `HTTPS_PROXY` names, but for hosts of `NO_PROXY`, in either case; the proxy sees
 * the host alone. Plain HTTP never does: it is for this machine and private networks.
 * @throws Fault where a proxy is named and this Node can't use it, rather than to go round it
 */
function secureAgent(env: NodeJS.ProcessEnv): https.Agent {
  const proxy = env['https_proxy'] || env['HTTPS_PROXY'] || '';
  const direct = env['no_proxy'] || env['NO_PROXY'] || '';
  const key = JSON.stringify([proxy, direct]);
  const known = secureAgents.get(key);
  if (known) return known;
  let agent: https.Agent;
  if (proxy === '') agent = new https.Agent(pool);
  else {
    if (!('setGlobalProxyFromEnv' in http))
      throw new Fault(failure('remote.proxy-unsupported', { name: 'HTTPS_PROXY' }));
    try {
      if (!/^https?:$/.test(new URL(proxy).protocol)) throw new Error('no proxy of HTTP');
      agent = new https.Agent({ ...pool, proxyEnv: { HTTPS_PROXY: proxy, NO_PROXY: direct } } as https.AgentOptions);
    } catch {
      throw new Fault(failure('remote.proxy-invalid', { name: 'HTTPS_PROXY' }));
    }
  }
  secureAgents.set(key, agent);
  return agent;
}

export interface Sending {
  /** Of the server, as `addressOf` gives it. */
  address: string;
  /** Begins with a slash. */
  path: string;
  key: string | undefined;
  /** Plain HTTP to a private address was confirmed. */
  confirmed: boolean;
  headers?: Record<string, string>;
  /** Sent as JSON by POST; absent: GET. */
  body?: unknown;
  signal: AbortSignal;
  limits: RemoteLimits;
}
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Ends by throwing a `Fault` where the connection is cut or silent. */
  body: AsyncIterable<Uint8Array>;
  /** All that matters was read: the connection may be used again. */
  finished(): void;
}

const isCertificate = (code: string): boolean => /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code);
function lost(thrown: unknown, host: string, begun: boolean): Fault {
  if (thrown instanceof Fault) return thrown;
  if (thrown instanceof MezzotintError) return new Fault(thrown);
  const { code, message } = thrown as NodeJS.ErrnoException;
  const reason = code ?? message;
  if (code === 'ERR_PROXY_TUNNEL') return new Fault(failure('remote.proxy', { host }), { passes: true });
  if (code !== undefined && isCertificate(code)) return new Fault(failure('remote.certificate', { host, reason }));
  return begun
    ? new Fault(failure('remote.cut', { host }), { passes: true })
    : new Fault(failure('remote.unreachable', { host, reason }), { passes: true });
}

/** Waits for the head of an answer. @throws Fault; the signal's reason where it was aborted */
export function open(sending: Sending): Promise<Answer> {
  const { address, path, key, confirmed, headers = {}, body, signal, limits } = sending;
  const host = hostOf(address);
  const silent = (): Fault =>
    new Fault(failure('remote.silent', { host, seconds: Math.round(limits.silentMs / 1000) }), { passes: true });
  return new Promise((resolve, reject) => {
    const plain = new URL(address).protocol === 'http:';
    let agent: http.Agent;
    try {
      checkAddress(address, confirmed);
      signal.throwIfAborted();
      agent = plain ? plainAgent : secureAgent(process.env);
    } catch (thrown) {
      return reject(thrown instanceof MezzotintError ? new Fault(thrown) : thrown);
    }
    const url = new URL(address + path);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const made = (plain ? http : https).request(url, {
      method: text === undefined ? 'GET' : 'POST',
      agent,
      lookup: lookupOf(address, confirmed),
      headers: {
        accept: text === undefined ? 'application/json' : 'text/event-stream, application/json',
        'user-agent': 'Mezzotint',
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...headers,
      },
    });
    let timer: NodeJS.Timeout | undefined;
    const wait = (ms: number, then: () => Fault): void => {
      clearTimeout(timer);
      timer = setTimeout(() => made.destroy(then()), ms);
    };
    const abort = (): void => void made.destroy(signal.reason as Error);
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    signal.addEventListener('abort', abort, { once: true });
    wait(
      limits.connectMs,
      () => new Fault(failure('remote.unreachable', { host, reason: 'no connection in time' }), { passes: true }),
    );
    made.on('socket', (socket) => {
      if (socket.connecting) socket.once(plain ? 'connect' : 'secureConnect', () => wait(limits.silentMs, silent));
      else wait(limits.silentMs, silent);
    });
    made.once('error', (thrown) => {
      done();
      reject(signal.aborted ? signal.reason : lost(thrown, host, false));
    });
    made.once('response', (response) => {
      clearTimeout(timer);
      let whole = false;
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        finished: () => void (whole = true),
        body: reading(response, {
          host,
          signal,
          done,
          silentMs: limits.silentMs,
          silent,
          whole: () => whole,
        }),
      });
    });
    made.end(text);
  });
}

async function* reading(
  response: IncomingMessage,
  {
    host,
    signal,
    done,
    silentMs,
    silent,
    whole,
  }: {
    host: string;
    signal: AbortSignal;
    done: () => void;
    silentMs: number;
    silent: () => Fault;
    whole: () => boolean;
  },
): AsyncGenerator<Uint8Array> {
  let timer: NodeJS.Timeout | undefined;
  const again = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => response.destroy(silent()), silentMs);
  };
  try {
    again();
    for await (const piece of response.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      again();
      yield piece;
      again();
    }
  } catch (thrown) {
    throw signal.aborted ? signal.reason : lost(thrown, host, true);
  } finally {
    clearTimeout(timer);
    done();
    if (!response.readableEnded) leave(response, whole());
  }
}

/** All of a body as text. @throws Fault where it is larger than `most` bytes */
export async function wholeOf({ body }: Answer, most: number, host: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > most) throw new Fault(failure('remote.too-large', { host, most }));
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

/** Milliseconds in which a body that is whole may end. */
const REST_MS = 1000;
/** Frees the connection where nothing but its end is to come; closes it otherwise. */
function leave(response: IncomingMessage, whole: boolean): void {
  if (!whole) return void response.destroy();
  const timer = setTimeout(() => response.destroy(), REST_MS);
  timer.unref();
  let bytes = 0;
  response.on('error', () => undefined);
  response.once('close', () => clearTimeout(timer));
  response.on('data', (piece: Uint8Array) => {
    bytes += piece.byteLength;
    if (bytes > 65_536) response.destroy();
  });
}
