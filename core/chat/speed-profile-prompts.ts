/** The questions that speeds are measured with. */

/** Written for this: short, everyday, of four kinds (explaining, listing, telling, rewriting). */
export const speedPrompts: readonly string[] = [
  'Explain in two or three sentences why bread rises in the oven.',
  'List five things to check before a long bicycle ride, one a line.',
  'Tell the beginning of a story about a watchmaker who finds a clock that runs backwards.',
  'Rewrite this more politely: "Send me the report today, I have waited long enough."',
];
