/** The channels that write a reply from another one: go on with it, branch from it, reproduce it. */
import { needs } from '../contract/capabilities.ts';
import type { Conversation, GenerationSummary, Message } from '../contract/conversations.ts';
import { MAX_REPLY_TOKENS, type CommittedToken, type GenerationSettings } from '../contract/generation.ts';
import type { Handlers } from '../contract/index.ts';
import type { Engine } from '../engines/index.ts';
import type { Store } from '../store/index.ts';
import { failure } from '../contract/result.ts';
import { withSeed, type Ask, type Started } from './ask.ts';
import { promptOf } from './prompt.ts';
import type { ModelChoice } from './models.ts';
import type { Settings } from './settings.ts';
import { resolveLayout } from './rewrite.ts';

export interface FromReplyOptions {
  store: Store;
  engine: Pick<Engine, 'status'>;
  settings: Settings;
  models: ModelChoice;
  newId: () => string;
  /** Stores what `write` stores and has the reply written. */
  begin(write: () => Ask & { question: Message | null }): Started;
  /** Adds the message of a reply; returns its id. */
  addReply(conversationId: string, parentId: string, text?: string): string;
  settledPath(messageId: string): Message[];
  refuseWhileWritten(questionId: string): void;
  refuseOtherTokens(generation: GenerationSummary, model?: string): void;
  refuseNoResume(generation: GenerationSummary, committed: readonly CommittedToken[], model?: string): void;
}

/** A branch's own parts stand in place of the layout that the reply was asked for with. */
const withoutLayout = ({ layout: _, ...settings }: GenerationSettings): GenerationSettings => settings;
/** `tokens`: of the whole reply. */
const withLimit = (settings: GenerationSettings, tokens: number): GenerationSettings => ({
  ...settings,
  ending: { ...settings.ending, maxTokens: Math.min(MAX_REPLY_TOKENS, tokens) },
});

export function createFromReply({
  store,
  engine,
  settings,
  models,
  newId,
  begin,
  addReply,
  settledPath,
  refuseWhileWritten,
  refuseOtherTokens,
  refuseNoResume,
}: FromReplyOptions): Pick<Handlers, 'chat.continue' | 'chat.branch' | 'chat.reproduce'> {
  /** A reply that was written here, with the question before it. @param otherwise the error where it was not */
  function writtenReply(
    messageId: string,
    otherwise: 'chat.not-branched' | 'chat.not-repeated',
  ): Message & { parentId: string; generation: GenerationSummary } {
    const message = store.messages.get(messageId);
    store.conversations.get(message.conversationId);
    const { role, parentId, generation } = message;
    if (role !== 'assistant' || parentId === null || generation === null) throw failure(otherwise);
    return { ...message, parentId, generation };
  }

  /** Tokens are gone on with by the model whose they are, where it is still here. `writes`: undefined: the loaded one. */
  function writerFor(
    generation: GenerationSummary,
    conversation: Conversation,
  ): { model: { model?: string }; writes: string | undefined } {
    const usual = models.of(conversation);
    const own = models.writerOf(generation, usual);
    return { model: own === undefined ? {} : { model: own }, writes: own ?? usual };
  }

  return {
    'chat.continue': ({ messageId }) =>
      begin(() => {
        const message = store.messages.get(messageId);
        const conversation = store.conversations.get(message.conversationId);
        const { generation, parentId } = message;
        if (message.role !== 'assistant' || generation === null || parentId === null) throw failure('chat.not-a-reply');
        if (message.status === 'pending') throw failure('chat.reply-being-written');
        if (message.status === 'complete' && generation.reason !== 'length') throw failure('chat.complete');
        if (store.messages.children(messageId).length > 0) throw failure('chat.gone-on');
        const committed = store.generations.tokens(messageId);
        const { model, writes } = writerFor(generation, conversation);
        refuseNoResume(generation, committed, writes);
        let own = withSeed(generation.settings, generation.seed);
        // The limit counts the whole reply: one that was cut by it goes on for the length set now.
        if (generation.reason === 'length')
          own = withLimit(own, committed.length + settings.effective(conversation).ending.maxTokens);
        return {
          ...model,
          conversationId: conversation.id,
          messageId,
          prompt: promptOf(settledPath(parentId)),
          settings: own,
          committed,
          question: null,
        };
      }),
    'chat.branch': ({ messageId, tokens, settings: chosen, layout }) =>
      begin(() => {
        const { conversationId, parentId, generation, status } = writtenReply(messageId, 'chat.not-branched');
        if (status === 'pending') throw failure('chat.question-being-answered');
        refuseWhileWritten(parentId);
        const conversation = store.conversations.get(conversationId);
        const { model, writes } = writerFor(generation, conversation);
        if (tokens > 0 || layout) refuseOtherTokens(generation, writes);
        const prompt = promptOf(settledPath(parentId));
        const all = store.generations.tokens(messageId);
        const shared = all.slice(0, tokens);
        const parts = layout && resolveLayout(layout, all);
        if (shared.length < tokens) throw failure('chat.too-few-tokens', { has: shared.length, asked: tokens });
        const own = withoutLayout(settings.effective(conversation, chosen, writes));
        const branch = addReply(conversationId, parentId, shared.map(({ text }) => text).join(''));
        const committed = store.generations.copy(messageId, branch, tokens, newId);
        // the limit counts the whole reply
        return {
          ...model,
          conversationId,
          messageId: branch,
          prompt,
          settings: withLimit(own, tokens + own.ending.maxTokens),
          committed,
          forkedFrom: messageId,
          ...(parts ? { layout: parts } : {}),
          question: null,
        };
      }),
    'chat.reproduce': ({ messageId }) =>
      begin(() => {
        const { conversationId, parentId, generation } = writtenReply(messageId, 'chat.not-repeated');
        needs(engine.status, 'seeded');
        const path = settledPath(parentId);
        refuseWhileWritten(parentId);
        const events = store.generations.events(messageId);
        const fork = events.findLast((event) => event.type === 'started' && event.forkedFrom !== undefined);
        const shared = fork?.type === 'started' ? fork.firstSlot : 0;
        const { model, writes } = writerFor(generation, store.conversations.get(conversationId));
        if (shared > 0) refuseOtherTokens(generation, writes);
        const twin = addReply(
          conversationId,
          parentId,
          store.generations
            .tokens(messageId)
            .slice(0, shared)
            .map(({ text }) => text)
            .join(''),
        );
        const committed = shared > 0 ? store.generations.copy(messageId, twin, shared, newId) : [];
        const instructions = store.generations.instructions(messageId) ?? '';
        return {
          ...model,
          conversationId,
          messageId: twin,
          prompt: promptOf(path),
          settings: withSeed(generation.settings, generation.seed),
          committed,
          ...(shared > 0 ? { forkedFrom: messageId } : {}),
          instructions,
          reproduces: messageId,
          question: null,
        };
      }),
  };
}
