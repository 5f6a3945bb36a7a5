/**
 * The host's side of the engine process: keeps it running, keeps its newest status, checks every message, notices when it
 * gives no sign of life, and gives every request exactly one end, whatever happens to the process.
 */
import * as v from 'valibot';
import {
  fromEngineSchema,
  isInMemory,
  type Device,
  type EngineExit,
  type EngineProcess,
  type EngineStatus,
  type FromEngine,
  type SpawnEngine,
  type ToEngine,
} from '../../contract/engine.ts';
import type { KernelsAsked } from '../../contract/kernels.ts';
import { type AppError, errorOf, failure } from '../../contract/result.ts';
import type { Engine } from '../engine.ts';
import { fillQuestion, idOf, Question, Run, withSilence, type Asked } from './asked.ts';
import { realTimers, type Timers } from '../timers.ts';
import { Watch, watchLimits, type WatchLimits } from './watch.ts';
import { crashedTooOften, crashedUnder } from './words.ts';

export interface LocalEngineOptions {
  spawn: SpawnEngine;
  /** The folder of the pack; asked for at each start of a process, so that `restart` changes to another one. */
  packDir: string | (() => string);
  /** Devices to try, in order; empty: the platform's own order. */
  devices?: Device[];
  /** How the processor runs the model; asked for at each start of a process. */
  kernels?: () => KernelsAsked;
  /** The file that keeps what was measured of it; absent: nothing is measured. */
  measurements?: string;
  timers?: Timers;
  /** Milliseconds since 1970; default Date.now. */
  now?: () => number;
  /** Says when the first process is spawned, if nothing asks for it before; default at once. */
  startWhen?: (start: () => void) => void;
  /** Told of what a person need not see: restarts, messages that did not fit. */
  log?: (line: string) => void;
  /** After how long a process counts as silent. */
  limits?: Partial<WatchLimits>;
}

/** What the engine has to end a cancelled request in order. */
const STOP_LIMIT_MS = 1_000;
/** What a process without beats has to say that it ended one, before it counts as hung. */
const CANCEL_LIMIT_MS = 10_000;
/** What a preview waits for: a long forward of a large model comes first. */
const PREVIEW_LIMIT_MS = 60_000;
const SHUTDOWN_LIMIT_MS = 1_000;
const CRASHES_TO_GIVE_UP = 3;
const CRASH_WINDOW_MS = 60_000;
/** Before the second start in the window; the first one is immediate. */
const BACKOFF_MS = 1_000;

export function createLocalEngine(options: LocalEngineOptions): Engine {
  const {
    spawn,
    packDir,
    devices = [],
    timers = realTimers,
    now = Date.now,
    log = () => undefined,
    startWhen = (begin) => begin(),
  } = options;
  let engine: EngineProcess | null = null;
  let status: EngineStatus = { state: 'starting' };
  let closed = false;
  let begun = false;
  let respawn: unknown = null;
  /** When processes crashed lately, and how many of them in a row before they were ready. */
  let crashes: number[] = [];
  let unready = 0;
  let asking = 0;
  const listeners = new Set<(status: EngineStatus) => void>();
  const asked = new Map<string, Asked>();
  /** Ended on this side, while the process has not said so: their limits' timers. */
  const leftOver = new Map<string, unknown>();
  let watch = newWatch();

  function newWatch(): Watch {
    return new Watch({
      timers,
      limits: { ...watchLimits, ...options.limits },
      working: () =>
        engine?.beats === true &&
        (status.state === 'starting' ||
          status.state === 'loading' ||
          leftOver.size > 0 ||
          [...asked.values()].some(({ sent }) => sent)),
      loaded: () => status.state === 'ready',
      onSilent() {
        log('engine: gives no sign of life');
        setStatus(withSilence(status, now()));
        for (const one of [...asked.values()]) if (one.brief) end(one, () => one.fail(errorOf('engine.silent')));
        // nobody wants what it was doing
        if (leftOver.size > 0) replace(errorOf('engine.did-not-answer'));
      },
      onHeard: () => setStatus(withSilence(status, null)),
    });
  }
  const send = (message: ToEngine): void => engine?.send(message);

  function setStatus(next: EngineStatus): void {
    status = next;
    if (next.state === 'ready') unready = 0;
    for (const listener of [...listeners]) listener(next);
    if (isInMemory(next)) for (const one of [...asked.values()]) submit(one);
    // what waits for an engine that will not come ends now
    if (next.state === 'failed')
      for (const one of [...asked.values()]) if (!one.sent) end(one, () => one.fail(next.error));
  }
  function submit(one: Asked): void {
    if (one.sent) return;
    one.sent = true;
    send(one.message);
    watch.look();
  }
  /** Forgets a request first: who hears of its end may ask again under the same name. */
  function end(one: Asked, how: () => void): void {
    timers.clear(one.limit);
    asked.delete(one.id);
    how();
  }
  /** A request with one answer; it is not held until the engine is ready. */
  function ask<T>(question: Question<T>, limitMs?: number): Promise<T> {
    if (status.state !== 'ready') return Promise.reject(failure('engine.not-loaded-yet'));
    if (status.silentSince !== undefined) return Promise.reject(failure('engine.silent'));
    asked.set(question.id, question);
    if (limitMs !== undefined)
      question.limit = timers.set(() => end(question, () => question.fail(errorOf('engine.too-slow'))), limitMs);
    if (status.unloaded) wake();
    else submit(question);
    return question.answered;
  }

  function start(): void {
    begun = true;
    respawn = null;
    let started: EngineProcess;
    try {
      started = spawn();
    } catch (thrown) {
      log(`engine: could not be started: ${String(thrown)}`);
      return crashed({ code: null, expected: false });
    }
    engine = started;
    watch = newWatch();
    // messages and the exit of a process that was let go are ignored
    started.onMessage((message) => {
      if (engine === started) receive(message);
    });
    started.onExit((exit) => {
      if (engine !== started) return;
      letGo();
      if (!closed) crashed(exit);
    });
    send({
      type: 'load',
      packDir: typeof packDir === 'string' ? packDir : packDir(),
      devices,
      ...(options.kernels ? { kernels: options.kernels() } : {}),
      ...(options.measurements === undefined ? {} : { measurements: options.measurements }),
    });
    watch.look();
  }
  /** What the process was doing is nobody's any more. */
  function letGo(): void {
    engine = null;
    watch.end();
    for (const limit of leftOver.values()) timers.clear(limit);
    leftOver.clear();
  }

  /**
   * Lets the process go without waiting for it, and ends what it was doing. The status changes first: who hears of an
   * ended reply may ask for the next one at once, and that one must wait for the new process.
   */
  function replace(error: AppError, stopped?: Asked): void {
    const old = engine;
    letGo();
    old?.kill();
    setStatus({ state: 'starting' });
    if (stopped) end(stopped, () => stopped.stop());
    endSent((one) => one.fail(error));
    if (!closed) start();
  }
  function endSent(how: (one: Asked) => void): void {
    for (const one of [...asked.values()])
      if (one.sent) end(one, () => (one.limit !== null && !one.brief ? one.stop() : how(one)));
  }
  function crashed(exit: EngineExit): void {
    log(`engine: ended with ${exit.signal ?? `code ${exit.code}`}`);
    crashes = [...crashes.filter((at) => now() - at < CRASH_WINDOW_MS), now()];
    // a model that is too large for the machine takes its time to fail: what never was ready counts, however long ago
    if (status.state !== 'ready') unready++;
    const times = Math.max(crashes.length, unready);
    const givesUp = times >= CRASHES_TO_GIVE_UP;
    const delay = crashes.length > 1;
    // the status first: see `replace`
    setStatus(givesUp ? { state: 'failed', error: crashedTooOften(exit, times) } : { state: 'starting' });
    endSent((one) => one.fail(crashedUnder(exit, givesUp)));
    if (givesUp || closed || engine) return;
    if (!delay) start();
    else respawn = timers.set(start, BACKOFF_MS);
  }

  function receive(raw: unknown): void {
    const parsed = v.safeParse(fromEngineSchema, raw);
    if (!parsed.success) {
      log(`engine: a message did not fit: ${v.summarize(parsed.issues).slice(0, 500)}`);
      const id = raw !== null && typeof raw === 'object' && 'generationId' in raw ? raw.generationId : undefined;
      const one = typeof id === 'string' ? asked.get(id) : undefined;
      if (one) abandon(one, errorOf('engine.event-misfit'));
      return;
    }
    const message: FromEngine = parsed.output;
    if (message.type === 'beat') return watch.beat(message);
    if (message.type === 'importer') return; // of a process of its own (core/library)
    watch.message();
    if (message.type === 'status') return setStatus(message.status);
    const id = idOf(message);
    const one = asked.get(id);
    if (!one) {
      if (
        message.type === 'filled' ||
        (message.type === 'event' &&
          (message.event.type === 'stopped' || message.event.type === 'finished' || message.event.type === 'failed'))
      ) {
        timers.clear(leftOver.get(id));
        leftOver.delete(id);
      }
      return; // ended on this side already
    }
    // its last answer may be what makes somebody ask again under the same name
    const answer = one.take(message, () => end(one, () => undefined));
    if (answer !== null) abandon(one, answer);
  }
  /** A stream with a hole can't be gone on with. */
  function abandon(one: Asked, error: AppError): void {
    send({ type: 'cancel', generationId: one.id });
    end(one, () => one.fail(error));
  }

  function cancel(id: string): void {
    const one = asked.get(id);
    if (!one || one.brief || one.limit !== null) return;
    if (!one.sent) return end(one, () => one.stop());
    if (watch.silent) return replace(errorOf('engine.did-not-answer'), one);
    send({ type: 'cancel', generationId: id });
    one.limit = timers.set(() => {
      log('engine: takes long to hear a cancel');
      const beats = engine?.beats === true;
      // a process that beats is watched; one that does not has its limit
      leftOver.set(
        id,
        beats ? null : timers.set(() => replace(errorOf('engine.did-not-answer')), CANCEL_LIMIT_MS - STOP_LIMIT_MS),
      );
      end(one, () => one.stop());
      watch.look();
    }, STOP_LIMIT_MS);
  }

  function restart(): EngineStatus {
    if (closed) return status;
    timers.clear(respawn);
    crashes = [];
    unready = 0;
    replace(errorOf('engine.restarted'));
    return status;
  }

  function unload(): void {
    if (status.state !== 'ready' || status.unloaded || asked.size > 0 || leftOver.size > 0) return;
    const old = engine;
    letGo();
    old?.kill();
    setStatus({ ...status, unloaded: true });
  }
  function wake(): void {
    if (closed || status.state !== 'ready' || !status.unloaded) return;
    setStatus({ state: 'starting' });
    start();
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
      const run = new Run(request, onEvent);
      asked.set(run.id, run);
      if (closed) end(run, () => run.stop());
      else if (status.state === 'failed') {
        const { error } = status;
        end(run, () => run.fail(error));
      } else if (isInMemory(status)) submit(run);
      else {
        wake();
        begin();
      }
    },
    cancel,
    fill: async (request, onBest = () => undefined) => (await ask(fillQuestion(request, onBest))).result,
    agree(request) {
      const requestId = `agree-${++asking}`;
      return ask(
        new Question(
          requestId,
          { type: 'agree', requestId, request },
          (answer) =>
            answer.type !== 'agreed'
              ? null
              : answer.error
                ? { error: answer.error }
                : { value: { equal: answer.equal } },
          { brief: true, stopped: null },
        ),
      );
    },
    preview(messages, { maxTokens, withText }) {
      const requestId = `preview-${++asking}`;
      return ask(
        new Question(
          requestId,
          { type: 'preview', requestId, messages, maxTokens, withText },
          (answer) =>
            answer.type !== 'previewed'
              ? null
              : answer.preview
                ? { value: answer.preview }
                : { error: answer.error ?? errorOf('engine.not-loaded-yet') },
          { brief: true, stopped: null },
        ),
        PREVIEW_LIMIT_MS,
      );
    },
    tokenize(text) {
      const requestId = `tokenize-${++asking}`;
      return ask(
        new Question(
          requestId,
          { type: 'tokenize', requestId, text },
          (answer) =>
            answer.type !== 'tokenized'
              ? null
              : answer.tokens
                ? { value: answer.tokens }
                : { error: answer.error ?? errorOf('engine.not-loaded-yet') },
          { brief: true, stopped: null },
        ),
        PREVIEW_LIMIT_MS,
      );
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
    unload,
    async shutdown() {
      if (closed) return;
      closed = true;
      timers.clear(respawn);
      for (const one of [...asked.values()])
        end(one, () => (one.brief ? one.fail(errorOf('engine.app-closing')) : one.stop()));
      const old = engine;
      if (!old) return;
      const hung = watch.silent;
      letGo();
      if (hung) return old.kill();
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
    },
  };
}
