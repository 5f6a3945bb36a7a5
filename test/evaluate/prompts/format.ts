/** Replies of a given form; every form is a rule that a program can check. */
import { ask, type Draft, type Rule } from './types.ts';

const subjects = ['a lighthouse', 'the moon', 'bread', 'winter', 'a library', 'bicycles'] as const;
const forms: readonly ((subject: string) => { say: string; rules: Rule[] })[] = [
  (s) => ({
    say: `Say something about ${s} in exactly two sentences.`,
    rules: [{ is: 'sentences', least: 2, most: 2 }],
  }),
  (s) => ({
    say: `In capital letters only, write one sentence about ${s}.`,
    rules: [{ is: 'upper' }, { is: 'sentences', least: 1, most: 1 }],
  }),
  (s) => ({
    say: `Reply with a JSON object about ${s} that has the keys "name" and "use", and nothing else.`,
    rules: [{ is: 'json', keys: ['name', 'use'] }],
  }),
  (s) => ({ say: `Write about ${s} in at most fifteen words.`, rules: [{ is: 'words', least: 3, most: 15 }] }),
  (s) => ({
    say: `Begin your reply with "Well," and say one thing about ${s}.`,
    rules: [
      { is: 'starts', text: 'Well,' },
      { is: 'words', least: 4, most: 60 },
    ],
  }),
  (s) => ({
    say: `Say one thing about ${s} and end your reply with the words "The end."`,
    rules: [
      { is: 'ends', text: 'The end.' },
      { is: 'words', least: 4, most: 70 },
    ],
  }),
  (s) => ({
    say: `Give four single words that go with ${s}, separated by semicolons, and nothing else.`,
    rules: [{ is: 'separated', by: ';', count: 4 }],
  }),
  (s) => ({
    say: `Make a Markdown table about ${s} with the columns Part and Meaning and two rows.`,
    rules: [{ is: 'table', columns: ['Part', 'Meaning'] }],
  }),
];

export const format: Draft[] = forms.flatMap((form) =>
  subjects.map((subject) => {
    const { say, rules } = form(subject);
    return { messages: ask(say), maxTokens: 80, check: { kind: 'rules' as const, rules } };
  }),
);
