/** `npm run soak -- [--kills N] [--seed N]`: the last line is JSON; exits with 1 where anything was lost. */
import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '20261125' }, json: { type: 'boolean' } } });
const number = (name: 'kills' | 'seed'): number => {
  const n = Number(values[name]);
  if (!Number.isSafeInteger(n) || n < 1) throw new Error(`--${name} needs a whole number above 0, not ${values[name]}.`);
  return n;
};
const began = Date.now();
const result = await soak({ kills: number('kills'), seed: number('seed'), realEvery: 20, say: (line) => console.error(line) });
console.log(JSON.stringify({ ...result, seed: number('seed'), seconds: Math.round((Date.now() - began) / 1000) }));
process.exitCode = result.lost_messages + result.lost_blocks + result.corrupt > 0 ? 1 : 0;
