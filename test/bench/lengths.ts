/**
 * `npm run -s bench:lengths [-- --pack DIR] [--prompts N] [--budget N]`: how long replies become that end by themselves, greedy,
 * without the loop guard, for each mode of the pack.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { modesOf } from '../../core/contract/samplers.ts';
import { Ours } from './ours.ts';
import { conversations } from './prompts.ts';
import { median } from './report.ts';

const root = path.join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: { pack: { type: 'string' }, prompts: { type: 'string' }, budget: { type: 'string' } },
});
const bundled = path.join(root, 'dist', 'engine.cjs');
const pack = path.resolve(process.env['INIT_CWD'] ?? root, values.pack ?? 'models/smollm2-135m-instruct');
const budget = Number(values.budget ?? 400);
const ours = new Ours(existsSync(bundled) ? bundled : path.join(root, 'core/engine/entry.ts'), pack, undefined);
const ready = await ours.ready();
for (const mode of modesOf(ready.pack.samplers)) {
  const lengths: number[] = [];
  for (const [content] of conversations.slice(0, Number(values.prompts ?? 12)))
    lengths.push((await ours.reply(mode, [{ role: 'user', content }], budget, ready.pack.defaults)).counts.tokens);
  lengths.sort((a, b) => a - b);
  const cut = lengths.filter((length) => length >= budget).length;
  console.log(
    `${mode}: ${lengths.join(' ')} tokens; median ${median(lengths)}, ${cut} of ${lengths.length} cut by the budget`,
  );
}
await ours.close();
process.exit(0);
