/** `models add`: a model onto this machine, from the hub or from the disk. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ImportChoice, ImportPlan } from '../../contract/models.ts';
import { catalogueEntry, checkRepository, dropFetch, fetchRepository, holdFetch, lookAt } from '../../hub/index.ts';
import { checkpointIn } from '../../library/index.ts';
import { agreed } from '../agreed.ts';
import { CANCELLED, defineCommand, UsageError, type Context, type Input } from '../command.ts';
import { dataOption } from '../data.ts';
import { connectHub, judge } from '../fetching.ts';
import { bytesText, progressLines } from '../figures.ts';
import {
  checkMemory,
  forecastLines,
  forecastOf,
  packOf,
  planOf,
  probe,
  type ImportForecast,
} from '../import-forecast.ts';
import { importIntoLibrary } from '../import-into-library.ts';
import { openLibrary } from '../library.ts';

const options = {
  revision: { kind: 'text', value: 'R', help: 'a branch, tag or commit of the repository (default: main)' },
  file: { kind: 'text', value: 'NAME.gguf', help: 'a GGUF file of the repository, in place of its safetensors' },
  recipe: { kind: 'text', value: 'NAME', help: "which model it is, where its files don't tell" },
  bits: { kind: 'text', value: '4|8', help: 'bits of a weight (default: 8, and 4 from 3 billion weights on)' },
  'limit-rate': { kind: 'text', value: 'MB', help: 'fetch so many megabytes a second at most' },
  keep: { kind: 'flag', help: 'keep the fetched files after they were converted' },
  'no-speed': { kind: 'flag', help: 'do not measure how fast it would be here' },
  yes: { kind: 'flag', help: 'do it without asking' },
  json: { kind: 'flag', help: 'print one JSON line instead of the text' },
  data: dataOption,
} as const;

export interface AddArgs {
  source: { kind: 'disk'; path: string } | { kind: 'hub'; repository: string; revision: string };
  file: string | undefined;
  choice: Omit<ImportChoice, 'path'>;
  /** Bytes a second. */
  rate: number | null;
  keep: boolean;
  /** Measured before it is fetched or converted. */
  speed: boolean;
  yes: boolean;
  json: boolean;
  data: string | undefined;
}

const looksLikePath = (source: string): boolean =>
  /\.gguf$/i.test(source) || /^(\.{0,2}[/\\]|~|[A-Za-z]:[/\\])/.test(source) || source === '.' || source === '..';

export function addArgs({ values, positionals }: Input<typeof options>): AddArgs {
  const [source, ...more] = positionals;
  if (source === undefined || more.length > 0)
    throw new UsageError('models add needs exactly one repository, model folder or GGUF file.');
  if (values.bits !== undefined && values.bits !== '4' && values.bits !== '8')
    throw new UsageError(`--bits is 4 or 8, not ${values.bits}.`);
  const limit = values['limit-rate'] === undefined ? null : Number(values['limit-rate']);
  if (limit !== null && !(limit > 0 && Number.isFinite(limit)))
    throw new UsageError(`--limit-rate needs a number of megabytes, not ${JSON.stringify(values['limit-rate'])}.`);
  const onDisk = looksLikePath(source) || existsSync(source);
  if (onDisk && (values.revision !== undefined || values.file !== undefined))
    throw new UsageError('--revision and --file belong to a repository of the hub.');
  const entry = catalogueEntry(source);
  if (!onDisk && !entry) checkRepository(source);
  return {
    source: onDisk
      ? { kind: 'disk', path: path.resolve(source) }
      : {
          kind: 'hub',
          repository: entry?.repository ?? source,
          revision: values.revision ?? entry?.revision ?? 'main',
        },
    file: values.file,
    choice: {
      ...(values.recipe === undefined ? {} : { recipe: values.recipe }),
      ...(values.bits === undefined ? {} : { bits: values.bits === '4' ? 4 : 8 }),
    },
    rate: limit === null ? null : limit * 1e6,
    keep: values.keep,
    speed: !values['no-speed'],
    yes: values.yes,
    json: values.json,
    data: values.data,
  };
}

/** From the plan to the model. */
async function convert(
  from: string,
  { choice, data }: AddArgs,
  { stderr, signal }: Context,
): Promise<{ id: string; name: string; folder: string }> {
  const tell = progressLines('Converting', (line) => stderr.write(`${line.replace(/ of .*/, '')}\n`));
  return importIntoLibrary({ data, choice: { ...choice, path: from }, onProgress: tell, signal });
}

export const modelsAdd = defineCommand({
  name: 'models add',
  takes: 'ID|ORG/NAME|DIR|FILE.gguf',
  summary: 'Fetch a model and make it usable here, or import one from the disk.',
  about:
    'It is judged by its config before its weights are fetched. Ctrl-C pauses, and the same command goes on. HF_ENDPOINT, HF_TOKEN, HTTPS_PROXY and NODE_EXTRA_CA_CERTS are minded.',
  options,
  async run(input, context) {
    const { stdout, stderr, signal } = context;
    const args = addArgs(input);
    const say = (line: string): void => stderr.write(`${line}\n`);
    const library = openLibrary({ data: args.data });
    const { source, choice } = args;
    const foresee = async (path: string, plan: ImportPlan): Promise<ImportForecast> => {
      checkMemory(plan, choice.bits);
      if (args.speed) say('Trying a few of its layers on this machine …');
      const speed = args.speed
        ? await probe(library.place.notes, { ...choice, path }, signal)
        : { state: 'skipped' as const };
      signal.throwIfAborted();
      const forecast = forecastOf(plan, choice.bits, speed);
      for (const line of forecastLines(forecast)) say(line);
      return forecast;
    };
    let forecast: ImportForecast | undefined;
    try {
      library.place.ready();
      const root = library.place.downloads;
      let from: string;
      if (source.kind === 'disk') {
        forecast = await foresee(source.path, planOf(await library.preflight({ ...choice, path: source.path })));
        from = source.path;
      } else {
        const connection = connectHub(say);
        const found = await lookAt(connection, source.repository, source.revision, signal, args.file);
        const plan = await judge(connection, found, library, root, choice, signal, async (skeleton, judged) => {
          forecast = await foresee(skeleton, judged);
        });
        const pack = packOf(plan, choice.bits);
        const bytes = found.files.reduce((sum, file) => sum + file.bytes, 0);
        say(
          `${found.repository} at ${found.commit.slice(0, 12)}: licence ${found.licence ?? plan.licence}. ` +
            `It fetches ${bytesText(bytes)}, and keeps ${bytesText(pack.bytes)}.`,
        );
        if (!args.yes && !(await agreed('Fetch it?', context))) {
          say('Nothing was added.');
          return 1;
        }
        const tell = progressLines('Fetching', say);
        const fetched = await fetchRepository(connection, found, root, {
          signal,
          rate: () => args.rate,
          reserve: pack.bytes,
          onProgress: ({ done, total }) => tell(done, total),
        });
        from = checkpointIn(fetched, args.file);
      }
      const release = source.kind === 'hub' ? holdFetch(root, source.repository) : () => undefined;
      const made = await convert(from, args, context).finally(release);
      if (source.kind === 'hub' && !args.keep) dropFetch(root, source.repository);
      if (args.json) stdout.write(`${JSON.stringify({ ...made, source: from, forecast })}\n`);
      else stdout.write(`${made.name} is ready as ${made.id}. Answer with it: mezzotint models use ${made.id}\n`);
      return 0;
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
      say(
        source.kind === 'hub'
          ? 'Paused. What was fetched is kept; the same command goes on.'
          : 'Ended. Nothing was added.',
      );
      return CANCELLED;
    } finally {
      library.close();
    }
  },
});
