/** Reading a file by ranges, wherever its bytes are: on a disk, or sent by a client that sends only what is asked for. */

export interface Range {
  /** In bytes from the beginning of the file. */
  at: number;
  length: number;
}
/** Asks for ranges one after the other and is given the bytes of each. */
export type Reading<T> = Generator<Range, T, Buffer>;

/** @param read gives exactly the bytes of a range */
export function readBy<T>(reading: Reading<T>, read: (range: Range) => Buffer): T {
  let step = reading.next();
  while (step.done !== true) {
    const { value } = step;
    let bytes: Buffer;
    try {
      bytes = read(value);
    } catch (thrown) {
      step = reading.throw(thrown);
      continue;
    }
    step = reading.next(bytes);
  }
  return step.value;
}

/** A reading whose bytes come in pieces of at most `most`; a piece that comes again is passed over. */
export class Receiving<T> {
  readonly #reading: Reading<T>;
  readonly #most: number;
  readonly #size: number;
  /** The first bytes of the file, which are often asked for again. */
  #head: Buffer = Buffer.alloc(0);
  #open: { range: Range; bytes: Buffer; filled: number } | null = null;
  #last: Range | null = null;
  /** Bytes that were sent. */
  received = 0;
  outcome: { value: T } | { thrown: unknown } | null = null;

  constructor(reading: Reading<T>, size: number, most: number) {
    this.#reading = reading;
    this.#size = size;
    this.#most = most;
    this.#go(() => reading.next());
  }
  /** What is to be sent next; null: nothing more. */
  get wanted(): Range | null {
    if (!this.#open) return null;
    const { range, filled } = this.#open;
    return { at: range.at + filled, length: Math.min(this.#most, range.length - filled) };
  }
  /** Bytes that are asked for and not yet there. */
  get missing(): number {
    return this.#open ? this.#open.range.length - this.#open.filled : 0;
  }
  /** Takes the piece that is wanted. Returns whether it was that one, or the last one again. */
  take(at: number, bytes: Buffer): boolean {
    if (this.#last && at === this.#last.at && bytes.length === this.#last.length) return true;
    const { wanted } = this;
    if (!wanted || !this.#open || at !== wanted.at || bytes.length !== wanted.length) return false;
    this.#last = wanted;
    bytes.copy(this.#open.bytes, this.#open.filled);
    this.#open.filled += bytes.length;
    this.received += bytes.length;
    if (at === 0) this.#head = Buffer.from(bytes);
    this.#give();
    return true;
  }
  #give(): void {
    while (this.#open && this.#open.filled === this.#open.range.length) {
      const { bytes } = this.#open;
      this.#open = null;
      this.#go(() => this.#reading.next(bytes));
    }
  }
  #go(step: () => IteratorResult<Range, T>): void {
    try {
      const { value, done } = step();
      if (done === true) {
        this.outcome = { value };
        return;
      }
      if (value.at < 0 || value.length < 0 || value.at + value.length > this.#size)
        throw new RangeError('A range outside of the file was asked for.');
      const bytes = Buffer.alloc(value.length);
      const there = Math.max(0, Math.min(this.#head.length - value.at, value.length));
      if (there > 0) this.#head.copy(bytes, 0, value.at, value.at + there);
      this.#open = { range: value, bytes, filled: there };
      this.#give();
    } catch (thrown) {
      this.outcome = { thrown };
    }
  }
}
