/**
 * The chat service: every channel of the contract but files in and out, over a store and an engine. The parts
 * are in files by concern; here they are put together.
 * Order that holds for each reply: its row is stored, then the engine is asked; a block is stored, then it is shown.
 */
import { availableParallelism } from 'node:os';
import { randomInt, randomUUID } from 'node:crypto';
import type { AppInfo } from '../contract/app.ts';
import type { ActiveReply, Conversation } from '../contract/conversations.ts';
import type { GenerationSettings } from '../contract/generation.ts';
import type { ChatHandlers } from '../contract/index.ts';
import type { Push } from '../contract/push.ts';
import { toAppError } from '../contract/result.ts';
import { realTimers, Scheduler, type Engine, type Timers } from '../engines/index.ts';
import type { Store } from '../store/index.ts';
import { createAsking } from './asking.ts';
import { createAttachmentHandlers, resolveFiles } from './attachments.ts';
import { SpeedProfiler } from './speed-profile.ts';
import { machineLoad } from './machine-load.ts';
import { ModelChoice, type ChatModels } from './models.ts';
import { createOrderHandlers } from './order.ts';
import { createPagesHandlers } from './pages.ts';
import { createPresetHandlers } from './presets.ts';
import { promptOf, withInstructions } from './prompt.ts';
import { createQueueService } from './queue.ts';
import { createReadingHandlers } from './reading.ts';
import { Replies, type End } from './replies.ts';
import { createSettings } from './settings.ts';
import { createRewriteHandlers } from './rewrite.ts';
import { createTreeHandlers } from './tree.ts';

export interface ChatOptions {
  store: Store;
  engine: Engine;
  /** Tells every client. */
  notify: (push: Push) => void;
  appInfo: AppInfo;
  /** Opens an address that the channel's schema let through. */
  openExternal: (url: string) => Promise<void>;
  /** The models of this machine. Absent: one writes everything, and none can be named. */
  models?: ChatModels;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** A new identifier: 1 to 64 of 0-9 a-z A-Z _ -. */
  newId?: () => string;
  /** A whole number from 0 to 2³² − 1. */
  randomSeed?: () => number;
  timers?: Timers;
  /** Quiet milliseconds before speeds are measured by themselves; null: only when asked. */
  measureAfter?: number | null;
  /** The share of the machine's processors that was used since it was last asked, 0 to 1; default: what the system says. */
  load?: () => number;
}
export interface ChatService {
  handlers: ChatHandlers;
  /** Whose turn it is with the engine: the API's replies wait their turn among those of the window. */
  scheduler: Scheduler;
  /** The app's own settings of a reply. */
  generation(): GenerationSettings;
  /** The reply being written and the messages whose replies wait, in order. */
  snapshot(): { running: ActiveReply | null; queued: string[] };
  /** Ends replies at once (marked interrupted, what was committed kept), and begins no more. */
  endReplies(): void;
  /** Ends replies and the engine. The store stays open: its owner closes it afterwards. */
  shutdown(): Promise<void>;
}

export function createChatService(options: ChatOptions): ChatService {
  const {
    store,
    engine,
    notify,
    appInfo,
    openExternal,
    now = Date.now,
    newId = randomUUID,
    randomSeed = () => randomInt(2 ** 32),
    timers = realTimers,
    measureAfter = null,
    load = machineLoad(),
  } = options;
  let closing = false;

  const scheduler = new Scheduler({ engine, timers });
  const models = new ModelChoice({ models: options.models, notify });
  models.note(engine.status);
  const settings = createSettings({ store, engine, models, notify });
  const replies = new Replies({ scheduler, notify, timers, now, cores: availableParallelism(), onEnd: replyEnded });
  const order = createOrderHandlers({ store, notify, replies, now, newId, timers });
  const speedProfiler = new SpeedProfiler({
    engine,
    scheduler,
    store: store.speedProfiles,
    notify,
    version: appInfo.version,
    now,
    idleMs: measureAfter,
    load,
  });

  const unsubscribe = engine.onStatus((status) => {
    notify({ topic: 'engine', status });
    if (status.state !== 'ready') return;
    models.note(status);
    speedProfiler.arm();
    settings.refresh();
  });
  /** Whatever fails here, the reply has ended: on a full disk nothing can be marked. */
  function replyEnded(messageId: string, { status, error }: End): void {
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
      if (status === 'complete' || status === 'failed') attempt(() => order.markUnread(conversationId));
      notify({ topic: 'message', message: { ...message, status, generation: generation && { ...generation, error } } });
      attempt(() => queue.ended({ id: messageId, conversationId }, status));
    });
  }
  const announce = (id: string): Conversation => {
    const conversation = store.conversations.get(id);
    notify({ topic: 'conversation', conversation });
    return conversation;
  };
  const show = (conversationId: string, messageId: string): Conversation => {
    store.conversations.show(conversationId, store.conversations.leafOf(messageId));
    return announce(conversationId);
  };
  const asking = createAsking({
    store,
    engine,
    replies,
    settings,
    notify,
    announce,
    show,
    now,
    newId,
    randomSeed,
    closing: () => closing,
    models,
    began: (reply) => queue.began(reply),
  });
  const queue = createQueueService({
    queue: store.queue,
    transaction: (work) => store.transaction(work),
    keepDraft: (conversationId, draft) => store.drafts.keep(conversationId, { draft }),
    message: (id) => store.messages.get(id),
    leaf: (conversationId) => store.conversations.get(conversationId).currentMessageId,
    writesIn: (conversationId) => replies.writesIn(conversationId),
    files: (conversationId, wanted) => resolveFiles(store, conversationId, wanted),
    send: (question, within) => asking.send(question, within),
    notify,
    now,
    newId,
  });
  const promptTo = (questionId: string, replyId: string): ReturnType<typeof promptOf> =>
    withInstructions(store.generations.instructions(replyId) ?? '', promptOf(asking.settledPath(questionId)));

  const handlers: ChatHandlers = {
    ...asking.handlers,
    ...createReadingHandlers({ store, engine, models, replies, asking, announce, show }),
    ...createPagesHandlers(store),
    ...createAttachmentHandlers(store),
    ...createPresetHandlers({ store, notify, now, newId }),
    ...createTreeHandlers({ store, notify, announce, stop: (messageId) => replies.stop(messageId), now, newId }),
    ...createRewriteHandlers({
      store,
      engine,
      scheduler,
      settings,
      notify,
      refuseOtherTokens: asking.refuseOtherTokens,
      randomSeed,
      promptTo,
    }),
    ...order.handlers,
    ...queue.handlers,
    ...speedProfiler.handlers,
    ...settings.handlers,
    'app.info': () => appInfo,
    'app.openExternal': async ({ url }) => {
      await openExternal(url);
      return {};
    },
    'engine.status': () => engine.status,
    'engine.restart': () => engine.restart(),
  };

  function endReplies(): void {
    closing = true;
    speedProfiler.close();
    queue.close();
    replies.close();
    scheduler.close();
  }
  return {
    handlers,
    scheduler,
    generation: () => settings.app().generation,
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
