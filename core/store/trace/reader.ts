/** Reads traces back: every event as it was written, without a model. */
import * as v from 'valibot';
import {
  generationEventSchema,
  type Alternative,
  type CommittedToken,
  type GenerationEvent,
  type GenerationEventOf,
  type SlotChange,
} from '../../contract/generation.ts';
import { ByteReader, damagedTrace, MOST_ENTRIES, type Allowance } from './bytes.ts';
import {
  change,
  Context,
  FIRST_WITH_ENTROPY_1,
  further,
  KINDS,
  KINDS_1,
  opened,
  record,
  STATES,
  takeCode,
  token,
  VERSION,
  VIAS,
  type Known,
  type Version,
} from './format.ts';

/** Reads a trace back: every event as it was written. @throws MezzotintError store-damaged */
export function readTrace(parts: readonly Uint8Array[]): GenerationEvent[] {
  const reader = new TraceReader();
  for (const part of parts) reader.part(part);
  return reader.events;
}

class TraceReader {
  readonly events: GenerationEvent[] = [];
  private readonly entries: { id: number | null; text: string }[] = [];
  private readonly context = new Context();
  private readonly left: Allowance = { entries: MOST_ENTRIES };
  private input = new ByteReader(new Uint8Array(), this.left);
  private version: Version = VERSION;

  part(part: Uint8Array): void {
    const { version, stream } = opened(part);
    this.version = version;
    this.input = new ByteReader(stream, this.left);
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
  /** What a record is, and its flags. A kind or flag that is not known was written by a newer version. */
  private head(): { type: GenerationEvent['type']; flags: number; entropy: boolean; ends: boolean } {
    const { code, flags } = takeCode(this.input, this.version);
    if (this.version === 1) {
      const type = KINDS_1[code];
      if (type === undefined) throw damagedTrace();
      return { type, flags, entropy: code >= FIRST_WITH_ENTROPY_1, ends: (flags & record.ends) !== 0 };
    }
    const type = KINDS[code];
    const more = flags & record.more ? this.input.byte() : 0;
    if (type === undefined || (more & ~(further.ends | further.entropy)) !== 0) throw damagedTrace();
    return { type, flags, entropy: (more & further.entropy) !== 0, ends: (more & further.ends) !== 0 };
  }
  private event(): GenerationEvent {
    const { input, context } = this;
    const { type, flags, entropy, ends } = this.head();
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
    if (type === 'frame')
      return {
        type,
        ...base,
        ...this.frame((flags & record.samePlace) !== 0, entropy),
        ...(ends ? { ends: this.ends() } : {}),
      };
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
      const { code, flags } = takeCode(input, this.version);
      const state = STATES[code];
      if (state === undefined) throw damagedTrace();
      const slot = expected + (flags & change.next ? 0 : input.signed());
      expected = slot + 1;
      let item: SlotChange = { slot, state, id: null, text: '', p: 0 };
      let known: Known | undefined;
      const before = context.slots.get(slot);
      if (!(flags & change.bare)) {
        const ref = flags & change.sameToken ? (before?.ref ?? 0) : this.token();
        const p = flags & change.sameP ? (before ? before.p : 0) : input.probabilityOrNull();
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
    return Array.from({ length: this.input.entries() }, () => [
      this.context.from + this.input.signed(),
      this.input.probability(),
    ]);
  }
  private committed(from: number, entropy: boolean): CommittedToken[] {
    const { input, context } = this;
    const count = input.entries();
    const tokens = Array.from({ length: count }, (_, i): CommittedToken => {
      const { code, flags } = takeCode(input, this.version, true);
      const via = VIAS[code];
      if (via === undefined) throw damagedTrace();
      const known = context.slots.get(from + i);
      const ref = flags & token.sameToken ? (known?.ref ?? 0) : this.token();
      const p = flags & token.sameP ? (known ? known.p : 0) : input.probabilityOrNull();
      const forward = context.forward + (flags & token.sameForward ? 0 : input.signed());
      const item: CommittedToken = { ...this.entry(ref), p, forward, via };
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
