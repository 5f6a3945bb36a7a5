/** `models import`: a checkpoint into a pack. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { failure } from '../../contract/result.ts';
import type { ImportChoice } from '../../contract/models.ts';
import { CANCELLED, defineCommand, UsageError, type Context, type Input } from '../command.ts';
import { dataOption } from '../data.ts';
import { checkMemory, forecastLines, forecastOf, planOf, probe, type ImportForecast } from '../import-forecast.ts';
import { importIntoLibrary } from '../import-into-library.ts';
import { openLibrary } from '../library.ts';

const options = {
  out: { kind: 'text', value: 'DIR', help: "the folder to write the model to (default: one of the app's own models)" },
  recipe: { kind: 'text', value: 'NAME', help: "which model it is, where its files don't tell" },
  bits: { kind: 'text', value: '4|8', help: 'bits of a weight (default: 8, and 4 from 3 billion weights on)' },
  'chat-template': { kind: 'text', value: 'FILE', help: "in place of the checkpoint's own" },
  adapter: { kind: 'text', value: 'FILE.safetensors', help: 'with this diffusion adapter' },
  'adapter-name': { kind: 'text', value: 'NAME', help: "the adapter's name" },
  'adapter-version': { kind: 'text', value: 'VERSION', help: "the adapter's version" },
  drafter: { kind: 'text', value: 'FILE.safetensors', help: 'with this block drafter' },
  'drafter-name': { kind: 'text', value: 'NAME', help: "the drafter's name" },
  'drafter-version': { kind: 'text', value: 'VERSION', help: "the drafter's version" },
  id: { kind: 'text', value: 'ID', help: "the pack's identifier" },
  name: { kind: 'text', value: 'NAME', help: 'what people call it' },
  source: { kind: 'text', value: 'TEXT', help: 'where it comes from' },
  licence: { kind: 'text', value: 'FILE', help: "the licence's text" },
  'system-prompt': { kind: 'text', value: 'TEXT', help: 'instructions that a chat begins with' },
  'no-speed': { kind: 'flag', help: 'do not measure how fast it would be here' },
  json: { kind: 'flag', help: 'print one JSON line instead of the text' },
  data: dataOption,
} as const;

/** These make a pack that is not the checkpoint's alone: where it goes is to be said. */
const ownPack = ['adapter', 'drafter', 'id', 'name', 'source', 'licence', 'system-prompt'] as const;

export interface ImportArgs {
  file: string;
  /** Undefined: into the library. */
  out: string | undefined;
  data: string | undefined;
  adapter: { file: string; name: string; version: string } | undefined;
  drafter: { file: string; name: string; version: string } | undefined;
  id: string | undefined;
  name: string | undefined;
  source: string | undefined;
  /** A file. */
  licence: string | undefined;
  systemPrompt: string | undefined;
  recipe: string | undefined;
  bits: 4 | 8 | undefined;
  /** A file. */
  chatTemplate: string | undefined;
  /** Measured before anything is written. */
  speed: boolean;
  json: boolean;
}

export function importArgs({ values, positionals }: Input<typeof options>): ImportArgs {
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0)
    throw new UsageError('models import needs exactly one GGUF file or model folder.');
  if (values.bits !== undefined && values.bits !== '4' && values.bits !== '8')
    throw new UsageError(`--bits is 4 or 8, not ${values.bits}.`);
  const own = ownPack.find((option) => values[option] !== undefined);
  if (values.out === '' || (values.out === undefined && own !== undefined))
    throw new UsageError(`models import needs --out DIR${own === undefined ? '' : ` with --${own}`}.`);
  return {
    file,
    out: values.out,
    data: values.data,
    adapter:
      values.adapter === undefined
        ? undefined
        : {
            file: values.adapter,
            name: values['adapter-name'] ?? 'adapter',
            version: values['adapter-version'] ?? '0',
          },
    drafter:
      values.drafter === undefined
        ? undefined
        : {
            file: values.drafter,
            name: values['drafter-name'] ?? 'drafter',
            version: values['drafter-version'] ?? '0',
          },
    id: values.id,
    name: values.name,
    source: values.source,
    licence: values.licence,
    systemPrompt: values['system-prompt'],
    recipe: values.recipe,
    bits: values.bits === undefined ? undefined : values.bits === '4' ? 4 : 8,
    chatTemplate: values['chat-template'],
    speed: !values['no-speed'],
    json: values.json,
  };
}

function textOf(option: string, file: string): string {
  if (!existsSync(file)) throw failure('cli.no-file', { file, option });
  return readFileSync(file, 'utf8');
}

/** What it will be and what it will cost, said on standard error. @returns null where it was cancelled @throws MezzotintError for what can't be honoured */
async function foreseen(
  { data, bits, speed: wanted }: ImportArgs,
  choice: ImportChoice,
  { stderr, signal }: Context,
): Promise<ImportForecast | null> {
  const library = openLibrary({ data });
  try {
    const plan = planOf(await library.preflight(choice));
    checkMemory(plan, bits);
    if (wanted) stderr.write('Trying a few of its layers on this machine …\n');
    const speed = wanted ? await probe(library.place.notes, choice, signal) : { state: 'skipped' as const };
    if (signal.aborted) return null;
    const forecast = forecastOf(plan, bits, speed);
    for (const line of forecastLines(forecast)) stderr.write(`${line}\n`);
    return forecast;
  } finally {
    library.close();
  }
}

export const modelsImport = defineCommand({
  name: 'models import',
  aliases: ['import'],
  takes: 'FILE.gguf|DIR',
  summary: 'Make a model folder from a GGUF file, or from a folder with config.json and safetensors.',
  about:
    'Everything is checked first. What it takes of disk and memory, and the time of a step and of a reply here, is said before anything is written; the trial takes ten seconds at most.',
  options,
  async run(input, context) {
    const { stdout, stderr, signal } = context;
    const args = importArgs(input);
    let shown = -1;
    const progress = (done: number, total: number): void => {
      const tenth = Math.floor((done / total) * 10);
      if (tenth > shown) stderr.write(`${tenth * 10} %\n`);
      shown = Math.max(shown, tenth);
    };
    const { out } = args;
    const licenceText = args.licence === undefined ? undefined : textOf('licence', args.licence);
    const chatTemplate = args.chatTemplate === undefined ? undefined : textOf('chat-template', args.chatTemplate);
    const choice: ImportChoice = {
      path: path.resolve(args.file),
      ...(args.recipe === undefined ? {} : { recipe: args.recipe }),
      ...(args.bits === undefined ? {} : { bits: args.bits }),
      ...(chatTemplate === undefined ? {} : { chatTemplate }),
    };
    const forecast = await foreseen(args, choice, context);
    if (forecast === null) {
      stderr.write('Ended. Nothing was written.\n');
      return CANCELLED;
    }
    const tell = (made: { id: string; name: string; folder: string }, text: string): void =>
      void stdout.write(args.json ? `${JSON.stringify({ ...made, forecast })}\n` : text);
    if (out === undefined) {
      const { id, name, folder } = await importIntoLibrary({ data: args.data, choice, onProgress: progress, signal });
      const place = path.join(folder, id);
      tell({ id, name, folder: place }, `${name} is ready in ${place}.\nAnswer with it: mezzotint models use ${id}\n`);
      return 0;
    }
    // ONNX Runtime reads this when its module loads, which is why the importer is imported after it
    process.env['ORT_DISABLE_TELEMETRY'] = '1';
    const { importPack } = await import('../import-pack.ts');
    const manifest = await importPack(path.resolve(args.file), {
      out: path.resolve(out),
      ...(args.adapter ? { adapter: { ...args.adapter, file: path.resolve(args.adapter.file), training: {} } } : {}),
      ...(args.drafter ? { drafter: { ...args.drafter, file: path.resolve(args.drafter.file) } } : {}),
      recipe: args.recipe,
      bits: args.bits,
      ...(chatTemplate === undefined ? {} : { chatTemplate }),
      ...(args.id === undefined ? {} : { id: args.id }),
      ...(args.name === undefined ? {} : { name: args.name }),
      ...(args.source === undefined ? {} : { source: args.source }),
      ...(args.systemPrompt === undefined ? {} : { systemPrompt: args.systemPrompt }),
      ...(licenceText === undefined ? {} : { licenceText }),
      onProgress: progress,
    });
    tell({ id: manifest.id, name: manifest.name, folder: path.resolve(out) }, `${manifest.name} is ready in ${out}.\n`);
    return 0;
  },
});
