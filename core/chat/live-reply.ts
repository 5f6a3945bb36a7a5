/** A reply that is being written, as a client that joins now must see it. */
import type { ActiveReply } from '../contract/conversations.ts';
import type { CommittedToken, GenerationEvent, SlotChange } from '../contract/generation.ts';

export class LiveReply {
  private readonly messageId: string;
  private readonly generationId: string;
  /** Committed so far, from slot 0: those of earlier generations of the message too. */
  private readonly tokens: CommittedToken[];
  private canvas: { from: number; length: number };
  private readonly slots = new Map<number, SlotChange>();
  private counts = { forwards: 0, ms: 0 };
  /** The last event taken; −1: none yet. */
  seq = -1;

  constructor(messageId: string, generationId: string, committed: readonly CommittedToken[]) {
    this.messageId = messageId;
    this.generationId = generationId;
    this.tokens = [...committed];
    this.canvas = { from: committed.length, length: 0 };
  }

  /** What is wrong with an event at this point of the stream, for the log of a reply that failed; null where it fits. */
  misfit(event: GenerationEvent): string | null {
    const due = this.tokens.length;
    if (event.type === 'started' && event.firstSlot !== due)
      return `started: slot ${event.firstSlot} where ${due} was due`;
    if (event.type === 'blockCommitted' && event.from !== due)
      return `blockCommitted: slot ${event.from} where ${due} was due`;
    return null;
  }
  take(event: GenerationEvent): void {
    this.seq = event.seq;
    this.counts = { ...this.counts, ms: event.t };
    if (event.type !== 'frame' && event.type !== 'blockCommitted') return;
    this.counts.forwards = event.forward;
    if (event.type === 'frame') {
      this.canvas = event.canvas;
      for (const change of event.changes) this.slots.set(change.slot, change);
    } else for (const token of event.tokens) this.tokens.push(token);
    // what is committed is no part of the canvas any more, also before the next frame says so
    const end = this.canvas.from + this.canvas.length;
    const from = Math.max(this.canvas.from, this.tokens.length);
    this.canvas = { from, length: Math.max(0, end - from) };
    for (const slot of this.slots.keys()) if (slot < from || slot >= end) this.slots.delete(slot);
  }
  get time(): number {
    return this.counts.ms;
  }
  snapshot(): ActiveReply {
    return {
      messageId: this.messageId,
      generationId: this.generationId,
      seq: this.seq,
      tokens: [...this.tokens],
      canvas: { ...this.canvas },
      slots: [...this.slots.values()].sort((a, b) => a.slot - b.slot),
      counts: { ...this.counts },
    };
  }
}
