/** Paces one generation's events to a display: several in one push, none dropped, none out of order. */
import type { CommittedToken, GenerationEvent, SlotChange } from '../contract/generation.ts';
import type { Timers } from '../engines/index.ts';

const INTERVAL_MS = 32;
/** The same where the model fills the cores: each push is a wake-up of four processes, which the model pays for. */
const SPARING_INTERVAL_MS = 80;
/** How far apart pushes are, in milliseconds; `fills`: the model fills the cores that a window draws on. */
export const intervalFor = (fills: boolean): number => (fills ? SPARING_INTERVAL_MS : INTERVAL_MS);

const plain = <T extends SlotChange | CommittedToken>({ alternatives: _, ...rest }: T): Omit<T, 'alternatives'> => rest;
/** An event as it is pushed while the reply is written: what a token might have been is read from the trace by whoever asks. */
export function asPushed(event: GenerationEvent): GenerationEvent {
  if (event.type === 'frame') return { ...event, changes: event.changes.map(plain) };
  if (event.type === 'blockCommitted') return { ...event, tokens: event.tokens.map(plain) };
  return event;
}

export class EventPushes {
  private readonly send: (events: GenerationEvent[]) => void;
  private readonly timers: Timers;
  private readonly now: () => number;
  private readonly interval: () => number;
  private waiting: GenerationEvent[] = [];
  private timer: unknown = null;
  private last = -Infinity;

  /** @param interval milliseconds between two pushes at least */
  constructor(
    send: (events: GenerationEvent[]) => void,
    timers: Timers,
    now: () => number,
    interval: () => number = () => INTERVAL_MS,
  ) {
    this.send = send;
    this.timers = timers;
    this.now = now;
    this.interval = interval;
  }
  /** The first event goes at once, later ones with the next push. */
  add(event: GenerationEvent): void {
    this.waiting.push(asPushed(event));
    if (this.timer !== null) return;
    const interval = this.interval();
    const wait = Math.min(interval, interval - (this.now() - this.last));
    if (wait <= 0) this.flush();
    else this.timer = this.timers.set(() => this.flush(), wait);
  }
  flush(): void {
    if (this.timer !== null) this.timers.clear(this.timer);
    this.timer = null;
    if (this.waiting.length === 0) return;
    const events = this.waiting;
    this.waiting = [];
    this.last = this.now();
    this.send(events);
  }
}
