/**
 * A stored trace as a timeline with random access: what the window showed after each forward, where drafts fell and
 * blocks ended, and how each token came to be. Pure; the states are the live fold's own (`reply.ts`).
 *
 * A step is what one forward put on the screen: all its events together, as a client that is told of them sees them.
 * The end of a generation belongs to its last step, unless a canvas was still open: then it is a step of its own.
 */
import type { CommittedToken, GenerationEvent, Mode, SlotState } from '../../../core/contract/generation.ts';
import { applyEvent, emptyReply, strikes, type ReplyState } from '../reply/reply.ts';

/** block: a block was finished (Fast) · rejection: a draft was taken back · revision: a revealed token was taken back · resumed: another generation goes on · fork: the reply branched off another one here. */
export type Mark = 'block' | 'rejection' | 'revision' | 'resumed' | 'fork';

export interface Step {
  /** Number of the generation (0: the first) and its forward; forward 0: before the first. */
  readonly generation: number;
  readonly forward: number;
  /** Milliseconds on the timeline: 0 at the first step, in the pace of the writing; the wait between two generations is short. */
  readonly ms: number;
  /** Committed tokens of the whole reply after this step, and the length of their text. */
  readonly tokens: number;
  readonly textLength: number;
  readonly marks: readonly Mark[];
  /** What was struck in this step, '' where nothing was. */
  readonly struck: string;
}

type EarlierState = Extract<SlotState, 'draft' | 'revealed' | 'guess'>;
const isEarlier = (state: SlotState): state is EarlierState =>
  state === 'draft' || state === 'revealed' || state === 'guess';

/** A value that a slot held before its token was committed. */
export interface Earlier {
  readonly step: number;
  readonly text: string;
  readonly p: number | null;
  readonly state: EarlierState;
  /** Whether it was the token that stayed. */
  readonly kept: boolean;
}
/** A committed token and how it came. */
export interface TokenStory {
  readonly token: CommittedToken;
  readonly generation: number;
  /** Number of the commit that brought it, over all generations. */
  readonly block: number;
  /** The step that revealed it. */
  readonly step: number;
  /** Oldest first. */
  readonly earlier: readonly Earlier[];
}

/** A state is kept for each so many steps: a jump replays fewer than these. */
const KEYFRAME_EVERY = 32;
/** Milliseconds between the end of a generation and the first step of the next. */
const RESUME_PAUSE = 600;

interface Group {
  generation: number;
  forward: number;
  /** Events [first, end). */
  first: number;
  end: number;
}

/** Applies an event whatever its `seq`: a trace may lack frames, and each generation counts from 0. */
function fold(state: ReplyState, event: GenerationEvent): ReplyState {
  const next = event.type === 'started' ? emptyReply(state.text) : state;
  next.seq = event.seq - 1;
  applyEvent(next, event);
  return next;
}
const copy = (state: ReplyState): ReplyState => ({ ...state, slots: [...state.slots] });

function groupsOf(events: readonly GenerationEvent[]): Group[] {
  const groups: Group[] = [];
  let generation = -1;
  let open = false; // a canvas is on the screen
  events.forEach((event, i) => {
    const last = groups.at(-1);
    if (event.type === 'started' || generation < 0) {
      generation++;
      groups.push({ generation, forward: 0, first: i, end: i + 1 });
      open = false;
    } else if (last && (event.type === 'frame' || event.type === 'blockCommitted')) {
      if (event.forward === last.forward) last.end = i + 1;
      else groups.push({ generation, forward: event.forward, first: i, end: i + 1 });
      open = event.type === 'frame' && event.canvas.length > 0;
    } else if (last) {
      if (open) groups.push({ generation, forward: last.forward, first: i, end: i + 1 });
      else last.end = i + 1;
    }
  });
  return groups;
}

/**
 * What an event takes back, seen from the state before it. `idAt`: of the token that a slot showed last. A token has another
 * text among others than alone where a character takes two of them, so ids tell where they are known.
 */
function marksOf(state: ReplyState, event: GenerationEvent, idAt: (slot: number) => number | null): Mark[] {
  const marks: Mark[] = [];
  const before = (slot: number): { state: SlotState; text: string } | undefined =>
    state.slots[slot - (state.slots[0]?.slot ?? 0)];
  const taken = (slot: number): void => void marks.push(before(slot)?.state === 'revealed' ? 'revision' : 'rejection');
  if (event.type === 'frame') {
    for (const change of event.changes) {
      const was = before(change.slot);
      if (change.state === 'rejected') taken(change.slot);
      else if (was?.state === 'revealed' && was.text !== change.text && change.state !== 'noise') taken(change.slot);
    }
  } else if (event.type === 'blockCommitted') {
    event.tokens.forEach((token, i) => {
      const slot = event.from + i;
      const was = before(slot);
      const shown = idAt(slot);
      const another =
        shown !== null && token.id !== null ? shown !== token.id : was?.text !== token.text && token.text !== '';
      if ((was?.state === 'draft' || was?.state === 'revealed') && another) taken(slot);
    });
    if (state.mode === 'fast' && event.tokens.length > 0) marks.push('block');
  }
  return marks;
}

export class Timeline {
  readonly steps: readonly Step[];
  /** Committed tokens, slot by slot. */
  readonly tokens: readonly TokenStory[];
  /** Whether the trace has frames: without them only commits can be shown. */
  readonly whole: boolean;
  readonly #events: readonly GenerationEvent[];
  readonly #groups: readonly Group[];
  /** The state after each step that is a multiple of KEYFRAME_EVERY. */
  readonly #keyframes: readonly ReplyState[];
  #cursor: { step: number; state: ReplyState } | null = null;

  /** @param events of all generations of a reply, oldest first, each from its `started` */
  constructor(events: readonly GenerationEvent[]) {
    this.#events = events;
    this.#groups = groupsOf(events);
    this.whole = events.some((event) => event.type === 'frame');
    const steps: Step[] = [];
    const keyframes: ReplyState[] = [];
    const stories = new Stories();
    let state = emptyReply();
    let origin = 0;
    let committed = 0;
    let generation = 0;
    this.#groups.forEach((group, at) => {
      const marks = new Set<Mark>();
      let rejection = state.rejection?.at ?? 0;
      for (let i = group.first; i < group.end; i++) {
        const event = events[i] as GenerationEvent;
        for (const mark of marksOf(state, event, (slot) => stories.shownAt(slot))) marks.add(mark);
        stories.take(event, at, group);
        if (event.type === 'blockCommitted') committed += event.tokens.length;
        if (event.type === 'started') rejection = 0;
        state = fold(state, event);
      }
      const before = steps.at(-1);
      const opening = events[group.first];
      if (opening?.type === 'started' && opening.forkedFrom !== undefined) marks.add('fork');
      else if (group.generation !== generation) marks.add('resumed');
      generation = group.generation;
      if (!before) origin = state.ms;
      else if (before.generation !== group.generation) origin = state.ms - before.ms - RESUME_PAUSE;
      const struck = (state.rejection?.at ?? 0) > rejection ? (state.rejection?.text ?? '') : '';
      steps.push({
        generation: group.generation,
        forward: group.forward,
        ms: Math.max(before?.ms ?? 0, state.ms - origin),
        tokens: committed,
        textLength: state.text.length,
        marks: [...marks],
        struck,
      });
      if (at % KEYFRAME_EVERY === 0) keyframes.push(copy(state));
    });
    this.steps = steps;
    this.#keyframes = keyframes;
    this.tokens = stories.tokens;
  }

  get length(): number {
    return this.steps.length;
  }
  /** Milliseconds from the first step to the last. */
  get duration(): number {
    return this.steps.at(-1)?.ms ?? 0;
  }
  get mode(): Mode | null {
    const started = this.#events.findLast((event) => event.type === 'started');
    return started?.mode ?? null;
  }

  /** What was on the screen after a step. The state is the caller's own. @throws RangeError where there is no such step */
  at(step: number): ReplyState {
    if (!Number.isInteger(step) || step < 0 || step >= this.#groups.length)
      throw new RangeError(`there is no step ${step} in ${this.#groups.length}`);
    const key = Math.floor(step / KEYFRAME_EVERY);
    const near =
      this.#cursor !== null && this.#cursor.step <= step && this.#cursor.step >= key * KEYFRAME_EVERY
        ? this.#cursor
        : { step: key * KEYFRAME_EVERY, state: copy(this.#keyframes[key] as ReplyState) };
    let { state } = near;
    for (let at = near.step + 1; at <= step; at++) {
      const group = this.#groups[at] as Group;
      for (let i = group.first; i < group.end; i++) state = fold(state, this.#events[i] as GenerationEvent);
    }
    this.#cursor = { step, state };
    return copy(state);
  }

  /** What was on the screen in a step while the words it took back stood struck in their seats; null where it struck none. */
  struckAt(step: number): ReplyState | null {
    const events = this.eventsOf(step);
    const strike = events.findLastIndex(strikes);
    if (strike < 0) return null;
    return events.slice(0, strike + 1).reduce(fold, step > 0 ? this.at(step - 1) : emptyReply());
  }

  /** The events of a step, in order. */
  eventsOf(step: number): readonly GenerationEvent[] {
    const group = this.#groups[step];
    return group ? this.#events.slice(group.first, group.end) : [];
  }

  /** The last step that is shown at a time. */
  stepAt(ms: number): number {
    let low = 0;
    let high = this.steps.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.steps[middle] as Step).ms <= ms) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }
}

/** Collects what each slot held until its token was committed. */
class Stories {
  readonly tokens: TokenStory[] = [];
  /** Values by slot; a new generation begins with none. */
  #held = new Map<
    number,
    { step: number; forward: number; id: number | null; text: string; p: number | null; state: EarlierState }[]
  >();
  /** The step of each forward of this generation. */
  #stepOf = new Map<number, number>();
  #block = 0;

  /** The token that a slot showed last; null where none is known. */
  shownAt(slot: number): number | null {
    return this.#held.get(slot)?.at(-1)?.id ?? null;
  }
  take(event: GenerationEvent, step: number, { generation }: Group): void {
    if (event.type === 'started') {
      this.#held.clear();
      this.#stepOf.clear();
    } else if (event.type === 'frame') {
      this.#stepOf.set(event.forward, step);
      for (const { slot, state, id, text, p } of event.changes) {
        if (!isEarlier(state) || id === null || p === null) continue;
        const list = this.#held.get(slot) ?? [];
        const last = list.at(-1);
        if (last?.id === id && last.state === state && last.p === p) continue;
        list.push({ step, forward: event.forward, id, text, p, state });
        this.#held.set(slot, list);
      }
    } else if (event.type === 'blockCommitted') {
      this.#stepOf.set(event.forward, step);
      event.tokens.forEach((token, i) => {
        const held = this.#held.get(event.from + i) ?? [];
        const isToken = (id: number | null, text: string): boolean =>
          token.id === null ? text === token.text : id === token.id;
        // the frame that revealed the token adds nothing to the token
        const earlier = held.filter(
          ({ id, text, forward, state }) => !(isToken(id, text) && forward === token.forward && state === 'revealed'),
        );
        this.tokens.push({
          token,
          generation,
          block: this.#block,
          step: this.#stepOf.get(token.forward) ?? step,
          earlier: earlier.map(({ step: at, id, text, p, state }) => ({
            step: at,
            text,
            p,
            state,
            kept: isToken(id, text),
          })),
        });
        this.#held.delete(event.from + i);
      });
      this.#block++;
    }
  }
}
