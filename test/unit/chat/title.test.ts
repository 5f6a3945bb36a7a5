import { describe, expect, it } from 'vitest';
import { titleFrom } from '../../../core/chat/title.ts';

describe("a conversation's title", () => {
  it.each([
    ['the first sentence', 'Why is the sky blue? I asked my father and he did not know.', 'Why is the sky blue?'],
    ['without its full stop', 'Explain mezzotint engraving. Use simple words.', 'Explain mezzotint engraving'],
    ['a short first sentence takes the next one along', 'Why? I see no reason.', 'Why? I see no reason'],
    ['a greeting is left out', 'Hi. How do I boil an egg?', 'How do I boil an egg?'],
    [
      'and so is what a request is put politely around',
      'Hello, could you please help me write an email to my landlord?',
      'Write an email to my landlord',
    ],
    ['also before more of it', 'Please explain photosynthesis. Use simple words.', 'Explain photosynthesis'],
    ['but a question about ability stays one', 'Can you swim in the Dead Sea?', 'Can you swim in the Dead Sea?'],
    ['and a greeting alone', 'Hello!', 'Hello!'],
    ['numbers do not end a sentence', 'Is 3.5 more than 3.14 or not? Say why.', 'Is 3.5 more than 3.14 or not?'],
    ['lines are joined', 'Write a poem\nabout\tcopper', 'Write a poem about copper'],
    ['without markdown', '## What does **bold** `code` mean?', 'What does bold code mean?'],
    ['a sum keeps its signs', '-5 + 3', '-5 + 3'],
    ['so do numbers and options', '+49 170 1234567 is whose number?', '+49 170 1234567 is whose number?'],
    ['comparisons', '>= 5 or <= 3, which is more?', '>= 5 or <= 3, which is more?'],
    ['options', '--help prints what?', '--help prints what?'],
    ['tags', '#copper on #plates, what is it?', '#copper on #plates, what is it?'],
    ['products', 'What is 2*3*4 and 5 * 6 * 7?', 'What is 2*3*4 and 5 * 6 * 7?'],
    ['patterns of paths', 'What do src/**/*.ts and *.js match?', 'What do src/**/*.ts and *.js match?'],
    ['arrows and dashes', '-> or —> in C?', '-> or —> in C?'],
    ['code', 'Is `-x` the same as `0 - x`?', 'Is -x the same as 0 - x?'],
    ['quotes, headings and items are marks', '> ## - *What* is **burr**, really?', 'What is burr, really?'],
    ['a rule is none of it', '---\nWhat is a burr, please?', 'What is a burr, please?'],
    ['what turns text round is left out', 'What is \u202Egnp.exe\u202C in a name?', 'What is gnp.exe in a name?'],
    ['nothing to say', '```\n```', 'New conversation'],
    ['Chinese', '天空为什么是蓝色的？我不明白，请你解释一下。', '天空为什么是蓝色的？我不明白，请你解释一下。'],
  ])('%s', (_what, question, title) => expect(titleFrom(question)).toBe(title));

  it('is cut at a word, at most 60 characters', () => {
    const title = titleFrom(
      'Please explain to me in great detail how the engraver burnishes the plate from dark towards light',
    );
    expect(title).toBe('Explain to me in great detail how the engraver burnishes…');
    expect(titleFrom('x'.repeat(500))).toBe(`${'x'.repeat(59)}…`);
  });
  it('does not cut within a character', () => {
    const title = titleFrom('👩‍👩‍👧‍👦'.repeat(100));
    expect(title).toBe(`${'👩‍👩‍👧‍👦'.repeat(59)}…`);
  });
});
