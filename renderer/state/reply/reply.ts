/**
 * A reply in the making, built from its events: the committed text, the slots of the canvas, and the figures of the
 * running line. Pure: no clock, no window. Slots are counted from the reply's first token.
 */
import type { ActiveReply } from '../../../core/contract/conversations.ts';
import type {
  CommittedToken,
  Counts,
  GenerationEvent,
  Mode,
  SlotChange,
  SlotState,
  StopReason,
} from '../../../core/contract/generation.ts';
import type { AppError } from '../../../core/contract/result.ts';

export interface Slot {
  readonly slot: number;
  readonly state: SlotState;
  readonly text: string;
  /** Of the token; null or absent: none, or the engine does not say it. */
  readonly id?: number | null;
  /** Probability of the token, 0 where masked; null: the engine does not say it, or a person fixed the token. */
  readonly p: number | null;
  /** Nats; absent where it was not known or not stored. */
  readonly entropy?: number;
}
export type ReplyPhase = 'waiting' | 'running' | 'finished' | 'stopped' | 'failed';

/** A draft that was taken back; `at` grows with each, so that the same word rejected twice is seen twice. */
export interface Rejection {
  readonly slot: number;
  readonly text: string;
  readonly at: number;
}
export interface ReplyState {
  /** seq of the last event applied; -1 before the first. */
  seq: number;
  phase: ReplyPhase;
  mode: Mode | null;
  blockLength: number;
  /** Committed text, the tokens of an earlier generation that is continued included. */
  text: string;
  /** Committed tokens that still stand in their seats: of the block that is seen forming. Their text is the end of `text`. */
  held: readonly Slot[];
  /** Committed tokens of this generation. */
  tokens: number;
  /** The first slot that is not committed yet. */
  next: number;
  forwards: number;
  /** Milliseconds since the generation started, as of the last event. */
  ms: number;
  /** The same, as of its first canvas: the question was read. */
  opened: number;
  promptTokens: number;
  cachedTokens: number;
  droppedMessages: number;
  slots: Slot[];
  /** The chance that the reply ends within its canvas, as the last frame gave it; null where it gave none. */
  end: number | null;
  rejection: Rejection | null;
  reason: StopReason | null;
  error: AppError | null;
  counts: Counts | null;
  /** The last forwards' mean time in milliseconds; 0 before two are known. Motion is dropped when it is short. */
  pace: number;
}

const masked = (slot: number): Slot => ({ slot, state: 'masked', text: '', p: 0 });
const fromChange = (change: SlotChange): Slot => ({
  slot: change.slot,
  state: change.state,
  text: change.text,
  id: change.id,
  p: change.p,
  ...(change.entropy === undefined ? {} : { entropy: change.entropy }),
});

/** `text`: what is committed already when a reply is continued. */
export const emptyReply = (text = ''): ReplyState => ({
  seq: -1,
  phase: 'waiting',
  mode: null,
  blockLength: 0,
  text,
  held: [],
  tokens: 0,
  next: 0,
  forwards: 0,
  ms: 0,
  opened: 0,
  promptTokens: 0,
  cachedTokens: 0,
  droppedMessages: 0,
  slots: [],
  end: null,
  rejection: null,
  reason: null,
  error: null,
  counts: null,
  pace: 0,
});

/** Longer blocks of a lossless reply are there to be seen forming; shorter ones are its drafts. */
const LONGEST_DRAFTS = 8;
type Forming = Pick<ReplyState, 'mode' | 'blockLength'>;
/** Whether blocks of a lossless reply are seen forming: their tokens keep their seats until the block is whole. */
export const formsBlocks = ({ mode, blockLength }: Forming): boolean =>
  mode === 'exact' && blockLength > LONGEST_DRAFTS;
/** The first slot of the block that is forming. Blocks are counted from the reply's first slot. */
const blockStart = ({ next, blockLength }: Pick<ReplyState, 'next' | 'blockLength'>): number =>
  Math.floor(next / blockLength) * blockLength;

/** Text that is typeset, the canvas after it, and whether its slots keep seats. */
export interface Drawn {
  readonly text: string;
  readonly slots: readonly Slot[];
  readonly seated: boolean;
}
/** What is drawn of a reply. Of a block that is seen forming: all of its slots, committed ones too, and none of the next block's. */
export function drawnOf(state: Readonly<ReplyState>): Drawn {
  const { text, slots, held } = state;
  // with fixed words around them holes stand in the running line
  const laid = slots.some((slot) => slot.state === 'locked');
  if (!formsBlocks(state)) return { text, slots, seated: state.mode === 'fast' && !laid };
  const end = blockStart(state) + state.blockLength;
  const typeset = text.length - held.reduce((sum, slot) => sum + slot.text.length, 0);
  return {
    text: text.slice(0, typeset),
    slots: [...held, ...slots.filter(({ slot }) => slot < end)],
    seated: !laid,
  };
}

/** Joins a reply that is already running. `mode` and `blockLength` come from the message's generation summary; the length is 0 where it is not known. */
export function joinReply(active: ActiveReply, mode: Mode | null, blockLength = 0): ReplyState {
  const state = emptyReply(active.tokens.map((token) => token.text).join(''));
  state.seq = active.seq;
  state.phase = 'running';
  state.mode = mode;
  state.blockLength = blockLength || active.canvas.length;
  state.tokens = active.tokens.length;
  state.next = active.canvas.from;
  if (formsBlocks(state))
    state.held = active.tokens.slice(blockStart(state)).map((token, i) => seatOf(blockStart(state) + i, token));
  state.forwards = active.counts.forwards;
  state.ms = active.counts.ms;
  layCanvas(state, active.canvas.from, active.canvas.length);
  for (const change of active.slots) place(state, fromChange(change));
  return state;
}

/**
 * Makes the slots from…from+length the canvas; what they held before stays. A frame may tell of a canvas whose slots before it
 * are accepted but not committed yet: those keep their seats until they are.
 */
function layCanvas(state: ReplyState, from: number, length: number): void {
  const { slots } = state;
  const first = slots[0]?.slot ?? from;
  const touching = (slots.at(-1)?.slot ?? -1) >= from - 1;
  const start = touching ? Math.min(from, Math.max(first, state.next)) : from;
  const all = from + length - start;
  if (first === start && slots.length === all) return;
  state.slots = Array.from({ length: all }, (_, i) => slots[start + i - first] ?? masked(start + i));
}

function reject(state: ReplyState, slot: number, text: string): void {
  if (text.trim() !== '') state.rejection = { slot, text, at: (state.rejection?.at ?? 0) + 1 };
}

/** A token has another text among others than alone where a character takes two of them, so ids tell where they are known. */
const sameToken = (a: Pick<Slot, 'id' | 'text'>, b: { id: number | null; text: string }): boolean =>
  typeof a.id === 'number' && b.id !== null ? a.id === b.id : a.text === b.text;

/** States that cover what stood there without taking it back. */
const PASSING: ReadonlySet<SlotState> = new Set(['draft', 'noise', 'guess']);

/** Puts one change on the canvas; returns the text it took back, '' where none. */
function place(state: ReplyState, next: Slot): string {
  const first = state.slots[0]?.slot ?? 0;
  const index = next.slot - first;
  const before = state.slots[index];
  // A draft that lost its place to a committed token is shown beside the canvas that follows it.
  if (before === undefined) return next.state === 'rejected' ? next.text : '';
  const taken = before.state === 'draft' || before.state === 'revealed';
  const kept = next.state === 'rejected' && next.text === '' ? { ...next, text: before.text, p: before.p } : next;
  state.slots[index] = kept.state === 'masked' ? { ...kept, text: '', id: null, p: 0 } : kept;
  if (kept.state === 'rejected') return kept.text;
  // what only passes takes nothing back
  return taken && kept.text !== before.text && !PASSING.has(kept.state) ? before.text : '';
}

const seatOf = (slot: number, { text, p }: Pick<CommittedToken, 'text' | 'p'>): Slot => ({
  slot,
  state: 'committed',
  text,
  p,
});

const PACE_WEIGHT = 0.25;

/**
 * Applies one event to `state` in place. Returns false on a gap in `seq` (the caller fetches the reply again);
 * events already applied are skipped.
 */
export function applyEvent(state: ReplyState, event: GenerationEvent): boolean {
  if (event.seq <= state.seq) return true;
  if (event.seq !== state.seq + 1) return false;
  state.seq = event.seq;
  const elapsed = event.t - state.ms;
  state.ms = event.t;
  switch (event.type) {
    case 'started':
      state.phase = 'running';
      state.mode = event.mode;
      state.blockLength = event.blockLength;
      state.promptTokens = event.promptTokens;
      state.cachedTokens = event.cachedTokens;
      state.droppedMessages = event.droppedMessages;
      state.next = event.firstSlot;
      return true;
    case 'frame': {
      const steps = event.forward - state.forwards;
      if (steps > 0 && state.forwards > 0) {
        const pace = elapsed / steps;
        state.pace = state.pace === 0 ? pace : state.pace + PACE_WEIGHT * (pace - state.pace);
      }
      state.phase = 'running';
      if (event.forward === 0) state.opened = event.t;
      state.forwards = Math.max(state.forwards, event.forward);
      layCanvas(state, event.canvas.from, event.canvas.length);
      state.end = event.ends ? 1 - event.ends.reduce((left, [, p]) => left * (1 - p), 1) : null;
      const taken = event.changes.map((change) => place(state, fromChange(change)));
      const first = taken.findIndex((text) => text !== '');
      if (first >= 0) reject(state, event.changes[first]?.slot ?? 0, taken.join(''));
      return true;
    }
    case 'blockCommitted': {
      state.forwards = Math.max(state.forwards, event.forward);
      event.tokens.forEach((token, i) => {
        const slot = state.slots.find((s) => s.slot === event.from + i);
        if (slot && slot.state === 'draft' && !sameToken(slot, token)) reject(state, slot.slot, slot.text);
        state.text += token.text;
      });
      state.tokens += event.tokens.length;
      const end = event.from + event.tokens.length;
      state.next = end;
      state.slots = state.slots.filter((slot) => slot.slot >= end);
      if (formsBlocks(state)) {
        const seats = event.tokens.map((token, i) => seatOf(event.from + i, token));
        state.held = [...state.held, ...seats].filter(({ slot }) => slot >= blockStart(state));
      }
      return true;
    }
    case 'finished':
      state.reason = event.reason;
      return end(state, 'finished', event.counts);
    case 'stopped':
      return end(state, 'stopped', event.counts);
    case 'failed':
      state.error = event.error;
      return end(state, 'failed', event.counts ?? null);
  }
}

function end(state: ReplyState, phase: ReplyPhase, counts: Counts | null): true {
  state.phase = phase;
  state.slots = [];
  state.held = [];
  state.counts = counts;
  if (counts) {
    state.tokens = counts.tokens;
    state.forwards = counts.forwards;
  }
  return true;
}

/** Whether a frame takes words back that are then seen struck in their seats. */
export const strikes = (event: GenerationEvent): boolean =>
  event.type === 'frame' && event.changes.some(({ state, text }) => state === 'rejected' && text.trim() !== '');

/** Milliseconds that struck words stand before what replaces them is shown. */
const STRUCK_MS = 160;
/** Of the time a forward takes: what comes next is never kept waiting for long. */
const STRUCK_SHARE = 0.6;
/** How long struck words stand, `pace` being the time of a forward; 0: not at all, motion is dropped. */
export const struckFor = (pace: number): number =>
  isSwift({ pace }) ? 0 : Math.min(STRUCK_MS, pace > 0 ? pace * STRUCK_SHARE : STRUCK_MS);

export const isOver = (state: Pick<ReplyState, 'phase'>): boolean =>
  state.phase === 'finished' || state.phase === 'stopped' || state.phase === 'failed';

/** Milliseconds a forward. */
const FASTER_THAN_MOTION = 34;
/** The same where the model fills the cores: each frame of a motion is a frame's work less for it. */
const SLOW_ENOUGH_TO_SHARE = 1000;
/** Motion is dropped, not queued: with forwards faster than 30 a second, and with those of a model that `fills` the cores. */
export const isSwift = ({ pace }: Pick<ReplyState, 'pace'>, fills = false): boolean =>
  fills ? pace < SLOW_ENOUGH_TO_SHARE : pace > 0 && pace < FASTER_THAN_MOTION;

/** The figures of the thin line. `rate` in tokens a second, 0 when unknown; `ms` in milliseconds. */
export interface Figures {
  tokens: number;
  forwards: number;
  tpf: number;
  rate: number;
  ms: number;
}
export function figuresOf(counts: { tokens: number; forwards: number }, msDecode: number, msTotal = msDecode): Figures {
  return {
    tokens: counts.tokens,
    forwards: counts.forwards,
    tpf: counts.forwards > 0 ? counts.tokens / counts.forwards : 0,
    rate: msDecode > 0 ? (counts.tokens * 1000) / msDecode : 0,
    ms: msTotal,
  };
}

/** What has no sentence in so many characters is read as it stands: it must not be looked through again with each token. */
const LONGEST_SENTENCE = 600;
/** Whole sentences at the start of `text`, for a screen reader; the rest waits. Returns the length that was taken. */
export function spokenLength(text: string): number {
  let length = 0;
  for (const match of text.matchAll(/[.!?…。！？]["')\]”’]*(?=\s)|\n+/g)) length = match.index + match[0].length;
  return length === 0 && text.length > LONGEST_SENTENCE
    ? Math.max(text.lastIndexOf(' ') + 1, text.length - LONGEST_SENTENCE)
    : length;
}
