/** Servers of a data folder, for the command line: those that are kept, and the app that has the folder open. */
import { Servers } from '../servers/index.ts';
import type { Price } from '../contract/remote.ts';
import type { Observed, Server } from '../contract/servers.ts';
import { homeOf } from './library.ts';

/** The key that this process was given, in place of one that is kept. */
export const KEY_VARIABLE = 'MEZZOTINT_SERVER_KEY';
export const keyGiven = (env: NodeJS.ProcessEnv = process.env): string | undefined =>
  env[KEY_VARIABLE]?.trim() || undefined;

export const openServers = (data: string | undefined): Servers => new Servers({ home: homeOf(data), key: keyGiven() });

export const serverLine = (server: Server, current: string | null): string =>
  [
    `${server.id === current ? '*' : ' '} ${server.name}`,
    `${server.model} at ${server.host}`,
    server.dialect,
    server.observed === null ? 'not tested' : server.observed.states > 0 ? 'sends states' : 'sends finished text',
  ].join('  ');

const from = { person: 'as entered', server: 'as the server lists it', published: 'as published' };
export const priceWords = (price: Price | null): string =>
  price
    ? `A million tokens cost ${price.input} (input) and ${price.output} (output) ${price.currency}, ${from[price.from]} on ${price.day}.`
    : 'No price is known: no cost is shown.';

/** What a test reply showed, in sentences. */
export const observedLines = ({ dialect, states, pieces, probabilities, firstMs, ms, text }: Observed): string =>
  [
    `Observed: ${states > 0 ? `${states} states of the canvas` : 'no states'}, ${pieces} pieces of finished text (${dialect}).`,
    probabilities ? "Words come with the model's confidence." : 'The server reports no confidence.',
    `First words after ${(firstMs / 1000).toFixed(1)} s, all after ${(ms / 1000).toFixed(1)} s.`,
    `It wrote: ${JSON.stringify(text)}`,
    '',
  ].join('\n');
