/** Sentences to be put otherwise: what must be kept are the words that carry the meaning (a stem is enough). */
import { ask, type Draft, type Rule } from './types.ts';

const sentences: readonly (readonly [string, string])[] = [
  ['give me the key now i need to open the cellar', 'key cellar'],
  ['the parcel was left in the rain and the books got wet', 'parcel rain book'],
  ['send the invoice before friday or we cannot pay the driver', 'invoice friday driver'],
  ['my neighbour plays the drums at night and i cannot sleep', 'neighbour drum sleep'],
  ['the bus was late so we missed the start of the concert', 'bus late concert'],
  ['she forgot her umbrella on the train to the coast', 'umbrella train coast'],
  ['we planted twelve trees behind the school in spring', 'tree school spring'],
  ['the old bridge is closed because the river is too high', 'bridge closed river'],
  ['put the cake in the oven and wait until it is golden', 'cake oven golden'],
  ['he sold his boat to a fisherman from the next village', 'boat fisherman village'],
  ['turn off the lamp when you leave the workshop', 'lamp workshop'],
  ['the doctor told him to walk every day and drink more water', 'doctor walk water'],
];
const instructions: readonly { say: string; rules: Rule[] }[] = [
  {
    say: 'Reword the following sentence in a very polite tone. Reply with the new sentence only.',
    rules: [
      { is: 'words', least: 6, most: 45 },
      { is: 'sentences', least: 1, most: 3 },
    ],
  },
  {
    say: 'Reply with the following text, with capital letters and punctuation put right.',
    rules: [{ is: 'whole' }, { is: 'words', least: 5, most: 22 }],
  },
  {
    say: 'Copy the following sentence in capital letters only.',
    rules: [{ is: 'upper' }, { is: 'words', least: 5, most: 22 }],
  },
  {
    say: 'Retell the following in one short sentence that begins with the word "Yesterday".',
    rules: [
      { is: 'starts', text: 'Yesterday' },
      { is: 'words', least: 4, most: 26 },
      { is: 'sentences', least: 1, most: 1 },
    ],
  },
];

export const rewriting: Draft[] = sentences.flatMap(([source, keep]) =>
  instructions.map(({ say, rules }) => ({
    messages: ask(`${say}\n\n${source}`),
    maxTokens: 72,
    check: { kind: 'rewrite' as const, source, keep: keep.split(' '), rules },
  })),
);
