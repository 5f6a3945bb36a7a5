/** What the model will read, before it is sent: each message as the template frames it, its tokens, and what is left out. */
import type { PromptMessage, PromptPreview } from '../contract/engine.ts';
import {
  encodeRendered,
  renderText,
  tryPrompt,
  wedgeFor,
  type ContextLimits,
  type PromptTemplate,
} from './template.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * The rendered text of each message, and what the template puts after the last one. Templates write one message after the
 * other: each is what it adds behind the first one, or, where a template looks further, behind all before it. Null where
 * neither adds up to the whole.
 */
function partsOf(
  whole: string,
  messages: readonly PromptMessage[],
  render: (messages: readonly PromptMessage[]) => string,
): string[] | null {
  const [first] = messages;
  if (!first) return null;
  const behind = (before: readonly PromptMessage[], message: PromptMessage): string | null => {
    const head = before.length === 0 ? '' : render(before);
    const both = render([...before, message]);
    return both.startsWith(head) ? both.slice(head.length) : null;
  };
  for (const before of [(i: number) => messages.slice(0, Math.min(i, 1)), (i: number) => messages.slice(0, i)]) {
    const parts = messages.map((message, i) => behind(before(i), message));
    const joined = parts.join('');
    if (parts.every((part) => part !== null) && whole.startsWith(joined)) return [...parts, whole.slice(joined.length)];
  }
  return null;
}

/** @param withText every part with its text and tokens; else the counts of the whole alone */
export function previewPrompt(
  template: PromptTemplate,
  messages: readonly PromptMessage[],
  tokenizer: Tokenizer,
  limits: ContextLimits,
  withText: boolean,
): PromptPreview {
  const { ids, droppedMessages, fits } = tryPrompt(template, messages, tokenizer, limits);
  const counts = { tokens: ids.length, ...limits, droppedMessages, fits };
  if (!withText) return { ...counts, parts: [] };

  const frame = messages[0]?.role === 'system' ? 1 : 0;
  const isDropped = (i: number): boolean => i >= frame && i < frame + droppedMessages;
  const kept = messages.filter((_, i) => !isDropped(i));
  const wedge = wedgeFor(kept);
  const plain = (text: string): string => text.split(wedge).join('');
  const whole = renderText(template, kept, tokenizer, wedge, true);
  const texts = partsOf(whole, kept, (some) => renderText(template, some, tokenizer, wedge, false));
  const part = (text: string) => ({
    text: plain(text),
    tokens: encodeRendered(text, tokenizer, wedge).length,
    dropped: false,
  });
  // a template that can't be taken apart is shown in one piece
  if (!texts)
    return {
      ...counts,
      parts: [{ message: null, role: null, text: plain(whole), tokens: ids.length, dropped: false }],
    };
  let at = 0;
  const parts = messages.map(({ role, content }, i): PromptPreview['parts'][number] =>
    isDropped(i)
      ? { message: i, role, text: content, tokens: tokenizer.encode(content).length, dropped: true }
      : { message: i, role, ...part(texts[at++] ?? '') },
  );
  const tail = texts.at(-1) ?? '';
  return { ...counts, parts: tail === '' ? parts : [...parts, { message: null, role: 'assistant', ...part(tail) }] };
}
