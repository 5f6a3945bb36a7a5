/** Questions about a generated text that holds the answer, and others that look like it. Seeded. */
import { Random } from '../random.ts';
import { ask, type Draft } from './types.ts';

const people = [
  'Alma Reyes',
  'Bruno Falk',
  'Celia Onu',
  'Dario Winter',
  'Edda Marsh',
  'Farid Lowe',
  'Greta Sand',
  'Hugo Pell',
  'Irma Stone',
  'Jonas Vale',
];
const towns = ['Harwick', 'Lindau', 'Norvale', 'Ostend', 'Pelham', 'Ruston', 'Selby', 'Tarnow'];
const goods = ['kettle', 'lamp', 'bicycle', 'rug', 'guitar', 'tent', 'clock', 'desk'];
const colours = ['green', 'blue', 'grey', 'yellow', 'brown', 'red'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const jobs = ['baker', 'nurse', 'teacher', 'plumber', 'pilot', 'gardener'];

type Family = (r: Random) => { text: string; question: string; wanted: string[]; unwanted: string[] };
const families: readonly Family[] = [
  (r) => {
    const [item, colour, town] = [r.pick(goods), r.pick(colours), r.pick(towns)];
    const [price, old] = [r.between(11, 89), r.between(90, 180)];
    return {
      text: `For sale: one ${colour} ${item}, used for ${r.between(2, 9)} years. It cost ${old} euros when new. Asking ${price} euros. To be fetched in ${town}.`,
      question: 'State the asking price in euros.',
      wanted: [String(price)],
      unwanted: [String(old)],
    };
  },
  (r) => {
    const [a, b] = r.some(people, 2) as [string, string];
    const [job, other] = r.some(jobs, 2) as [string, string];
    return {
      text: `${a} has worked as a ${job} in ${r.pick(towns)} since 2011. Next door lives ${b}, a ${other}. They often have lunch together.`,
      question: `Which person in the text is a ${other}? Reply with the name.`,
      wanted: [b],
      unwanted: [a],
    };
  },
  (r) => {
    const [a, b] = r.some(towns, 2) as [string, string];
    const [month, later] = r.some(months, 2) as [string, string];
    const day = r.between(2, 28);
    return {
      text: `Dear all, the meeting of ${day} ${month} in ${a} is cancelled. We meet in ${b} in ${later} instead. Please bring your notes.`,
      question: 'In which town will the new meeting be? Reply with the town.',
      wanted: [b],
      unwanted: [a],
    };
  },
  (r) => {
    const [a, b, c] = r.some(people, 3) as [string, string, string];
    return {
      text: `Minutes. Present were ${a} and ${b}. ${c} sent apologies. The roof will be repaired in ${r.pick(months)}.`,
      question: 'Copy the names of the people who were present.',
      wanted: [a, b],
      unwanted: [c],
    };
  },
  (r) => {
    const [item, gift] = r.some(goods, 2) as [string, string];
    const number = r.between(10_000, 99_999);
    return {
      text: `Order ${number}: one ${item}, ${r.pick(colours)}. As a present we add a ${gift}. Delivery takes ${r.between(3, 9)} days.`,
      question: 'Copy the order number.',
      wanted: [String(number)],
      unwanted: [],
    };
  },
  (r) => {
    const [a, b] = r.some(people, 2) as [string, string];
    const phone = `0${r.between(20, 99)} ${r.between(100, 999)} ${r.between(100, 999)}`;
    return {
      text: `Questions about rent: call ${a}, ${phone}. Questions about keys: ask ${b} at the door of the ${r.pick(goods)} shop.`,
      question: 'Which person should be called about rent? Reply with the name.',
      wanted: [a],
      unwanted: [b],
    };
  },
];

const r = new Random(4102);
export const extraction: Draft[] = Array.from({ length: 48 }, (_, i) => {
  const { text, question, wanted, unwanted } = (families[i % families.length] as Family)(r);
  return { messages: ask(`Text: ${text}\n\n${question}`), maxTokens: 48, check: { kind: 'pieces', wanted, unwanted } };
});
