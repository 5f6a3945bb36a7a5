/** Messages as OpenAI's clients send them, as the model reads them. */
import * as v from 'valibot';
import type { PromptMessage } from '../../contract/engine.ts';
import { badRequest } from '../errors.ts';
import { optional } from './optional.ts';

const part = v.looseObject({ type: v.string(), text: optional(v.string()) });
const content = optional(v.union([v.string(), v.array(part)], 'text or a list of parts is needed'));
const toolCall = v.looseObject({
  id: optional(v.string()),
  function: v.looseObject({ name: v.string(), arguments: v.union([v.string(), v.record(v.string(), v.unknown())]) }),
});
export const messageSchema = v.looseObject({
  role: v.picklist(
    ['system', 'developer', 'user', 'assistant', 'tool', 'function'],
    'system, developer, user, assistant or tool is needed',
  ),
  content,
  name: optional(v.string()),
  tool_calls: optional(v.array(toolCall)),
  tool_call_id: optional(v.string()),
});
export type ApiMessage = v.InferOutput<typeof messageSchema>;
export const messagesSchema = v.pipe(
  v.array(messageSchema, 'a list of messages is needed'),
  v.minLength(1, 'one message is the least'),
  v.maxLength(10_000, '10,000 are the most'),
);

const TEXT_PARTS = ['text', 'input_text', 'output_text', 'refusal'];
/** @throws ApiError 400 for what is no text */
export function textOf(given: v.InferOutput<typeof content>, path: string): string {
  if (given === undefined) return '';
  if (typeof given === 'string') return given;
  return given
    .map(({ type, text }, i) => {
      if (!TEXT_PARTS.includes(type) || text === undefined)
        throw badRequest(`${path}.${i}: this model reads text, not ${type.slice(0, 60)}.`, `${path}.${i}`);
      return text;
    })
    .join('\n');
}

const callText = ({ function: { name, arguments: given } }: v.InferOutput<typeof toolCall>): string =>
  JSON.stringify({ name, arguments: typeof given === 'string' ? parsed(given) : given });
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Leading instructions are joined to one; calls of functions and their results become words. */
export function promptOf(messages: readonly ApiMessage[], path = 'messages'): PromptMessage[] {
  const prompt: PromptMessage[] = [];
  messages.forEach((message, i) => {
    const text = textOf(message.content, `${path}.${i}.content`);
    if (message.role === 'tool' || message.role === 'function')
      return void prompt.push({
        role: 'user',
        content: `Result${message.name === undefined ? '' : ` of ${message.name}`}:\n${text}`,
      });
    const calls = (message.tool_calls ?? []).map(callText);
    const whole = [text, ...calls].filter((one) => one !== '').join('\n');
    const role = message.role === 'developer' ? 'system' : message.role;
    const last = prompt.at(-1);
    if (role === 'system' && prompt.length === 1 && last?.role === 'system') last.content += `\n\n${whole}`;
    else prompt.push({ role, content: whole });
  });
  return prompt;
}
