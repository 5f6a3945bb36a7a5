/** The words of “What is happening”: sentences made of what really happened. */
import type { Fact, Word } from '../../state/explain/facts.ts';
import type { Counts, Mode } from '../../../core/contract/generation.ts';

const list = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
const quoted = (words: readonly Word[]): string =>
  list(
    words
      .slice(0, 6)
      .map(({ text }) => (text.trim() === '' ? (text.includes('\n') ? 'a line end' : 'a blank') : `‘${text.trim()}’`)),
  ) + (words.length > 6 ? ' …' : '');
const places = (words: readonly Word[]): string =>
  `${words.length === 1 ? 'slot' : 'slots'} ${list(words.slice(0, 8).map(({ place }) => String(place)))}${words.length > 8 ? ' …' : ''}`;
const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const one = (words: readonly Word[]): boolean => words.length === 1;

const number = (n: number): string => n.toLocaleString('en');
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export const explain = {
  label: 'What is happening',
  open: 'What is happening',
  openHint: 'Explain this step in words',
  close: 'Close “What is happening”',
  idle: 'Send a question: how its reply is written is explained here, step by step.',
  watch: 'Watch it being written',
  figures: 'Figures',
  /** Three plain sentences about a reply that has ended. */
  lead(
    mode: Mode,
    { blockLength, threshold }: { blockLength: number; threshold: number | null },
    { tokens, forwards, drafted, accepted, msPrefill, msDecode }: Counts,
  ): string[] {
    const share = forwards > 0 ? tokens / forwards : 0;
    const steps = `${number(forwards)} ${forwards === 1 ? 'step' : 'steps'}`;
    const pace =
      msDecode > 0 && tokens > 0 ? `, which is ${number(Math.round((tokens * 1000) / msDecode))} tokens a second` : '';
    return [
      mode === 'ar'
        ? `This reply was written one token at a time: ${number(tokens)} tokens in ${steps}.`
        : `This reply has ${number(tokens)} tokens and took ${steps}: about ${share.toFixed(1)} tokens a step.`,
      mode === 'ar'
        ? 'Nothing was proposed ahead, so nothing had to be taken back.'
        : drafted > 0
          ? `The model proposed ${number(drafted)} tokens ahead and kept ${number(accepted)} of them.`
          : `Blocks of ${blockLength} began as grain, and ${
              threshold !== null
                ? `a word appeared once the model was ${Math.round(threshold * 100)} % sure of it`
                : share <= 1
                  ? 'each step revealed about one slot'
                  : 'each step revealed the slots that its sampler chose'
            }.`,
      `Reading the question took ${seconds(msPrefill)} and writing ${seconds(msDecode)}${pace}.`,
    ];
  },
  start: 'Before the first forward',
  forward: (n: number): string => `Forward ${n.toLocaleString('en')}`,
  quiet: 'Nothing changed on the screen.',
  modes: {
    exact:
      'Exact: words are proposed ahead, then checked all at once. Those the model would have written itself are kept.',
    fast: 'Fast: a block begins as grain. Each step reveals the words that its sampler chooses, in any order, and may change them.',
    ar: 'One by one: each step writes the next token, from left to right.',
  } satisfies Record<Mode, string>,
  fact(fact: Fact, threshold: number | null): string {
    const { words } = fact;
    switch (fact.kind) {
      case 'opened':
        return `${upper(places(words))} ${one(words) ? 'is' : 'are'} masked: nothing is decided there yet.`;
      case 'drawn':
        return `The model wrote ${quoted(words)} next.`;
      case 'passed':
        return `${upper(places(words))}${threshold === null ? '' : ` passed ${threshold} and`} ${one(words) ? 'is' : 'are'} revealed: ${quoted(words)}.`;
      case 'revised':
        return `It put ${quoted(words)} in ${places(words)} instead.`;
      case 'taken':
        return `Read again, ${quoted(words)} did not fit in ${places(words)}: taken back.`;
      case 'drafted':
        return `Drafted ahead: ${quoted(words)}.`;
      case 'kept':
        return `${one(words) ? 'The draft' : 'The drafts'} ${quoted(words)} held.`;
      case 'struck':
        return `${one(words) ? 'The draft' : 'The drafts'} ${quoted(words)} did not hold and ${one(words) ? 'is' : 'are'} struck.`;
      case 'block':
        return `A block of ${fact.tokens} ${fact.tokens === 1 ? 'token' : 'tokens'} is finished and becomes text.`;
      case 'ended':
        return fact.how === 'finished'
          ? 'The reply has ended.'
          : fact.how === 'stopped'
            ? 'It was stopped.'
            : 'It ended with an error.';
    }
  },
  entropy: 'Entropy by slot',
  entropyHint: 'How undecided the model is at each slot, in nats: 0 is certain, 1 is like guessing among three words.',
  nats: (n: number): string => n.toFixed(1),
  place: (n: number): string => `slot ${n}`,
  masked: 'masked',
  notStored: 'not stored',
  noSlots: 'No slot is open at this step.',
  course: 'Tokens a forward',
  courseNow: 'last 8 forwards',
  courseMean: 'mean so far',
  seconds: 's',
  courseSaid: (mean: number): string => `Tokens a forward over time; ${mean.toFixed(2)} on average so far.`,
  split: 'Where the time went',
  splitLater: 'Known when the reply has ended.',
  splitOld: 'Not stored: this reply was written before it was measured.',
  phases: {
    prefill: 'reading the question',
    draft: 'drafting',
    canvas: 'denoising, with checking',
    verify: 'checking, or the next token',
    commit: 'choosing and keeping',
    rest: 'telling of it',
  },
  ms: (ms: number): string => (ms < 1000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(2)} s`),
};
