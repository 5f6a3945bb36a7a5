/**
 * A server far away, as an engine. It is ready without a connection: nothing is sent before a reply is asked for. Faults before the
 * first word are met by a further try, also at another address; after it the reply keeps what it has and ends with what was wrong.
 */
import type { EngineStatus, GenerateRequest, PackInfo } from '../../contract/engine.ts';
import { errorOf, failure, toAppError } from '../../contract/result.ts';
import type { Engine } from '../engine.ts';
import { realTimers, type Timers } from '../timers.ts';
import { hostOf } from './address.ts';
import { bodyOf, Refused, type Body } from './body.ts';
import { chunksOf } from './chunks.ts';
import { dialects } from './dialects/index.ts';
import { Fault, refusalOf, shown } from './fault.ts';
import { open, remoteLimits, wholeOf, type RemoteLimits } from './http.ts';
import { packOf, type RemoteServer } from './pack.ts';
import { RemoteWriter } from './writer.ts';

export interface RemoteOptions {
  server: RemoteServer;
  /** Asked for at each reply, and kept nowhere else. @throws MezzotintError where the key store does not give it */
  key: () => string | undefined;
  limits?: Partial<RemoteLimits>;
  timers?: Timers;
  /** Milliseconds. */
  now?: () => number;
}

/** Tries at one address that asks to wait. */
const WAITS = 2;
const REFUSED_BODY = [400, 422];
/** Tries with less and less in the body. */
const REDUCTIONS = 3;
/** Bytes of a refusal that are read for its reason. */
const REASON_BYTES = 256 * 1024;

/** A name of the conversation, which means nothing elsewhere, as proxies and SGLang's router read it: they keep to one backend. */
const affinityOf = ({ affinity }: GenerateRequest): Record<string, string> =>
  affinity === undefined ? {} : { 'x-session-id': affinity, 'x-smg-routing-key': affinity };

export function createRemoteEngine(options: RemoteOptions): Engine {
  const { server, key, timers = realTimers, now = () => performance.now() } = options;
  const limits: RemoteLimits = { ...remoteLimits, ...options.limits };
  const dialect = dialects[server.dialect];
  const pack: PackInfo = packOf(server, dialect);
  const status: EngineStatus = {
    state: 'ready',
    pack,
    device: 'remote',
    refused: [],
    threads: 0,
    loadMs: 0,
    capabilities: dialect.capabilities,
  };
  const refused = new Refused();
  const running = new Map<string, { writer: RemoteWriter; abort: AbortController }>();

  /** One try at one address. @throws Fault; the signal's reason where it was aborted */
  async function attempt(
    address: string,
    request: GenerateRequest,
    body: Body,
    writer: RemoteWriter,
    signal: AbortSignal,
  ): Promise<void> {
    const host = hostOf(address);
    const secret = key();
    const path = '/chat/completions';
    const answer = await open({
      address,
      path,
      key: secret,
      confirmed: server.confirmed,
      headers: { ...dialect.headers, ...affinityOf(request) },
      body,
      signal,
      limits,
    });
    const { status: code, headers } = answer;
    if (code < 200 || code > 299) {
      const said = await wholeOf(answer, REASON_BYTES, host).catch((thrown: unknown) => {
        if (signal.aborted) throw thrown;
        return '';
      });
      throw refusalOf({ status: code, headers, body: said, host, path, key: secret });
    }
    const read = dialect.reader();
    const chunks = chunksOf(answer, { host, key: secret, most: limits.frameBytes });
    let end: Parameters<RemoteWriter['end']>[0] | null = null;
    try {
      for (;;) {
        const { value, done } = await chunks.next();
        if (done) {
          if (end === null && !value) throw new Fault(failure('remote.cut', { host }), { passes: true });
          break;
        }
        for (const step of read(value)) {
          if (step.kind === 'end') end = { reason: step.reason };
          else if (step.kind === 'fault') {
            const reason = shown(step.reason, secret) || 'error';
            throw new Fault(failure(step.brokeOff ? 'remote.broke-off' : 'remote.said', { host, reason }));
          } else {
            if (step.kind === 'text' && dialect.unit === 'token')
              throw new Fault(failure('remote.other-dialect', { host, dialect: dialect.id }));
            writer.take(step);
          }
        }
        if (writer.characters > limits.replyCharacters)
          throw new Fault(failure('remote.too-large', { host, most: limits.replyCharacters }));
      }
    } catch (thrown) {
      // a reply that has ended is whole, whatever happens to the connection afterwards
      if (end === null || signal.aborted) throw thrown;
    } finally {
      await chunks.return(false).catch(() => undefined);
    }
    if (writer.onlyReasoned) throw new Fault(failure('remote.only-reasoning', { host }));
    writer.end(end ?? { reason: 'end' });
  }

  async function write(request: GenerateRequest, writer: RemoteWriter, signal: AbortSignal): Promise<void> {
    const whole = bodyOf(request, server.model.id, dialect.body(request), dialect.unit === 'token');
    writer.leftOut = () => refused.chosen(whole);
    let reductions = 0;
    let at = 0;
    let waits = 0;
    for (;;) {
      const address = server.addresses[at] as string;
      const body = refused.from(whole);
      try {
        return await attempt(address, request, body, writer, signal);
      } catch (thrown) {
        if (signal.aborted || !(thrown instanceof Fault) || writer.begun) throw thrown;
        const { passes, waitMs, status: code } = thrown;
        const reducible = code !== null && REFUSED_BODY.includes(code) && dialect.unit === 'text';
        if (reducible && reductions < REDUCTIONS && refused.take(body, thrown.reason)) reductions++;
        else if (passes && at + 1 < server.addresses.length) at++;
        else if (passes && waitMs !== null && waitMs <= limits.patienceMs && waits < WAITS) {
          waits++;
          at = 0;
          await pause(waitMs, signal);
        } else throw thrown;
      }
    }
  }
  const pause = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = timers.set(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      }, ms);
      const abort = (): void => {
        timers.clear(timer);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', abort, { once: true });
    });

  function cancel(id: string): void {
    const one = running.get(id);
    if (!one) return;
    running.delete(id);
    one.writer.end('stopped');
    one.abort.abort();
  }
  const cannot = (): Promise<never> =>
    Promise.reject(failure('remote.only-writes', { host: hostOf(server.addresses[0] as string) }));
  return {
    status,
    onStatus: () => () => undefined,
    generate(request, onEvent) {
      if (request.localOnly === true) {
        const host = hostOf(server.addresses[0] as string);
        return onEvent({ type: 'failed', seq: 0, t: 0, error: errorOf('servers.local-only', { host }) });
      }
      const writer = new RemoteWriter({ request, pack, onEvent, timers, now, gatherMs: limits.gatherMs });
      const abort = new AbortController();
      const id = request.generationId;
      running.set(id, { writer, abort });
      void write(request, writer, abort.signal)
        .catch((thrown: unknown) => writer.end(toAppError(thrown instanceof Fault ? thrown.error : thrown)))
        .finally(() => {
          if (running.get(id)?.writer === writer) running.delete(id);
        });
    },
    cancel,
    fill: cannot,
    preview: cannot,
    tokenize: cannot,
    agree: cannot,
    settled: () => Promise.resolve(status),
    restart: () => status,
    shutdown() {
      for (const id of [...running.keys()]) cancel(id);
      return Promise.resolve();
    },
  };
}
