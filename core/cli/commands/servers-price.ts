/** `servers price`: what a server's model costs, for replies from now on. */
import { defineCommand, UsageError } from '../command.ts';
import { dataOption } from '../data.ts';
import { withApp } from '../library.ts';
import { openServers, priceWords } from '../servers.ts';

export const serversPrice = defineCommand({
  name: 'servers price',
  takes: 'NAME [INPUT OUTPUT]',
  summary: "Say what a server's model costs for a million tokens, so that replies show their cost.",
  about: 'Without figures it prints what is known. Replies that were written keep the price of their day.',
  options: {
    currency: { kind: 'text', value: 'CODE', help: 'three letters (default: USD)' },
    clear: { kind: 'flag', help: 'forget what you entered' },
    json: { kind: 'flag', help: 'print JSON instead' },
    data: dataOption,
  },
  async run({ values, positionals }, { stdout }) {
    const [name, input, output, ...rest] = positionals;
    if (name === undefined || rest.length > 0) throw new UsageError('servers price needs a name, and two figures.');
    const servers = openServers(values.data);
    const { id } = servers.find(name);
    const amount = (given: string | undefined): number => {
      const n = given === undefined || given.trim() === '' ? Number.NaN : Number(given);
      if (!Number.isFinite(n) || n < 0 || n > 1_000_000)
        throw new UsageError('servers price needs two figures: for a million tokens of input, and of output.');
      return n;
    };
    const currency = (values.currency ?? 'USD').toUpperCase();
    if (!/^[A-Z]{3}$/.test(currency)) throw new UsageError('--currency needs three letters, like USD.');
    if (values.clear && input !== undefined) throw new UsageError('servers price takes --clear without figures.');
    let { state } = servers;
    if (values.clear || input !== undefined) {
      const price = values.clear ? null : { input: amount(input), output: amount(output), currency };
      state = await withApp(
        values.data,
        (app) => app.call('servers.price', { id, price }),
        () => servers.price(id, price),
      );
    }
    const price = state.servers.find((server) => server.id === id)?.price ?? null;
    stdout.write(values.json ? `${JSON.stringify(price)}\n` : `${priceWords(price)}\n`);
    return 0;
  },
});
