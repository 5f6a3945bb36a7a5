/** The `mezzotint` command. Exit codes: 0 done · 1 failed · 2 not understood · 130 stopped by the person. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MAX_QUESTION_CHARACTERS } from '../contract/chat.ts';
import { MezzotintError, toAppError } from '../contract/result.ts';
import { childEngine } from '../engine/client/index.ts';
import { packDir } from '../server/paths.ts';
import { ask } from './ask.ts';
import { parseAsk, parseExport, parseImport, parseImportChats, usage, UsageError } from './args.ts';
import { exportChats, importChats } from './exchange.ts';

const here = import.meta.dirname;
/** Bundled, the engine lies beside this file; run from source, in its room. */
const bundled = path.join(here, 'engine.cjs');
const engineEntry = existsSync(bundled) ? bundled : path.join(here, '..', 'engine', 'entry.ts');
const models = existsSync(bundled) ? path.join(here, '..', 'models') : path.join(here, '..', '..', 'models');

async function runAsk(args: readonly string[]): Promise<number> {
  const parsed = parseAsk(args);
  if (parsed.question === undefined && process.stdin.isTTY) throw new UsageError('ask needs a question.');
  const question = parsed.question ?? readFileSync(0, 'utf8').trim();
  if (question === '') throw new UsageError('ask needs a question; standard input was empty.');
  if (question.length > MAX_QUESTION_CHARACTERS) throw new UsageError(`A question may have ${MAX_QUESTION_CHARACTERS} characters; this one has ${question.length}.`);
  let stop: (() => void) | undefined;
  let interrupted = false;
  process.on('SIGINT', () => {
    if (interrupted || !stop) process.exit(130);
    interrupted = true;
    stop();
  });
  const output = await ask(
    { ...parsed, question },
    {
      spawn: childEngine(engineEntry),
      packDir: parsed.pack === undefined ? packDir(models) : path.resolve(parsed.pack),
      write: (text) => void process.stdout.write(text),
      onStop: (end) => (stop = end),
    },
  ).catch((thrown: unknown) => {
    // Ctrl-C reaches the engine too, which may end before it can say so.
    if (!interrupted) throw thrown;
    return null;
  });
  if (!output) return 130;
  process.stdout.write(parsed.json ? `${JSON.stringify(output)}\n` : '\n');
  return interrupted ? 130 : 0;
}

async function runImport(args: readonly string[]): Promise<number> {
  const parsed = parseImport(args);
  if (parsed.licence !== undefined && !existsSync(parsed.licence)) throw new MezzotintError('not-found', `There is no file ${parsed.licence}.`, { action: 'Check the path given by --licence.' });
  // ONNX Runtime reads this when its module loads, which is why the importer is imported after it.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  const { importPack } = await import('../engine/import.ts');
  let shown = -1;
  const manifest = await importPack(path.resolve(parsed.file), {
    out: path.resolve(parsed.out),
    ...(parsed.adapter ? { adapter: { ...parsed.adapter, file: path.resolve(parsed.adapter.file), training: {} } } : {}),
    ...(parsed.drafter ? { drafter: { ...parsed.drafter, file: path.resolve(parsed.drafter.file) } } : {}),
    ...(parsed.id === undefined ? {} : { id: parsed.id }),
    ...(parsed.name === undefined ? {} : { name: parsed.name }),
    ...(parsed.source === undefined ? {} : { source: parsed.source }),
    ...(parsed.systemPrompt === undefined ? {} : { systemPrompt: parsed.systemPrompt }),
    ...(parsed.licence === undefined ? {} : { licenceText: readFileSync(parsed.licence, 'utf8') }),
    onProgress: (done, total) => {
      const tenth = Math.floor((done / total) * 10);
      if (tenth > shown) process.stderr.write(`${tenth * 10} %\n`);
      shown = Math.max(shown, tenth);
    },
  });
  process.stdout.write(`${manifest.name} is ready in ${parsed.out}.\n`);
  return 0;
}

async function run(): Promise<number> {
  const [command, ...args] = process.argv.slice(2);
  if (command === undefined || command === '--help' || command === 'help' || args.includes('--help')) {
    process.stdout.write(`${usage}\n`);
    return command === undefined ? 2 : 0;
  }
  if (command === 'ask') return runAsk(args);
  if (command === 'import') return runImport(args);
  if (command === 'export') return exportChats(parseExport(args), (line) => void process.stdout.write(`${line}\n`));
  if (command === 'import-chats') {
    const cancel = new AbortController();
    process.once('SIGINT', () => cancel.abort());
    return importChats(parseImportChats(args), (line) => void process.stdout.write(`${line}\n`), cancel.signal);
  }
  throw new UsageError(`There is no command ${command}.`);
}

// A reader that went away (`ask … | head`) wants nothing more.
process.stdout.on('error', () => process.exit(0));
run().then(
  (code) => {
    process.exitCode = code;
  },
  (thrown: unknown) => {
    if (thrown instanceof UsageError) {
      console.error(`${thrown.message}\n\n${usage}`);
      process.exitCode = 2;
      return;
    }
    const { code, message, action } = toAppError(thrown);
    console.error(['Error:', message, action].filter(Boolean).join(' '));
    if (code === 'internal') console.error(thrown);
    process.exitCode = 1;
  },
);
