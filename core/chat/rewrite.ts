/** Rewrites spans of a finished reply: core/contract/rewrite.ts. */
import { needs } from '../contract/capabilities.ts';
import type { GenerationSummary } from '../contract/conversations.ts';
import type { PromptMessage } from '../contract/engine.ts';
import { idsOf } from '../contract/committed.ts';
import type { CommittedToken, GenerationSettings } from '../contract/generation.ts';
import type { Handlers } from '../contract/index.ts';
import { layoutAfter, type Layout } from '../contract/layout.ts';
import type { Push } from '../contract/push.ts';
import { failure } from '../contract/result.ts';
import type { BranchLayout, rewriteChannels } from '../contract/rewrite.ts';
import type { Engine, Scheduler } from '../engines/index.ts';
import type { Store } from '../store/index.ts';
import type { Settings } from './settings.ts';

export type RewriteHandlers = Pick<Handlers, keyof typeof rewriteChannels>;
export interface SteerOptions {
  store: Store;
  engine: Pick<Engine, 'status'>;
  scheduler: Scheduler;
  settings: Settings;
  notify: (push: Push) => void;
  /** What the model reads before a reply to this question, down to it. */
  promptTo: (questionId: string, replyId: string) => PromptMessage[];
  /** @throws conflict where the reply's tokens are not the loaded model's */
  refuseOtherTokens: (generation: GenerationSummary) => void;
  randomSeed: () => number;
}

export function createRewriteHandlers({
  store,
  engine,
  scheduler,
  settings: own,
  notify,
  promptTo,
  refuseOtherTokens,
  randomSeed,
}: SteerOptions): RewriteHandlers {
  return {
    'chat.fill': async ({ messageId, fillId, spans, candidates, settings: chosen }) => {
      const { conversationId, role, parentId, generation, status } = store.messages.get(messageId);
      const settings = own.effective(store.conversations.get(conversationId), chosen);
      if (role !== 'assistant' || parentId === null || generation === null) throw failure('chat.not-rewritten');
      if (status === 'pending') throw failure('chat.reply-being-written');
      needs(engine.status, 'fill');
      refuseOtherTokens(generation);
      const result = await scheduler.at('person').fill(
        {
          fillId,
          messages: promptTo(parentId, messageId),
          reply: idsOf(store.generations.tokens(messageId)),
          ended: generation.reason === 'end',
          spans,
          candidates,
          settings,
          seed: settings.sampling.seed ?? randomSeed(),
        },
        (span, best) => notify({ topic: 'filling', messageId, fillId, span, best }),
      );
      return { result };
    },
    'chat.fill-stop': ({ fillId }) => {
      scheduler.cancel(fillId);
      return {};
    },
  };
}

/** A branch's layout with the kept tokens themselves. @throws bad-request where the reply has no such tokens */
export function resolveLayout(layout: BranchLayout, tokens: readonly CommittedToken[]): Layout {
  return layout.map((part) => {
    if (part.kind !== 'kept') return part;
    if (part.to < part.from || part.to > tokens.length)
      throw failure('chat.no-such-part', { has: tokens.length, from: part.from, to: part.to });
    return { kind: 'kept', ids: idsOf(tokens.slice(part.from, part.to)) };
  });
}

/** What the engine has still to do of a layout that stands in a reply's settings. */
export function layoutLeft({ layout }: GenerationSettings, committed: readonly CommittedToken[]): Layout | undefined {
  if (layout === undefined) return undefined;
  const left = layoutAfter(layout, committed);
  return left.length > 0 ? left : [{ kind: 'kept', ids: [] }];
}
