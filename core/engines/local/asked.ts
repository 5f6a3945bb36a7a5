/** What an engine process was asked and has not answered yet: one shape for every kind of request. */
import type {
  EngineStatus,
  FillRequest,
  FillResult,
  FromEngine,
  GenerateRequest,
  ToEngine,
} from '../../contract/engine.ts';
import { isFinal, noCounts, type Counts, type GenerationEvent } from '../../contract/generation.ts';
import type { OnBest, OnEvent } from '../engine.ts';
import { type AppError, errorOf, thrownOf } from '../../contract/result.ts';

/** Messages of the engine that belong to a request. */
export type Answer = Exclude<FromEngine, { type: 'status' | 'beat' | 'importer' }>;

export interface Asked {
  readonly id: string;
  readonly message: ToEngine;
  /** Whether it is answered in one go, by a process that can be loaded with work: such a request does not wait out a silence. */
  readonly brief: boolean;
  /** Whether the process has been asked. */
  sent: boolean;
  /** Set once it was cancelled, and cleared when it has ended: its timer. */
  limit: unknown;
  /** An answer that belongs to it. `last` is called before the last one is handed on. @returns the error where it does not fit; null where it does */
  take(answer: Answer, last: () => void): AppError | null;
  fail(error: AppError): void;
  /** Ends it as the person's wish. */
  stop(): void;
}

/** Which request an answer belongs to. */
export const idOf = (answer: Answer): string =>
  'requestId' in answer ? answer.requestId : 'fillId' in answer ? answer.fillId : answer.generationId;

/** One generation, followed closely enough to end it properly when the engine can't. */
export class Run implements Asked {
  readonly id: string;
  readonly message: ToEngine;
  readonly brief = false;
  private readonly onEvent: OnEvent;
  sent = false;
  limit: unknown = null;
  private nextSeq = 0;
  private t = 0;
  /** What was seen from here. */
  private readonly counts: Counts = { ...noCounts };

  constructor(request: GenerateRequest, onEvent: OnEvent) {
    this.id = request.generationId;
    this.message = { type: 'generate', request };
    this.onEvent = onEvent;
  }

  take(answer: Answer, last: () => void): AppError | null {
    if (answer.type !== 'event') return null;
    const { event } = answer;
    if (event.seq !== this.nextSeq) return errorOf('engine.event-missing', { got: event.seq, due: this.nextSeq });
    if (isFinal(event)) last();
    this.deliver(event);
    return null;
  }
  private deliver(event: GenerationEvent): void {
    this.nextSeq = event.seq + 1;
    this.t = event.t;
    const { counts } = this;
    if (event.type === 'started')
      Object.assign(counts, { promptTokens: event.promptTokens, cachedTokens: event.cachedTokens });
    if (event.type === 'frame' || event.type === 'blockCommitted')
      Object.assign(counts, { forwards: event.forward, msDecode: event.t });
    if (event.type === 'blockCommitted') counts.tokens += event.tokens.length;
    this.onEvent(event);
  }
  fail(error: AppError): void {
    this.deliver({ type: 'failed', seq: this.nextSeq, t: this.t, error, counts: { ...this.counts } });
  }
  stop(): void {
    this.deliver({ type: 'stopped', seq: this.nextSeq, t: this.t, counts: { ...this.counts } });
  }
}

/** A request with one answer. */
export class Question<T> implements Asked {
  readonly id: string;
  readonly message: ToEngine;
  readonly brief: boolean;
  readonly answered: Promise<T>;
  sent = false;
  limit: unknown = null;
  private resolve!: (value: T) => void;
  private reject!: (error: Error) => void;
  private readonly read: (answer: Answer) => { value: T } | { error: AppError } | null;
  private readonly stopped: T | null;

  /**
   * @param read the answer, what was wrong, or null where more is to come
   * @param how `stopped`: what it resolves to where it was cancelled; null: it can't be
   */
  constructor(id: string, message: ToEngine, read: Question<T>['read'], how: { brief: boolean; stopped: T | null }) {
    this.id = id;
    this.message = message;
    this.read = read;
    this.brief = how.brief;
    this.stopped = how.stopped;
    this.answered = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
  take(answer: Answer, last: () => void): null {
    const found = this.read(answer);
    if (!found) return null;
    last();
    if ('value' in found) this.resolve(found.value);
    else this.fail(found.error);
    return null;
  }
  fail(error: AppError): void {
    this.reject(thrownOf(error));
  }
  stop(): void {
    if (this.stopped !== null) this.resolve(this.stopped);
  }
}

/** Candidates for spans; null where it was cancelled. */
export const fillQuestion = (request: FillRequest, onBest: OnBest): Question<{ result: FillResult | null }> =>
  new Question(
    request.fillId,
    { type: 'fill', request },
    (answer) => {
      if (answer.type === 'filling') onBest(answer.span, answer.best);
      if (answer.type !== 'filled') return null;
      return answer.error ? { error: answer.error } : { value: { result: answer.result } };
    },
    { brief: false, stopped: { result: null } },
  );

/** Status without its silence, and with it. */
export function withSilence(status: EngineStatus, since: number | null): EngineStatus {
  if (status.state === 'failed') return status;
  const { silentSince: _, ...rest } = status;
  return since === null ? rest : { ...rest, silentSince: since };
}
