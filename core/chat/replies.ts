/**
 * The replies being written; whose turn it is, the scheduler says. Each event is stored as the contract asks (a commit is
 * durable before anybody hears of it), then shown. Whatever happens, a reply gets exactly one end.
 */
import type { ActiveReply } from '../contract/conversations.ts';
import { fillsCores, type GenerateRequest } from '../contract/engine.ts';
import {
  isFinal,
  type CommittedToken,
  noCounts,
  type GenerationEvent,
  type GenerationSettings,
} from '../contract/generation.ts';
import type { Push } from '../contract/push.ts';
import { type AppError, errorOf, toAppError } from '../contract/result.ts';
import { normalise } from '../contract/settings.ts';
import type { Scheduler, Timers } from '../engines/index.ts';
import { roundEvent, type OpenGeneration } from '../store/index.ts';
import { EventPushes, intervalFor } from './event-pushes.ts';
import { LiveReply } from './live-reply.ts';

export interface NewReply {
  conversationId: string;
  messageId: string;
  request: GenerateRequest;
  /** The row of this generation, already stored. */
  generation: OpenGeneration;
  /** Committed by earlier generations of the message. */
  committed: readonly CommittedToken[];
  /** The message it branched off, where it did. */
  forkedFrom?: string;
}
export type End = Parameters<OpenGeneration['finish']>[1];
export interface RepliesOptions {
  scheduler: Scheduler;
  notify: (push: Push) => void;
  /** Called when a reply has ended; `end` is stored, unless the store failed under it. */
  onEnd: (messageId: string, end: End) => void;
  timers: Timers;
  now: () => number;
  /** Of this machine. */
  cores: number;
}

interface Job extends NewReply {
  live: LiveReply;
  pushes: EventPushes;
  /** Events since the last commit: stored with the next one, or with the end. */
  unsaved: GenerationEvent[];
  ended: boolean;
}

export class Replies {
  private readonly o: RepliesOptions;
  /** Those that have not ended, by their generation, in the order they were asked for. */
  private readonly jobs = new Map<string, Job>();
  /** Ends that could not be stored (disk full): tried again before the next change. */
  private unstored: { job: Job; end: End }[] = [];
  private closing = false;

  constructor(options: RepliesOptions) {
    this.o = options;
  }

  /** Writes the reply when its turn comes. */
  add(reply: NewReply): void {
    const { conversationId, messageId, request } = reply;
    const send = (events: GenerationEvent[]): void =>
      this.o.notify({ topic: 'generation', conversationId, messageId, generationId: request.generationId, events });
    const job: Job = {
      ...reply,
      live: new LiveReply(messageId, request.generationId, reply.committed),
      pushes: new EventPushes(send, this.o.timers, this.o.now, () =>
        intervalFor(fillsCores(this.o.scheduler.status, this.o.cores)),
      ),
      unsaved: [],
      ended: false,
    };
    this.jobs.set(request.generationId, job);
    this.o.scheduler.at('person').generate(request, (event) => this.take(job, event));
  }

  private take(job: Job, raw: GenerationEvent): void {
    if (job.ended) return; // on this side
    const rounded = roundEvent(raw);
    const event =
      rounded.type === 'started' && job.forkedFrom !== undefined ? { ...rounded, forkedFrom: job.forkedFrom } : rounded;
    const misfit = job.live.misfit(event);
    if (misfit !== null) return this.abort(job, errorOf('chat.unexpected-event', { event: misfit }));
    if (isFinal(event)) return this.end(job, event);
    try {
      if (event.type === 'started')
        job.generation.started({
          pack: event.pack,
          device: event.device,
          droppedMessages: event.droppedMessages,
          mode: event.mode,
          ...this.asRun(job),
        });
      if (event.type === 'blockCommitted') {
        job.generation.commit([...job.unsaved, event], event.tokens.map((token) => token.text).join(''));
        job.unsaved = [];
      } else job.unsaved.push(event);
    } catch (thrown) {
      return this.abort(job, toAppError(thrown));
    }
    job.live.take(event);
    job.pushes.add(event);
  }
  /** The settings that the loaded model runs, where they are not those that were asked for. */
  private asRun({ request: { settings } }: Job): { settings?: GenerationSettings } {
    const { status } = this.o.scheduler;
    if (status.state !== 'ready') return {};
    const run = normalise(settings, status.pack.samplers);
    return JSON.stringify(run) === JSON.stringify(settings) ? {} : { settings: run };
  }
  /** Ends a reply that can't be gone on with, and tells the engine so. */
  private abort(job: Job, error: AppError): void {
    this.end(job, { type: 'failed', seq: job.live.seq + 1, t: job.live.time, error });
    this.o.scheduler.cancel(job.request.generationId);
  }
  private end(job: Job, event: GenerationEvent): void {
    job.ended = true;
    this.jobs.delete(job.request.generationId);
    const end = this.store(job, event);
    job.live.take(event);
    job.pushes.add(event);
    job.pushes.flush();
    this.o.onEnd(job.messageId, end);
  }
  private store(job: Job, event: GenerationEvent): End {
    const error = event.type === 'failed' ? event.error : null;
    const end: End = {
      status:
        event.type === 'finished'
          ? 'complete'
          : event.type === 'stopped'
            ? this.closing
              ? 'interrupted'
              : 'stopped'
            : error?.code === 'engine-crashed'
              ? 'interrupted'
              : 'failed',
      reason: event.type === 'finished' ? event.reason : null,
      counts: 'counts' in event ? (event.counts ?? null) : null,
      error,
      endedAt: this.o.now(),
    };
    const events = [...job.unsaved, event];
    job.unsaved = [];
    try {
      job.generation.finish(events, end);
    } catch (thrown) {
      this.unstored.push({ job, end });
      this.o.notify({ topic: 'notice', error: toAppError(thrown) });
    }
    return end;
  }
  /** Stores ends that could not be stored before. Called before each change. */
  settle(): void {
    const again = this.unstored;
    this.unstored = [];
    for (const item of again) {
      try {
        item.job.generation.finish([], item.end);
        this.o.onEnd(item.job.messageId, item.end);
      } catch {
        this.unstored.push(item);
      }
    }
  }

  private get running(): Job | undefined {
    const { running } = this.o.scheduler;
    return running === null ? undefined : this.jobs.get(running);
  }
  /** Stops a reply, running or waiting. Does nothing where it has ended. */
  stop(messageId: string): void {
    for (const job of [...this.jobs.values()])
      if (job.messageId === messageId) this.o.scheduler.cancel(job.request.generationId);
  }
  stopConversation(conversationId: string): void {
    for (const job of [...this.jobs.values()].reverse())
      if (job.conversationId === conversationId) this.stop(job.messageId);
  }

  /** Whether a reply of this conversation is being written or waits. */
  writesIn(conversationId: string): boolean {
    return [...this.jobs.values()].some((job) => job.conversationId === conversationId);
  }

  /** The reply of a conversation that is being written now. */
  active(conversationId: string): ActiveReply | null {
    const { running } = this;
    return running?.conversationId === conversationId ? running.live.snapshot() : null;
  }
  get activeNow(): ActiveReply | null {
    return this.running?.live.snapshot() ?? null;
  }
  /** Messages whose replies wait, in order. */
  get queued(): string[] {
    const { running } = this;
    return [...this.jobs.values()].filter((job) => job !== running).map((job) => job.messageId);
  }
  /** Events of a running reply that are shown but not stored yet. */
  unsavedEvents(messageId: string): GenerationEvent[] {
    const { running } = this;
    return running?.messageId === messageId ? [...running.unsaved] : [];
  }

  /** Ends all replies as interrupted, those that wait first. */
  close(): void {
    this.closing = true;
    for (const job of [...this.jobs.values()].reverse()) {
      this.o.scheduler.cancel(job.request.generationId);
      if (!job.ended)
        this.end(job, { type: 'stopped', seq: job.live.seq + 1, t: job.live.time, counts: { ...noCounts } });
    }
  }
}
