/**
 * The channels that have replies written: ask, reply once more, go on, branch, reproduce, race, stop. For each reply its row is
 * stored first, then clients hear of it, then the engine is asked.
 */
import { withFiles } from '../contract/attachments.ts';
import { capabilitiesOf, needs } from '../contract/capabilities.ts';
import { idsOf } from '../contract/committed.ts';
import type { Conversation, GenerationSummary, Message } from '../contract/conversations.ts';
import type { PromptMessage } from '../contract/engine.ts';
import { MAX_REPLY_TOKENS, type CommittedToken, type GenerationSettings } from '../contract/generation.ts';
import type { Handlers, Request } from '../contract/index.ts';
import type { Layout } from '../contract/layout.ts';
import type { ChosenSettings } from '../contract/presets.ts';
import type { Push } from '../contract/push.ts';
import { failure, toAppError } from '../contract/result.ts';
import type { Engine } from '../engines/index.ts';
import type { Store } from '../store/index.ts';
import { resolveFiles } from './attachments.ts';
import { promptOf, refuseTooLong, withInstructions } from './prompt.ts';
import { createRaceHandlers } from './race.ts';
import type { Replies } from './replies.ts';
import type { Settings } from './settings.ts';
import { layoutLeft, resolveLayout } from './steer.ts';
import { titleFrom } from './title.ts';
import { refuseDeleted } from './tree.ts';

export interface AskingOptions {
  store: Store;
  engine: Pick<Engine, 'status' | 'preview'>;
  replies: Replies;
  settings: Settings;
  notify: (push: Push) => void;
  /** Reads a conversation and tells it to every client. */
  tell: (conversationId: string) => Conversation;
  /** Makes a message's branch the one shown. */
  show: (conversationId: string, messageId: string) => Conversation;
  /** Milliseconds since 1970. */
  now: () => number;
  newId: () => string;
  randomSeed: () => number;
  /** Whether the service is ending: nothing is begun any more. */
  closing: () => boolean;
  /** Called once a reply is stored and told of, before the engine is asked. */
  began: (reply: Message) => void;
}
type AskingChannels =
  'chat.send' | 'chat.reply' | 'chat.continue' | 'chat.branch' | 'chat.reproduce' | 'chat.race' | 'chat.stop';
export interface Asking {
  handlers: Pick<Handlers, AskingChannels>;
  /** `chat.send`. `within` runs in the transaction that stores question and reply. */
  send(request: Request<'chat.send'>, within?: (replyId: string) => void): Promise<Started>;
  /** The branch down to a message. @throws conflict where a reply in it is still being written */
  settledPath(messageId: string): Message[];
  /** @throws not-found */
  inConversation(messageId: string, conversationId: string): Message;
  /** @throws conflict where the reply's tokens are not those of the loaded model */
  knowsItsTokens(generation: GenerationSummary): void;
}

/** One reply to be written. */
interface Ask {
  conversationId: string;
  messageId: string;
  prompt: PromptMessage[];
  settings: GenerationSettings;
  committed: CommittedToken[];
  forkedFrom?: string;
  /** Those of the conversation where they are left out; '': the pack's. */
  instructions?: string;
  reproduces?: string;
  /** What is fixed after the committed tokens, where it is not what the settings say. */
  layout?: Layout;
}
interface Started {
  conversation: Conversation;
  question: Message | null;
  reply: Message;
}

/** A branch's own parts stand in place of the layout that the reply was asked for with. */
const withoutLayout = ({ layout: _, ...settings }: GenerationSettings): GenerationSettings => settings;
const withSeed = (settings: GenerationSettings, seed: number): GenerationSettings => ({
  ...settings,
  sampling: { ...settings.sampling, seed },
});
/** `tokens`: of the whole reply. */
const withLimit = (settings: GenerationSettings, tokens: number): GenerationSettings => ({
  ...settings,
  ending: { ...settings.ending, maxTokens: Math.min(MAX_REPLY_TOKENS, tokens) },
});

export function createAsking({
  store,
  engine,
  replies,
  settings,
  notify,
  tell,
  show,
  now,
  newId,
  randomSeed,
  closing,
  began,
}: AskingOptions): Asking {
  const inConversation = (messageId: string, conversationId: string): Message => {
    const message = store.messages.get(messageId);
    if (message.conversationId !== conversationId) throw failure('chat.not-in-conversation');
    return message;
  };
  const settledPath = (messageId: string): Message[] => {
    const path = store.messages.path(messageId);
    if (path.some(({ status }) => status === 'pending')) throw failure('chat.branch-being-written');
    return path;
  };
  /** Tokens can only be gone on from by the model whose they are. */
  const knowsItsTokens = ({ pack }: GenerationSummary): void => {
    const { status } = engine;
    needs(status, 'tokenIds');
    if (status.state === 'ready' && pack !== null && pack.id !== status.pack.id)
      throw failure('chat.other-model', { written: pack.name, loaded: status.pack.name });
  };

  /** Stores what `write` stores, and the generation's row, as one transaction; then tells, then asks the engine. */
  function begin(write: () => Ask & { question: Message | null }): Started {
    if (closing()) throw failure('chat.closing');
    replies.settle();
    const generationId = newId();
    const { ask, question, generation, seed } = store.transaction(() => {
      const { question, ...asked } = write();
      if (asked.settings.layout || asked.layout) needs(engine.status, 'layout');
      const instructions =
        asked.instructions ?? store.conversations.get(asked.conversationId).setup?.instructions ?? '';
      const ask = { ...asked, prompt: withInstructions(instructions, asked.prompt) };
      const seed = ask.settings.sampling.seed ?? randomSeed();
      const resolved = settings.asRun(withSeed(ask.settings, seed));
      const generation = store.generations.create({
        id: generationId,
        messageId: ask.messageId,
        mode: settings.modeOf(resolved),
        seed,
        settings: resolved,
        startedAt: now(),
        instructions: instructions === '' ? null : instructions,
        reproduces: ask.reproduces ?? null,
      });
      store.conversations.touch(ask.conversationId, now());
      store.conversations.show(ask.conversationId, ask.messageId);
      return { ask: { ...ask, settings: resolved }, question, generation, seed };
    });
    const { conversationId, messageId, committed, forkedFrom } = ask;
    const layout = ask.layout ?? layoutLeft(ask.settings, committed);
    // The messages before the branch that shows them: another client can only follow to a reply it knows.
    if (question) notify({ topic: 'message', message: question });
    notify({ topic: 'message', message: store.messages.get(messageId) });
    tell(conversationId);
    try {
      began(store.messages.get(messageId));
    } catch (thrown) {
      // what waits is not this reply's trouble
      notify({ topic: 'notice', error: toAppError(thrown) });
    }
    replies.add({
      conversationId,
      messageId,
      generation,
      committed,
      ...(forkedFrom === undefined ? {} : { forkedFrom }),
      request: {
        generationId,
        messages: ask.prompt,
        replyPrefix: idsOf(committed),
        settings: ask.settings,
        seed,
        ...(layout ? { layout } : {}),
      },
    });
    return { conversation: store.conversations.get(conversationId), question, reply: store.messages.get(messageId) };
  }
  function addReply(conversationId: string, parentId: string, text = ''): string {
    const messageId = newId();
    store.messages.add({
      id: messageId,
      conversationId,
      parentId,
      role: 'assistant',
      text,
      status: 'pending',
      createdAt: now(),
    });
    return messageId;
  }
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
  const refuseWhileWritten = (questionId: string): void => {
    if (store.messages.children(questionId).some(({ status }) => status === 'pending'))
      throw failure('chat.question-being-answered');
  };

  /** Refuses what is no question that can be replied to now. */
  function checkQuestion(conversationId: string, parentId: string): void {
    replies.settle();
    store.conversations.get(conversationId);
    const question = inConversation(parentId, conversationId);
    if (question.role !== 'user') throw failure('chat.not-a-question');
    refuseDeleted(question);
    settledPath(parentId);
    refuseWhileWritten(parentId);
  }
  const replyTo = (conversationId: string, parentId: string, chosen: ChosenSettings): Started =>
    begin(() => ({
      conversationId,
      messageId: addReply(conversationId, parentId),
      prompt: promptOf(store.messages.path(parentId)),
      settings: settings.effective(store.conversations.get(conversationId), chosen),
      committed: [],
      question: null,
    }));

  const send: Asking['send'] = async (
    { conversationId, parentId, text, settings: chosen, setup, attachments = [] },
    within,
  ) => {
    if (text.trim() === '') throw failure('chat.empty-question');
    if (conversationId === null && parentId !== null) throw failure('chat.first-has-no-parent');
    const begun = conversationId === null ? { setup } : store.conversations.get(conversationId);
    const files = resolveFiles(store, conversationId, attachments);
    if (capabilitiesOf(engine.status).preview)
      await refuseTooLong(engine, {
        text: withFiles(text, files),
        instructions: begun.setup?.instructions ?? '',
        maxTokens: settings.effective(begun, chosen).ending.maxTokens,
      });
    return begin(() => {
      const createdAt = now();
      const conversation =
        conversationId === null
          ? store.conversations.create({ id: newId(), title: titleFrom(text), createdAt })
          : store.conversations.get(conversationId);
      const { id } = conversation;
      if (conversationId === null && setup) store.conversations.setSetup(id, setup);
      if (parentId !== null) inConversation(parentId, id);
      if (parentId !== null) settledPath(parentId);
      const questionId = newId();
      store.messages.add({
        id: questionId,
        conversationId: id,
        parentId,
        role: 'user',
        text,
        status: 'complete',
        createdAt,
      });
      store.attachments.add(questionId, files);
      const question = store.messages.get(questionId);
      const messageId = addReply(id, questionId);
      within?.(messageId);
      return {
        conversationId: id,
        messageId,
        prompt: promptOf(store.messages.path(questionId)),
        settings: settings.effective(conversationId === null ? { setup } : conversation, chosen),
        committed: [],
        question,
      };
    });
  };

  const handlers: Asking['handlers'] = {
    ...createRaceHandlers({ check: checkQuestion, reply: (...asked) => replyTo(...asked).reply, show, randomSeed }),
    'chat.send': (request) => send(request),
    'chat.reply': ({ conversationId, parentId, settings: chosen }) => {
      checkQuestion(conversationId, parentId);
      return replyTo(conversationId, parentId, chosen);
    },
    'chat.continue': ({ messageId }) =>
      begin(() => {
        const message = store.messages.get(messageId);
        const conversation = store.conversations.get(message.conversationId);
        const { generation, parentId } = message;
        if (message.role !== 'assistant' || generation === null || parentId === null) throw failure('chat.not-a-reply');
        if (message.status === 'pending') throw failure('chat.reply-being-written');
        if (message.status === 'complete' && generation.reason !== 'length') throw failure('chat.complete');
        if (store.messages.children(messageId).length > 0) throw failure('chat.gone-on');
        knowsItsTokens(generation);
        const committed = store.generations.tokens(messageId);
        let own = withSeed(generation.settings, generation.seed);
        // The limit counts the whole reply: one that was cut by it goes on for the length set now.
        if (generation.reason === 'length')
          own = withLimit(own, committed.length + settings.effective(conversation).ending.maxTokens);
        return {
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
        if (tokens > 0 || layout) knowsItsTokens(generation);
        const prompt = promptOf(settledPath(parentId));
        const all = store.generations.tokens(messageId);
        const shared = all.slice(0, tokens);
        const parts = layout && resolveLayout(layout, all);
        if (shared.length < tokens) throw failure('chat.too-few-tokens', { has: shared.length, asked: tokens });
        const own = withoutLayout(settings.effective(store.conversations.get(conversationId), chosen));
        const branch = addReply(conversationId, parentId, shared.map(({ text }) => text).join(''));
        const committed = store.generations.copy(messageId, branch, tokens, newId);
        // the limit counts the whole reply
        return {
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
        if (shared > 0) knowsItsTokens(generation);
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
    'chat.stop': ({ messageId }) => {
      store.messages.get(messageId);
      replies.stop(messageId);
      return {};
    },
  };
  return { handlers, send, settledPath, inConversation, knowsItsTokens };
}
