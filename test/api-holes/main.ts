/**
 * `npm run -s api:holes [-- --url U --key K --model M --json --limit N]`: 60 code holes, written with what follows in view and from
 * the left alone, by the same server at temperature 0. Without --url our own server is started over the pack that ships.
 */
import os from 'node:os';
import { parseArgs } from 'node:util';
import { describeMachine } from '../bench/machine.ts';
import { serve, SERVED_KEY } from '../fixtures/served.ts';
import { holes } from './snippets.ts';
import { scoreOf } from './score.ts';

/** Tokens that each may write; the longest hole has far fewer. */
const MOST = 24;

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    key: { type: 'string' },
    model: { type: 'string' },
    json: { type: 'boolean' },
    limit: { type: 'string' },
  },
});
const loadBefore = os.loadavg()[0] ?? 0;
const own = values.url === undefined ? await serve() : null;
const url = (values.url ?? own?.address ?? '').replace(/\/$/, '');
const key = own ? SERVED_KEY : (values.key ?? '');

async function complete(body: Record<string, unknown>): Promise<string> {
  const response = await fetch(`${url}/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      ...(values.model === undefined ? {} : { model: values.model }),
      temperature: 0,
      max_tokens: MOST,
      ...body,
    }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The server answered ${response.status}: ${text.slice(0, 300)}`);
  const { choices } = JSON.parse(text) as { choices: { text: string }[] };
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
  const report = {
    holes: chosen.length,
    fill_in_the_middle: scoreOf(filled, false),
    from_the_left: scoreOf(left, true),
    machine: describeMachine(loadBefore),
  };
  const line = (name: string, { exact, begins, similarity }: ReturnType<typeof scoreOf>): string =>
    `${name.padEnd(24)} exact ${String(exact).padStart(3)}   begins with it ${String(begins).padStart(3)}   similarity ${similarity.toFixed(2)}`;
  console.log(
    values.json
      ? JSON.stringify(report)
      : [
          `${report.holes} code holes`,
          line('fill in the middle', report.fill_in_the_middle),
          line('from the left alone', report.from_the_left),
        ].join('\n'),
  );
  if (!values.json)
    for (const [i, { answer, text }] of filled.entries())
      console.log(`  ${JSON.stringify(answer)}: ${JSON.stringify(text)} · ${JSON.stringify(left[i]?.text)}`);
} finally {
  await own?.end();
}
