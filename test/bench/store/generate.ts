/** `npm run bench:set -- [--scale S] [--out DIR]`: makes the bench's data set and prints where it lies. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { copyOfSet, dataSet } from './make.ts';

const { values } = parseArgs({ options: { scale: { type: 'string', default: '1' }, out: { type: 'string' } } });
const scale = Number(values.scale);
if (!(scale > 0 && scale <= 1)) throw new Error(`--scale needs a number over 0, up to 1, not ${values.scale}.`);
const made = dataSet(scale, (line) => process.stderr.write(`${line}\n`));
if (values.out !== undefined) copyOfSet(scale, path.resolve(process.env['INIT_CWD'] ?? process.cwd(), values.out));
console.log(values.out ?? made);
