/** Sums of growing size, and sums told in words. Seeded. */
import { Random } from '../random.ts';
import { ask, type Draft } from './types.ts';

type Family = (r: Random) => { question: string; value: number };
const names = ['Ines', 'Marek', 'Oda', 'Pavel', 'Runa', 'Tariq', 'Wilma', 'Zeno'];
const things = ['apples', 'marbles', 'stamps', 'pencils', 'shells', 'tickets'];

const families: readonly Family[] = [
  (r) => binary(r.between(2, 20), '+', r.between(2, 20)),
  (r) => binary(r.between(25, 99), '+', r.between(25, 99)),
  (r) => binary(r.between(30, 99), '-', r.between(5, 29)),
  (r) => binary(r.between(3, 12), '*', r.between(3, 12)),
  (r) => {
    const [quotient, by] = [r.between(2, 12), r.between(2, 9)];
    return { question: `Work out ${quotient * by} divided by ${by}. Reply with the number.`, value: quotient };
  },
  (r) => {
    const [a, b] = [r.between(10, 40), r.between(2, 9)];
    return {
      question: `${r.pick(names)} has ${a} ${r.pick(things)} and gives ${b} of them away. State the number that is left.`,
      value: a - b,
    };
  },
  (r) => {
    const [boxes, each] = [r.between(3, 9), r.between(4, 12)];
    return {
      question: `There are ${boxes} boxes with ${each} ${r.pick(things)} in each box. State the total number of them.`,
      value: boxes * each,
    };
  },
  (r) => {
    const [a, b, c] = [r.between(5, 20), r.between(3, 15), r.between(2, 9)];
    return {
      question: `On Monday ${r.pick(names)} reads ${a} pages, on Tuesday ${b} pages and on Wednesday ${c} pages. State the number of pages read in all three days together.`,
      value: a + b + c,
    };
  },
];

function binary(a: number, sign: '+' | '-' | '*', b: number): { question: string; value: number } {
  const value = sign === '+' ? a + b : sign === '-' ? a - b : a * b;
  return {
    question: `Work out ${a} ${sign === '*' ? 'times' : sign === '+' ? 'plus' : 'minus'} ${b}. Reply with the number.`,
    value,
  };
}

const r = new Random(4101);
export const arithmetic: Draft[] = Array.from({ length: 48 }, (_, i) => {
  const { question, value } = (families[i % families.length] as Family)(r);
  return { messages: ask(question), maxTokens: 64, check: { kind: 'number', value } };
});
