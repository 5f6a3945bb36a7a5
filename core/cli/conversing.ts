/** Turns of one conversation over the service's contract: asked, retried, continued, stopped. */
import type { ChosenSettings } from '../contract/settings.ts';
import type { Conversation, Message } from '../contract/conversations.ts';
import type { GenerationEvent } from '../contract/generation.ts';
import type { Response } from '../contract/index.ts';
import type { Setup } from '../contract/presets.ts';
import type { Push } from '../contract/push.ts';
import { failure } from '../contract/result.ts';
import type { ReachedService } from './service.ts';

type Started = Response<'chat.send'>;

export interface ConversingOptions {
  service: ReachedService;
  /** What each request asks for. */
  settings: ChosenSettings;
  /** What a new conversation chooses for itself. */
  setup: Setup | undefined;
  /** Events of the reply that is written, in order, several at once. */
  onEvents: (events: readonly GenerationEvent[]) => void;
}

export class Conversing {
  private readonly options: ConversingOptions;
  private conversationId: string | null = null;
  /** The last message of the branch that is shown. */
  private last: Pick<Message, 'id' | 'role' | 'parentId'> | null = null;
  private writing: string | null = null;
  private stopping = false;

  constructor(options: ConversingOptions) {
    this.options = options;
  }
  get id(): string | null {
    return this.conversationId;
  }
  /** Begins another conversation with the next question. */
  leave(): void {
    this.conversationId = null;
    this.last = null;
  }
  /** Goes on with a conversation at the end of the branch shown. @throws MezzotintError `not-found` */
  async open(id: string): Promise<Conversation> {
    const { conversation, messages, heads } = await this.options.service.call('conversations.get', {
      id,
      around: null,
    });
    const { currentMessageId } = conversation;
    this.conversationId = id;
    this.last = [...messages, ...heads].find((message) => message.id === currentMessageId) ?? null;
    return conversation;
  }

  ask(text: string): Promise<Message> {
    const { service, settings, setup } = this.options;
    const parentId = this.last?.role === 'user' ? this.last.parentId : (this.last?.id ?? null);
    const begins = this.conversationId === null && setup ? { setup } : {};
    return this.follow(() =>
      service.call('chat.send', { conversationId: this.conversationId, parentId, text, settings, ...begins }),
    );
  }
  /** A further reply to the last question. @throws MezzotintError `bad-request` where there is none */
  retry(): Promise<Message> {
    const { service, settings } = this.options;
    const question = this.last?.role === 'user' ? this.last.id : this.last?.parentId;
    const conversationId = this.conversationId;
    if (conversationId === null || question === null || question === undefined) throw failure('cli.nothing-asked');
    return this.follow(() => service.call('chat.reply', { conversationId, parentId: question, settings }));
  }
  /** Goes on with the last reply. @throws MezzotintError where it ended by itself */
  continue(): Promise<Message> {
    const reply = this.last;
    if (reply?.role !== 'assistant') throw failure('cli.nothing-asked');
    return this.follow(() => this.options.service.call('chat.continue', { messageId: reply.id }));
  }
  /** Ends the reply that is written; what is finished stays. */
  stop(): void {
    this.stopping = true;
    if (this.writing !== null)
      void this.options.service.call('chat.stop', { messageId: this.writing }).catch(() => undefined);
  }

  /** Starts a reply and follows it to its end. */
  private async follow(start: () => Promise<Started>): Promise<Message> {
    const { service, onEvents } = this.options;
    const early: Push[] = [];
    let replyId: string | null = null;
    this.stopping = false;
    let end: (message: Message) => void = () => undefined;
    const ended = new Promise<Message>((resolve) => (end = resolve));
    const take = (push: Push): void => {
      if (push.topic === 'generation' && push.messageId === replyId) onEvents(push.events);
      if (push.topic === 'message' && push.message.id === replyId && push.message.status !== 'pending')
        end(push.message);
    };
    // pushes may come before the answer that names the reply
    const unsubscribe = service.onPush((push) => (replyId === null ? void early.push(push) : take(push)));
    try {
      const { conversation, reply } = await Promise.race([start(), service.ended]);
      this.conversationId = conversation.id;
      this.last = reply;
      replyId = this.writing = reply.id;
      for (const push of early) take(push);
      if (this.stopping) this.stop();
      return await Promise.race([ended, service.ended]);
    } finally {
      this.writing = null;
      unsubscribe();
    }
  }
}
