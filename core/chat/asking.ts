/**
 * The channels that have replies written: ask, reply once more, go on, branch, reproduce, race, stop. For each reply its row is
 * stored first, then clients hear of it, then the engine is asked.
 */
import { createHash } from 'node:crypto';
import { withFiles } from '../contract/attachments.ts';
import { capabilitiesOf, needs } from '../contract/capabilities.ts';
import { idsOf } from '../contract/committed.ts';
import type { Conversation, GenerationSummary, Message } from '../contract/conversations.ts';
import type { EngineStatus } from '../contract/engine.ts';
import type { CommittedToken } from '../contract/generation.ts';
import type { Handlers, Request } from '../contract/index.ts';
import type { ChosenSettings } from '../contract/presets.ts';
import type { Push } from '../contract/push.ts';
import { failure, toAppError } from '../contract/result.ts';
import type { Engine } from '../engines/index.ts';
import type { Store } from '../store/index.ts';
import { withSeed, type Ask, type Started } from './ask.ts';
import { resolveFiles } from './attachments.ts';
import { createFromReply } from './from-reply.ts';
import type { ModelChoice } from './models.ts';
import { promptOf, refuseTooLong, withInstructions } from './prompt.ts';
import { createRaceHandlers } from './race.ts';
import type { Replies } from './replies.ts';
import type { Settings } from './settings.ts';
import { layoutLeft } from './rewrite.ts';
import { titleFrom } from './title.ts';
import { refuseDeleted } from './tree.ts';

export interface AskingOptions {
  store: Store;
  engine: Pick<Engine, 'status' | 'preview'>;
  replies: Replies;
  settings: Settings;
  notify: (push: Push) => void;
  /** Reads a conversation and pushes it to every client. */
  announce: (conversationId: string) => Conversation;
  /** Makes a message's branch the one shown. */
  show: (conversationId: string, messageId: string) => Conversation;
  /** Milliseconds since 1970. */
  now: () => number;
  newId: () => string;
  randomSeed: () => number;
  /** Whether the service is ending: nothing is begun any more. */
  closing: () => boolean;
  models: ModelChoice;
  /** Called once a reply is stored and announced, before the engine is asked. */
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
  /** @throws conflict where the reply's tokens are not those of the loaded model, and it is none of a server's to go on by text */
  refuseNoResume(generation: GenerationSummary, committed: readonly CommittedToken[], model?: string): void;
  /** @param model that is to go on with them; undefined: the loaded one. @throws conflict where the reply's tokens are another model's */
  refuseOtherTokens(generation: GenerationSummary, model?: string): void;
}

/** Names a conversation to a server without telling its id. */
const affinityOf = (conversationId: string): string =>
  createHash('sha256').update(`conversation ${conversationId}`).digest('hex').slice(0, 32);
/** Whether a reply can go on by its text alone: its tokens, or those of the engine, are not known. */
const goesOnByText = (status: EngineStatus, committed: readonly CommittedToken[]): boolean =>
  committed.length > 0 && (!capabilitiesOf(status).tokenIds || committed.some(({ id }) => id === null));

export function createAsking(options: AskingOptions): Asking {
  const { store, engine, replies, settings, models, notify, announce, show, now, newId, randomSeed, closing, began } =
    options;
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
  const refuseOtherTokens: Asking['refuseOtherTokens'] = ({ pack }, model) => {
    const { status } = engine;
    const atServer = status.state === 'ready' && status.pack.server !== undefined;
    const loaded = model === undefined || (!atServer && models.isLoaded(model));
    if (loaded) needs(status, 'tokenIds');
    if (pack?.server) throw failure('chat.tokens-unknown');
    if (model !== undefined && !loaded) {
      if (pack !== null && pack.id !== model)
        throw failure('chat.other-model', { written: pack.name, loaded: models.nameOf(model) });
      return;
    }
    if (status.state === 'ready' && pack !== null && pack.id !== status.pack.id)
      throw failure('chat.other-model', { written: pack.name, loaded: status.pack.name });
  };

  const refuseNoResume: Asking['refuseNoResume'] = (generation, committed, model) => {
    if (goesOnByText(engine.status, committed)) needs(engine.status, 'resume');
    else refuseOtherTokens(generation, model);
  };

  /** Stores what `write` stores, and the generation's row, as one transaction; then tells, then asks the engine. */
  function begin(write: () => Ask & { question: Message | null }): Started {
    if (closing()) throw failure('chat.closing');
    replies.settle();
    const generationId = newId();
    const { ask, question, generation, seed, localOnly, server } = store.transaction(() => {
      const { question, ...asked } = write();
      const conversation = store.conversations.get(asked.conversationId);
      const { setup } = conversation;
      const model = asked.model ?? models.of(conversation);
      const { status } = engine;
      const server = status.state === 'ready' && model === undefined ? status.pack.server : undefined;
      // what a model that is not loaded can do is known when it begins
      if ((asked.settings.layout || asked.layout) && models.isLoaded(model)) needs(status, 'layout');
      if (setup?.localOnly && server) throw failure('servers.local-only', { host: server.host });
      const instructions = asked.instructions ?? setup?.instructions ?? '';
      const ask = {
        ...asked,
        ...(model === undefined ? {} : { model }),
        ...(asked.model === undefined ? {} : { once: true }),
        prompt: withInstructions(instructions, asked.prompt),
      };
      const seed = ask.settings.sampling.seed ?? randomSeed();
      const seeded = withSeed(ask.settings, seed);
      // a model that was never loaded runs them as it can, and says so when it begins
      const resolved = settings.asRun(seeded, model);
      const generation = store.generations.create({
        id: generationId,
        messageId: ask.messageId,
        mode: settings.modeOf(resolved, model),
        seed,
        settings: resolved,
        startedAt: now(),
        instructions: instructions === '' ? null : instructions,
        reproduces: ask.reproduces ?? null,
      });
      store.conversations.touch(ask.conversationId, now());
      store.conversations.show(ask.conversationId, ask.messageId);
      const localOnly = setup?.localOnly === true;
      return { ask: { ...ask, settings: resolved }, question, generation, seed, localOnly, server };
    });
    const { conversationId, messageId, committed, forkedFrom } = ask;
    const byText = goesOnByText(engine.status, committed);
    const layout = ask.layout ?? layoutLeft(ask.settings, committed);
    // The messages before the branch that shows them: another client can only follow to a reply it knows.
    if (question) notify({ topic: 'message', message: question });
    notify({ topic: 'message', message: store.messages.get(messageId) });
    announce(conversationId);
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
        ...(byText
          ? { replyPrefix: [], goesOn: { text: committed.map(({ text }) => text).join(''), slots: committed.length } }
          : { replyPrefix: idsOf(committed) }),
        ...(server ? { affinity: affinityOf(conversationId) } : {}),
        ...(localOnly ? { localOnly } : {}),
        settings: ask.settings,
        seed,
        ...(layout ? { layout } : {}),
        ...(ask.model === undefined ? {} : { model: ask.model }),
        ...(ask.once ? { once: true } : {}),
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
  const replyTo = (conversationId: string, parentId: string, asked: ChosenSettings, model?: string): Started => {
    models.check(model);
    const conversation = store.conversations.get(conversationId);
    // another model's sampler does not fit this one
    const writes = model ?? models.of(conversation);
    return begin(() => ({
      ...(model === undefined ? {} : { model }),
      conversationId,
      messageId: addReply(conversationId, parentId),
      prompt: promptOf(store.messages.path(parentId)),
      settings: settings.effective(conversation, asked, writes),
      committed: [],
      question: null,
    }));
  };

  const send: Asking['send'] = async (
    { conversationId, parentId, text, settings: chosen, setup, attachments = [] },
    within,
  ) => {
    if (text.trim() === '') throw failure('chat.empty-question');
    if (conversationId === null && parentId !== null) throw failure('chat.first-has-no-parent');
    const begun = conversationId === null ? { setup } : store.conversations.get(conversationId);
    const files = resolveFiles(store, conversationId, attachments);
    const model = models.of(begun);
    if (capabilitiesOf(engine.status).preview && models.isLoaded(model))
      await refuseTooLong(engine, {
        text: withFiles(text, files),
        instructions: begun.setup?.instructions ?? '',
        maxTokens: settings.effective(begun, chosen, model).ending.maxTokens,
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
        settings: settings.effective(conversationId === null ? { setup } : conversation, chosen, model),
        committed: [],
        question,
      };
    });
  };

  const handlers: Asking['handlers'] = {
    ...createFromReply({
      ...options,
      begin,
      addReply,
      settledPath,
      refuseWhileWritten,
      refuseOtherTokens,
      refuseNoResume,
    }),
    ...createRaceHandlers({
      check: checkQuestion,
      checkModel: (model) => models.check(model),
      reply: (...asked) => replyTo(...asked).reply,
      show,
      randomSeed,
    }),
    'chat.send': (request) => send(request),
    'chat.reply': ({ conversationId, parentId, settings: chosen, model }) => {
      models.check(model);
      checkQuestion(conversationId, parentId);
      return replyTo(conversationId, parentId, chosen, model);
    },
    'chat.stop': ({ messageId }) => {
      store.messages.get(messageId);
      replies.stop(messageId);
      return {};
    },
  };
  return { handlers, send, settledPath, inConversation, refuseOtherTokens, refuseNoResume };
}
