/** Bytes of the trace format: variable-length integers, texts, probabilities, times. docs/formats.md says what they mean. */
import { failure, type MezzotintError } from '../../contract/result.ts';

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);
const DROPPED_BITS = 13; // of a float32's 23: 11 significant bits stay
const SMALLEST_EXPONENT = 126 - 60;
const ONE = 0xfffe;
const EXACT = 0xffff;
/** The engine does not say it. Rounded ones stay below 0xf402. */
const UNKNOWN = 0xfffd;

/**
 * A probability with the precision that events are shown and stored in: 11 significant bits (0.05 %), nothing below 2⁻⁶⁰.
 * Idempotent.
 */
export function roundProbability(p: number): number {
  f32[0] = p;
  u32[0] = ((u32[0] ?? 0) + (1 << (DROPPED_BITS - 1))) & ~((1 << DROPPED_BITS) - 1);
  const rounded = f32[0];
  return rounded < 2 ** -60 ? 0 : Math.min(1, rounded);
}
/** A time in milliseconds with the precision that events are shown and stored in: 0.1. Idempotent. */
export const roundTime = (t: number): number => Math.round(t * 10) / 10;

const NO_ENTROPY = 0;
const EXACT_ENTROPY = 1;
const SAME_ENTROPY = 2;
const FIRST_ENTROPY = 3;
const ENTROPY_STEPS = 20; // a nat
/** An entropy in nats with the precision that events are shown and stored in: 0.05, nothing above 12.6. Idempotent. */
export const roundEntropy = (nats: number): number =>
  Math.min(0xff - FIRST_ENTROPY, Math.round(nats * ENTROPY_STEPS)) / ENTROPY_STEPS;

/** Two bytes that stand for a rounded probability; null where `p` is not rounded. */
function probabilityCode(p: number): number | null {
  if (p === 0) return Object.is(p, 0) ? 0 : null;
  if (p === 1) return ONE;
  f32[0] = p;
  const bits = u32[0] ?? 0;
  const exponent = bits >>> 23; // the sign is in it: a negative number is out of range
  if (f32[0] !== p || (bits & ((1 << DROPPED_BITS) - 1)) !== 0 || exponent > 126 || exponent < SMALLEST_EXPONENT)
    return null;
  return (((126 - exponent) << 10) | ((bits >>> DROPPED_BITS) & 0x3ff)) + 1;
}
function probabilityOf(code: number): number {
  if (code === 0) return 0;
  if (code === ONE) return 1;
  const n = code - 1;
  u32[0] = ((126 - (n >>> 10)) << 23) | ((n & 0x3ff) << DROPPED_BITS);
  return f32[0] ?? 0;
}

export class ByteWriter {
  private bytes = Buffer.allocUnsafe(1024);
  private length = 0;

  private room(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + count));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
  /** What was written since the last `take`. */
  take(): Uint8Array {
    const taken = Uint8Array.from(this.bytes.subarray(0, this.length));
    this.length = 0;
    return taken;
  }
  byte(value: number): void {
    this.room(1);
    this.bytes[this.length++] = value;
  }
  /** A whole number ≥ 0, up to 2⁵³. */
  count(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }
  /** A whole number of either sign, small ones short. */
  signed(value: number): void {
    this.count(value < 0 ? -2 * value - 1 : 2 * value);
  }
  double(value: number): void {
    this.room(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }
  string(value: string): void {
    const size = Buffer.byteLength(value);
    this.count(size);
    this.room(size);
    this.length += this.bytes.write(value, this.length);
  }
  probability(p: number | null): void {
    const code = p === null ? UNKNOWN : probabilityCode(p);
    this.room(2);
    this.length = this.bytes.writeUInt16LE(code ?? EXACT, this.length);
    if (p !== null && code === null) this.double(p);
  }
  /** One byte; nine where it is not rounded. `before`: what stood in the slot. */
  entropy(nats: number | undefined, before: number | undefined): void {
    if (nats === undefined) return this.byte(NO_ENTROPY);
    if (Object.is(nats, before)) return this.byte(SAME_ENTROPY);
    if (Object.is(roundEntropy(nats), nats)) return this.byte(FIRST_ENTROPY + Math.round(nats * ENTROPY_STEPS));
    this.byte(EXACT_ENTROPY);
    this.double(nats);
  }
}

export const damagedTrace = (): MezzotintError => failure('store.trace-damaged');

/**
 * The most entries (changes, tokens, alternatives, ends) that one trace may hold. The longest reply that can be asked for stays
 * below half of it; more of them, a byte each, would fill the memory.
 */
export const MOST_ENTRIES = 8_000_000;
/** Counts a trace's entries, over all its parts. */
export interface Allowance {
  entries: number;
}

export class ByteReader {
  private at = 0;
  private readonly bytes: Buffer;
  private readonly left: Allowance;
  constructor(bytes: Uint8Array, left: Allowance) {
    this.left = left;
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  get done(): boolean {
    return this.at >= this.bytes.length;
  }
  private need(count: number): number {
    const from = this.at;
    if (from + count > this.bytes.length) throw damagedTrace();
    this.at += count;
    return from;
  }
  byte(): number {
    return this.bytes[this.need(1)] ?? 0;
  }
  count(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) break;
    }
    if (!Number.isSafeInteger(value)) throw damagedTrace();
    return value;
  }
  /** How many entries follow, a byte or more each. @throws where so many can't */
  entries(): number {
    const count = this.count();
    this.left.entries -= count;
    if (count > this.bytes.length - this.at || this.left.entries < 0) throw damagedTrace();
    return count;
  }
  signed(): number {
    const n = this.count();
    return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
  }
  double(): number {
    return this.bytes.readDoubleLE(this.need(8));
  }
  string(): string {
    const size = this.count();
    const from = this.need(size);
    return this.bytes.toString('utf8', from, from + size);
  }
  probability(): number {
    const p = this.probabilityOrNull();
    if (p === null) throw damagedTrace();
    return p;
  }
  probabilityOrNull(): number | null {
    const code = this.bytes.readUInt16LE(this.need(2));
    return code === EXACT ? this.double() : code === UNKNOWN ? null : probabilityOf(code);
  }
  entropy(before: number | undefined): number | undefined {
    const code = this.byte();
    if (code === NO_ENTROPY) return undefined;
    if (code === EXACT_ENTROPY) return this.double();
    if (code !== SAME_ENTROPY) return (code - FIRST_ENTROPY) / ENTROPY_STEPS;
    if (before === undefined) throw damagedTrace();
    return before;
  }
}
