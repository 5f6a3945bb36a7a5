/**
 * Requests to the hub and to where it leads. The token goes to the hub's own origin alone; every host is named before it is
 * connected to. What passes (a server in trouble, a lost connection, "too many requests") is waited for and tried again.
 */
import { setTimeout as after } from 'node:timers/promises';
import { failure, MezzotintError } from '../contract/result.ts';

export const HUB = 'https://huggingface.co';

export interface ConnectionOptions {
  /** The hub's address; a mirror's, where `HF_ENDPOINT` names one. */
  endpoint?: string;
  /** For repositories that are not open to everyone. */
  token?: string | undefined;
  fetch?: typeof fetch;
  /** Told of each host before the first connection to it. */
  onHost?: (host: string) => void;
  /** Told why a request waits, and for how long. */
  onWait?: (why: MezzotintError, ms: number) => void;
  /** Tries of a request in all. */
  tries?: number;
  /** Milliseconds before the second try; each further one waits twice as long. */
  waitMs?: number;
  /** The longest wait that a server may ask for. Longer ones fail, and say how long. */
  patienceMs?: number;
  /** Milliseconds without an answer, or without a byte of one, after which a connection counts as lost. */
  silentMs?: number;
}

export interface Answer {
  response: Response;
  /** What the hub itself calls the content, before it led elsewhere: a large file's SHA-256. */
  etag: string | null;
}
export interface Connection {
  readonly endpoint: string;
  /** Milliseconds without a byte after which a body counts as cut off. */
  readonly silentMs: number;
  /** Pause before try number `n`, from 1 on. */
  pause(n: number, signal: AbortSignal): Promise<void>;
  readonly tries: number;
  /**
   * An answer of the kind 2xx, or 416, which is left to the caller.
   * @throws MezzotintError that says what to do; the signal's reason where it was aborted
   */
  get(url: string, headers: Record<string, string>, signal: AbortSignal, about?: string): Promise<Answer>;
  /** `get` in the form of `fetch`, for a library. */
  fetch: (signal: AbortSignal, about?: string) => typeof fetch;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 6;
const PASSES = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Seconds or a date → milliseconds from now; null where it says neither. */
export function retryAfter(header: string | null, now = Date.now()): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) && header.trim() !== '' ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

/** @throws MezzotintError `bad-request` for an address that is none */
export function endpointOf(env: NodeJS.ProcessEnv = process.env): string {
  const given = env['HF_ENDPOINT']?.trim();
  if (!given) return HUB;
  try {
    const { protocol, origin, pathname } = new URL(given);
    if (protocol === 'https:' || protocol === 'http:') return (origin + pathname).replace(/\/+$/, '');
  } catch {
    // refused below
  }
  throw failure('hub.no-address', { given: JSON.stringify(given) });
}
export const tokenOf = (env: NodeJS.ProcessEnv = process.env): string | undefined =>
  env['HF_TOKEN']?.trim() || undefined;

/** Failed by the network itself, below HTTP. */
const lost = (url: string, cause: unknown): MezzotintError => {
  const { code, message } = rootOf(cause);
  const host = new URL(url).host;
  return failure(isCertificate(code) ? 'hub.certificate' : 'hub.unreachable', { host, reason: message }, { cause });
};
/** No further try helps against these. */
const isCertificate = (code: string): boolean => /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code);
function rootOf(thrown: unknown): { code: string; message: string } {
  let at = thrown;
  while (at instanceof Error && at.cause !== undefined) at = at.cause;
  const code = (at as { code?: unknown } | null)?.code;
  return { code: typeof code === 'string' ? code : '', message: at instanceof Error ? at.message : String(at) };
}

/** What an answer other than 2xx means. `about`: the repository, for the words. */
function refusal(response: Response, url: string, about: string, hasToken: boolean, endpoint: string): MezzotintError {
  const { status, headers } = response;
  const kind = headers.get('x-error-code') ?? '';
  const page = `${endpoint}/${about}`;
  if (kind === 'GatedRepo' || (status === 403 && kind === ''))
    return failure(hasToken ? 'hub.gated-for-token' : 'hub.gated', { repository: about, page });
  if (status === 401 || status === 403)
    return hasToken
      ? failure('hub.token-refused', { repository: about })
      : failure('hub.hidden', { repository: about });
  if (status === 404)
    return kind === 'RevisionNotFound'
      ? failure('hub.no-revision', { repository: about })
      : kind === 'EntryNotFound'
        ? failure('hub.no-file', {
            repository: about,
            file: decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? ''),
          })
        : failure('hub.no-repository', { repository: about });
  if (status === 429) {
    const ms = retryAfter(headers.get('retry-after'));
    const { host } = new URL(url);
    return ms === null
      ? failure('hub.later', { host })
      : failure('hub.later-in', { host, seconds: Math.ceil(ms / 1000) });
  }
  return failure('hub.status', { host: new URL(url).host, status });
}

export function connect(options: ConnectionOptions = {}): Connection {
  const {
    endpoint = HUB,
    token,
    fetch: request = fetch,
    tries = 5,
    waitMs = 1000,
    patienceMs = 300_000,
    silentMs = 60_000,
  } = options;
  const own = new URL(endpoint).origin;
  const named = new Set<string>();
  const name = (url: string): void => {
    const { host } = new URL(url);
    if (named.has(host)) return;
    named.add(host);
    options.onHost?.(host);
  };
  const pause = async (ms: number, why: MezzotintError, signal: AbortSignal): Promise<void> => {
    options.onWait?.(why, ms);
    await after(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  };
  const wait = (n: number): number => waitMs * 2 ** (n - 1);

  /** One try, through its redirects. */
  async function once(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
    let at = url;
    let etag: string | null = null;
    for (let n = 0; n <= MOST_REDIRECTS; n++) {
      name(at);
      const { origin, protocol } = new URL(at);
      const sent = { ...headers };
      if (token !== undefined && origin === own) sent['authorization'] = `Bearer ${token}`;
      const answer = answering(signal, silentMs);
      const response = await request(at, { headers: sent, redirect: 'manual', signal: answer.signal }).finally(
        answer.came,
      );
      etag ??= response.headers.get('x-linked-etag') ?? (n === 0 ? response.headers.get('etag') : null);
      const to = response.headers.get('location');
      if (!REDIRECTS.has(response.status) || to === null)
        return { response, etag: etag?.replace(/^(W\/)?"|"$/g, '') ?? null };
      await response.body?.cancel();
      const next = new URL(to, at);
      if (!/^https?:$/.test(next.protocol) || (protocol === 'https:' && next.protocol === 'http:'))
        throw failure('hub.unsafe', { host: new URL(at).host, target: `${next.protocol}//${next.host}` });
      at = next.href;
    }
    throw failure('hub.circle', { host: new URL(url).host });
  }

  async function get(
    url: string,
    headers: Record<string, string>,
    signal: AbortSignal,
    about = 'repository',
  ): Promise<Answer> {
    for (let n = 1; ; n++) {
      signal.throwIfAborted();
      let answer: Answer;
      try {
        answer = await once(url, headers, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        if (thrown instanceof MezzotintError) throw thrown;
        const error = lost(url, thrown);
        if (n >= tries || isCertificate(rootOf(thrown).code)) throw error;
        await pause(wait(n), error, signal);
        continue;
      }
      const { response } = answer;
      if (response.ok || response.status === 416) return answer;
      const error = refusal(response, url, about, token !== undefined, endpoint);
      const asked = retryAfter(response.headers.get('retry-after'));
      await response.body?.cancel();
      const ms = asked ?? wait(n);
      if (!PASSES.has(response.status) || n >= tries || ms > patienceMs) throw error;
      await pause(ms, error, signal);
    }
  }

  return {
    endpoint,
    silentMs,
    tries,
    pause: (n, signal) => pause(wait(n), failure('hub.cut', { host: new URL(endpoint).host }), signal),
    get,
    fetch: (signal, about) => async (input, init) => {
      const url = input instanceof Request ? input.url : String(input);
      return (await get(url, Object.fromEntries(new Headers(init?.headers)), signal, about)).response;
    },
  };
}

/** Aborted with `signal`, and by silence until `came`: how long a body takes is its reader's affair. */
function answering(signal: AbortSignal, silentMs: number): { signal: AbortSignal; came: () => void } {
  const both = new AbortController();
  const abort = (): void => both.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => both.abort(new Error(`no answer within ${silentMs / 1000} s`)), silentMs);
  return { signal: both.signal, came: () => clearTimeout(timer) };
}
