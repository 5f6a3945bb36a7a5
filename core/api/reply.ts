/**
 * From a request to its answer, in whichever protocol: a place in the queue, the work, and the words of it as they come. A client
 * that leaves ends its reply while it waits, while the prompt is read and while it is written.
 */
import type { CommittedToken, Counts, GenerationEvent } from '../contract/generation.ts';
import type { PackInfo } from '../contract/engine.ts';
import type { StreamKind } from './answer.ts';
import { apiErrorOf } from './errors.ts';
import type { Call } from './route.ts';
import type { Written } from './run.ts';
import type { Ticket } from './turns.ts';

/** Text that is certain to stay, as it comes. */
export interface Delta {
  text: string;
  /** The tokens it is made of; empty where it is not made of tokens one by one. */
  tokens: readonly CommittedToken[];
}
export interface Result {
  text: string;
  reason: Written['reason'] | 'tool-calls';
  tokens: readonly CommittedToken[];
  counts: Counts;
  /** Calls of the caller's functions, in place of text. */
  calls?: readonly { id: string; name: string; arguments: string }[];
}
export interface About {
  /** As clients of this protocol name it. */
  id: string;
  pack: PackInfo;
  /** Seconds since 1970. */
  created: number;
  seed: number;
}
/** Hears of everything that happens on the way. */
export interface Hearing {
  event(event: GenerationEvent): void;
  delta(delta: Delta): void;
}
/** How one protocol says it. `send`: one event or line of the stream. */
export interface Shape {
  stream: StreamKind;
  opening(send: Send): void;
  /** Every event of the reply; views that show the canvas draw it from these. Called before the delta that an event brings. */
  event?(send: Send, event: GenerationEvent): void;
  delta(send: Send, delta: Delta): void;
  /** Nothing has happened for a while. */
  alive(send: Send): void;
  done(send: Send, result: Result): void;
  whole(result: Result): unknown;
}
export type Send = (value: unknown, event?: string) => void;
export type Work = (ticket: Ticket, hear: Hearing) => Promise<Result>;

/** @throws ApiError 503 where too many wait */
export async function reply(
  { api, answer, id, keyId }: Call,
  prepare: () => Promise<{ shape: Shape; stream: boolean; work: Work }>,
): Promise<void> {
  const ticket = api.turns.take(id, keyId);
  let left = false;
  let keepAlive: unknown = null;
  answer.onLeft(() => {
    left = true;
    ticket.cancel();
  });
  try {
    const { shape, stream, work } = await prepare();
    if (left) return;
    if (!stream) {
      const result = await work(ticket, { event: () => undefined, delta: () => undefined });
      if (!left) answer.json(shape.whole(result));
      return;
    }
    const send: Send = (value, event) => {
      answer.send(value, event);
      api.timers.clear(keepAlive);
      keepAlive = api.timers.set(() => shape.alive(send), api.limits.keepAliveMs);
    };
    answer.stream(shape.stream);
    shape.opening(send);
    const result = await work(ticket, {
      event: (event) => shape.event?.(send, event),
      delta: (delta) => shape.delta(send, delta),
    });
    shape.done(send, result);
    answer.end();
  } catch (thrown) {
    if (left) return;
    if (!answer.begun) throw thrown;
    answer.fail(apiErrorOf(thrown));
  } finally {
    api.timers.clear(keepAlive);
    ticket.release();
  }
}
