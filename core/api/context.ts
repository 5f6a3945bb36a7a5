/** Prompts that don't fit are refused before a word is written; nothing is cut in silence. */
import { capabilitiesOf } from '../contract/capabilities.ts';
import type { PromptMessage } from '../contract/engine.ts';
import type { Api } from './api.ts';
import { badRequest } from './errors.ts';

const tooLong = (tokens: number | null, room: number, param: string): Error =>
  badRequest(
    `The prompt ${tokens === null ? 'is too long' : `has ${tokens} tokens`}: this model reads ${room} with room for a reply. Shorten it; nothing is left out in silence.`,
    param,
    'context_length_exceeded',
  );

/** @returns the prompt's tokens. @throws ApiError 400 `context_length_exceeded` */
export async function checkMessages(
  api: Api,
  messages: PromptMessage[],
  maxTokens: number,
  param = 'messages',
): Promise<number> {
  if (!capabilitiesOf(api.status).preview) return 0;
  const { droppedMessages, fits, tokens, contextLength, reserve } = await api.scheduler.preview(messages, {
    maxTokens,
    withText: false,
  });
  if (!fits || droppedMessages > 0) throw tooLong(fits ? null : tokens, contextLength - reserve, param);
  return tokens;
}
export function checkTokens(tokens: number, contextLength: number, maxTokens: number, param: string): void {
  const room = contextLength - Math.min(256, maxTokens);
  if (tokens > room) throw tooLong(tokens, room, param);
}
