/** Words that stand on the canvas of a reply, not committed yet. */
import type { GenerationEvent } from '../contract/generation.ts';

export class Standing {
  readonly #slots = new Set<number>();

  get count(): number {
    return this.#slots.size;
  }
  clear(): void {
    this.#slots.clear();
  }
  take(event: GenerationEvent): void {
    if (event.type === 'blockCommitted')
      for (const slot of this.#slots) if (slot < event.from + event.tokens.length) this.#slots.delete(slot);
    if (event.type !== 'frame') return;
    // an end of the turn, or what is behind it, has no text
    for (const { slot, state, text } of event.changes)
      if (state === 'revealed' && text !== '') this.#slots.add(slot);
      else this.#slots.delete(slot);
  }
}
