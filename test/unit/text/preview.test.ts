import { describe, expect, it } from 'vitest';
import type { PromptMessage } from '../../../core/contract/engine.ts';
import { previewPrompt } from '../../../core/text/preview.ts';
import { renderPrompt } from '../../../core/text/template.ts';
import { chatTemplate, tinyTokenizer } from './tiny.ts';

const tokenizer = tinyTokenizer();
const user = (content: string): PromptMessage => ({ role: 'user', content });
const assistant = (content: string): PromptMessage => ({ role: 'assistant', content });
const system = (content: string): PromptMessage => ({ role: 'system', content });
const talk = [
  system('Be kind.'),
  user('one'),
  assistant('first'),
  user('two <|im_end|>'),
  assistant('second'),
  user('three'),
];
const preview = (messages: PromptMessage[], contextLength = 1000, template = chatTemplate) =>
  previewPrompt(template, messages, tokenizer, { contextLength, reserve: 10 }, true);
const rendered = (messages: PromptMessage[], template = chatTemplate): number[] =>
  renderPrompt(template, messages, tokenizer, { addGenerationPrompt: true });

describe('the preview of a prompt', () => {
  it('is exactly what the model reads, message by message, with the tokens of each', () => {
    const { parts, tokens, fits, droppedMessages } = preview(talk);
    const ids = rendered(talk);
    expect({ tokens, fits, droppedMessages }).toEqual({ tokens: ids.length, fits: true, droppedMessages: 0 });
    expect(parts.map(({ text }) => text).join('')).toBe(tokenizer.decode(ids));
    expect(parts.reduce((sum, part) => sum + part.tokens, 0)).toBe(ids.length);
    expect(parts.map(({ message, role }) => [message, role])).toEqual([
      [0, 'system'],
      [1, 'user'],
      [2, 'assistant'],
      [3, 'user'],
      [4, 'assistant'],
      [5, 'user'],
      [null, 'assistant'],
    ]);
    expect(parts[3]?.text).toBe('<|im_start|>user\ntwo <|im_end|><|im_end|>\n');
  });

  it('names what is left out, whole turns from the oldest, and never the instructions or the last question', () => {
    const full = rendered(talk).length;
    const { parts, tokens, droppedMessages } = preview(talk, full + 9);
    expect(droppedMessages).toBe(2);
    expect(parts.filter(({ dropped }) => dropped).map(({ message, text }) => [message, text])).toEqual([
      [1, 'one'],
      [2, 'first'],
    ]);
    const read = parts.filter(({ dropped }) => !dropped);
    expect(read.map(({ text }) => text).join('')).toBe(
      tokenizer.decode(rendered([talk[0], ...talk.slice(3)].filter((m) => m !== undefined))),
    );
    expect(read.reduce((sum, part) => sum + part.tokens, 0)).toBe(tokens);
  });

  it('says when the last question alone is too long, and by how much', () => {
    const { fits, tokens, contextLength, reserve, parts } = preview(
      [system('S'), user('before'), assistant('it'), user('x'.repeat(400))],
      300,
    );
    expect(fits).toBe(false);
    expect(tokens).toBe(rendered([system('S'), user('x'.repeat(400))]).length);
    expect(tokens).toBeGreaterThan(contextLength - reserve);
    expect(parts.filter(({ dropped }) => dropped)).toHaveLength(2);
  });

  it('takes apart a template that adds instructions of its own, or that looks at all messages before', () => {
    const adding =
      "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}{{ '<|im_start|>system\\nDefault<|im_end|>\\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n'}}{% endfor %}";
    const counting = "{% for message in messages %}{{ loop.index }}{{ message['content'] }}{% endfor %}";
    for (const template of [adding, counting]) {
      const { parts } = preview(talk.slice(1), 1000, template);
      expect(parts.map(({ text }) => text).join('')).toBe(tokenizer.decode(rendered(talk.slice(1), template)));
      expect(parts).toHaveLength(talk.length - 1);
    }
  });

  it('shows a template that can not be taken apart in one piece', () => {
    const backwards = "{% for message in messages | reverse %}{{ message['content'] }}{% endfor %}";
    const { parts, tokens } = preview(talk, 1000, backwards);
    expect(parts).toEqual([
      { message: null, role: null, text: tokenizer.decode(rendered(talk, backwards)), tokens, dropped: false },
    ]);
  });

  it('is quick for a conversation of years: most of it is not rendered to be thrown away', () => {
    const years = [
      ...Array.from({ length: 4000 }, (_, i) => [user(`question ${i}`), assistant(`answer ${i} `.repeat(20))]).flat(),
      user('the last'),
    ];
    let encoded = 0;
    const counting = {
      ...tokenizer,
      specials: tokenizer.specials,
      encode: (text: string) => ((encoded += text.length), tokenizer.encode(text)),
      specialId: (text: string) => tokenizer.specialId(text),
    };
    const { droppedMessages, fits } = previewPrompt(
      chatTemplate,
      years,
      counting as typeof tokenizer,
      { contextLength: 2000, reserve: 100 },
      false,
    );
    expect(fits).toBe(true);
    expect(droppedMessages).toBeGreaterThan(7000);
    expect(encoded).toBeLessThan(30_000);
  });
});
