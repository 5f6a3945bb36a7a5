import { describe, expect, it } from 'vitest';
import { titleFrom } from '../../../core/chat/title.ts';

describe("a conversation's title", () => {
  it.each([
    ['the first sentence', 'Why is the sky blue? I asked my father and he did not know.', 'Why is the sky blue?'],
    ['without its full stop', 'Explain mezzotint engraving. Use simple words.', 'Explain mezzotint engraving'],
    ['a greeting takes the next sentence along', 'Hi. How do I boil an egg?', 'Hi. How do I boil an egg?'],
    ['numbers do not end a sentence', 'Is 3.5 more than 3.14 or not? Say why.', 'Is 3.5 more than 3.14 or not?'],
    ['lines are joined', 'Write a poem\nabout\tcopper', 'Write a poem about copper'],
    ['without markdown', '## What does **bold** `code` mean?', 'What does bold code mean?'],
    ['nothing to say', '```\n```', 'New conversation'],
    ['Chinese', '天空为什么是蓝色的？我不明白，请你解释一下。', '天空为什么是蓝色的？我不明白，请你解释一下。'],
  ])('%s', (_what, question, title) => expect(titleFrom(question)).toBe(title));

  it('is cut at a word, at most 60 characters', () => {
    const title = titleFrom('Please explain to me in great detail how the engraver burnishes the plate from dark towards light');
    expect(title).toBe('Please explain to me in great detail how the engraver…');
    expect(titleFrom('x'.repeat(500))).toBe(`${'x'.repeat(59)}…`);
  });
  it('does not cut within a character', () => {
    const title = titleFrom('👩‍👩‍👧‍👦'.repeat(100));
    expect(title).toBe(`${'👩‍👩‍👧‍👦'.repeat(59)}…`);
  });
});
