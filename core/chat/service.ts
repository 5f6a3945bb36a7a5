/**
 * The chat service: every channel of the contract but files in and out, over a store and an engine.
 * Order that holds for each reply: its row is stored, then the engine is asked; a block is stored, then it is shown.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { withFiles } from '../contract/attachments.ts';
import type { AppInfo, AppSettings } from '../contract/app.ts';
import type { ActiveReply, Conversation, GenerationSummary, Message } from '../contract/conversations.ts';
import type { PromptMessage } from '../contract/engine.ts';
import { MAX_REPLY_TOKENS, type CommittedToken, type GenerationSettings } from '../contract/generation.ts';
import type { SamplerInfo } from '../contract/samplers.ts';
import { normalise, settingsMode } from '../contract/settings.ts';
import type { ChatHandlers, Request } from '../contract/index.ts';
import type { Layout } from '../contract/layout.ts';
import type { Push } from '../contract/push.ts';
import { MezzotintError, toAppError } from '../contract/result.ts';
import { realTimers, type EngineClient, type Timers } from '../engine/client/index.ts';
import type { Store } from '../store/index.ts';
import { createAttachmentHandlers, resolveFiles } from './attachments.ts';
import { createOrderHandlers } from './order.ts';
import { Replies } from './replies.ts';
import { createSteerHandlers, layoutLeft, resolveLayout } from './steer.ts';
import { createPresetHandlers } from './presets.ts';
import { createQueueService } from './queue.ts';
import { previewOf, promptOf, refuseTooLong, withInstructions } from './prompt.ts';
import { titleFrom } from './title.ts';
import { createPagesHandlers, readConversation } from './pages.ts';
import { Calibrator } from './calibration.ts';
import { machineLoad } from './machine-load.ts';
import { createRaceHandlers } from './race.ts';
import { createTreeHandlers, refuseDeleted } from './tree.ts';

export interface ChatOptions {
  store: Store;
  engine: EngineClient;
  /** Tells every client. */
  notify: (push: Push) => void;
  appInfo: AppInfo;
  /** Opens an address that the channel's schema let through. */
  openExternal: (url: string) => Promise<void>;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** A new identifier: 1 to 64 of 0-9 a-z A-Z _ -. */
  newId?: () => string;
  /** A whole number from 0 to 2³² − 1. */
  randomSeed?: () => number;
  timers?: Timers;
  /** Quiet milliseconds before speeds are measured by themselves; null: only when asked. */
  calibrateAfter?: number | null;
  /** The share of the machine's processors that was used since it was last asked, 0 to 1; default: what the system says. */
  load?: () => number;
}
export interface ChatService {
  handlers: ChatHandlers;
  /** The reply being written and the messages whose replies wait, in order. */
  snapshot(): { running: ActiveReply | null; queued: string[] };
  /** Ends replies at once (marked interrupted, what was committed kept), and begins no more. */
  endReplies(): void;
  /** Ends replies and the engine. The store stays open: its owner closes it afterwards. */
  shutdown(): Promise<void>;
}

/** A branch's own parts stand in place of the layout that the reply was asked for with. */
const withoutLayout = ({ layout: _, ...settings }: GenerationSettings): GenerationSettings => settings;

const withSeed = (settings: GenerationSettings, seed: number): GenerationSettings => ({ ...settings, sampling: { ...settings.sampling, seed } });
/** `tokens`: of the whole reply. */
const withLimit = (settings: GenerationSettings, tokens: number): GenerationSettings => ({ ...settings, ending: { ...settings.ending, maxTokens: Math.min(MAX_REPLY_TOKENS, tokens) } });

const conflict = (message: string, action: string): MezzotintError => new MezzotintError('conflict', message, { action });
const badRequest = (message: string): MezzotintError => new MezzotintError('bad-request', message);

export function createChatService(options: ChatOptions): ChatService {
  const { store, engine, notify, appInfo, openExternal, now = Date.now, newId = randomUUID, randomSeed = () => randomInt(2 ** 32), timers = realTimers, calibrateAfter = null, load = machineLoad() } = options;

  let closing = false;
  const replies = new Replies({
    engine,
    notify,
    timers,
    now,
    onEnd(messageId, { status, error }) {
      calibrator.rest();
      const attempt = (work: () => void): void => {
        try {
          work();
        } catch (thrown) {
          notify({ topic: 'notice', error: toAppError(thrown) });
        }
      };
      attempt(() => {
        const message = store.messages.get(messageId);
        const { generation, conversationId } = message;
        // on a full disk nothing can be marked, and the reply has ended all the same
        if (status === 'complete' || status === 'failed') attempt(() => order.markUnread(conversationId));
        notify({ topic: 'message', message: { ...message, status, generation: generation && { ...generation, error } } });
        attempt(() => queue.ended({ id: messageId, conversationId }, status));
      });
    },
  });

  const order = createOrderHandlers({ store, notify, replies, now, newId, timers });

  /** Settings that were never set follow the loaded pack's defaults. */
  const packDefaults = (): GenerationSettings | undefined => (engine.status.state === 'ready' ? engine.status.pack.defaults : undefined);
  const offered = (): readonly SamplerInfo[] | null => (engine.status.state === 'ready' ? engine.status.pack.samplers : null);
  /** As the loaded model runs them. While none is loaded they stay as they are, and the engine does the same before it writes. */
  const asRun = (settings: GenerationSettings): GenerationSettings => {
    const samplers = offered();
    return samplers ? normalise(settings, samplers) : settings;
  };
  const readSettings = (): AppSettings => store.settings.read(packDefaults());
  let told = JSON.stringify(readSettings());
  const tellSettings = (settings: AppSettings): void => {
    if (JSON.stringify(settings) === told) return;
    told = JSON.stringify(settings);
    notify({ topic: 'settings', settings });
  };
  const calibrator = new Calibrator({ engine, store: store.calibrations, notify, version: appInfo.version, timers, now, idleMs: calibrateAfter, busy: () => replies.busy, load });
  const unsubscribe = engine.onStatus((status) => {
    notify({ topic: 'engine', status });
    if (status.state === 'ready') calibrator.rest();
    else calibrator.yield();
    if (status.state === 'ready') tellSettings(readSettings());
  });

  const tellConversation = (id: string): Conversation => {
    const conversation = store.conversations.get(id);
    notify({ topic: 'conversation', conversation });
    return conversation;
  };
  const inConversation = (messageId: string, conversationId: string): Message => {
    const message = store.messages.get(messageId);
    if (message.conversationId !== conversationId) throw new MezzotintError('not-found', 'This message is not in that conversation.', { action: 'Reload the conversation.' });
    return message;
  };
  /** The branch down to a message; refuses one in which a reply is still being written. */
  const settledPath = (messageId: string): Message[] => {
    const path = store.messages.path(messageId);
    if (path.some(({ status }) => status === 'pending')) throw conflict('A reply in this branch is still being written.', 'Wait until it has ended, or stop it.');
    return path;
  };

  /** Tokens can only be gone on from by the model whose they are. */
  const knowsItsTokens = ({ pack }: GenerationSummary): void => {
    const { status } = engine;
    if (status.state === 'ready' && pack !== null && pack.id !== status.pack.id) throw conflict(`This reply was written by another model (${pack.name}), whose tokens ${status.pack.name} does not know.`, 'Retry the reply.');
  };

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
  /** Stores what `write` stores, and the generation's row, as one transaction; then tells, then asks the engine. */
  function begin(write: () => Ask & { question: Message | null }): { conversation: Conversation; question: Message | null; reply: Message } {
    if (closing) throw new MezzotintError('engine-not-ready', 'Mezzotint is closing. Nothing was sent.');
    replies.settle();
    calibrator.yield();
    const generationId = newId();
    const { ask, question, generation, seed } = store.transaction(() => {
      const { question, ...asked } = write();
      const instructions = asked.instructions ?? store.conversations.get(asked.conversationId).setup?.instructions ?? '';
      const ask = { ...asked, prompt: withInstructions(instructions, asked.prompt) };
      const seed = ask.settings.sampling.seed ?? randomSeed();
      const settings = asRun(withSeed(ask.settings, seed));
      const generation = store.generations.create({ id: generationId, messageId: ask.messageId, mode: settingsMode(settings, offered() ?? []), seed, settings, startedAt: now(), instructions: instructions === '' ? null : instructions, reproduces: ask.reproduces ?? null });
      store.conversations.touch(ask.conversationId, now());
      store.conversations.show(ask.conversationId, ask.messageId);
      return { ask: { ...ask, settings }, question, generation, seed };
    });
    const { conversationId, messageId, committed, forkedFrom } = ask;
    const layout = ask.layout ?? layoutLeft(ask.settings, committed);
    // The messages before the branch that shows them: another client can only follow to a reply it knows.
    if (question) notify({ topic: 'message', message: question });
    notify({ topic: 'message', message: store.messages.get(messageId) });
    tellConversation(conversationId);
    try {
      queue.began(store.messages.get(messageId));
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
      request: { generationId, messages: ask.prompt, replyPrefix: committed.map(({ id }) => id), settings: ask.settings, seed, ...(layout ? { layout } : {}) },
    });
    return { conversation: store.conversations.get(conversationId), question, reply: store.messages.get(messageId) };
  }
  function addReply(conversationId: string, parentId: string, text = ''): string {
    const messageId = newId();
    store.messages.add({ id: messageId, conversationId, parentId, role: 'assistant', text, status: 'pending', createdAt: now() });
    return messageId;
  }

  /** Refuses what is no question that can be replied to now. */
  function checkQuestion(conversationId: string, parentId: string): void {
    replies.settle();
    store.conversations.get(conversationId);
    const question = inConversation(parentId, conversationId);
    if (question.role !== 'user') throw badRequest('A reply can only be written to a question.');
    refuseDeleted(question);
    settledPath(parentId);
    if (store.messages.children(parentId).some(({ status }) => status === 'pending')) throw conflict('A reply to this question is still being written.', 'Wait until it has ended, or stop it.');
  }
  const replyTo = (conversationId: string, parentId: string, settings: GenerationSettings): ReturnType<typeof begin> =>
    begin(() => ({ conversationId, messageId: addReply(conversationId, parentId), prompt: promptOf(store.messages.path(parentId)), settings, committed: [], question: null }));
  const show = (conversationId: string, messageId: string): Conversation => {
    store.conversations.show(conversationId, store.conversations.leafOf(messageId));
    return tellConversation(conversationId);
  };

  /** `within` runs in the transaction that stores question and reply. */
  const send = async ({ conversationId, parentId, text, settings, setup, attachments = [] }: Request<'chat.send'>, within?: (replyId: string) => void): Promise<ReturnType<typeof begin>> => {
    if (text.trim() === '') throw badRequest('The question is empty. Write something first.');
    if (conversationId === null && parentId !== null) throw badRequest('A first question has no message before it.');
    const instructions = (conversationId === null ? setup : store.conversations.get(conversationId).setup)?.instructions ?? '';
    const files = resolveFiles(store, conversationId, attachments);
    await refuseTooLong(engine, { text: withFiles(text, files), instructions, maxTokens: settings.ending.maxTokens });
    return begin(() => {
      const createdAt = now();
      const id = conversationId === null ? store.conversations.create({ id: newId(), title: titleFrom(text), createdAt }).id : store.conversations.get(conversationId).id;
      if (conversationId === null && setup) store.conversations.setSetup(id, setup);
      if (parentId !== null) inConversation(parentId, id);
      if (parentId !== null) settledPath(parentId);
      const questionId = newId();
      store.messages.add({ id: questionId, conversationId: id, parentId, role: 'user', text, status: 'complete', createdAt });
      store.attachments.add(questionId, files);
      const question = store.messages.get(questionId);
      const messageId = addReply(id, questionId);
      within?.(messageId);
      return { conversationId: id, messageId, prompt: promptOf(store.messages.path(questionId)), settings, committed: [], question };
    });
  };
  const queue = createQueueService({
    queue: store.queue,
    transaction: (work) => store.transaction(work),
    keepDraft: (conversationId, draft) => store.desk.keep(conversationId, { draft }),
    message: (id) => store.messages.get(id),
    leaf: (conversationId) => store.conversations.get(conversationId).currentMessageId,
    writesIn: (conversationId) => replies.writesIn(conversationId),
    files: (conversationId, wanted) => resolveFiles(store, conversationId, wanted),
    send: (question, within) => send(question, within),
    notify,
    now,
    newId,
  });

  const steer = createSteerHandlers({ store, engine, notify, knowsItsTokens, randomSeed, promptTo: (questionId, replyId) => withInstructions(store.generations.instructions(replyId) ?? '', promptOf(settledPath(questionId))) });

  const handlers: ChatHandlers = {
    ...createPagesHandlers(store),
    ...calibrator.handlers,
    ...createRaceHandlers({ check: checkQuestion, reply: (...asked) => replyTo(...asked).reply, show, randomSeed }),
    ...order.handlers,
    ...queue.handlers,
    ...createAttachmentHandlers(store),
    ...createPresetHandlers({ store, notify, now, newId }),
    ...createTreeHandlers({ store, notify, tell: tellConversation, stop: (messageId) => replies.stop(messageId), now, newId }),
    ...steer,
    'chat.fill': (request) => calibrator.aside(() => steer['chat.fill'](request)),
    'app.info': () => appInfo,
    'app.openExternal': async ({ url }) => {
      await openExternal(url);
      return {};
    },
    'settings.get': readSettings,
    'settings.set': (patch) => {
      const settings = store.settings.write(patch, packDefaults());
      tellSettings(settings);
      return settings;
    },
    'engine.status': () => engine.status,
    'engine.restart': () => engine.restart(),

    'conversations.list': ({ newest }) => store.conversations.list(newest),
    'conversations.get': ({ id, around }) => {
      replies.settle();
      const conversation = store.conversations.get(id);
      return { conversation, ...readConversation(store, conversation, around), active: replies.active(id) };
    },
    'conversations.rename': ({ id, title }) => {
      store.conversations.rename(id, title);
      return tellConversation(id);
    },
    'conversations.select': ({ id, messageId }) => {
      store.conversations.get(id);
      inConversation(messageId, id);
      if (!store.tree.isVisible(messageId)) refuseDeleted(store.messages.get(messageId));
      return show(id, messageId);
    },
    'generations.trace': ({ messageId, frames }) => {
      const { status } = store.messages.get(messageId);
      const tokens = store.generations.tokens(messageId);
      if (!frames) return { tokens, events: [] };
      return { tokens, events: [...store.generations.events(messageId), ...(status === 'pending' ? replies.unsavedEvents(messageId) : [])] };
    },

    'chat.send': (request) => send(request),
    'chat.reply': ({ conversationId, parentId, settings }) => {
      checkQuestion(conversationId, parentId);
      return replyTo(conversationId, parentId, settings);
    },
    'chat.continue': ({ messageId }) =>
      begin(() => {
        const message = store.messages.get(messageId);
        store.conversations.get(message.conversationId);
        const { generation, parentId } = message;
        if (message.role !== 'assistant' || generation === null || parentId === null) throw badRequest('Only a reply can be continued.');
        if (message.status === 'pending') throw conflict('This reply is still being written.', 'Wait until it has ended, or stop it.');
        if (message.status === 'complete' && generation.reason !== 'length') throw conflict('This reply is complete.', 'Retry it, or ask a further question.');
        if (store.messages.children(messageId).length > 0) throw conflict('The conversation has gone on after this reply.', 'Retry the reply: that begins a branch of its own.');
        knowsItsTokens(generation);
        const committed = store.generations.tokens(messageId);
        let settings = withSeed(generation.settings, generation.seed);
        // The limit counts the whole reply: one that was cut by it goes on for the length set now.
        if (generation.reason === 'length') settings = withLimit(settings, committed.length + (store.conversations.get(message.conversationId).setup?.settings.ending?.maxTokens ?? readSettings().generation.ending.maxTokens));
        return { conversationId: message.conversationId, messageId, prompt: promptOf(settledPath(parentId)), settings, committed, question: null };
      }),
    'chat.branch': ({ messageId, tokens, settings, layout }) =>
      begin(() => {
        const { conversationId, role, parentId, generation, status } = store.messages.get(messageId);
        store.conversations.get(conversationId);
        if (role !== 'assistant' || parentId === null || generation === null) throw badRequest('Only a reply that was written here can be branched from.');
        if (status === 'pending' || store.messages.children(parentId).some((sibling) => sibling.status === 'pending')) throw conflict('A reply to this question is still being written.', 'Wait until it has ended, or stop it.');
        knowsItsTokens(generation);
        const prompt = promptOf(settledPath(parentId));
        const all = store.generations.tokens(messageId);
        const shared = all.slice(0, tokens);
        const parts = layout && resolveLayout(layout, all);
        if (shared.length < tokens) throw badRequest(`This reply has ${shared.length} tokens, not ${tokens}.`);
        const branch = addReply(conversationId, parentId, shared.map(({ text }) => text).join(''));
        const committed = store.generations.copy(messageId, branch, tokens, newId);
        // the limit counts the whole reply
        return { conversationId, messageId: branch, prompt, settings: withLimit(withoutLayout(settings), tokens + settings.ending.maxTokens), committed, forkedFrom: messageId, ...(parts ? { layout: parts } : {}), question: null };
      }),
    'chat.reproduce': ({ messageId }) =>
      begin(() => {
        const { conversationId, role, parentId, generation } = store.messages.get(messageId);
        store.conversations.get(conversationId);
        if (role !== 'assistant' || parentId === null || generation === null) throw badRequest('Only a reply that was written here can be written again.');
        const path = settledPath(parentId);
        if (store.messages.children(parentId).some(({ status }) => status === 'pending')) throw conflict('A reply to this question is still being written.', 'Wait until it has ended, or stop it.');
        const events = store.generations.events(messageId);
        const fork = events.findLast((event) => event.type === 'started' && event.forkedFrom !== undefined);
        const shared = fork?.type === 'started' ? fork.firstSlot : 0;
        if (shared > 0) knowsItsTokens(generation);
        const twin = addReply(conversationId, parentId, store.generations.tokens(messageId).slice(0, shared).map(({ text }) => text).join(''));
        const committed = shared > 0 ? store.generations.copy(messageId, twin, shared, newId) : [];
        const instructions = store.generations.instructions(messageId) ?? '';
        return { conversationId, messageId: twin, prompt: promptOf(path), settings: withSeed(generation.settings, generation.seed), committed, ...(shared > 0 ? { forkedFrom: messageId } : {}), instructions, reproduces: messageId, question: null };
      }),
    'chat.preview': ({ conversationId, parentId, ...question }) => {
      if (conversationId === null && parentId !== null) throw badRequest('A first question has no message before it.');
      if (conversationId !== null && parentId !== null) inConversation(parentId, conversationId);
      return previewOf(engine, parentId === null ? [] : store.messages.path(parentId), question);
    },
    'conversations.configure': ({ id, setup }) => {
      store.conversations.get(id);
      const empty = setup.presetId === null && setup.instructions === '' && Object.keys(setup.settings).length === 0;
      store.conversations.setSetup(id, empty ? null : setup);
      return tellConversation(id);
    },
    'chat.stop': ({ messageId }) => {
      store.messages.get(messageId);
      replies.stop(messageId);
      return {};
    },
  };

  function endReplies(): void {
    closing = true;
    calibrator.close();
    queue.close();
    replies.close();
  }
  return {
    handlers,
    snapshot: () => ({ running: replies.activeNow, queued: replies.queued }),
    endReplies,
    async shutdown() {
      endReplies();
      order.close();
      unsubscribe();
      await engine.shutdown();
    },
  };
}
