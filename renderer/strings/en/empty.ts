/** The page before the first message: what this is, what to try, what not to trust it with. */
const NOT = 'It gets dates, sums and names wrong, so check what matters.';

export const empty = {
  plate: 'Mezzotint, burnished out of a dark plate',
  lead: 'A reply begins as grain: its words surface as the model grows sure of them, and drafts that don’t hold sink back.',
  honest: `A small model on this machine alone: quick with short, everyday things in English. ${NOT}`,
  honestFor: (pack: string, millions: number): string =>
    `${pack} is small (${millions.toLocaleString('en')} million parameters) and runs on this machine alone: quick with short, everyday things in English. ${NOT}`,
  try: 'Try',
  /** Chosen by reading: of twenty tried, those it answers well nearly every time. */
  ideas: [
    { title: 'A few reasons', text: 'Give three reasons to learn a second language.' },
    { title: 'A first page', text: 'Write the opening of a mystery set in a library.' },
    { title: 'A few tips', text: 'Give me three tips for sleeping better.' },
    { title: 'A little code', text: 'Write a Python function that reverses a string.' },
  ],
  elsewhere: 'Chats in another app?',
  bring: 'Bring them in',
} as const;
