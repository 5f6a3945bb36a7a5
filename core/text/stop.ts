/**
 * When a reply ends. One rule for every mode, applied token by token to committed tokens in order, so that it depends
 * on the tokens alone and never on how they came. What is released is never taken back.
 */
import type { StopReason } from '../contract/generation.ts';
import { LoopGuard } from './loop.ts';

export interface StopSettings {
  /** Ids that end the turn; such a token is never released. */
  endOfTurn: readonly number[];
  /** The reply ends before the first of these to be complete. */
  stop: readonly string[];
  maxTokens: number;
  loopGuard: boolean;
  /** Tokens of the reply that stand before the first pushed one (a continued reply); they count for `maxTokens`. */
  already?: number;
}

export class StopRules<T extends { id: number; text: string }> {
  readonly #settings: StopSettings;
  readonly #guard: LoopGuard | null;
  /** Tokens whose text may be the beginning of a stop string, and their joined text. */
  #held: T[] = [];
  #heldText = '';
  #count: number;
  #ended = false;

  constructor(settings: StopSettings) {
    this.#settings = settings;
    this.#guard = settings.loopGuard ? new LoopGuard() : null;
    this.#count = settings.already ?? 0;
  }

  /**
   * Takes the next committed token. `released`: tokens now certain to be part of the reply, in order; one that a stop
   * string cuts keeps its id with the shortened text. After a `reason` nothing more may be pushed.
   */
  push(token: T): { released: T[]; reason: StopReason | null } {
    if (this.#ended) throw new Error('the reply has ended');
    if (this.#settings.endOfTurn.includes(token.id)) return { released: this.end(), reason: 'end' };
    this.#held.push(token);
    this.#heldText += token.text;
    this.#count += 1;
    const cut = this.#firstComplete(this.#heldText.length - token.text.length);
    if (cut !== null) {
      const released = this.#upTo(cut);
      this.#finish();
      return { released, reason: 'stop-string' };
    }
    // The guard sees every token, also when the length ends the reply first.
    const looping = this.#guard?.push(token.id) ?? false;
    if (this.#count >= this.#settings.maxTokens) return { released: this.end(), reason: 'length' };
    if (looping) return { released: this.end(), reason: 'loop' };
    return { released: this.#releaseDecided(), reason: null };
  }

  /** Ends the reply from outside (stopped, context full): releases what was held back. */
  end(): T[] {
    const released = this.#held;
    this.#finish();
    return released;
  }

  #finish(): void {
    this.#held = [];
    this.#heldText = '';
    this.#ended = true;
  }

  /** Start of the stop string that is complete first, by its end, then by its start; only ends past `from` are new. */
  #firstComplete(from: number): number | null {
    let best: { start: number; end: number } | null = null;
    for (const stop of this.#settings.stop) {
      const start = this.#heldText.indexOf(stop, Math.max(0, from - stop.length + 1));
      if (start < 0) continue;
      const end = start + stop.length;
      if (!best || end < best.end || (end === best.end && start < best.start)) best = { start, end };
    }
    return best?.start ?? null;
  }

  /**
   * The tokens before a text position, the one it falls into shortened. A token without text right at the position is
   * left out: it begins a character that is not part of the reply.
   */
  #upTo(position: number): T[] {
    const released: T[] = [];
    let at = 0;
    for (const token of this.#held) {
      if (at >= position) break;
      const kept = Math.min(token.text.length, position - at);
      released.push(kept === token.text.length ? token : { ...token, text: token.text.slice(0, kept) });
      at += token.text.length;
    }
    return released;
  }

  /** Releases all tokens that can no longer be part of a stop string. */
  #releaseDecided(): T[] {
    if (this.#settings.stop.length === 0) {
      const released = this.#held;
      this.#held = [];
      this.#heldText = '';
      return released;
    }
    const undecided = this.#undecidedFrom();
    let count = 0;
    let length = 0;
    let at = 0;
    for (const [i, token] of this.#held.entries()) {
      at += token.text.length;
      if (at > undecided) break;
      if (token.text.length > 0) {
        count = i + 1;
        length = at;
      }
    }
    this.#heldText = this.#heldText.slice(length);
    return this.#held.splice(0, count);
  }

  /** Where the longest ending of the held text starts that begins a stop string. */
  #undecidedFrom(): number {
    const text = this.#heldText;
    let longest = 0;
    for (const stop of this.#settings.stop) {
      for (let n = Math.min(stop.length - 1, text.length); n > longest; n--) {
        if (text.endsWith(stop.slice(0, n))) {
          longest = n;
          break;
        }
      }
    }
    return text.length - longest;
  }
}
