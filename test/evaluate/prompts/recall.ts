/** Something said turns ago, asked for later. The replies between are written here, so that every setting stands on the same conversation. */
import type { PromptMessage } from '../../../core/contract/engine.ts';
import { Random } from '../random.ts';
import type { Draft } from './types.ts';

const names = ['Tova', 'Milan', 'Sunniva', 'Kofi', 'Lotte', 'Ravi', 'Noor', 'Emeka'];
const pets = ['a parrot', 'two goats', 'a tortoise', 'a grey cat', 'three hens', 'an old pony'];
const cities = ['Bergen', 'Porto', 'Leeds', 'Utrecht', 'Turin', 'Galway'];
const drinks = ['mint tea', 'black coffee', 'apple juice', 'ginger beer', 'hot chocolate', 'lemonade'];
const codes = ['kestrel', 'walnut', 'lantern', 'harbour', 'pepper', 'violin'];
const between: readonly (readonly [string, string])[] = [
  ['Do you think it will rain?', 'I cannot see the weather, but an umbrella never hurts.'],
  ['Say a kind word.', 'You are doing well, and I am glad to talk with you.'],
  ['Give me a rhyme for "light".', '"Night" rhymes with "light".'],
  ['Thanks, that helps.', 'You are welcome. Ask whatever you like.'],
];

type Family = (r: Random) => {
  said: string;
  heard: string;
  question: string;
  answer: string;
  others: readonly string[];
};
const families: readonly Family[] = [
  (r) => {
    const name = r.pick(names);
    return {
      said: `Hello, I am ${name}.`,
      heard: 'Hello! It is good to meet you.',
      question: 'By which name did I introduce myself?',
      answer: name,
      others: names,
    };
  },
  (r) => {
    const pet = r.pick(pets);
    return {
      said: `At home I keep ${pet}.`,
      heard: 'That must be lively.',
      question: 'Which pet did I say I keep at home?',
      answer: last(pet),
      others: pets.map(last),
    };
  },
  (r) => {
    const city = r.pick(cities);
    return {
      said: `I live in ${city} and work from home.`,
      heard: 'That sounds pleasant.',
      question: 'In which city did I say I live?',
      answer: city,
      others: cities,
    };
  },
  (r) => {
    const drink = r.pick(drinks);
    return {
      said: `My favourite drink is ${drink}.`,
      heard: 'A good choice.',
      question: 'Remind me: which drink did I call my favourite?',
      answer: drink,
      others: drinks,
    };
  },
  (r) => {
    const code = r.pick(codes);
    return {
      said: `Please remember this code word: ${code}.`,
      heard: 'I will remember it.',
      question: 'Repeat the code word that I gave you.',
      answer: code,
      others: codes,
    };
  },
  (r) => {
    const number = String(r.between(12, 98));
    return {
      said: `My locker has the number ${number}.`,
      heard: 'Noted.',
      question: 'Remind me of the number of my locker.',
      answer: number,
      others: [],
    };
  },
];
const last = (phrase: string): string => phrase.split(' ').at(-1) ?? phrase;

const r = new Random(4104);
export const recall: Draft[] = Array.from({ length: 48 }, (_, i) => {
  const { said, heard, question, answer, others } = (families[i % families.length] as Family)(r);
  const messages: PromptMessage[] = [
    { role: 'user', content: said },
    { role: 'assistant', content: heard },
  ];
  for (const [asked, replied] of r.some(between, 1 + (i % 3)))
    messages.push({ role: 'user', content: asked }, { role: 'assistant', content: replied });
  messages.push({ role: 'user', content: question });
  return {
    messages,
    maxTokens: 48,
    check: { kind: 'answer', answers: [answer], not: others.filter((other) => other !== answer) },
  };
});
