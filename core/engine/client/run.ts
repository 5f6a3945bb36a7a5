/** One generation as the host follows it: enough to end it properly when the engine can't. */
import type { GenerateRequest } from '../../contract/engine.ts';
import type { Counts, GenerationEvent } from '../../contract/generation.ts';
import type { AppError } from '../../contract/result.ts';

export type OnEvent = (event: GenerationEvent) => void;

export class Run {
  readonly request: GenerateRequest;
  private readonly onEvent: OnEvent;
  private readonly onEnd: (run: Run) => void;
  /** Whether the engine process has been asked. */
  sent = false;
  /** The timer that runs once a cancel was asked for. */
  limit: unknown = null;
  nextSeq = 0;
  private t = 0;
  private readonly counts: Counts = { tokens: 0, forwards: 0, prefillForwards: 0, promptTokens: 0, cachedTokens: 0, drafted: 0, accepted: 0, msPrefill: 0, msDecode: 0, msForward: 0 };

  /** @param onEnd called before a final event made on this side is delivered */
  constructor(request: GenerateRequest, onEvent: OnEvent, onEnd: (run: Run) => void) {
    this.request = request;
    this.onEvent = onEvent;
    this.onEnd = onEnd;
  }

  deliver(event: GenerationEvent): void {
    this.nextSeq = event.seq + 1;
    this.t = event.t;
    this.follow(event);
    this.onEvent(event);
  }
  private follow(event: GenerationEvent): void {
    const { counts } = this;
    if (event.type === 'started') Object.assign(counts, { promptTokens: event.promptTokens, cachedTokens: event.cachedTokens });
    if (event.type === 'frame' || event.type === 'blockCommitted') Object.assign(counts, { forwards: event.forward, msDecode: event.t });
    if (event.type === 'blockCommitted') counts.tokens += event.tokens.length;
  }

  /** Ends the generation as failed; what the engine still sends for it is not heard. Counts are what was seen from here. */
  fail(error: AppError): void {
    this.onEnd(this);
    this.deliver({ type: 'failed', seq: this.nextSeq, t: this.t, error, counts: { ...this.counts } });
  }
  /** The same, as stopped by the person. */
  stop(): void {
    this.onEnd(this);
    this.deliver({ type: 'stopped', seq: this.nextSeq, t: this.t, counts: { ...this.counts } });
  }
}
