/**
 * `npm run -s api:values [-- --url U --key K --model M --json --limit N]`: how often the value in schema-bound JSON is the right one,
 * beside a free reply and beside JSON that is only asked for. Questions about short texts of the evaluation, at temperature 0.
 */
import os from 'node:os';
import { parseArgs } from 'node:util';
import { describeMachine } from '../bench/machine.ts';
import { prompts } from '../evaluate/prompts/index.ts';
import { score, type RunCode } from '../evaluate/score.ts';
import { openServer, serverOptions } from './server.ts';

const MOST = 60;
const { values } = parseArgs({ options: serverOptions });
const loadBefore = os.loadavg()[0] ?? 0;
const server = await openServer(values);

interface Chat {
  choices: { message: { content: string } }[];
}
const write = async (body: Record<string, unknown>): Promise<string> =>
  ((await server.post('/chat/completions', { max_tokens: MOST, ...body })) as Chat).choices[0]?.message.content ?? '';
/** The `answer` of a JSON text, as text; null where it is no such JSON. */
function answerIn(text: string): string | null {
  try {
    const { answer } = JSON.parse(text) as { answer?: unknown };
    return typeof answer === 'string' || typeof answer === 'number' ? String(answer) : null;
  } catch {
    return null;
  }
}
const schema = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
};

try {
  const chosen = prompts
    .filter(({ task }) => task === 'extraction')
    .slice(0, values.limit === undefined ? undefined : Number(values.limit));
  const sums = { free: 0, schema: 0, asked: 0 };
  const valid = { schema: 0, asked: 0 };
  const noCode: RunCode = () => Promise.reject(new Error('no question here is answered by code'));
  for (const { messages, check } of chosen) {
    const right = async (text: string): Promise<number> => (await score(check, text, noCode)) ?? 0;
    sums.free += await right(await write({ messages }));
    const last = messages.at(-1);
    const asking = [
      ...messages.slice(0, -1),
      { role: 'user', content: `${last?.content ?? ''}\n\nReply with JSON alone, an object with the key "answer".` },
    ];
    for (const [kind, body] of [
      ['schema', { messages, response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } }],
      ['asked', { messages: asking }],
    ] as const) {
      const answer = answerIn(await write(body));
      if (answer === null) continue;
      valid[kind]++;
      sums[kind] += await right(answer);
    }
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  const share = (sum: number): number => Math.round((1000 * sum) / chosen.length) / 1000;
  const report = {
    questions: chosen.length,
    free: { right: share(sums.free) },
    schema: { valid: share(valid.schema), right: share(sums.schema) },
    asked_for_json: { valid: share(valid.asked), right: share(sums.asked) },
    machine: describeMachine(loadBefore),
  };
  const percent = (value: number): string => `${(100 * value).toFixed(0)} %`.padStart(6);
  console.log(
    values.json
      ? JSON.stringify(report)
      : [
          `${report.questions} questions             valid JSON   right`,
          `free reply                         –  ${percent(report.free.right)}`,
          `held to a schema              ${percent(report.schema.valid)}  ${percent(report.schema.right)}`,
          `asked for JSON in words       ${percent(report.asked_for_json.valid)}  ${percent(report.asked_for_json.right)}`,
        ].join('\n'),
  );
} finally {
  await server.end();
}
