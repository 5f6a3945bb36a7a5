/** One reply of the engine for a program: by turns, with one growing stream of events, also where it gives way to a person and goes on later. */
import { append } from '../contract/lists.ts';
import { idsOf } from '../contract/committed.ts';
import type { GenerateRequest } from '../contract/engine.ts';
import {
  noCounts,
  type CommittedToken,
  type Counts,
  type GenerationEvent,
  type GenerationEventOf,
  type StopReason,
} from '../contract/generation.ts';
import { layoutAfter, type Layout, type Template } from '../contract/layout.ts';
import { thrownOf } from '../contract/result.ts';
import type { Api } from './api.ts';
import type { Ticket } from './turns.ts';

/** What is to be written; a seed is drawn where none is named. */
export type Asked = Pick<GenerateRequest, 'messages' | 'prompt' | 'settings' | 'seed' | 'layout'>;
export interface Written {
  /** stopped: cancelled by its caller. */
  reason: StopReason | 'stopped';
  tokens: CommittedToken[];
  counts: Counts;
}
export type OnEvent = (event: GenerationEvent) => void;

const sum = (a: Counts, b: Counts): Counts => ({
  ...b,
  tokens: a.tokens + b.tokens,
  forwards: a.forwards + b.forwards,
  prefillForwards: a.prefillForwards + b.prefillForwards,
  promptTokens: a.promptTokens,
  cachedTokens: a.cachedTokens,
  drafted: a.drafted + b.drafted,
  accepted: a.accepted + b.accepted,
  msPrefill: a.msPrefill + b.msPrefill,
  msDecode: a.msDecode + b.msDecode,
  msForward: a.msForward + b.msForward,
});

const isTemplate = (layout: Layout): layout is Template =>
  layout.every(({ kind }) => kind === 'hole' || kind === 'locked');

/**
 * Writes when its turn comes. Events come with `seq` from 0 and exactly one `started`.
 * @param before tokens of the same reply that stand already: it goes on after them
 * Rejects with the engine's error.
 */
export function write(
  api: Api,
  ticket: Ticket,
  asked: Asked,
  onEvent: OnEvent,
  before: readonly CommittedToken[] = [],
): Promise<Written> {
  const generationId = api.newId();
  const tokens: CommittedToken[] = [];
  let seq = 0;
  /** Of the parts before the one being written. */
  let past: { counts: Counts | null; t: number; forwards: number } = { counts: null, t: 0, forwards: 0 };
  let part = { t: 0, forwards: 0 };
  let promptTokens: GenerationEventOf<'started'> | null = null;
  const requestAfter = (written: readonly CommittedToken[]): GenerateRequest => {
    const left = asked.layout && isTemplate(asked.layout) ? layoutAfter(asked.layout, written) : asked.layout;
    return {
      ...asked,
      localOnly: true,
      generationId,
      replyPrefix: [...idsOf(before), ...idsOf(written)],
      ...(left ? { layout: left.length > 0 ? left : [{ kind: 'kept', ids: [] }] } : {}),
    };
  };
  const mayGiveWay = !asked.layout || isTemplate(asked.layout);
  return new Promise((resolve, reject) => {
    const take = (raw: GenerationEvent): void => {
      const t = past.t + raw.t;
      part = { t: raw.t, forwards: 'forward' in raw ? raw.forward : part.forwards };
      if (raw.type === 'started') {
        if (promptTokens !== null) return;
        promptTokens = raw;
        return onEvent({ ...raw, seq: seq++, t });
      }
      if (raw.type === 'frame') return onEvent({ ...raw, forward: raw.forward + past.forwards, seq: seq++, t });
      if (raw.type === 'blockCommitted') {
        const written = raw.tokens.map((token) => ({ ...token, forward: token.forward + past.forwards }));
        append(tokens, written);
        return onEvent({ ...raw, forward: raw.forward + past.forwards, tokens: written, seq: seq++, t });
      }
      if (raw.type === 'failed') return reject(thrownOf(raw.error));
      const counts = past.counts ? sum(past.counts, raw.counts) : raw.counts;
      onEvent({ ...raw, counts, seq: seq++, t });
      resolve({ reason: raw.type === 'finished' ? raw.reason : 'stopped', tokens, counts });
    };
    ticket.cancel = () => api.scheduler.cancel(generationId);
    const again = (): GenerateRequest => {
      const counts = {
        ...noCounts,
        promptTokens: promptTokens?.promptTokens ?? 0,
        cachedTokens: promptTokens?.cachedTokens ?? 0,
        tokens: tokens.length,
        forwards: past.forwards + part.forwards,
        msDecode: past.t + part.t,
      };
      past = { counts: promptTokens ? counts : null, t: past.t + part.t, forwards: past.forwards + part.forwards };
      part = { t: 0, forwards: 0 };
      return requestAfter(tokens);
    };
    api.scheduler.at('program').generate(requestAfter([]), take, ...(mayGiveWay ? [again] : []));
  });
}
