/**
 * `npm run -s api:holes [-- --url U --key K --model M --json --limit N]`: 60 code holes, written with what follows in view and from
 * the left alone, by the same server at temperature 0. Without --url our own server is started over the pack that ships.
 */
import os from 'node:os';
import { parseArgs } from 'node:util';
import { describeMachine } from '../bench/machine.ts';
import { holes } from './snippets.ts';
import { scoreOf } from './score.ts';
import { openServer, serverOptions } from './server.ts';

/** Tokens that each may write; the longest hole has far fewer. */
const MOST = 24;
const HOLES_EACH = 3;

const { values } = parseArgs({ options: serverOptions });
const loadBefore = os.loadavg()[0] ?? 0;
const server = await openServer(values);

async function complete(body: Record<string, unknown>): Promise<string> {
  const { choices } = (await server.post('/completions', { max_tokens: MOST, ...body })) as {
    choices: { text: string }[];
  };
  return choices[0]?.text ?? '';
}

try {
  const chosen = holes.slice(0, values.limit === undefined ? holes.length : Number(values.limit));
  const filled: { text: string; answer: string }[] = [];
  const left: { text: string; answer: string }[] = [];
  for (const { prefix, suffix, answer } of chosen) {
    filled.push({ answer, text: await complete({ prompt: prefix, suffix }) });
    left.push({ answer, text: await complete({ prompt: prefix, stop: ['\n'] }) });
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  /** By halves, function by function: a weight that is tuned on one has to win on the other too. */
  const half = (which: number): typeof filled => filled.filter((_, i) => Math.floor(i / HOLES_EACH) % 2 === which);
  const report = {
    holes: chosen.length,
    fill_in_the_middle: scoreOf(filled, false),
    tuned_on: scoreOf(half(0), false),
    held_out: scoreOf(half(1), false),
    from_the_left: scoreOf(left, true),
    machine: describeMachine(loadBefore),
  };
  const line = (name: string, { exact, begins, similarity }: ReturnType<typeof scoreOf>): string =>
    `${name.padEnd(24)} exact ${String(exact).padStart(3)}   begins with it ${String(begins).padStart(3)}   similarity ${similarity.toFixed(2)}`;
  if (values.json) console.log(JSON.stringify(report));
  else {
    console.log(`${report.holes} code holes`);
    console.log(line('fill in the middle', report.fill_in_the_middle));
    console.log(line('  tuned on', report.tuned_on));
    console.log(line('  held out', report.held_out));
    console.log(line('from the left alone', report.from_the_left));
    for (const [i, { answer, text }] of filled.entries())
      console.log(`  ${JSON.stringify(answer)}: ${JSON.stringify(text)} · ${JSON.stringify(left[i]?.text)}`);
  }
} finally {
  await server.end();
}
