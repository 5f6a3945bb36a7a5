/**
 * The canvas as a client is sent it. Each view folds the events of a reply and gives what stands at the top level of an otherwise
 * valid chunk, where clients that don't know it keep or drop it without harm.
 */
import type { CommittedToken, GenerationEvent, SlotChange } from '../../contract/generation.ts';
import type { Mezzotint } from '../requests/states.ts';

/** What is sent beside an empty delta (`frame`), or with the delta of the same event (`commit`). */
export interface View {
  /** null: nothing to send for this event. */
  event(event: GenerationEvent): Record<string, unknown> | null;
  /** The view's own text in place of the delta's: it replaces what stood there before. */
  replaces?: boolean;
}
export const MASK = '░';

/** Slots of the block at work, by their numbers. */
class Block {
  readonly slots = new Map<number, SlotChange>();
  number = -1;
  from = 0;
  length = 0;
  steps = 0;
  take(event: Extract<GenerationEvent, { type: 'frame' }>): void {
    if (event.block !== this.number) {
      this.slots.clear();
      this.number = event.block;
      this.steps = 0;
    }
    ({ from: this.from, length: this.length } = event.canvas);
    for (const change of event.changes) this.slots.set(change.slot, change);
    this.steps++;
  }
  /** Masked slots as ░. */
  get text(): string {
    let text = '';
    for (let slot = this.from; slot < this.from + this.length; slot++) {
      const found = this.slots.get(slot);
      text += found && found.state !== 'masked' && found.state !== 'rejected' ? found.text : MASK;
    }
    return text;
  }
}

/** `mezzotint: {v: 1, kind, …}`: one to one with the events of a reply. */
export function mezzotintView(
  { states, confidence, alternatives, interval_ms: interval }: Partial<Mezzotint>,
  now: () => number,
): View {
  const block = new Block();
  const every = interval ?? 0;
  let sent = -Infinity;
  /** The newest frame that has not been sent, with the changes of those before it that were not either. */
  let held: (Extract<GenerationEvent, { type: 'frame' }> & { merged: Map<number, SlotChange> }) | null = null;
  const slot = ({ p, entropy, alternatives: others, ...rest }: SlotChange): unknown => ({
    ...rest,
    ...(confidence === false ? {} : { p, ...(entropy === undefined ? {} : { entropy }) }),
    ...(alternatives && others ? { alternatives: others.slice(0, alternatives) } : {}),
  });
  const token = ({ p, entropy, alternatives: others, ...rest }: CommittedToken): unknown => ({
    ...rest,
    ...(confidence === false ? {} : { p, ...(entropy === undefined ? {} : { entropy }) }),
    ...(alternatives && others ? { alternatives: others.slice(0, alternatives) } : {}),
  });
  const frame = ({ merged, type: _, changes: __, ...event }: NonNullable<typeof held>): Record<string, unknown> => ({
    v: 1,
    kind: 'frame',
    ...event,
    changes: [...merged.values()].map(slot),
    ...(states === 'canvas' ? { text: block.text } : {}),
  });
  const flush = (): Record<string, unknown> | null => {
    const last = held;
    held = null;
    if (!last) return null;
    sent = now();
    return frame(last);
  };
  return {
    event(event) {
      if (event.type === 'frame') {
        block.take(event);
        const merged = held?.block === event.block ? held.merged : new Map<number, SlotChange>();
        for (const change of event.changes) merged.set(change.slot, change);
        held = { ...event, merged };
        return now() - sent >= every ? { mezzotint: flush() } : null;
      }
      const last = flush();
      const { type, ...rest } = event;
      if (event.type === 'blockCommitted')
        return {
          ...(last ? { before: { mezzotint: last } } : {}),
          mezzotint: { v: 1, ...rest, kind: 'commit', tokens: event.tokens.map(token) },
        };
      if (type === 'started') return { mezzotint: { v: 1, kind: 'started', ...rest } };
      return last ? { mezzotint: last } : null;
    },
  };
}

/** Mercury's: each chunk's content is the whole text so far, what is not certain included. */
export function mercuryView(): View {
  const block = new Block();
  let committed = '';
  let tokens = 0;
  return {
    replaces: true,
    event(event) {
      if (event.type === 'blockCommitted') {
        committed += event.tokens.map(({ text }) => text).join('');
        tokens += event.tokens.length;
      } else if (event.type !== 'frame') return null;
      else block.take(event);
      const noise = event.type === 'frame' ? block.text : '';
      const shown = tokens + (event.type === 'frame' ? event.canvas.length : 0);
      return {
        content: committed + noise,
        diffusion_meta: {
          diffusion_content: true,
          diffusion_progress: shown === 0 ? 0 : Math.round((100 * tokens) / shown) / 100,
        },
      };
    },
  };
}

/** Unsloth's: the text of the block at work. Its own server sends frames without `choices`; these have them. */
export function unslothView(): View {
  const block = new Block();
  return {
    event(event) {
      if (event.type !== 'frame') return null;
      block.take(event);
      return {
        type: 'diffusion_frame',
        block: event.block,
        step: block.steps - 1,
        total: Math.max(block.steps, block.length),
        text: block.text,
      };
    },
  };
}
