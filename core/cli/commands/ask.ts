/** `ask`: one reply in the terminal, as text while it is written or as one JSON line. It stores nothing. */
import { fstatSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { MAX_QUESTION_CHARACTERS } from '../../contract/chat.ts';
import { deviceSchema } from '../../contract/engine.ts';
import { budgetLayout, type Template } from '../../contract/layout.ts';
import { failure } from '../../contract/result.ts';
import { samplerIdSchema } from '../../contract/samplers.ts';
import { flatSettingsSchema, MAX_REPLY_TOKENS, type FlatSettings } from '../../contract/settings.ts';
import { parseTemplate } from '../../contract/template.ts';
import { childEngine, createLocalEngine, type Engine } from '../../engines/index.ts';
import type { AskArgs } from '../ask-args.ts';
import { reply } from '../ask.ts';
import { CANCELLED, defineCommand, UsageError, type Context, type Input } from '../command.ts';
import { dataOption } from '../data.ts';
import { readText } from '../input.ts';
import { kernelsFrom, kernelsOption, measuring } from '../kernels.ts';
import { modelFolder, openLibrary } from '../library.ts';
import { engineEntry } from '../places.ts';
import { openServers } from '../servers.ts';

const options = {
  mode: { kind: 'text', value: 'exact|fast|ar', help: "how the reply is written (default: the model's)" },
  seed: { kind: 'text', value: 'N', help: '0 … 4294967295; the same seed gives the same reply' },
  'max-tokens': { kind: 'text', value: 'N', help: 'longest reply, in tokens' },
  temperature: { kind: 'text', value: 'X', help: '0 (greedy) … 2' },
  'top-p': { kind: 'text', value: 'X', help: 'sample among the likeliest that have this probability together' },
  'top-k': { kind: 'text', value: 'N', help: 'sample among so many of the likeliest' },
  'repetition-penalty': { kind: 'text', value: 'X', help: '1 (off) … 2' },
  sampler: { kind: 'text', value: 'ID', help: "one of the model's samplers by name, instead of --mode" },
  speed: {
    kind: 'text',
    value: 'ID',
    help: "a point of the speed slider, or of --sampler's own: recommended, bold …; another word lists them",
  },
  param: { kind: 'list', value: 'NAME=VALUE', help: 'a parameter of the sampler; none leaves a number open' },
  threshold: {
    kind: 'text',
    value: 'X',
    help: 'fast mode: the confidence, or the acceptance ratio, that keeps a token',
  },
  'block-length': { kind: 'text', value: 'N', help: 'fast mode: slots in a block' },
  'draft-length': { kind: 'text', value: 'N', help: 'exact mode: draft tokens a forward' },
  stop: { kind: 'list', value: 'TEXT', help: 'end before this text' },
  'no-loop-guard': { kind: 'flag', help: 'let a reply that only repeats itself go on' },
  template: {
    kind: 'text',
    value: 'TEXT',
    help: "the reply's skeleton: ___ and [3 words], [2-3 sentences] are holes, everything else stays as it is (docs/templates-and-rewriting.md)",
  },
  budget: { kind: 'text', value: 'N', help: 'a reply of about so many tokens, ended with a sentence' },
  system: { kind: 'text', value: 'TEXT', help: 'a system message' },
  model: {
    kind: 'text',
    value: 'ID|NAME|DIR',
    help: 'one of models list by id or name, or a folder (default: the one in use)',
  },
  pack: { kind: 'text', value: 'DIR', help: "the model's folder, in place of --model" },
  server: { kind: 'text', value: 'NAME', help: 'a server of servers list writes it, in place of this machine' },
  data: dataOption,
  device: { kind: 'text', value: 'cpu|webgpu|…', help: 'serve on this device only' },
  kernels: kernelsOption,
  json: { kind: 'flag', help: 'print one JSON line instead of the text' },
  events: { kind: 'flag', help: 'print every event of the reply, a line of JSON each' },
} as const;

const settingOptions = {
  mode: 'mode',
  seed: 'seed',
  'max-tokens': 'maxTokens',
  temperature: 'temperature',
  'top-p': 'topP',
  'top-k': 'topK',
  'repetition-penalty': 'repetitionPenalty',
  threshold: 'threshold',
  'block-length': 'blockLength',
  'draft-length': 'draftLength',
} as const satisfies Partial<Record<keyof typeof options, keyof FlatSettings>>;

function settingsOf(values: Input<typeof options>['values']): Partial<FlatSettings> {
  const settings: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(settingOptions)) {
    const given = values[name as keyof typeof settingOptions];
    if (given === undefined) continue;
    if (key !== 'mode' && (given.trim() === '' || Number.isNaN(Number(given))))
      throw new UsageError(`--${name} needs a number, not ${JSON.stringify(given)}.`);
    settings[key] = key === 'mode' ? given : Number(given);
  }
  if (values.stop.length > 0) settings['stop'] = values.stop;
  if (values['no-loop-guard']) settings['loopGuard'] = false;
  const checked = v.safeParse(v.partial(flatSettingsSchema), settings);
  if (checked.success) return checked.output as Partial<FlatSettings>;
  const [issue] = checked.issues;
  const key = issue.path?.[0]?.key;
  throw new UsageError(
    `--${Object.entries(settingOptions).find(([, k]) => k === key)?.[0] ?? String(key)}: ${issue.message}`,
  );
}

/** `name=value` pairs; the sampler's description says how a value reads. */
function paramsFrom(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`--param needs NAME=VALUE, not ${JSON.stringify(pair)}.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function layoutOf({ template, budget }: Input<typeof options>['values']): Template | undefined {
  if (template !== undefined && budget !== undefined)
    throw new UsageError('--template and --budget do not go together: give the holes their lengths.');
  if (budget !== undefined) {
    const tokens = Number(budget);
    if (!(Number.isInteger(tokens) && tokens >= 1 && tokens <= MAX_REPLY_TOKENS))
      throw new UsageError(
        `--budget needs a whole number from 1 to ${MAX_REPLY_TOKENS}, not ${JSON.stringify(budget)}.`,
      );
    return budgetLayout(tokens);
  }
  if (template === undefined) return undefined;
  const parsed = parseTemplate(template);
  if (parsed === null)
    throw new UsageError('--template needs fixed words and at least one hole: ___, [3 words], [2-3 sentences].');
  return parsed;
}

export function askArgs({ values, positionals }: Input<typeof options>): AskArgs {
  const sampler = v.safeParse(v.optional(samplerIdSchema), values.sampler);
  if (!sampler.success) throw new UsageError(`--sampler: ${sampler.issues[0].message}`);
  if (sampler.output !== undefined && values.mode !== undefined)
    throw new UsageError('--sampler and --mode do not go together: a sampler has its mode.');
  if (values.speed !== undefined && values.mode !== undefined)
    throw new UsageError('--speed and --mode do not go together: a speed has its mode.');
  if (values.sampler !== undefined || values.speed !== undefined)
    for (const name of ['threshold', 'block-length', 'draft-length'] as const)
      if (values[name] !== undefined)
        throw new UsageError(
          `--${name} belongs to --mode. With --sampler and --speed, say --param ${settingOptions[name]}=${values[name]}.`,
        );
  if (values.model !== undefined && values.pack !== undefined)
    throw new UsageError('--model and --pack do not go together: both say which model answers.');
  if (values.server !== undefined)
    for (const name of ['model', 'pack', 'device', 'kernels', 'template', 'budget'] as const)
      if (values[name] !== undefined) throw new UsageError(`--server and --${name} do not go together.`);
  if (values.json && values.events) throw new UsageError('--json and --events do not go together.');
  const device = v.safeParse(v.optional(deviceSchema), values.device);
  if (!device.success) throw new UsageError(`--device: ${device.issues[0].message}`);
  const question = positionals.join(' ').trim();
  return {
    question: question === '' || question === '-' ? undefined : question,
    system: values.system,
    layout: layoutOf(values),
    settings: settingsOf(values),
    sampler: sampler.output,
    speed: values.speed,
    params: paramsFrom(values.param),
    model: values.model,
    pack: values.pack,
    server: values.server,
    data: values.data,
    devices: device.output ? [device.output] : [],
    kernels: kernelsFrom(values.kernels),
    json: values.json,
    events: values.events,
  };
}

/** Standard input may be anything a shell redirects: Node takes a folder for an empty file. */
async function piped(stdin: Context['stdin']): Promise<string> {
  if (stdin.isTTY) throw new UsageError('ask needs a question.');
  if (fstatSync(stdin.fd).isDirectory()) throw failure('cli.input-is-folder');
  // no character of UTF-8 has more than four bytes
  return (await readText(stdin, 4 * MAX_QUESTION_CHARACTERS)).trim();
}

/** The folder of the model that answers. @throws MezzotintError for a model that is not there or can't be used */
function packOf({ pack, model, data }: AskArgs, say: (line: string) => void): string {
  if (pack !== undefined) return path.resolve(pack);
  if (model !== undefined) return modelFolder(model, data);
  const library = openLibrary({ data });
  for (const { message } of library.notices) say(message);
  return library.currentDir;
}

function engineOf(args: AskArgs, say: (line: string) => void): Engine {
  if (args.server === undefined)
    return createLocalEngine({
      spawn: childEngine(engineEntry),
      packDir: packOf(args, say),
      devices: args.devices,
      kernels: () => args.kernels,
      ...measuring(args.data),
    });
  const servers = openServers(args.data);
  const server = servers.find(args.server);
  say(`${server.name} (${server.host}) writes the reply.`);
  return servers.engine(server);
}

export const ask = defineCommand({
  name: 'ask',
  aliases: ['ask'],
  takes: '[QUESTION]',
  summary: 'Answer one question.',
  about: 'Without one it is read from standard input. Nothing is stored.',
  options,
  async run(input, { stdout, stderr, stdin, signal }) {
    const args = askArgs(input);
    const question = args.question ?? (await piped(stdin));
    if (question === '') throw new UsageError('ask needs a question; standard input was empty.');
    if (question.length > MAX_QUESTION_CHARACTERS)
      throw new UsageError(
        `A question may have ${MAX_QUESTION_CHARACTERS} characters; this one has ${question.length}.`,
      );
    let stop: (() => void) | undefined;
    // before the reply has begun there is nothing to be ended well
    signal.addEventListener('abort', () => (stop ? stop() : process.exit(CANCELLED)));
    // nobody can see the rest of the reply
    stdout.onFailure(() => stop?.());
    const output = await reply(
      { ...args, question },
      {
        engine: () => engineOf(args, (line) => stderr.write(`${line}\n`)),
        write: (text) => stdout.write(text),
        onStop: (end) => {
          stop = end;
          if (stdout.failure) end();
        },
      },
    ).catch((thrown: unknown) => {
      // Ctrl-C reaches the engine too, which may end before it can say so
      if (!signal.aborted) throw thrown;
      return null;
    });
    if (output && !args.events) stdout.write(args.json ? `${JSON.stringify(output)}\n` : '\n');
    return output && !signal.aborted ? 0 : CANCELLED;
  },
});
