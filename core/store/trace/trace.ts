/**
 * The trace format: a generation's events as compact deltas, exact to the last bit, replayable without a model.
 * docs/formats.md describes every byte. A trace lies in parts (one a commit); the parts make one stream, read in order.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as v from 'valibot';
import { generationEventSchema, type Alternative, type CommittedToken, type GenerationEvent, type GenerationEventOf, type SlotChange } from '../../contract/generation.ts';
import { ByteReader, ByteWriter, damagedTrace, MOST_ENTRIES, type Allowance, roundEntropy, roundProbability, roundTime } from './bytes.ts';

const RAW = 0x10;
const DEFLATED = 0x11;
/** Bytes that a deflated part may unfold to. The traces of the longest replies take some megabytes. */
export const MOST_INFLATED = 64 * 1024 * 1024;

/** The last two are frames and commits whose slots and tokens are followed by their entropy. */
const TYPES = ['started', 'frame', 'blockCommitted', 'finished', 'stopped', 'failed', 'frame', 'blockCommitted'] as const;
const WITH_ENTROPY = { frame: 6, blockCommitted: 7 } as const;
const STATES = ['masked', 'draft', 'revealed', 'committed', 'rejected', 'locked'] as const;
const VIAS = ['context', 'draft', 'revealed', 'revised', 'locked'] as const;

/** Flags of a record's first byte, above its type. */
const record = { exactTime: 8, seqGiven: 16, sameBlock: 32, samePlace: 64, ends: 128 } as const;
/** Flags of a slot change's first byte, above its state. */
const change = { next: 8, sameToken: 16, sameP: 32, alternatives: 64, bare: 128 } as const;
/** Flags of a committed token's first byte, above how it came. */
const token = { sameToken: 4, sameP: 8, alternatives: 16, sameForward: 32, sameAlternatives: 64, moreVia: 128 } as const;

/** What both ends remember of a slot: dictionary entry, probability and alternatives last seen there. */
interface Known {
  ref: number;
  p: number;
  alternatives: readonly Alternative[] | undefined;
  entropy: number | undefined;
}
/** The state that deltas refer to; writer and reader keep it alike. */
class Context {
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

const sameAlternatives = (a: readonly Alternative[] | undefined, b: readonly Alternative[] | undefined): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((x, i) => x[0] === b[i]?.[0] && x[1] === b[i]?.[1] && Object.is(x[2], b[i]?.[2]));

/** The event with the precision that is shown and stored: probabilities to 11 significant bits, entropies to 0.05 nats, times to 0.1 ms. */
export function roundEvent(event: GenerationEvent): GenerationEvent {
  const t = roundTime(event.t);
  const alternatives = (list: Alternative[]): Alternative[] => list.map(([id, text, p]) => [id, text, roundProbability(p)]);
  const rounded = <T extends SlotChange | CommittedToken>(item: T): T => ({ ...item, p: roundProbability(item.p), ...(item.entropy === undefined ? {} : { entropy: roundEntropy(item.entropy) }), ...(item.alternatives ? { alternatives: alternatives(item.alternatives) } : {}) });
  if (event.type === 'frame') return { ...event, t, changes: event.changes.map(rounded), ...(event.ends ? { ends: event.ends.map(([slot, p]): [number, number] => [slot, roundProbability(p)]) } : {}) };
  if (event.type === 'blockCommitted') return { ...event, t, tokens: event.tokens.map(rounded) };
  return { ...event, t };
}

/** Writes one generation's events, part by part. */
export class TraceWriter {
  private readonly out = new ByteWriter();
  private readonly seen = new Map<string, number>();
  private readonly context = new Context();

  /** The next part of the trace. */
  part(events: readonly GenerationEvent[]): Uint8Array {
    this.out.byte(RAW);
    for (const event of events) this.event(event);
    return this.out.take();
  }

  private token(id: number | null, text: string): number {
    const key = `${id} ${text}`;
    const ref = this.seen.get(key);
    if (ref !== undefined) {
      this.out.count(ref);
      return ref;
    }
    this.out.count(0);
    this.out.count(id === null ? 0 : id + 1);
    this.out.string(text);
    this.seen.set(key, this.seen.size + 1);
    return this.seen.size;
  }
  private alternatives(list: readonly Alternative[]): void {
    this.out.count(list.length);
    for (const [id, text, p] of list) {
      this.token(id, text);
      this.out.probability(p);
    }
  }
  private event(event: GenerationEvent): void {
    const { out, context } = this;
    const tenths = Math.round(event.t * 10) + 0; // + 0: never −0
    const exactTime = !Object.is(tenths / 10, event.t) || tenths > 2 ** 48;
    const moving = event.type === 'frame' || event.type === 'blockCommitted';
    const samePlace = event.type === 'frame' ? event.canvas.from === context.from && event.canvas.length === context.length : event.type === 'blockCommitted' && event.from === context.end;
    const sameBlock = moving && event.block === context.block;
    const seqGiven = event.seq !== context.seq + 1;
    const items: readonly { entropy?: number | undefined }[] = event.type === 'frame' ? event.changes : event.type === 'blockCommitted' ? event.tokens : [];
    const entropy = moving && items.some((item) => item.entropy !== undefined);
    out.byte((entropy ? WITH_ENTROPY[event.type] : TYPES.indexOf(event.type)) | (exactTime ? record.exactTime : 0) | (seqGiven ? record.seqGiven : 0) | (sameBlock ? record.sameBlock : 0) | (samePlace ? record.samePlace : 0) | (event.type === 'frame' && event.ends ? record.ends : 0));
    if (seqGiven) out.count(event.seq);
    context.seq = event.seq;
    if (exactTime) out.double(event.t);
    else {
      out.signed(tenths - context.tenths);
      context.tenths = tenths;
    }
    if (event.type !== 'frame' && event.type !== 'blockCommitted') {
      const { type: _type, seq: _seq, t: _t, ...rest } = event;
      out.string(JSON.stringify(rest));
      if (event.type === 'started') context.end = event.firstSlot;
      return;
    }
    out.signed(event.forward - context.forward);
    context.forward = event.forward;
    if (!sameBlock) out.signed(event.block - context.block);
    context.block = event.block;
    if (event.type === 'frame') this.frame(event, samePlace, entropy);
    else this.committed(event, samePlace, entropy);
  }
  private frame(event: GenerationEventOf<'frame'>, samePlace: boolean, entropy: boolean): void {
    const { out, context } = this;
    if (!samePlace) {
      out.signed(event.canvas.from - context.from);
      out.count(event.canvas.length);
      context.from = event.canvas.from;
      context.length = event.canvas.length;
    }
    out.count(event.changes.length);
    let expected = event.canvas.from;
    for (const item of event.changes) {
      const known = context.slots.get(item.slot);
      const bare = item.id === null && item.text === '' && Object.is(item.p, 0);
      const sameToken = !bare && known !== undefined && this.seen.get(`${item.id} ${item.text}`) === known.ref;
      const sameP = !bare && known !== undefined && Object.is(known.p, item.p);
      const next = item.slot === expected;
      out.byte(STATES.indexOf(item.state) | (next ? change.next : 0) | (sameToken ? change.sameToken : 0) | (sameP ? change.sameP : 0) | (item.alternatives ? change.alternatives : 0) | (bare ? change.bare : 0));
      if (!next) out.signed(item.slot - expected);
      expected = item.slot + 1;
      if (!bare) {
        const ref = sameToken && known ? known.ref : this.token(item.id, item.text);
        if (!sameP) out.probability(item.p);
        context.slots.set(item.slot, { ref, p: item.p, alternatives: item.alternatives, entropy: item.entropy });
      }
      if (item.alternatives) this.alternatives(item.alternatives);
      if (entropy) out.entropy(item.entropy, known?.entropy);
    }
    if (!event.ends) return;
    out.count(event.ends.length);
    for (const [slot, p] of event.ends) {
      out.signed(slot - event.canvas.from);
      out.probability(p);
    }
  }
  private committed(event: GenerationEventOf<'blockCommitted'>, samePlace: boolean, entropy: boolean): void {
    const { out, context } = this;
    if (!samePlace) out.signed(event.from - context.end);
    out.count(event.tokens.length);
    event.tokens.forEach((item, i) => {
      const known = context.slots.get(event.from + i);
      const sameToken = known !== undefined && this.seen.get(`${item.id} ${item.text}`) === known.ref;
      const sameP = known !== undefined && Object.is(known.p, item.p);
      const sameForward = item.forward === event.forward;
      const same = known !== undefined && sameAlternatives(item.alternatives, known.alternatives);
      const via = VIAS.indexOf(item.via);
      out.byte((via & 3) | (via > 3 ? token.moreVia : 0) | (sameToken ? token.sameToken : 0) | (sameP ? token.sameP : 0) | (item.alternatives ? token.alternatives : 0) | (sameForward ? token.sameForward : 0) | (same ? token.sameAlternatives : 0));
      if (!sameToken) this.token(item.id, item.text);
      if (!sameP) out.probability(item.p);
      if (!sameForward) out.signed(item.forward - event.forward);
      if (item.alternatives && !same) this.alternatives(item.alternatives);
      if (entropy) out.entropy(item.entropy, known?.entropy);
    });
    context.commit(event.from, event.tokens.length);
  }
}

/** Reads a trace back: every event as it was written. @throws MezzotintError store-damaged */
export function readTrace(parts: readonly Uint8Array[]): GenerationEvent[] {
  const reader = new TraceReader();
  for (const part of parts) reader.part(part);
  return reader.events;
}

/** One part in place of many, for a trace that is ended: deflated, or plain where it is too long to be unfolded again. */
export function sealTrace(parts: readonly Uint8Array[]): Uint8Array {
  const plain = Buffer.concat(parts.map(opened));
  return plain.length > MOST_INFLATED ? Buffer.concat([Uint8Array.of(RAW), plain]) : Buffer.concat([Uint8Array.of(DEFLATED), deflateRawSync(plain, { level: 9 })]);
}

function opened(part: Uint8Array): Uint8Array {
  const rest = part.subarray(1);
  if (part[0] === RAW) return rest;
  if (part[0] !== DEFLATED) throw damagedTrace();
  try {
    return inflateRawSync(rest, { maxOutputLength: MOST_INFLATED });
  } catch {
    throw damagedTrace();
  }
}

class TraceReader {
  readonly events: GenerationEvent[] = [];
  private readonly entries: { id: number | null; text: string }[] = [];
  private readonly context = new Context();
  private readonly left: Allowance = { entries: MOST_ENTRIES };
  private input = new ByteReader(new Uint8Array(), this.left);

  part(part: Uint8Array): void {
    this.input = new ByteReader(opened(part), this.left);
    while (!this.input.done) this.events.push(this.event());
  }

  private entry(ref: number): { id: number | null; text: string } {
    const found = this.entries[ref - 1];
    if (!found) throw damagedTrace();
    return found;
  }
  private token(): number {
    const ref = this.input.count();
    if (ref > 0) return ref;
    const id = this.input.count();
    this.entries.push({ id: id === 0 ? null : id - 1, text: this.input.string() });
    return this.entries.length;
  }
  private idOf(ref: number): number {
    const { id } = this.entry(ref);
    if (id === null) throw damagedTrace();
    return id;
  }
  private alternatives(): Alternative[] {
    return Array.from({ length: this.input.entries() }, () => {
      const ref = this.token();
      return [this.idOf(ref), this.entry(ref).text, this.input.probability()];
    });
  }
  private event(): GenerationEvent {
    const { input, context } = this;
    const flags = input.byte();
    const type = TYPES[flags & 7];
    if (type === undefined) throw damagedTrace();
    const seq = flags & record.seqGiven ? input.count() : context.seq + 1;
    context.seq = seq;
    let t: number;
    if (flags & record.exactTime) t = input.double();
    else {
      context.tenths += input.signed();
      t = context.tenths / 10;
    }
    if (type !== 'frame' && type !== 'blockCommitted') return this.plain(type, seq, t);
    context.forward += input.signed();
    if (!(flags & record.sameBlock)) context.block += input.signed();
    const base = { seq, t, forward: context.forward, block: context.block };
    const entropy = (flags & 7) >= WITH_ENTROPY.frame;
    if (type === 'frame') return { type, ...base, ...this.frame((flags & record.samePlace) !== 0, entropy), ...(flags & record.ends ? { ends: this.ends() } : {}) };
    const from = context.end + (flags & record.samePlace ? 0 : input.signed());
    return { type, ...base, from, tokens: this.committed(from, entropy) };
  }
  private plain(type: GenerationEvent['type'], seq: number, t: number): GenerationEvent {
    const text = this.input.string();
    let fields: unknown;
    try {
      fields = JSON.parse(text);
    } catch {
      throw damagedTrace();
    }
    const parsed = v.safeParse(generationEventSchema, { type, seq, t, ...(fields as object) });
    if (!parsed.success) throw damagedTrace();
    if (parsed.output.type === 'started') this.context.end = parsed.output.firstSlot;
    return parsed.output;
  }
  private frame(samePlace: boolean, entropy: boolean): Pick<GenerationEventOf<'frame'>, 'canvas' | 'changes'> {
    const { input, context } = this;
    if (!samePlace) {
      context.from += input.signed();
      context.length = input.count();
    }
    let expected = context.from;
    const changes = Array.from({ length: input.entries() }, (): SlotChange => {
      const flags = input.byte();
      const state = STATES[flags & 7];
      if (state === undefined) throw damagedTrace();
      const slot = expected + (flags & change.next ? 0 : input.signed());
      expected = slot + 1;
      let item: SlotChange = { slot, state, id: null, text: '', p: 0 };
      let known: Known | undefined;
      const before = context.slots.get(slot);
      if (!(flags & change.bare)) {
        const ref = flags & change.sameToken ? (before?.ref ?? 0) : this.token();
        const p = flags & change.sameP ? (before?.p ?? 0) : input.probability();
        item = { slot, state, ...this.entry(ref), p };
        known = { ref, p, alternatives: undefined, entropy: undefined };
        context.slots.set(slot, known);
      }
      if (flags & change.alternatives) {
        item.alternatives = this.alternatives();
        if (known) known.alternatives = item.alternatives;
      }
      if (entropy) {
        const value = input.entropy(before?.entropy);
        if (value !== undefined) item.entropy = value;
        if (known) known.entropy = value;
      }
      return item;
    });
    return { canvas: { from: context.from, length: context.length }, changes };
  }
  private ends(): [number, number][] {
    return Array.from({ length: this.input.entries() }, () => [this.context.from + this.input.signed(), this.input.probability()]);
  }
  private committed(from: number, entropy: boolean): CommittedToken[] {
    const { input, context } = this;
    const count = input.entries();
    const tokens = Array.from({ length: count }, (_, i): CommittedToken => {
      const flags = input.byte();
      const via = VIAS[(flags & 3) | (flags & token.moreVia ? 4 : 0)];
      if (via === undefined) throw damagedTrace();
      const known = context.slots.get(from + i);
      const ref = flags & token.sameToken ? (known?.ref ?? 0) : this.token();
      const p = flags & token.sameP ? (known?.p ?? 0) : input.probability();
      const forward = context.forward + (flags & token.sameForward ? 0 : input.signed());
      const item: CommittedToken = { id: this.idOf(ref), text: this.entry(ref).text, p, forward, via };
      if (flags & token.sameAlternatives) {
        if (!known?.alternatives) throw damagedTrace();
        item.alternatives = known.alternatives.map(([id, text, probability]): Alternative => [id, text, probability]);
      } else if (flags & token.alternatives) item.alternatives = this.alternatives();
      const value = entropy ? input.entropy(known?.entropy) : undefined;
      if (value !== undefined) item.entropy = value;
      return item;
    });
    context.commit(from, count);
    return tokens;
  }
}

/** The committed tokens of some events, in order. */
export const committedTokens = (events: readonly GenerationEvent[]): CommittedToken[] => events.flatMap((event) => (event.type === 'blockCommitted' ? event.tokens : []));

/** The events that lead to the first `tokens` committed tokens, the commit that holds the last of them cut after it; all events where there are no more tokens. */
export function eventsUpTo(events: readonly GenerationEvent[], tokens: number): GenerationEvent[] {
  if (committedTokens(events).length <= tokens) return [...events];
  const kept: GenerationEvent[] = [];
  let left = tokens;
  for (const event of events) {
    if (left <= 0) break;
    if (event.type !== 'blockCommitted') kept.push(event);
    else {
      kept.push({ ...event, tokens: event.tokens.slice(0, left) });
      left -= event.tokens.length;
    }
  }
  return kept;
}
