/**
 * `npm run -s standing [-- --json] [--quick] [--prompts N] [--tokens N] [--threads N]`: a real checkpoint, imported, against
 * llama.cpp on the same file. Exit code 0: it holds, or it can't be had here, which is said.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { conversations } from '../bench/prompts.ts';
import type { Candidate, Comparison } from './compare.ts';
import { peerLibrary, standingCache, standingModel } from './source.ts';

// ONNX Runtime reads this when its module loads, which is why the comparison is imported after it.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    prompts: { type: 'string' },
    tokens: { type: 'string' },
    threads: { type: 'string' },
  },
});
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const number = (given: string | undefined, otherwise: number): number => {
  const n = given === undefined ? otherwise : Number(given);
  if (!Number.isInteger(n) || n < 1) throw new Error(`${given} is not a number of things`);
  return n;
};

const shown = ({ text, ours, peer }: Candidate): string =>
  `${JSON.stringify(text)} (${ours.toFixed(3)} here, ${peer.toFixed(3)} there)`;

function print(result: Comparison): void {
  for (const { prompt, at, ours, peer, nearTie } of result.differences)
    console.log(
      `${nearTie ? 'near-tie' : 'DIFFERS '} ${prompt} Token ${at}: ${shown(ours)} instead of ${shown(peer)}, log-probabilities`,
    );
  const { tokens, agreeing, prompts, equalTexts, speed, threads, importSeconds, parameters } = result;
  console.log(`Imported ${(parameters / 1e6).toFixed(0)} million weights in ${importSeconds.toFixed(0)} s.`);
  console.log(
    `${result.holds ? 'Holds' : 'Does not hold'}: ${agreeing} of ${tokens} tokens are llama.cpp's, ${tokens - agreeing} differ; ${equalTexts} of ${prompts} texts are equal to the end.`,
  );
  console.log(
    `Tokens a second, one by one, ${threads} threads: ${speed.ours?.toFixed(1)} here, ${speed.peer?.toFixed(1)} with llama.cpp.`,
  );
}

async function main(): Promise<number> {
  const model = await standingModel(standingCache, say);
  if ('reason' in model) {
    console.log(values.json ? JSON.stringify({ skipped: model.reason }) : `skipped: ${model.reason}`);
    return 0;
  }
  const root = path.join(import.meta.dirname, '../..');
  const bundled = path.join(root, 'dist', 'engine.cjs');
  const { compare } = await import('./compare.ts');
  const prompts = number(values.prompts, values.quick ? 4 : 20);
  if (prompts > conversations.length) throw new Error(`there are ${conversations.length} prompts`);
  const result = await compare(
    {
      gguf: model.file,
      folder: standingCache,
      entry: existsSync(bundled) ? bundled : path.join(root, 'core', 'engine', 'entry.ts'),
      library: peerLibrary,
    },
    {
      prompts,
      tokens: number(values.tokens, 40),
      // threads that wait for one another by spinning hardly move on a busy machine
      ...(values.threads === undefined && !values.quick ? {} : { threads: number(values.threads, 1) }),
    },
    say,
  );
  if (values.json) console.log(JSON.stringify(result));
  else print(result);
  return result.holds ? 0 : 1;
}

process.exitCode = await main();
