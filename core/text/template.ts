/** Chat messages to prompt ids by the model's own chat template, and fitting a conversation into the context. */
import { Template } from '@huggingface/jinja';
import type { PromptMessage } from '../contract/engine.ts';
import { failure, MezzotintError, reasonOf } from '../contract/result.ts';
import { anyOf, type Tokenizer } from './tokenizer.ts';

/** A chat template with what its model wants to be rendered with. A bare text stands for one that wants nothing more. */
export interface ChatTemplate {
  source: string;
  /** Texts of the tokens that it calls bos_token and eos_token. */
  bos: string;
  eos: string;
  variables: Readonly<Record<string, string | number | boolean>>;
  /** False: it has no place for instructions; they stand before the first question instead. */
  system: boolean;
  /** True: it wants questions and replies in turns; messages in a row from one side are joined. */
  alternates: boolean;
}
export type PromptTemplate = string | ChatTemplate;

const bare = (source: string): ChatTemplate => ({
  source,
  bos: '',
  eos: '',
  variables: {},
  system: true,
  alternates: false,
});

/** Between messages that are joined. */
const JOINT = '\n\n';

/** The messages as a template takes them: see `ChatTemplate`. */
function taken(messages: readonly PromptMessage[], { system, alternates }: ChatTemplate): PromptMessage[] {
  const [first, ...rest] = messages;
  let list = [...messages];
  if (!system && first?.role === 'system') {
    const [question, ...after] = rest;
    list =
      question?.role === 'user'
        ? [{ role: 'user', content: first.content + JOINT + question.content }, ...after]
        : [{ role: 'user', content: first.content }, ...rest];
  }
  if (!alternates) return list;
  const joined: PromptMessage[] = [];
  for (const message of list) {
    const last = joined.at(-1);
    if (last?.role === message.role)
      joined[joined.length - 1] = { role: message.role, content: last.content + JOINT + message.content };
    else joined.push(message);
  }
  return joined;
}

/**
 * What a template does with instructions and with two questions in a row, found by rendering it.
 * @throws MezzotintError where it can't render a plain question
 */
export function probeTemplate(source: string, given: Pick<ChatTemplate, 'bos' | 'eos' | 'variables'>): ChatTemplate {
  const template: ChatTemplate = { ...bare(source), ...given };
  const render = (messages: PromptMessage[]): string => renderPlain(template, messages, true);
  const user = (content: string): PromptMessage => ({ role: 'user', content });
  if (!render([user('first question')]).includes('first question')) throw failure('template.question-left-out');
  const shows = (messages: PromptMessage[]): boolean => {
    try {
      const text = render(messages);
      return messages.every(({ content }) => text.includes(content));
    } catch {
      return false;
    }
  };
  return {
    ...template,
    system: shows([{ role: 'system', content: 'some instructions' }, user('first question')]),
    alternates: !shows([user('first question'), user('second question')]),
  };
}

/** The special token by which a template ends a reply, or null. */
export function endOfReply(template: ChatTemplate, specials: readonly string[]): string | null {
  let text: string;
  try {
    text = renderPlain(
      template,
      [
        { role: 'user', content: 'a question' },
        { role: 'assistant', content: 'the reply' },
      ],
      false,
    );
  } catch {
    return null;
  }
  const at = text.lastIndexOf('the reply');
  const after = at < 0 ? '' : text.slice(at + 'the reply'.length).trimStart();
  return [...specials].sort((a, b) => b.length - a.length).find((special) => after.startsWith(special)) ?? null;
}

function renderPlain(template: ChatTemplate, messages: readonly PromptMessage[], addGenerationPrompt: boolean): string {
  return compile(template.source).render({
    ...template.variables,
    messages: messages.map(({ role, content }) => ({ role, content })),
    add_generation_prompt: addGenerationPrompt,
    bos_token: template.bos,
    eos_token: template.eos,
  });
}

const NONCHARACTER = '\ufdd0';
const compiled = new Map<string, Template>();
const COMPILED_KEPT = 4;

function compile(source: string): Template {
  const known = compiled.get(source);
  if (known) return known;
  let template: Template;
  try {
    template = new Template(source);
  } catch (cause) {
    throw failure('template.unreadable', {}, { cause });
  }
  const oldest = compiled.keys().next().value;
  if (compiled.size >= COMPILED_KEPT && oldest !== undefined) compiled.delete(oldest);
  compiled.set(source, template);
  return template;
}

/** A run of the noncharacter longer than any in the contents: where it stands, the app put it. */
export function wedgeFor(messages: readonly PromptMessage[]): string {
  let longest = 0;
  for (const { content } of messages)
    for (const [run] of content.matchAll(/\ufdd0+/g)) longest = Math.max(longest, run.length);
  return NONCHARACTER.repeat(longest + 1);
}

/**
 * Drives the wedge behind the first character of every special token's text in a content, also of one only begun at its
 * end, which the template's own text might complete.
 */
function breakSpecials(content: string, specials: readonly string[], pattern: RegExp, wedge: string): string {
  const cut = (text: string): string => {
    const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
    return first + wedge + text.slice(first.length);
  };
  const trimmed = content.trimEnd();
  let begun = 0;
  for (const special of specials)
    for (let n = special.length - 1; n > begun; n--) if (trimmed.endsWith(special.slice(0, n))) begun = n;
  const tail = trimmed.length - begun;
  return content.slice(0, tail).replace(pattern, cut) + (begun > 0 ? cut(content.slice(tail)) : content.slice(tail));
}

/**
 * Ids of the rendered prompt. Special tokens come from the template alone: what a message says in their spelling is
 * encoded as plain text. Equal to rendering with jinja2 and encoding with the reference tokenizer.
 */
export function renderPrompt(
  template: PromptTemplate,
  messages: readonly PromptMessage[],
  tokenizer: Tokenizer,
  options: { addGenerationPrompt: boolean },
): number[] {
  const wedge = wedgeFor(messages);
  return encodeRendered(
    renderText(template, messages, tokenizer, wedge, options.addGenerationPrompt),
    tokenizer,
    wedge,
  );
}

/** The rendered prompt as text, with the wedge in every special token's spelling that a message brought. */
export function renderText(
  template: PromptTemplate,
  messages: readonly PromptMessage[],
  tokenizer: Tokenizer,
  wedge: string,
  addGenerationPrompt: boolean,
): string {
  const pattern = anyOf(tokenizer.specials);
  const whole = typeof template === 'string' ? bare(template) : template;
  const broken = pattern
    ? messages.map((m) => ({ role: m.role, content: breakSpecials(m.content, tokenizer.specials, pattern, wedge) }))
    : messages;
  try {
    return renderPlain(whole, taken(broken, whole), addGenerationPrompt);
  } catch (thrown) {
    if (thrown instanceof MezzotintError) throw thrown;
    throw failure('template.refuses', { reason: reasonOf(thrown) }, { cause: thrown });
  }
}

/** Ids of (a part of) a rendered prompt. */
export function encodeRendered(rendered: string, tokenizer: Tokenizer, wedge: string): number[] {
  const pattern = anyOf(tokenizer.specials);
  if (!pattern) return tokenizer.encode(rendered === '' ? '' : tokenizer.opening + rendered);
  const ids: number[] = [];
  const pushRun = (text: string): void => {
    if (text === '') return;
    for (const id of tokenizer.encode(tokenizer.opening + text.split(wedge).join(''))) ids.push(id);
  };
  let from = 0;
  for (const match of rendered.matchAll(pattern)) {
    pushRun(rendered.slice(from, match.index));
    ids.push(tokenizer.specialId(match[0]) ?? 0);
    from = match.index + match[0].length;
  }
  pushRun(rendered.slice(from));
  return ids;
}

export interface FittedPrompt {
  ids: number[];
  /** Messages left out, counted from the oldest that is not the system message. */
  droppedMessages: number;
}

export interface ContextLimits {
  contextLength: number;
  /** Tokens kept free for the reply. */
  reserve: number;
}

/**
 * Turns, from the oldest, that can't be read however the others are rendered: the words after them fill the room with a
 * fifth to spare. Without it, each reply of a conversation of years would render all of them first.
 */
function hopeless(
  rest: readonly PromptMessage[],
  starts: readonly number[],
  tokenizer: Tokenizer,
  room: number,
): number {
  let words = 0;
  for (let turn = starts.length - 1; turn > 0; turn--) {
    for (const { content } of rest.slice(starts[turn], starts[turn + 1])) words += tokenizer.encode(content).length;
    if (words > room * 1.2) return Math.min(turn, starts.length - 1);
  }
  return 0;
}

/**
 * The prompt of a conversation within `contextLength` tokens, `reserve` of them kept free for the reply. Leaves out the
 * oldest turns, a question together with its replies; never the system message nor the last question, with which alone it
 * may be too long (`fits` false).
 */
export function tryPrompt(
  template: PromptTemplate,
  messages: readonly PromptMessage[],
  tokenizer: Tokenizer,
  limits: ContextLimits,
): FittedPrompt & { fits: boolean } {
  const room = limits.contextLength - limits.reserve;
  const system = messages.filter((m, i) => i === 0 && m.role === 'system');
  const rest = messages.slice(system.length);
  const starts = rest.flatMap((m, i) => (i === 0 || m.role === 'user' ? [i] : []));
  const attempt = (turn: number): FittedPrompt => {
    const dropped = starts[turn] ?? 0;
    return {
      ids: renderPrompt(template, [...system, ...rest.slice(dropped)], tokenizer, { addGenerationPrompt: true }),
      droppedMessages: dropped,
    };
  };
  const first = hopeless(rest, starts, tokenizer, room);
  const whole = attempt(first);
  if (whole.ids.length <= room) return { ...whole, fits: true };
  let low = first + 1;
  let high = starts.length - 1;
  let best: FittedPrompt | undefined;
  let shortest = whole;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const tried = attempt(middle);
    if (tried.ids.length <= room) {
      best = tried;
      high = middle - 1;
    } else {
      shortest = tried;
      low = middle + 1;
    }
  }
  return best ? { ...best, fits: true } : { ...shortest, fits: false };
}

/** The same, for a prompt that is to be read. @throws prompt-too-long where the last question alone does not fit */
export function fitPrompt(
  template: PromptTemplate,
  messages: readonly PromptMessage[],
  tokenizer: Tokenizer,
  limits: ContextLimits,
): FittedPrompt {
  const { fits, ids, droppedMessages } = tryPrompt(template, messages, tokenizer, limits);
  if (fits) return { ids, droppedMessages };
  throw failure('template.too-long', { tokens: ids.length, context: limits.contextLength, reserve: limits.reserve });
}
