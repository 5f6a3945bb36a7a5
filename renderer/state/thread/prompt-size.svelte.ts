/**
 * Whether the question being typed can be read whole. Asked of the engine after a pause, and only for a long one: a token is
 * a byte at least, so that a short one always fits.
 */
import type { Session } from '../window/session.svelte.ts';

/** Milliseconds after the last key. */
const PAUSE_MS = 300;
/** The share of the room from which the count is shown. */
const NEAR = 0.6;

export interface Measured {
  /** Tokens of the question with the instructions. */
  readonly tokens: number;
  /** Tokens that can be read. */
  readonly room: number;
  readonly fits: boolean;
}
export interface Question {
  readonly text: string;
  readonly instructions: string;
  readonly maxTokens: number;
}

const encoder = new TextEncoder();

export class PromptSize {
  readonly #session: Session;
  readonly #later: (work: () => void, ms: number) => () => void;
  /** Null: short, or not counted yet. */
  measured = $state.raw<Measured | null>(null);
  #asked = 0;
  #cancel: () => void = () => undefined;

  constructor(
    session: Session,
    later = (work: () => void, ms: number): (() => void) => {
      const timer = setTimeout(work, ms);
      return () => clearTimeout(timer);
    },
  ) {
    this.#session = session;
    this.#later = later;
  }

  /** To be shown: over the limit, or near it. */
  get near(): Measured | null {
    const { measured } = this;
    return measured && (!measured.fits || measured.tokens > measured.room * NEAR) ? measured : null;
  }

  /** Takes what is typed now; the count follows after a pause. */
  take(question: Question): void {
    this.#cancel();
    const asked = ++this.#asked;
    const { engine } = this.#session;
    const bytes = encoder.encode(question.text).length + encoder.encode(question.instructions).length;
    // a count alone brings no model back into the memory
    if (
      engine.state !== 'ready' ||
      engine.unloaded ||
      !this.#session.can.preview ||
      bytes < engine.pack.contextLength / 2
    ) {
      this.measured = null;
      return;
    }
    this.#cancel = this.#later(() => void this.#count(question, asked), PAUSE_MS);
  }
  async #count(question: Question, asked: number): Promise<void> {
    const result = await this.#session.client.call('chat.preview', {
      conversationId: null,
      parentId: null,
      ...question,
      withText: false,
    });
    if (asked !== this.#asked) return;
    this.measured = result.ok
      ? {
          tokens: result.value.tokens,
          room: result.value.contextLength - result.value.reserve,
          fits: result.value.fits,
        }
      : null;
  }
}
