/** A running reply as the window draws it: events wait for the next animation frame and are applied together. */
import type { ActiveReply } from '../../core/contract/conversations.ts';
import type { GenerationEvent, Mode } from '../../core/contract/generation.ts';
import type { CoursePoint } from './happening.ts';
import { applyEvent, emptyReply, isOver, joinReply, type ReplyState } from './reply.ts';

/** Asks for one later call; the window's is the next animation frame. */
export type Schedule = (task: () => void) => void;

/** While the window is hidden there are no animation frames, but replies go on. */
export const nextFrame: Schedule = (task) => {
  if (document.hidden) setTimeout(task, 250);
  else requestAnimationFrame(task);
};

export interface LiveOptions {
  schedule: Schedule;
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
  /** Tokens and forwards after each commit; replaced when it grew. */
  course: readonly CoursePoint[];
  #forward = 0;
  #before: ReplyState;
  #events: GenerationEvent[] = [];
  #course: CoursePoint[] = [];
  #state: ReplyState;
  #queue: GenerationEvent[] = [];
  #scheduled = false;
  #lost = false;
  readonly #options: LiveOptions;

  /** `text`: what the reply has committed already (a continued reply). */
  constructor(messageId: string, generationId: string | null, text: string, options: LiveOptions) {
    this.messageId = messageId;
    this.generationId = generationId;
    this.#state = emptyReply(text);
    this.view = $state.raw({ ...this.#state, slots: [] });
    this.#before = this.#state;
    this.step = $state.raw({ before: this.#before, events: [] });
    this.course = $state.raw([]);
    this.#options = options;
  }

  /** Takes the fetched state instead of its own; events that came meanwhile follow it. */
  join(active: ActiveReply, mode: Mode | null): void {
    this.#state = joinReply(active, mode);
    this.generationId = active.generationId;
    this.#lost = false;
    this.flush();
  }

  push(events: readonly GenerationEvent[]): void {
    this.#queue.push(...events);
    if (this.#scheduled || this.#lost) return;
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
    this.#events = [...this.#events, event];
    if (event.type !== 'blockCommitted') return;
    const last = this.#course.at(-1);
    this.#course.push({ ms: event.t, tokens: (last?.tokens ?? 0) + event.tokens.length, forward });
  }

  flush(): void {
    if (this.#lost) return;
    const was = isOver(this.#state);
    for (const event of this.#queue) {
      this.#follow(event);
      if (!applyEvent(this.#state, event)) {
        this.#lost = true;
        break;
      }
    }
    // What came after a gap is older than the state that is fetched now: only what comes meanwhile follows it.
    this.#queue = [];
    this.view = { ...this.#state, slots: [...this.#state.slots] };
    this.step = { before: this.#before, events: this.#events };
    if (this.#course.length !== this.course.length) this.course = [...this.#course];
    if (this.#lost) this.#options.onGap();
    else if (!was && isOver(this.#state)) this.#options.onOver();
  }
}
