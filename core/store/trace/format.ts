/**
 * The trace format's codes. docs/formats.md describes every byte. Version 1 has three bits for what a record, a slot's state and a
 * token's origin are, all but used up. In version 2, which is written, the last of the three bits' values says that the code follows
 * as a count, so that there is room for any number of new ones. Both are read.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Alternative } from '../../contract/generation.ts';
import { damagedTrace, type ByteReader, type ByteWriter } from './bytes.ts';

export type Version = 1 | 2;
/** First byte of a part. */
const PLAIN: Record<Version, number> = { 1: 0x10, 2: 0x20 };
const DEFLATED: Record<Version, number> = { 1: 0x11, 2: 0x21 };
/** What is written. */
export const VERSION: Version = 2;
/** Bytes that a deflated part may unfold to. The traces of the longest replies take some megabytes. */
export const MOST_INFLATED = 64 * 1024 * 1024;

export const KINDS = ['started', 'frame', 'blockCommitted', 'finished', 'stopped', 'failed'] as const;
/** Version 1 has kinds of their own for frames and commits whose slots and tokens are followed by their entropy. */
export const KINDS_1 = [...KINDS, 'frame', 'blockCommitted'] as const;
export const FIRST_WITH_ENTROPY_1 = 6;
export const STATES = ['masked', 'draft', 'revealed', 'committed', 'rejected', 'locked', 'noise', 'guess'] as const;
export const VIAS = ['context', 'draft', 'revealed', 'revised', 'locked'] as const;

/** Flags of a record's first byte, above its kind. `ends`: version 1; `more`: version 2, a byte of further flags follows. */
export const record = { exactTime: 8, seqGiven: 16, sameBlock: 32, samePlace: 64, ends: 128, more: 128 } as const;
/** Further flags of a record of version 2. */
export const further = { ends: 1, entropy: 2 } as const;
/** Flags of a slot change's first byte, above its state. */
export const change = { next: 8, sameToken: 16, sameP: 32, alternatives: 64, bare: 128 } as const;
/** Flags of a committed token's first byte, between the bits of how it came. */
export const token = { sameToken: 4, sameP: 8, alternatives: 16, sameForward: 32, sameAlternatives: 64 } as const;

const ESCAPE = 7;
/** The three bits of a code, in a byte with flags in its other five; `high`: the third bit is the byte's last one. */
const bitsOf = (code: number, high: boolean): number => (high ? (code & 3) | (code & 4 ? 128 : 0) : code);
const codeOf = (byte: number, high: boolean): number => (high ? (byte & 3) | (byte & 128 ? 4 : 0) : byte & 7);

/** Writes a code of any size with its flags: one byte, and a count where the code needs more than three bits. */
export function putCode(out: ByteWriter, code: number, flags: number, high = false): void {
  out.byte(bitsOf(Math.min(code, ESCAPE), high) | flags);
  if (code >= ESCAPE) out.count(code);
}
/** @returns the code, and the byte that holds its flags */
export function takeCode(input: ByteReader, version: Version, high = false): { code: number; flags: number } {
  const flags = input.byte();
  const code = codeOf(flags, high);
  return { code: version === 2 && code === ESCAPE ? input.count() : code, flags };
}

/** A part as it lies in the store: its version, and its stream, unfolded. @throws MezzotintError store-damaged */
export function opened(part: Uint8Array): { version: Version; stream: Uint8Array } {
  const stream = part.subarray(1);
  for (const version of [1, 2] as const) {
    if (part[0] === PLAIN[version]) return { version, stream };
    if (part[0] !== DEFLATED[version]) continue;
    try {
      return { version, stream: inflateRawSync(stream, { maxOutputLength: MOST_INFLATED }) };
    } catch {
      throw damagedTrace();
    }
  }
  throw damagedTrace();
}
export const beginPart = (out: ByteWriter): void => out.byte(PLAIN[VERSION]);
/** Whether a part holds a whole trace, deflated. */
export const isSealed = (part: Uint8Array): boolean => part[0] === DEFLATED[1] || part[0] === DEFLATED[2];

/** One part in place of many, for a trace that is ended: deflated, or plain where it is too long to be unfolded again. */
export function sealTrace(parts: readonly Uint8Array[]): Uint8Array {
  const all = parts.map(opened);
  const version = all[0]?.version ?? VERSION;
  // one writer writes them all
  if (all.some((part) => part.version !== version)) throw damagedTrace();
  const plain = Buffer.concat(all.map(({ stream }) => stream));
  return plain.length > MOST_INFLATED
    ? Buffer.concat([Uint8Array.of(PLAIN[version]), plain])
    : Buffer.concat([Uint8Array.of(DEFLATED[version]), deflateRawSync(plain, { level: 9 })]);
}

/** What both ends remember of a slot: dictionary entry, probability and alternatives last seen there. */
export interface Known {
  ref: number;
  p: number | null;
  alternatives: readonly Alternative[] | undefined;
  entropy: number | undefined;
}
/** The state that deltas refer to; writer and reader keep it alike. */
export class Context {
  seq = -1;
  tenths = 0;
  forward = 0;
  block = 0;
  from = 0;
  length = 0;
  /** The slot after the last one committed. */
  end = 0;
  readonly slots = new Map<number, Known>();

  commit(from: number, count: number): void {
    this.end = from + count;
    for (let slot = from; slot < this.end; slot++) this.slots.delete(slot);
  }
}
