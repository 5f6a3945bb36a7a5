/** A running reply as the window draws it: events wait for the next animation frame and are applied together. */
import type { ActiveReply } from '../../../core/contract/conversations.ts';
import type { GenerationEvent, Mode } from '../../../core/contract/generation.ts';
import type { CoursePoint } from '../explain/facts.ts';
import { applyEvent, emptyReply, isOver, joinReply, strikes, struckFor, type ReplyState } from './reply.ts';

/** Asks for one later call; the window's is the next animation frame. */
export type Schedule = (task: () => void) => void;

/** While the window is hidden there are no animation frames, but replies go on. */
export const nextFrame: Schedule = (task) => {
  if (document.hidden) setTimeout(task, 250);
  else requestAnimationFrame(task);
};

/** Asks for one later call, in so many milliseconds. */
export type Later = (task: () => void, ms: number) => void;

export interface LiveOptions {
  schedule: Schedule;
  /** Ends the time that struck words stand in their seats. */
  later?: Later;
  /** A gap in `seq`: what was missed must be fetched. */
  onGap: () => void;
  onOver: () => void;
}

export class LiveReply {
  readonly messageId: string;
  generationId: string | null;
  view: Readonly<ReplyState>;
  /** The newest forward's events so far, and what was on the screen before them. */
  step: { before: ReplyState; events: readonly GenerationEvent[] };
  #grown = $state(0);
  #forward = 0;
  #before: ReplyState;
  #events: GenerationEvent[] = [];
  #course: CoursePoint[] = [];
  #state: ReplyState;
  #queue: GenerationEvent[] = [];
  #scheduled = false;
  #lost = false;
  /** Struck words stand in their seats: what replaces them waits. */
  #struck = false;
  readonly #options: LiveOptions;

  /** `text`: what the reply has committed already (a continued reply). */
  constructor(messageId: string, generationId: string | null, text: string, options: LiveOptions) {
    this.messageId = messageId;
    this.generationId = generationId;
    this.#state = emptyReply(text);
    this.view = $state.raw({ ...this.#state, slots: [] });
    this.#before = this.#state;
    this.step = $state.raw({ before: this.#before, events: [] });
    this.#options = options;
  }

  /** Tokens and forwards after each commit: one list that grows. */
  get course(): readonly CoursePoint[] {
    void this.#grown;
    return this.#course;
  }

  /** Takes the fetched state instead of its own; events that came meanwhile follow it. */
  join(active: ActiveReply, mode: Mode | null, blockLength = 0): void {
    this.#state = joinReply(active, mode, blockLength);
    this.generationId = active.generationId;
    this.#lost = false;
    this.#struck = false;
    this.flush();
  }

  push(events: readonly GenerationEvent[]): void {
    for (const event of events) this.#queue.push(event);
    this.#soon();
  }
  #soon(): void {
    if (this.#scheduled || this.#lost || this.#struck) return;
    this.#scheduled = true;
    this.#options.schedule(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  #follow(event: GenerationEvent): void {
    const forward = event.type === 'started' ? 0 : 'forward' in event ? event.forward : this.#forward;
    if (event.type === 'started' || forward !== this.#forward) {
      this.#before = { ...this.#state, slots: [...this.#state.slots] };
      this.#events = [];
      this.#forward = forward;
    }
    this.#events.push(event);
    if (event.type !== 'blockCommitted') return;
    const last = this.#course.at(-1);
    this.#course.push({ ms: event.t, tokens: (last?.tokens ?? 0) + event.tokens.length, forward });
  }

  /** Of the newest forward's events, the one that strikes words: they are shown before what replaces them. -1: none. */
  #strike(): number {
    const last = this.#queue.at(-1);
    if (!last || !('forward' in last)) return -1;
    return this.#queue.findLastIndex((event) => strikes(event) && 'forward' in event && event.forward === last.forward);
  }

  flush(): void {
    if (this.#lost || this.#struck) return;
    const was = isOver(this.#state);
    const strike = this.#strike();
    const ms = strike < 0 ? 0 : struckFor(this.#state.pace);
    // What came after a gap is older than the state that is fetched then: only what comes meanwhile follows it.
    const events = this.#queue;
    this.#queue = ms > 0 ? events.splice(strike + 1) : [];
    const points = this.#course.length;
    for (const event of events) {
      this.#follow(event);
      if (!applyEvent(this.#state, event)) {
        this.#lost = true;
        this.#queue = [];
        break;
      }
    }
    this.view = { ...this.#state, slots: [...this.#state.slots] };
    this.step = { before: this.#before, events: [...this.#events] };
    if (this.#course.length !== points) this.#grown++;
    if (this.#lost) this.#options.onGap();
    else if (!was && isOver(this.#state)) this.#options.onOver();
    else if (ms > 0) this.#hold(ms);
  }
  #hold(ms: number): void {
    this.#struck = true;
    (this.#options.later ?? setTimeout)(() => {
      this.#struck = false;
      if (this.#queue.length > 0) this.#soon();
    }, ms);
  }
}
