/** The command line: flags to typed values, each wrong one with a sentence that says what is right. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import * as v from 'valibot';
import { samplerIdSchema, type ParamValue } from '../contract/samplers.ts';
import { flatSettingsSchema, MAX_REPLY_TOKENS, type FlatSettings } from '../contract/settings.ts';
import { deviceSchema, type Device } from '../contract/engine.ts';
import { exportFormats, type TextFormat } from '../contract/exchange.ts';
import { budgetLayout, type Template } from '../contract/layout.ts';
import { parseTemplate } from '../contract/template.ts';

/** What the person typed cannot be understood; the message says what to type. Exit code 2. */
export class UsageError extends Error {}

export const usage = `Usage:
  ask [options] "question"        answer one question; without one it is read from standard input
    --mode exact|fast|ar          how the reply is written (default: the model's)
    --seed N                      0 … 4294967295; the same seed gives the same reply
    --max-tokens N                longest reply, in tokens
    --temperature X               0 (greedy) … 2
    --top-p X   --top-k N         sampling among the likeliest
    --repetition-penalty X        1 (off) … 2
    --sampler ID                  one of the model's samplers by name, instead of --mode
    --param NAME=VALUE            a parameter of the sampler (may be given again)
    --threshold X                 fast mode: the confidence, or the acceptance ratio, that keeps a token
    --block-length N              fast mode: slots in a block
    --draft-length N              exact mode: draft tokens a forward
    --stop TEXT                   end before this text (may be given again)
    --no-loop-guard               let a reply that only repeats itself go on
    --template TEXT               the reply's skeleton: ___ and [3 words], [2-3 sentences] are holes,
                                  everything else stays as it is (docs/steering.md)
    --budget N                    a reply of about so many tokens, ended with a sentence
    --system TEXT                 a system message
    --pack DIR                    the model's folder
    --device cpu|webgpu|…         serve on this device only
    --json                        print one JSON line instead of the text
  import DIR|FILE.gguf --out DIR  make a model folder from a GGUF file, or from a folder with
                                  config.json and safetensors
    --recipe NAME                 which model it is, where its files don't tell
    --bits 4|8                    bits of a weight (default: 8, and 4 from 3 billion weights on)
    --chat-template FILE          in place of the checkpoint's own
    --adapter FILE.safetensors    with this diffusion adapter (--adapter-name, --adapter-version)
    --drafter FILE.safetensors    with this block drafter (--drafter-name, --drafter-version)
    --id ID  --name NAME  --source TEXT  --licence FILE  --system-prompt TEXT
  export --out FILE               write conversations to a file, or to standard output (--out -)
                                  (the app must be closed)
    --format FORMAT               json (default) is complete and can be imported again; others:
                                  markdown, html, text, openai, sharegpt, csv
    --frames                      json: the steps of each reply too
    --id ID                       this conversation alone (may be given again)
    --data DIR                    the data folder
  import-chats FILE …             take conversations in: JSON and Markdown of Mezzotint, exports
                                  (zip or JSON) of ChatGPT, Claude.ai, DeepSeek, Gemini,
                                  llama.cpp, Open WebUI, LM Studio, LibreChat, Jan, ShareGPT,
                                  OpenAI messages, Markdown (the app must be closed)
    --preview                     only say what would be imported
    --data DIR                    the data folder`;

const settingFlags = {
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
} as const satisfies Record<string, keyof FlatSettings>;

export interface AskArgs {
  /** Undefined: to be read from standard input. */
  question: string | undefined;
  system: string | undefined;
  /** Fixed and free parts of the reply. */
  layout: Template | undefined;
  settings: Partial<FlatSettings>;
  /** A sampler by its name, instead of a mode. */
  sampler: string | undefined;
  /** Its parameters, by their names. */
  params: Record<string, ParamValue>;
  pack: string | undefined;
  devices: Device[];
  json: boolean;
}

export interface ImportArgs {
  file: string;
  out: string;
  adapter: { file: string; name: string; version: string } | undefined;
  drafter: { file: string; name: string; version: string } | undefined;
  id: string | undefined;
  name: string | undefined;
  source: string | undefined;
  licence: string | undefined;
  systemPrompt: string | undefined;
  recipe: string | undefined;
  bits: 4 | 8 | undefined;
  /** A file. */
  chatTemplate: string | undefined;
}

export interface ExportArgs {
  out: string;
  format: TextFormat;
  frames: boolean;
  /** Empty: all conversations. */
  ids: string[];
  data: string | undefined;
}
export interface ImportChatsArgs {
  files: string[];
  preview: boolean;
  data: string | undefined;
}

function parse<T extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message.split('. ')[0] : String(thrown));
  }
}
const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** `name=value` pairs: numbers, true and false as what they are. */
function paramsFrom(pairs: readonly string[]): Record<string, ParamValue> {
  const params = new Map<string, ParamValue>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--param needs NAME=VALUE, not ${JSON.stringify(pair)}.`);
    const value = pair.slice(at + 1);
    params.set(pair.slice(0, at), value === 'true' || value === 'false' ? value === 'true' : value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value);
  }
  return Object.fromEntries(params);
}

export function parseAsk(args: readonly string[]): AskArgs {
  const { values, positionals } = parse(args, {
    mode: text,
    seed: text,
    'max-tokens': text,
    temperature: text,
    'top-p': text,
    'top-k': text,
    'repetition-penalty': text,
    threshold: text,
    'block-length': text,
    'draft-length': text,
    sampler: text,
    param: { type: 'string', multiple: true },
    stop: { type: 'string', multiple: true },
    'no-loop-guard': flag,
    template: text,
    budget: text,
    system: text,
    pack: text,
    device: text,
    json: flag,
  });
  const settings: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(settingFlags)) {
    const given = values[name as keyof typeof settingFlags];
    if (given === undefined) continue;
    if (key !== 'mode' && (given.trim() === '' || Number.isNaN(Number(given)))) throw new UsageError(`--${name} needs a number, not ${JSON.stringify(given)}.`);
    settings[key] = key === 'mode' ? given : Number(given);
  }
  if (values.stop) settings['stop'] = values.stop;
  if (values['no-loop-guard']) settings['loopGuard'] = false;
  const checked = v.safeParse(v.partial(flatSettingsSchema), settings);
  if (!checked.success) {
    const [issue] = checked.issues;
    const key = issue.path?.[0]?.key;
    const name = Object.entries(settingFlags).find(([, k]) => k === key)?.[0] ?? String(key);
    throw new UsageError(`--${name}: ${issue.message}`);
  }
  const sampler = v.safeParse(v.optional(samplerIdSchema), values.sampler);
  if (!sampler.success) throw new UsageError(`--sampler: ${sampler.issues[0].message}`);
  if (sampler.output !== undefined && values.mode !== undefined) throw new UsageError('--sampler and --mode do not go together: a sampler has its mode.');
  const device = v.safeParse(v.optional(deviceSchema), values.device);
  if (!device.success) throw new UsageError(`--device: ${device.issues[0].message}`);
  if (values.template !== undefined && values.budget !== undefined) throw new UsageError('--template and --budget do not go together: give the holes their lengths.');
  const budget = values.budget === undefined ? undefined : Number(values.budget);
  if (budget !== undefined && !(Number.isInteger(budget) && budget >= 1 && budget <= MAX_REPLY_TOKENS)) throw new UsageError(`--budget needs a whole number from 1 to ${MAX_REPLY_TOKENS}, not ${JSON.stringify(values.budget)}.`);
  const template = values.template === undefined ? undefined : parseTemplate(values.template);
  if (template === null) throw new UsageError('--template needs fixed words and at least one hole: ___, [3 words], [2-3 sentences].');
  const question = positionals.join(' ').trim();
  return {
    question: question === '' || question === '-' ? undefined : question,
    system: values.system,
    layout: template ?? (budget === undefined ? undefined : budgetLayout(budget)),
    settings: checked.output as Partial<FlatSettings>,
    sampler: sampler.output,
    params: paramsFrom(values.param ?? []),
    pack: values.pack,
    devices: device.output ? [device.output] : [],
    json: values.json ?? false,
  };
}

export function parseImport(args: readonly string[]): ImportArgs {
  const { values, positionals } = parse(args, { out: text, adapter: text, 'adapter-name': text, 'adapter-version': text, drafter: text, 'drafter-name': text, 'drafter-version': text, id: text, name: text, source: text, licence: text, 'system-prompt': text, recipe: text, bits: text, 'chat-template': text });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('import needs exactly one GGUF file or model folder.');
  if (values.bits !== undefined && values.bits !== '4' && values.bits !== '8') throw new UsageError(`--bits is 4 or 8, not ${values.bits}.`);
  if (values.out === undefined) throw new UsageError('import needs --out DIR, the folder to write the model to.');
  return {
    file,
    out: values.out,
    adapter: values.adapter === undefined ? undefined : { file: values.adapter, name: values['adapter-name'] ?? 'adapter', version: values['adapter-version'] ?? '0' },
    drafter: values.drafter === undefined ? undefined : { file: values.drafter, name: values['drafter-name'] ?? 'drafter', version: values['drafter-version'] ?? '0' },
    id: values.id,
    name: values.name,
    source: values.source,
    licence: values.licence,
    systemPrompt: values['system-prompt'],
    recipe: values.recipe,
    bits: values.bits === undefined ? undefined : values.bits === '4' ? 4 : 8,
    chatTemplate: values['chat-template'],
  };
}

export function parseExport(args: readonly string[]): ExportArgs {
  const { values, positionals } = parse(args, { out: text, format: text, frames: flag, id: { type: 'string', multiple: true }, data: text });
  if (positionals.length > 0) throw new UsageError(`export does not know ${JSON.stringify(positionals[0])}.`);
  if (values.out === undefined || values.out === '') throw new UsageError('export needs --out FILE, the file to write.');
  // what is printed needs a window
  const formats = exportFormats.filter((name) => name !== 'pdf');
  const format = formats.find((name) => name === (values.format ?? 'json'));
  if (format === undefined) throw new UsageError(`--format: one of ${formats.join(', ')}.`);
  if (values.frames && format !== 'json') throw new UsageError('--frames goes with --format json.');
  return { out: values.out, format, frames: values.frames ?? false, ids: values.id ?? [], data: values.data };
}

export function parseImportChats(args: readonly string[]): ImportChatsArgs {
  const { values, positionals } = parse(args, { preview: flag, data: text });
  if (positionals.length === 0) throw new UsageError('import-chats needs at least one file.');
  return { files: positionals, preview: values.preview ?? false, data: values.data };
}
