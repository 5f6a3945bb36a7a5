/** Writes a generation's events as compact deltas, exact to the last bit. */
import type { Alternative, GenerationEvent, GenerationEventOf } from '../../contract/generation.ts';
import { ByteWriter } from './bytes.ts';
import { beginPart, change, Context, further, KINDS, putCode, record, STATES, token, VIAS } from './format.ts';

const sameAlternatives = (a: readonly Alternative[] | undefined, b: readonly Alternative[] | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.length === b.length &&
  a.every((x, i) => x[0] === b[i]?.[0] && x[1] === b[i]?.[1] && Object.is(x[2], b[i]?.[2]));

/** Writes one generation's events, part by part. */
export class TraceWriter {
  private readonly out = new ByteWriter();
  private readonly seen = new Map<string, number>();
  private readonly context = new Context();

  /** The next part of the trace. */
  part(events: readonly GenerationEvent[]): Uint8Array {
    beginPart(this.out);
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
    const samePlace =
      event.type === 'frame'
        ? event.canvas.from === context.from && event.canvas.length === context.length
        : event.type === 'blockCommitted' && event.from === context.end;
    const sameBlock = moving && event.block === context.block;
    const seqGiven = event.seq !== context.seq + 1;
    const items: readonly { entropy?: number | undefined }[] =
      event.type === 'frame' ? event.changes : event.type === 'blockCommitted' ? event.tokens : [];
    const entropy = moving && items.some((item) => item.entropy !== undefined);
    const more = (event.type === 'frame' && event.ends ? further.ends : 0) | (entropy ? further.entropy : 0);
    putCode(
      out,
      KINDS.indexOf(event.type),
      (exactTime ? record.exactTime : 0) |
        (seqGiven ? record.seqGiven : 0) |
        (sameBlock ? record.sameBlock : 0) |
        (samePlace ? record.samePlace : 0) |
        (more ? record.more : 0),
    );
    if (more) out.byte(more);
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
      putCode(
        out,
        STATES.indexOf(item.state),
        (next ? change.next : 0) |
          (sameToken ? change.sameToken : 0) |
          (sameP ? change.sameP : 0) |
          (item.alternatives ? change.alternatives : 0) |
          (bare ? change.bare : 0),
      );
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
      const flags =
        (sameToken ? token.sameToken : 0) |
        (sameP ? token.sameP : 0) |
        (item.alternatives ? token.alternatives : 0) |
        (sameForward ? token.sameForward : 0) |
        (same ? token.sameAlternatives : 0);
      putCode(out, VIAS.indexOf(item.via), flags, true);
      if (!sameToken) this.token(item.id, item.text);
      if (!sameP) out.probability(item.p);
      if (!sameForward) out.signed(item.forward - event.forward);
      if (item.alternatives && !same) this.alternatives(item.alternatives);
      if (entropy) out.entropy(item.entropy, known?.entropy);
    });
    context.commit(event.from, event.tokens.length);
  }
}
