/** One reply to be written. */
import type { Conversation, Message } from '../contract/conversations.ts';
import type { PromptMessage } from '../contract/engine.ts';
import type { CommittedToken, GenerationSettings } from '../contract/generation.ts';
import type { Layout } from '../contract/layout.ts';

/** One reply to be written. */
export interface Ask {
  conversationId: string;
  messageId: string;
  prompt: PromptMessage[];
  settings: GenerationSettings;
  committed: CommittedToken[];
  /** The model that writes it; undefined: the one that is loaded. */
  model?: string;
  /** The model is for this reply alone. */
  once?: boolean;
  forkedFrom?: string;
  /** Those of the conversation where they are left out; '': the pack's. */
  instructions?: string;
  reproduces?: string;
  /** What is fixed after the committed tokens, where it is not what the settings say. */
  layout?: Layout;
}
export interface Started {
  conversation: Conversation;
  question: Message | null;
  reply: Message;
}

export const withSeed = (settings: GenerationSettings, seed: number): GenerationSettings => ({
  ...settings,
  sampling: { ...settings.sampling, seed },
});
