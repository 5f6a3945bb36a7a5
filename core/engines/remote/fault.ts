/** What went wrong with a server: the error a person reads, and whether another try may help. */
import type { IncomingHttpHeaders } from 'node:http';
import { failure, type MezzotintError } from '../../contract/result.ts';
import { wellFormed } from './words.ts';

export class Fault extends Error {
  readonly error: MezzotintError;
  /** Another address, or a later try, may do better. */
  readonly passes: boolean;
  /** Milliseconds that the server asks to wait; null: it does not say. */
  readonly waitMs: number | null;
  /** Of the answer; null: there was none. */
  readonly status: number | null;
  /** The server's own words; '' where it has none. */
  readonly reason: string;
  constructor(
    error: MezzotintError,
    of: { passes?: boolean; waitMs?: number | null; status?: number; reason?: string } = {},
  ) {
    super(error.message);
    this.error = error;
    this.passes = of.passes ?? false;
    this.waitMs = of.waitMs ?? null;
    this.status = of.status ?? null;
    this.reason = of.reason ?? '';
  }
}

/** Seconds or a date → milliseconds from now; null where it says neither. */
export function retryAfter(header: string | undefined, now = Date.now()): number | null {
  if (header === undefined || header.trim() === '') return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g;
/** A server's own words as they may be shown: one short line, without control characters and without the key. */
export function shown(text: string, key: string | undefined, most = 300): string {
  const line = (key ? text.replaceAll(key, '…') : text).replace(CONTROL, ' ').trim();
  return wellFormed(line.length > most ? `${line.slice(0, most)}…` : line);
}

/** The message of an error's body, as servers write it; null where there is none. */
export function messageIn(error: unknown): string | null {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return null;
  for (const name of ['message', 'error', 'detail', 'msg'] as const) {
    const value = (error as Record<string, unknown>)[name];
    if (Array.isArray(value)) {
      const first = messageIn(value[0]);
      if (first !== null) return first;
    }
    const found = messageIn(value);
    if (found !== null) return found;
  }
  return null;
}

export interface Refusal {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  host: string;
  path: string;
  key: string | undefined;
}
/** What an answer other than 2xx means. */
export function refusalOf({ status, headers, body, host, path, key }: Refusal): Fault {
  if (status >= 300 && status < 400) {
    let target = String(headers.location ?? '?');
    try {
      target = new URL(target, `https://${host}`).origin;
    } catch {
      target = shown(target, key, 80);
    }
    return new Fault(failure('remote.redirect', { host, target }), { status });
  }
  if (status === 401 || status === 403) return new Fault(failure('remote.key-refused', { host }), { status });
  const said = ((): string | null => {
    try {
      return messageIn(JSON.parse(body));
    } catch {
      return null;
    }
  })();
  const waitMs = retryAfter(headers['retry-after']);
  if (status === 429 || status === 503) {
    const error =
      waitMs === null
        ? failure('remote.busy', { host })
        : failure('remote.busy-for', { host, seconds: Math.ceil(waitMs / 1000) });
    return new Fault(error, { passes: true, waitMs, status });
  }
  if (said === null && status === 404) return new Fault(failure('remote.no-path', { host, path }), { status });
  const reason = shown(said ?? '', key) || `status ${status}`;
  return new Fault(failure('remote.refused', { host, status, reason }), {
    passes: status >= 500 || status === 408,
    status,
    reason,
  });
}
