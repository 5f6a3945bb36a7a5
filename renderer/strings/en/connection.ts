/** The connection to Mezzotint. */

export const connection = 'Reconnecting…';

export const noConnection = {
  refused: {
    title: 'This page needs a new address',
    body: 'An address of Mezzotint works once, and only until Mezzotint ends. Its terminal shows a new one: open that. If Mezzotint is not running, start it again with npm start.',
  },
  unreachable: {
    title: 'Mezzotint does not answer',
    body: 'Start it again with npm start, and open the address it prints.',
  },
  kept: 'What you have not sent is still below; copy it first.',
} as const;
