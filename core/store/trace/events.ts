/** Events as they are stored: their precision, and which of them lead to a token. */
import type { Alternative, CommittedToken, GenerationEvent, SlotChange } from '../../contract/generation.ts';
import { roundEntropy, roundProbability, roundTime } from './bytes.ts';

/** The event with the precision that is shown and stored: probabilities to 11 significant bits, entropies to 0.05 nats, times to 0.1 ms. */
export function roundEvent(event: GenerationEvent): GenerationEvent {
  const t = roundTime(event.t);
  const alternatives = (list: Alternative[]): Alternative[] =>
    list.map(([id, text, p]) => [id, text, roundProbability(p)]);
  const rounded = <T extends SlotChange | CommittedToken>(item: T): T => ({
    ...item,
    p: item.p === null ? null : roundProbability(item.p),
    ...(item.entropy === undefined ? {} : { entropy: roundEntropy(item.entropy) }),
    ...(item.alternatives ? { alternatives: alternatives(item.alternatives) } : {}),
  });
  if (event.type === 'frame')
    return {
      ...event,
      t,
      changes: event.changes.map(rounded),
      ...(event.ends ? { ends: event.ends.map(([slot, p]): [number, number] => [slot, roundProbability(p)]) } : {}),
    };
  if (event.type === 'blockCommitted') return { ...event, t, tokens: event.tokens.map(rounded) };
  return { ...event, t };
}

/** The committed tokens of some events, in order. */
export const committedTokens = (events: readonly GenerationEvent[]): CommittedToken[] =>
  events.flatMap((event) => (event.type === 'blockCommitted' ? event.tokens : []));

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
