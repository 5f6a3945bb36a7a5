/**
 * From what a server sends to the events of a reply. What it does not send is not made up: slots of text have neither ids nor
 * probabilities, and where it counts no tokens and forwards, the counts are 0.
 */
import {
  noCounts,
  type CommittedToken,
  type Counts,
  type GenerationEvent,
  type SlotChange,
  type Writer,
} from '../../contract/generation.ts';
import type { GenerateRequest } from '../../contract/engine.ts';
import type { OnEvent } from '../engine.ts';
import type { Timers } from '../timers.ts';
import type { Step } from './dialects/index.ts';
import { cleaned, Echo, MASK, Pieces, wordsOf } from './words.ts';

/** Slots of a canvas that is text: what a page can draw. */
const MOST_SLOTS = 4000;

function clean<T extends SlotChange | CommittedToken>(item: T): T {
  const { alternatives } = item;
  return {
    ...item,
    text: cleaned(item.text),
    ...(alternatives ? { alternatives: alternatives.map(([id, text, p]) => [id, cleaned(text), p]) } : {}),
  };
}

export interface WriterOptions {
  request: GenerateRequest;
  pack: Writer;
  onEvent: OnEvent;
  timers: Timers;
  /** Milliseconds. */
  now: () => number;
  gatherMs: number;
}

export class RemoteWriter {
  readonly #o: WriterOptions;
  readonly #began: number;
  /** Slots that stand before this generation. */
  readonly #first: number;
  #seq = 0;
  #started = false;
  #ended = false;
  #next: number;
  #forward = 0;
  #block = 0;
  #counts: Counts = { ...noCounts };
  #firstText: number | null = null;
  /** Characters committed. */
  characters = 0;
  #reasoned = false;
  /** Settings that the server does not take, by the names of their fields. */
  leftOut: () => string[] = () => [];
  /** Texts that wait to be committed together. */
  #waiting: string[] = [];
  #timer: unknown = null;
  readonly #pieces = new Pieces();
  readonly #echo: Echo;
  /** What the canvas shows, slot by slot. */
  #shown: string[] = [];
  #canvas = { from: 0, length: 0 };
  /** Slots of another Mezzotint's events → ours. */
  #shift = 0;

  constructor(options: WriterOptions) {
    this.#o = options;
    this.#began = options.now();
    this.#first = options.request.goesOn?.slots ?? 0;
    this.#next = this.#first;
    this.#echo = new Echo(options.request.goesOn?.text ?? '');
  }
  /** Something of the reply was shown: it is not begun elsewhere any more. */
  get begun(): boolean {
    return this.#forward > 0;
  }
  /** The model reasoned, and wrote nothing. */
  get onlyReasoned(): boolean {
    return this.#reasoned && this.characters === 0;
  }
  get ended(): boolean {
    return this.#ended;
  }
  get #base(): { seq: number; t: number } {
    return { seq: this.#seq++, t: Math.max(0, this.#o.now() - this.#began) };
  }
  #emit(event: GenerationEvent): void {
    if (!this.#ended) this.#o.onEvent(event);
  }
  /** The server answers, and begins. */
  start(of: Partial<Extract<GenerationEvent, { type: 'started' }>> = {}): void {
    if (this.#started) return;
    this.#started = true;
    const { request, pack } = this.#o;
    const leftOut = this.leftOut();
    this.#emit({
      type: 'started',
      ...this.#base,
      mode: of.mode ?? 'fast',
      seed: request.seed,
      promptTokens: of.promptTokens ?? 0,
      cachedTokens: of.cachedTokens ?? 0,
      droppedMessages: of.droppedMessages ?? 0,
      blockLength: of.blockLength ?? 1,
      firstSlot: this.#first,
      pack: {
        id: of.pack?.id ?? pack.id,
        name: of.pack?.name ?? pack.name,
        hash: of.pack?.hash ?? pack.hash,
        ...(pack.server ? { server: leftOut.length > 0 ? { ...pack.server, leftOut } : pack.server } : {}),
      },
      device: 'remote',
    });
  }
  take(step: Step): void {
    if (this.#ended) return;
    if (step.kind === 'usage') {
      const { promptTokens, cachedTokens, tokens, forwards } = step;
      this.#counts = { ...this.#counts, promptTokens, cachedTokens, tokens };
      if (forwards !== undefined) this.#counts.forwards = forwards;
    } else if (step.kind === 'reasoning') {
      this.#reasoned = true;
      // what was drawn of it is no part of the reply
      if (this.#canvas.length > 0 && this.#waiting.length === 0) this.#clear();
    } else if (step.kind === 'event') this.#event(step.event);
    else if (step.kind === 'text') this.#text(this.#pieces.take(this.#echo.take(step.text)));
    else if (step.kind === 'block') {
      this.flush();
      this.#draw(wordsOf(step.text).map((text) => ({ text, state: text === MASK ? 'masked' : 'draft' })));
    } else if (step.kind === 'draft') {
      const settled = wordsOf(step.text.slice(0, step.settled));
      const rest = wordsOf(step.text.slice(step.settled));
      this.#draw([
        ...settled.map((text) => ({ text, state: 'revealed' as const })),
        ...rest.map((text) => ({ text, state: text === MASK ? ('masked' as const) : ('draft' as const) })),
      ]);
    }
  }
  #draw(slots: readonly { text: string; state: 'masked' | 'draft' | 'revealed' }[]): void {
    this.start();
    const from = this.#next;
    const length = Math.min(slots.length, MOST_SLOTS);
    const moved = from !== this.#canvas.from;
    const changes: SlotChange[] = [];
    const shown: string[] = [];
    for (let i = 0; i < length; i++) {
      const { text, state } = slots[i] as (typeof slots)[number];
      const key = `${state} ${text}`;
      shown.push(key);
      if (!moved && this.#shown[i] === key) continue;
      const masked = state === 'masked';
      changes.push({ slot: from + i, state, id: null, text: masked ? '' : text, p: masked ? 0 : null });
    }
    this.#shown = shown;
    this.#canvas = { from, length };
    this.#emit({
      type: 'frame',
      ...this.#base,
      forward: ++this.#forward,
      block: this.#block,
      canvas: { ...this.#canvas },
      changes,
    });
  }
  #text(text: string): void {
    if (text === '') return;
    this.#firstText ??= this.#o.now();
    this.characters += text.length;
    this.#waiting.push(text);
    if (this.#timer !== null) return;
    // a block that was drawn is replaced at once by what it has become
    if (this.#canvas.length > 0 || this.#next === this.#first) this.flush();
    else this.#timer = this.#o.timers.set(() => this.flush(), this.#o.gatherMs);
  }
  /** Commits what waits. */
  flush(): void {
    if (this.#timer !== null) this.#o.timers.clear(this.#timer);
    this.#timer = null;
    if (this.#waiting.length === 0) return;
    this.start();
    // a block is cut as its canvas was, so that its words keep their places
    const drawn = this.#canvas.length > 0;
    const pieces = drawn ? wordsOf(this.#waiting.join('')) : this.#waiting;
    this.#waiting = [];
    const forward = ++this.#forward;
    this.#emit({
      type: 'blockCommitted',
      ...this.#base,
      forward,
      block: this.#block,
      from: this.#next,
      tokens: pieces.map((text) => ({ id: null, text, p: null, forward, via: 'revealed' as const })),
    });
    this.#next += pieces.length;
    this.#block++;
    if (drawn) this.#clear();
  }
  /** The canvas may have had more slots than the block has words. */
  #clear(): void {
    this.#shown = [];
    this.#canvas = { from: this.#next, length: 0 };
    this.#emit({
      type: 'frame',
      ...this.#base,
      forward: this.#forward,
      block: this.#block,
      canvas: { ...this.#canvas },
      changes: [],
    });
  }
  #event(event: GenerationEvent): void {
    if (event.type === 'started') {
      this.#shift = this.#first - event.firstSlot;
      this.#counts = { ...this.#counts, promptTokens: event.promptTokens, cachedTokens: event.cachedTokens };
      return this.start(event);
    }
    if (event.type !== 'frame' && event.type !== 'blockCommitted') return;
    this.start();
    this.#firstText ??= this.#o.now();
    this.#forward = Math.max(1, event.forward);
    this.#counts.forwards = event.forward;
    if (event.type === 'frame') {
      const { canvas, changes, ends, ...rest } = event;
      if (canvas.length > MOST_SLOTS || changes.length > MOST_SLOTS) return;
      return this.#emit({
        ...rest,
        ...this.#base,
        canvas: { from: Math.max(0, canvas.from + this.#shift), length: canvas.length },
        changes: changes.map((change) => ({ ...clean(change), slot: Math.max(0, change.slot + this.#shift) })),
        ...(ends ? { ends: ends.map(([slot, p]) => [Math.max(0, slot + this.#shift), p] as [number, number]) } : {}),
      });
    }
    this.#emit({
      ...event,
      ...this.#base,
      from: Math.max(0, event.from + this.#shift),
      tokens: event.tokens.map((token) => ({ ...clean(token), id: null })),
    });
    this.#next += event.tokens.length;
    this.#counts.tokens += event.tokens.length;
    for (const { text } of event.tokens) this.characters += text.length;
  }
  #whole(): Counts {
    const now = this.#o.now();
    const first = this.#firstText ?? now;
    return { ...this.#counts, msPrefill: Math.max(0, first - this.#began), msDecode: Math.max(0, now - first) };
  }
  /** Ends it: all that came is committed first. */
  end(
    how:
      | { reason: Extract<Step, { kind: 'end' }>['reason'] }
      | 'stopped'
      | Extract<GenerationEvent, { type: 'failed' }>['error'],
  ): void {
    if (this.#ended) return;
    // what was held back of a reply that was cut stays out: it may be half of something
    if (typeof how === 'object' && 'reason' in how) this.#text(this.#echo.end() + this.#pieces.end());
    this.flush();
    if (this.#canvas.length > 0 && this.#shown.length > 0) this.#clear();
    const counts = this.#whole();
    if (how === 'stopped') this.#emit({ type: 'stopped', ...this.#base, counts });
    else if ('reason' in how) {
      this.start();
      this.#emit({ type: 'finished', ...this.#base, reason: how.reason, counts });
    } else this.#emit({ type: 'failed', ...this.#base, error: how, counts });
    this.#ended = true;
  }
}
