/** What a reply's course takes in the store, while it is written: a part a commit. */
import type { GenerationEvent } from '../../../core/contract/generation.ts';
import { committedTokens, TraceWriter } from '../../../core/store/trace/index.ts';

/** @returns bytes a committed token, without alternatives and with them */
export function bytesPerToken(events: readonly GenerationEvent[]): { without: number; with: number } {
  const size = (list: readonly GenerationEvent[]): number => {
    const writer = new TraceWriter();
    let bytes = 0;
    let waiting: GenerationEvent[] = [];
    list.forEach((event, i) => {
      waiting.push(event);
      if (event.type !== 'blockCommitted' && i < list.length - 1) return;
      bytes += writer.part(waiting).length;
      waiting = [];
    });
    return bytes / Math.max(1, committedTokens(list).length);
  };
  const bare = <T extends { alternatives?: unknown }>({
    alternatives: _alternatives,
    ...rest
  }: T): Omit<T, 'alternatives'> => rest;
  const without = events.map((event): GenerationEvent =>
    event.type === 'frame'
      ? { ...event, changes: event.changes.map(bare) }
      : event.type === 'blockCommitted'
        ? { ...event, tokens: event.tokens.map(bare) }
        : event,
  );
  return { without: size(without), with: size(events) };
}
