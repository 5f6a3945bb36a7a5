/** Content in parts, as OpenAI's interface has it and many apps after it. Pure. */
import { errorOf } from '../../contract/result.ts';
import type { Role } from '../../contract/engine.ts';
import { fieldOf, isObject, textField, type Note } from '../incoming.ts';
import { file, joined, media, note, thinking } from '../notes.ts';

const roleNames: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ['user', 'user'],
  ['human', 'user'],
  ['prompter', 'user'],
  ['assistant', 'assistant'],
  ['gpt', 'assistant'],
  ['chatgpt', 'assistant'],
  ['model', 'assistant'],
  ['bot', 'assistant'],
  ['ai', 'assistant'],
  ['system', 'system'],
  ['developer', 'system'],
]);
const toolNames = new Set<unknown>(['tool', 'function', 'function_call', 'function_response', 'observation']);

export interface Speaker {
  role: Role;
  /** What stands before the words of one that is neither a person nor a model. */
  mark: string;
}
/** Who speaks. One that nobody knows is noted, and keeps its words as a reply that names it. */
export function speakerOf(name: unknown, where: string, noted: Note): Speaker {
  const known = roleNames.get(typeof name === 'string' ? name.toLowerCase() : name);
  if (known) return { role: known, mark: '' };
  if (toolNames.has(name))
    return {
      role: 'assistant',
      mark: name === 'tool' || name === 'function' ? '*[Tool]*\n\n' : `*[Tool: ${String(name)}]*\n\n`,
    };
  const label = typeof name === 'string' ? name.slice(0, 80) : 'nobody';
  noted(where, errorOf('odd.unknown-speaker', { name: label }));
  return { role: 'assistant', mark: `${media(label)}\n\n` };
}

const MEDIA: ReadonlyMap<unknown, string> = new Map([
  ['image_url', 'Picture'],
  ['input_image', 'Picture'],
  ['image', 'Picture'],
  ['image_file', 'Picture'],
  ['output_image', 'Picture'],
  ['input_audio', 'Sound'],
  ['audio', 'Sound'],
  ['audio_url', 'Sound'],
  ['video', 'Video'],
  ['video_url', 'Video'],
  ['input_video', 'Video'],
  ['file', 'File'],
  ['input_file', 'File'],
  ['document', 'File'],
]);

/** The address or name of a picture, sound or file part. */
function sourceOf(part: Record<string, unknown>): unknown {
  const inner = [
    part['image_url'],
    part['file'],
    part['source'],
    part['input_audio'],
    part['video_url'],
    part['audio_url'],
    part['image_file'],
  ].find((value) => value !== undefined && value !== null);
  return typeof inner === 'string'
    ? inner
    : (textField(inner, 'filename', 'name', 'url', 'file_id') ??
        textField(part, 'filename', 'file_name', 'name', 'url', 'image', 'file_id') ??
        undefined);
}

/** One part of a message. */
export function partText(part: unknown): string {
  if (typeof part === 'string') return part;
  if (!isObject(part)) return part === null || part === undefined ? '' : note('Not text', part);
  const type = part['type'];
  const kind = MEDIA.get(type);
  if (kind !== undefined)
    return kind === 'File' ? file(sourceOf(part), textField(part, 'text', 'content')) : media(kind, sourceOf(part));
  if (type === 'refusal') return textField(part, 'refusal', 'text') ?? '';
  if (type === 'thinking' || type === 'reasoning' || type === 'think')
    return thinking(textField(part, 'thinking', 'text', 'think', 'reasoning', 'content') ?? '');
  const text = part['text'] ?? part['content'];
  if (typeof text === 'string') return text;
  // the assistants' interface: { text: { value, annotations } }
  const value = fieldOf(text, 'value');
  if (typeof value === 'string') return value;
  return note(`Not text: ${typeof type === 'string' ? type : 'unknown'}`, part);
}

/** The words of a message's content, whatever form it has. */
export function contentText(content: unknown, where: string, noted: Note): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return joined(content.map(partText));
  if (isObject(content)) return partText(content);
  noted(where, errorOf('odd.no-text'));
  return note('Not text', content);
}

/** What a model thought, from whichever field it stands in. */
export const thoughtOf = (message: unknown): string =>
  thinking(textField(message, 'reasoning_content', 'reasoningContent', 'reasoning', 'thinking', 'thought') ?? '');
