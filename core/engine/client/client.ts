/**
 * The host's side of the engine process: keeps it running, keeps its newest status, checks every message, and gives every
 * generation exactly one end, whatever happens to the process.
 */
import * as v from 'valibot';
import { fromEngineSchema, type AgreeRequest, type Device, type EngineProcess, type EngineStatus, type FillRequest, type FillResult, type FromEngine, type GenerateRequest, type PromptMessage, type PromptPreview, type SpawnEngine, type ToEngine } from '../../contract/engine.ts';
import { isFinal, type GenerationEvent } from '../../contract/generation.ts';
import { MezzotintError, type AppError } from '../../contract/result.ts';
import { Run, type OnEvent } from './run.ts';

export interface Timers {
  set(work: () => void, ms: number): unknown;
  clear(handle: unknown): void;
}
export const realTimers: Timers = {
  set: (work, ms) => setTimeout(work, ms),
  clear: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

export interface EngineClientOptions {
  spawn: SpawnEngine;
  packDir: string;
  /** Devices to try, in order; empty: the platform's own order. */
  devices?: Device[];
  threads?: number;
  timers?: Timers;
  /** Milliseconds, monotonic or not; default Date.now. */
  now?: () => number;
  /** Says when the first process is spawned, if nothing asks for it before; default at once. */
  startWhen?: (start: () => void) => void;
  /** Told of what a person need not see: restarts, messages that did not fit. */
  log?: (line: string) => void;
}

export interface EngineClient {
  readonly status: EngineStatus;
  /** Returns the unsubscriber. */
  onStatus(listener: (status: EngineStatus) => void): () => void;
  /** Waits until the engine is ready, then writes. `onEvent` gets exactly one final event. */
  generate(request: GenerateRequest, onEvent: OnEvent): void;
  /** Ends a generation with `stopped`. Does nothing where it has ended. An engine that does not hear is killed and started again. */
  cancel(generationId: string): void;
  /** Other ways to write spans of a reply; `onBest` hears of the best one so far. Resolves to null where it was cancelled (by its id). Rejects with what was wrong. */
  fill(request: FillRequest, onBest?: (span: number, best: [string, number][]) => void): Promise<FillResult | null>;
  /** The prompt as it would be read. `maxTokens`: length asked of the reply. Rejects with engine-not-ready or engine-crashed. */
  preview(messages: PromptMessage[], options: { maxTokens: number; withText: boolean }): Promise<PromptPreview>;
  /** How many of a reply's tokens the causal head draws in their places. Rejects as `preview` does. */
  agree(request: AgreeRequest): Promise<{ equal: number }>;
  /** Resolves once the engine is ready or has failed. */
  settled(): Promise<EngineStatus>;
  /** Ends the process and starts a new one; running generations end with `failed`. Returns the status at once (starting). */
  restart(): EngineStatus;
  /** Ends the process for good; running generations end with `stopped`. */
  shutdown(): Promise<void>;
}

const CANCEL_LIMIT_MS = 10_000;
const SHUTDOWN_LIMIT_MS = 3_000;
const CRASHES_TO_GIVE_UP = 3;
const CRASH_WINDOW_MS = 60_000;
/** Before the second start in the window; the first one is immediate. */
const BACKOFF_MS = 1_000;

const notReady = (message: string): AppError => ({ code: 'engine-not-ready', message, action: 'Wait until the model is loaded, or restart the engine.' });

const asThrown = ({ code, message, action }: AppError): MezzotintError => new MezzotintError(code, message, action === undefined ? {} : { action });

export function createEngineClient(options: EngineClientOptions): EngineClient {
  const { spawn, packDir, devices = [], threads, timers = realTimers, now = Date.now, log = () => undefined, startWhen = (begin) => begin() } = options;
  let engine: EngineProcess | null = null;
  let status: EngineStatus = { state: 'starting' };
  let closed = false;
  let begun = false;
  let respawn: unknown = null;
  let crashes: number[] = [];
  let previewed = 0;
  let agreed = 0;
  const listeners = new Set<(status: EngineStatus) => void>();
  const runs = new Map<string, Run>();
  const fills = new Map<string, { resolve: (result: FillResult | null) => void; reject: (error: Error) => void; onBest: (span: number, best: [string, number][]) => void }>();
  const agreements = new Map<string, { resolve: (agreed: { equal: number }) => void; reject: (error: Error) => void }>();
  const previews = new Map<string, { resolve: (preview: PromptPreview) => void; reject: (error: Error) => void }>();

  const send = (message: ToEngine): void => engine?.send(message);

  function setStatus(next: EngineStatus): void {
    status = next;
    for (const listener of [...listeners]) listener(next);
    if (next.state === 'ready') for (const run of runs.values()) submit(run);
    // what waits for an engine that will not come ends now
    if (next.state === 'failed') for (const run of [...runs.values()]) if (!run.sent) run.fail(next.error);
  }
  function submit(run: Run): void {
    if (run.sent) return;
    run.sent = true;
    send({ type: 'generate', request: run.request });
  }
  function remove(run: Run): void {
    timers.clear(run.limit);
    runs.delete(run.request.generationId);
  }

  function start(): void {
    begun = true;
    respawn = null;
    let started: EngineProcess;
    try {
      started = spawn();
    } catch (thrown) {
      log(`engine: could not be started: ${String(thrown)}`);
      return crashed(null);
    }
    engine = started;
    // messages and the exit of a process that was let go are not heard
    started.onMessage((message) => {
      if (engine === started) receive(message);
    });
    started.onExit(({ code }) => {
      if (engine !== started) return;
      engine = null;
      if (!closed) crashed(code);
    });
    send({ type: 'load', packDir, devices, ...(threads === undefined ? {} : { threads }) });
  }

  /**
   * Lets the process go without waiting for it, and ends what it was doing. The status changes first: who hears of an
   * ended reply may ask for the next one at once, and that one must wait for the new process.
   */
  function replace(error: AppError, stopped?: Run): void {
    const old = engine;
    engine = null;
    old?.kill();
    setStatus({ state: 'starting' });
    stopped?.stop();
    endSent(error);
    if (!closed) start();
  }
  function endSent(error: AppError): void {
    for (const run of [...runs.values()]) if (run.sent) run.fail(error);
    for (const { reject } of fills.values()) reject(asThrown(error));
    fills.clear();
    for (const asked of [previews, agreements]) {
      for (const { reject } of asked.values()) reject(asThrown(error));
      asked.clear();
    }
  }
  function crashed(code: number | null): void {
    log(`engine: ended with code ${code}`);
    crashes = [...crashes.filter((at) => now() - at < CRASH_WINDOW_MS), now()];
    const givesUp = crashes.length >= CRASHES_TO_GIVE_UP;
    // the status first: see `replace`
    setStatus(
      givesUp
        ? {
            state: 'failed',
            error: { code: 'engine-crashed', message: `The engine ended unexpectedly ${crashes.length} times within a minute. Your conversations are safe.`, action: 'Close programs that need much memory, then restart the engine.' },
          }
        : { state: 'starting' },
    );
    endSent({
      code: 'engine-crashed',
      message: 'The engine ended unexpectedly. What was committed is kept.',
      action: givesUp ? 'Restart the engine, then continue or retry the reply.' : 'It is starting again by itself: continue or retry the reply.',
    });
    if (givesUp || closed) return;
    if (crashes.length === 1) start();
    else respawn = timers.set(start, BACKOFF_MS);
  }

  function receive(raw: unknown): void {
    const parsed = v.safeParse(fromEngineSchema, raw);
    if (!parsed.success) {
      log(`engine: a message did not fit: ${v.summarize(parsed.issues).slice(0, 500)}`);
      const id = raw !== null && typeof raw === 'object' && 'generationId' in raw ? raw.generationId : undefined;
      const run = typeof id === 'string' ? runs.get(id) : undefined;
      if (run) abandon(run, 'The engine sent something that does not fit.');
      return;
    }
    const message: FromEngine = parsed.output;
    if (message.type === 'beat') return;
    if (message.type === 'status') return setStatus(message.status);
    if (message.type === 'agreed') {
      agreements.get(message.requestId)?.resolve({ equal: message.equal });
      agreements.delete(message.requestId);
      return;
    }
    if (message.type === 'previewed') {
      const asked = previews.get(message.requestId);
      previews.delete(message.requestId);
      if (message.preview) asked?.resolve(message.preview);
      else asked?.reject(asThrown(message.error ?? notReady('No model is loaded yet.')));
      return;
    }
    if (message.type === 'filling') return fills.get(message.fillId)?.onBest(message.span, message.best);
    if (message.type === 'filled') {
      const fill = fills.get(message.fillId);
      fills.delete(message.fillId);
      return message.error ? fill?.reject(asThrown(message.error)) : fill?.resolve(message.result);
    }
    const run = runs.get(message.generationId);
    if (!run) return; // ended on this side already
    if (message.event.seq !== run.nextSeq) return abandon(run, `The engine sent event ${message.event.seq} where ${run.nextSeq} was due.`);
    deliver(run, message.event);
  }
  function deliver(run: Run, event: GenerationEvent): void {
    if (isFinal(event)) remove(run);
    run.deliver(event);
  }
  /** A stream with a hole can't be gone on with. */
  function abandon(run: Run, message: string): void {
    send({ type: 'cancel', generationId: run.request.generationId });
    run.fail({ code: 'internal', message: `${message} What was committed is kept.`, action: 'Continue or retry the reply.' });
  }

  function restart(): EngineStatus {
    if (closed) return status;
    timers.clear(respawn);
    crashes = [];
    replace({ code: 'engine-crashed', message: 'The engine was restarted under this reply. What was committed is kept.', action: 'Continue or retry the reply.' });
    return status;
  }

  const begin = (): void => {
    if (!begun && !closed) start();
  };
  startWhen(begin);
  return {
    get status() {
      return status;
    },
    onStatus(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    generate(request, onEvent) {
      const run = new Run(request, onEvent, remove);
      runs.set(request.generationId, run);
      if (closed) run.stop();
      else if (status.state === 'failed') run.fail(status.error);
      else if (status.state === 'ready') submit(run);
      else begin();
    },
    cancel(generationId) {
      if (fills.has(generationId)) return send({ type: 'cancel', generationId });
      const run = runs.get(generationId);
      if (!run || run.limit !== null) return;
      if (!run.sent) return run.stop();
      send({ type: 'cancel', generationId });
      run.limit = timers.set(() => {
        log('engine: did not hear a cancel; killed');
        replace({ code: 'engine-crashed', message: 'The engine did not answer and was ended. What was committed is kept.', action: 'It is starting again by itself: continue or retry the reply.' }, run);
      }, CANCEL_LIMIT_MS);
    },
    fill(request, onBest = () => undefined) {
      if (status.state !== 'ready') return Promise.reject(asThrown(notReady('No model is loaded yet.')));
      return new Promise((resolve, reject) => {
        fills.set(request.fillId, { resolve, reject, onBest });
        send({ type: 'fill', request });
      });
    },
    agree(request) {
      if (status.state !== 'ready') return Promise.reject(asThrown(notReady('No model is loaded yet.')));
      const requestId = `agree-${++agreed}`;
      return new Promise((resolve, reject) => {
        agreements.set(requestId, { resolve, reject });
        send({ type: 'agree', requestId, request });
      });
    },
    preview(messages, { maxTokens, withText }) {
      if (status.state !== 'ready') return Promise.reject(asThrown(notReady('No model is loaded yet.')));
      const requestId = `preview-${++previewed}`;
      return new Promise((resolve, reject) => {
        previews.set(requestId, { resolve, reject });
        send({ type: 'preview', requestId, messages, maxTokens, withText });
      });
    },
    settled: () =>
      new Promise((resolve) => {
        const isSettled = (s: EngineStatus): boolean => s.state === 'ready' || s.state === 'failed' || closed;
        if (isSettled(status)) return resolve(status);
        const listener = (s: EngineStatus): void => {
          if (!isSettled(s)) return;
          listeners.delete(listener);
          resolve(s);
        };
        listeners.add(listener);
        begin();
      }),
    restart,
    async shutdown() {
      if (closed) return;
      closed = true;
      timers.clear(respawn);
      for (const run of [...runs.values()]) run.stop();
      endSent(notReady('The app is closing.'));
      const old = engine;
      if (!old) return;
      await new Promise<void>((resolve) => {
        const limit = timers.set(() => {
          old.kill();
          resolve();
        }, SHUTDOWN_LIMIT_MS);
        old.onExit(() => {
          timers.clear(limit);
          resolve();
        });
        old.send({ type: 'shutdown' });
      });
      engine = null;
    },
  };
}
