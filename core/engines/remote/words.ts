/** Text of a server as it may be shown: without control characters, and never half a character. */

// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
/** Halves of characters become the sign for what can't be read. */
export const wellFormed = (text: string): string => Buffer.from(text).toString();
export const cleaned = (text: string): string => wellFormed(text.replace(/\r\n?/g, '\n').replace(CONTROL, ''));

/** Text that comes in pieces: a character, and a line end, may be divided between two. */
export class Pieces {
  #held = '';
  take(piece: string): string {
    const text = this.#held + piece;
    const cut = /[\ud800-\udbff\r]$/.test(text) ? text.length - 1 : text.length;
    this.#held = text.slice(cut);
    return cleaned(text.slice(0, cut));
  }
  /** What was held back, where nothing comes any more. */
  end(): string {
    const last = cleaned(this.#held);
    this.#held = '';
    return last;
  }
}

/** How a server draws a slot that holds nothing yet. */
export const MASK = '░';
const WORD =
  /░|\s*[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|\s*[^\s░\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+|\s+/gu;
/** A text in words, each with the space before it, and masks one by one. Joined they are the text. */
export const wordsOf = (text: string): string[] => cleaned(text).match(WORD) ?? [];

/** Leaves out a text that a server repeats before it goes on. */
export class Echo {
  #before: string;
  #held = '';
  /** @param before what stands already */
  constructor(before: string) {
    this.#before = before;
  }
  take(piece: string): string {
    if (this.#before === '') return piece;
    this.#held += piece;
    if (this.#held.startsWith(this.#before)) {
      const rest = this.#held.slice(this.#before.length);
      this.#before = '';
      this.#held = '';
      return rest;
    }
    if (this.#before.startsWith(this.#held)) return '';
    return this.end();
  }
  /** What was held back: it was no repetition. */
  end(): string {
    const held = this.#held;
    this.#before = '';
    this.#held = '';
    return held;
  }
}
