/**
 * ChatGPT's export, conversations.json: a list of conversations, each with a `mapping` from node to
 * `{ message, parent, children }` and the `current_node`. What ChatGPT does not show stands aside; custom instructions become the
 * conversation's; thoughts and what has no place here become notes in the reply that follows.
 */
import { errorOf } from '../../contract/result.ts';
import { BadPart, fieldOf, isObject, textField, type Incoming, type Note } from '../incoming.ts';
import { brief, fenced, file, joined, media, note, thinking } from '../notes.ts';
import { inOrder, messagesOf, type Said, type TreeNode } from '../order.ts';
import { timeOf } from '../time.ts';
import { withLinks } from './citations.ts';
import { jsonReader } from './format.ts';
import { speakerOf } from './parts.ts';

interface Node extends TreeNode {
  message: Record<string, unknown> | null;
}

function nodeOf(id: string, value: unknown, where: string, noted: Note): Node | null {
  if (!isObject(value)) {
    noted(where, errorOf('odd.no-node'));
    return null;
  }
  const { parent = null, message = null, children = [] } = value;
  if (parent !== null && typeof parent !== 'string') noted(`${where}.parent`, errorOf('odd.parent-neither'));
  if (message !== null && !isObject(message)) noted(`${where}.message`, errorOf('odd.message-neither'));
  if (!Array.isArray(children) || !children.every((child) => typeof child === 'string'))
    noted(`${where}.children`, errorOf('odd.children-no-names'));
  return {
    id,
    where,
    parent: typeof parent === 'string' ? parent : null,
    message: isObject(message) ? message : null,
    children: Array.isArray(children) ? children.filter((child) => typeof child === 'string') : [],
  };
}

const MEDIA: ReadonlyArray<[RegExp, string]> = [
  [/image/, 'Picture'],
  [/audio/, 'Sound'],
  [/video/, 'Video'],
];
function partText(part: unknown): string {
  if (typeof part === 'string') return part;
  const type = fieldOf(part, 'content_type');
  if (typeof type !== 'string') return note('Not text', part);
  if (type === 'audio_transcription' || type === 'text') return textField(part, 'text') ?? '';
  const kind = MEDIA.find(([pattern]) => pattern.test(type))?.[1];
  return kind === undefined
    ? note(`Not text: ${type}`, part)
    : media(
        kind,
        textField(part, 'asset_pointer') ??
          textField(fieldOf(part, 'audio_asset_pointer'), 'asset_pointer') ??
          undefined,
      );
}
function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!isObject(content)) return content === null || content === undefined ? '' : note('Not text', content);
  const { content_type: type, parts, text } = content;
  if ((type === 'text' || type === 'multimodal_text') && Array.isArray(parts)) return joined(parts.map(partText));
  if (type === 'code' && typeof text === 'string') {
    const language =
      typeof content['language'] === 'string' &&
      /^[\w+#-]{1,20}$/.test(content['language']) &&
      content['language'] !== 'unknown'
        ? content['language']
        : '';
    return text === '' ? '' : fenced(text, language);
  }
  if ((type === 'execution_output' || type === 'system_error' || type === 'tether_quote') && typeof text === 'string')
    return fenced(text);
  return note(`Not text: ${typeof type === 'string' ? type : 'unknown'}`, content);
}

/** Thoughts, each under its summary. */
function thoughtsOf(content: Record<string, unknown>): string {
  const thoughts = Array.isArray(content['thoughts']) ? content['thoughts'] : [];
  return thinking(
    joined(
      thoughts.map((thought) =>
        joined([
          textField(thought, 'summary') === null ? '' : `**${brief(textField(thought, 'summary') ?? '')}**`,
          textField(thought, 'content') ?? '',
        ]),
      ),
    ),
  );
}
/** A document that was written beside the conversation; null: it is no such thing. */
function canvas(recipient: string, content: unknown): string | null {
  if (!recipient.startsWith('canmore.')) return null;
  try {
    const made = JSON.parse(textField(content, 'text') ?? (fieldOf(content, 'parts') as string[])[0] ?? '') as unknown;
    const text = textField(made, 'content');
    return text === null ? null : file(textField(made, 'name') ?? 'document', text);
  } catch {
    return null;
  }
}
/** Files that a question brought along: their names alone are in an export. */
const attachedTo = (metadata: unknown): string => {
  const list = fieldOf(metadata, 'attachments');
  return Array.isArray(list)
    ? joined(
        list
          .map((each) => textField(each, 'name'))
          .filter((name) => name !== null)
          .map((name) => file(name)),
      )
    : '';
};

/** What the person wrote about themselves and how to be answered. */
function instructionsOf(message: Record<string, unknown>): string | null {
  const content = message['content'];
  const about = fieldOf(message['metadata'], 'user_context_message_data');
  const [profile, wishes] =
    fieldOf(content, 'content_type') === 'user_editable_context'
      ? [textField(content, 'user_profile'), textField(content, 'user_instructions')]
      : [null, null];
  const words = joined([
    profile ?? textField(about, 'about_user_message') ?? '',
    wishes ?? textField(about, 'about_model_message') ?? '',
  ]);
  return words === '' ? null : words;
}

function say({ message, where }: Node, instruct: (words: string) => void, noted: Note): readonly Said[] {
  if (message === null) return [];
  const { content, metadata } = message;
  const author = isObject(message['author']) ? message['author'] : {};
  const type = fieldOf(content, 'content_type');
  const createdAt = timeOf(message['create_time']);
  const own = instructionsOf(message);
  if (own !== null) instruct(own);
  if (type === 'user_editable_context' && own !== null) return [];
  if (isObject(content) && type === 'thoughts')
    return [{ as: 'lead', role: 'assistant', text: thoughtsOf(content), createdAt }];
  if (type === 'reasoning_recap')
    return [
      { as: 'lead', role: 'assistant', text: media(brief(textField(content, 'content') ?? 'Thought', 80)), createdAt },
    ];

  const raw = contentText(content);
  const text = author['role'] === 'user' ? raw : withLinks(raw, metadata);
  const recipient = typeof message['recipient'] === 'string' ? message['recipient'] : 'all';
  const tool = author['role'] === 'tool';
  const name = textField(author, 'name');
  const document = canvas(recipient, content);
  if (document !== null) return [{ as: 'lead', role: 'assistant', text: document, createdAt }];
  // a tool whose answer is a picture: that is what was shown
  const pictures =
    tool && type === 'multimodal_text' && Array.isArray(fieldOf(content, 'parts'))
      ? (fieldOf(content, 'parts') as unknown[]).filter((part) => /image/.test(String(fieldOf(part, 'content_type'))))
      : [];
  if (pictures.length > 0) return [{ as: 'lead', role: 'assistant', text: joined(pictures.map(partText)), createdAt }];
  const hidden =
    fieldOf(metadata, 'is_visually_hidden_from_conversation') === true ||
    message['weight'] === 0 ||
    type === 'model_editable_context';
  if (tool || hidden || recipient !== 'all') {
    if (text.trim() === '') return [];
    const what = tool
      ? name === null
        ? 'Tool'
        : `Tool: ${name}`
      : recipient !== 'all'
        ? `To a tool: ${recipient}`
        : 'Not shown in ChatGPT';
    return [
      {
        as: 'aside',
        role: author['role'] === 'user' || author['role'] === 'system' ? author['role'] : 'assistant',
        text: joined([media(brief(what, 80)), text]),
        createdAt,
      },
    ];
  }
  const words = joined([text, attachedTo(metadata)]);
  if (words === '') return [];
  const { role, mark } = speakerOf(author['role'], `${where}.message.author.role`, noted);
  const cut =
    role === 'assistant' &&
    (message['status'] === 'in_progress' || fieldOf(fieldOf(metadata, 'finish_details'), 'type') === 'interrupted');
  return [
    {
      as: 'turn',
      role,
      text: mark + words,
      createdAt,
      model: textField(metadata, 'model_slug'),
      ...(cut ? { status: 'interrupted' } : {}),
    },
  ];
}

/** @throws BadPart where it has no messages */
function read(value: unknown, where: string, noted: Note): Incoming {
  const mapping = fieldOf(value, 'mapping');
  if (!isObject(value) || !isObject(mapping)) throw new BadPart(where, errorOf('bad.no-mapping'));
  const nodes = new Map<string, Node>();
  for (const [id, node] of Object.entries(mapping)) {
    const made = nodeOf(id, node, `${where}.mapping[${JSON.stringify(id.slice(0, 80))}]`, noted);
    if (made) nodes.set(id, made);
  }
  let instructions: string | null = null;
  const { messages, places } = messagesOf(inOrder(nodes, noted), (node) =>
    say(node, (words) => (instructions ??= words), noted),
  );
  const current = value['current_node'];
  return {
    id: textField(value, 'conversation_id', 'id'),
    title: textField(value, 'title'),
    createdAt: timeOf(value['create_time']),
    updatedAt: timeOf(value['update_time']),
    messages,
    current: typeof current === 'string' ? (places.get(current) ?? null) : null,
    ...(instructions === null ? {} : { instructions }),
  };
}

/** The conversations of an export, in one file or in numbered ones, in whatever folder. Claude.ai and DeepSeek call theirs the same. */
const isConversations = (name: string): boolean => /(?:^|[/\\])conversations[-_.]?\d*\.json$/i.test(name);

export const chatgpt = jsonReader({
  id: 'chatgpt',
  name: 'ChatGPT',
  is: (value) => isObject(value) && 'mapping' in value,
  read,
  group: (names) => names.filter(isConversations).map((name) => [name]),
});
