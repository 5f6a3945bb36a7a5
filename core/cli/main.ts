/** The `mezzotint` command. Exit codes: 0 done · 1 failed · 2 not understood · 130 stopped by the person. */
import { existsSync, fstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MAX_QUESTION_CHARACTERS } from '../contract/chat.ts';
import { MezzotintError, toAppError } from '../contract/result.ts';
import { childEngine } from '../engines/index.ts';
import { packDir } from '../app/paths.ts';
import { ask } from './ask.ts';
import { parseAsk, parseExport, parseImport, parseImportChats, usage, UsageError } from './args.ts';
import { exportChats, importChats, type Context } from './exchange.ts';
import { readInput } from './input.ts';
import { outputTo, readerLeft } from './output.ts';

const stdout = outputTo(process.stdout);
const stderr = outputTo(process.stderr);

const here = import.meta.dirname;
/** Bundled, the engine lies beside this file; run from source, in its room. */
const bundled = path.join(here, 'engine.cjs');
const engineEntry = existsSync(bundled) ? bundled : path.join(here, '..', 'engine', 'entry.ts');
const models = existsSync(bundled) ? path.join(here, '..', 'models') : path.join(here, '..', '..', 'models');

/** Milliseconds within which a second SIGINT is taken for the same press. */
const SAME_PRESS_MS = 500;

/** Standard input may be anything a shell redirects: Node takes a folder for an empty file. */
async function piped(): Promise<string> {
  if (fstatSync(0).isDirectory()) throw new MezzotintError('file-invalid', "Standard input can't be read: it is a folder.", { action: 'Redirect a file into the command.' });
  // no character of UTF-8 has more than four bytes
  return (await readInput(process.stdin, 4 * MAX_QUESTION_CHARACTERS)).trim();
}

async function runAsk(args: readonly string[]): Promise<number> {
  const parsed = parseAsk(args);
  if (parsed.question === undefined && process.stdin.isTTY) throw new UsageError('ask needs a question.');
  const question = parsed.question ?? (await piped());
  if (question === '') throw new UsageError('ask needs a question; standard input was empty.');
  if (question.length > MAX_QUESTION_CHARACTERS) throw new UsageError(`A question may have ${MAX_QUESTION_CHARACTERS} characters; this one has ${question.length}.`);
  let stop: (() => void) | undefined;
  let interrupted = 0;
  process.on('SIGINT', () => {
    // a terminal and a launcher may both pass on the same Ctrl-C
    if (interrupted > 0 && performance.now() - interrupted < SAME_PRESS_MS) return;
    if (interrupted > 0 || !stop) process.exit(130);
    interrupted = performance.now();
    stop();
  });
  // nobody can see the rest of the reply
  stdout.onFailure(() => stop?.());
  const output = await ask(
    { ...parsed, question },
    {
      spawn: childEngine(engineEntry),
      packDir: parsed.pack === undefined ? packDir(models) : path.resolve(parsed.pack),
      write: (text) => stdout.write(text),
      onStop: (end) => {
        stop = end;
        if (stdout.failure) end();
      },
    },
  ).catch((thrown: unknown) => {
    // Ctrl-C reaches the engine too, which may end before it can say so.
    if (interrupted === 0) throw thrown;
    return null;
  });
  if (!output) return 130;
  stdout.write(parsed.json ? `${JSON.stringify(output)}\n` : '\n');
  return interrupted > 0 ? 130 : 0;
}

async function runImport(args: readonly string[]): Promise<number> {
  const parsed = parseImport(args);
  if (parsed.licence !== undefined && !existsSync(parsed.licence)) throw new MezzotintError('not-found', `There is no file ${parsed.licence}.`, { action: 'Check the path given by --licence.' });
  if (parsed.chatTemplate !== undefined && !existsSync(parsed.chatTemplate)) throw new MezzotintError('not-found', `There is no file ${parsed.chatTemplate}.`, { action: 'Check the path given by --chat-template.' });
  // ONNX Runtime reads this when its module loads, which is why the importer is imported after it.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  const { importPack } = await import('../engine/import.ts');
  let shown = -1;
  const manifest = await importPack(path.resolve(parsed.file), {
    out: path.resolve(parsed.out),
    ...(parsed.adapter ? { adapter: { ...parsed.adapter, file: path.resolve(parsed.adapter.file), training: {} } } : {}),
    ...(parsed.drafter ? { drafter: { ...parsed.drafter, file: path.resolve(parsed.drafter.file) } } : {}),
    recipe: parsed.recipe,
    bits: parsed.bits,
    ...(parsed.chatTemplate === undefined ? {} : { chatTemplate: readFileSync(parsed.chatTemplate, 'utf8') }),
    ...(parsed.id === undefined ? {} : { id: parsed.id }),
    ...(parsed.name === undefined ? {} : { name: parsed.name }),
    ...(parsed.source === undefined ? {} : { source: parsed.source }),
    ...(parsed.systemPrompt === undefined ? {} : { systemPrompt: parsed.systemPrompt }),
    ...(parsed.licence === undefined ? {} : { licenceText: readFileSync(parsed.licence, 'utf8') }),
    onProgress: (done, total) => {
      const tenth = Math.floor((done / total) * 10);
      if (tenth > shown) stderr.write(`${tenth * 10} %\n`);
      shown = Math.max(shown, tenth);
    },
  });
  stdout.write(`${manifest.name} is ready in ${parsed.out}.\n`);
  return 0;
}

/** Ends between two conversations, on the first Ctrl-C or where the system asks for it. */
function context(toStderr: boolean): Context {
  const cancel = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => cancel.abort());
  const lines = toStderr ? stderr : stdout;
  return { output: stdout, say: (line) => lines.write(`${line}\n`), signal: cancel.signal };
}

async function run(): Promise<number> {
  const [command, ...args] = process.argv.slice(2);
  if (command === undefined || command === '--help' || command === 'help' || args.includes('--help')) {
    (command === undefined ? stderr : stdout).write(`${usage}\n`);
    return command === undefined ? 2 : 0;
  }
  if (command === 'ask') return runAsk(args);
  if (command === 'import') return runImport(args);
  if (command === 'export') {
    const parsed = parseExport(args);
    return exportChats(parsed, context(parsed.out === '-'));
  }
  if (command === 'import-chats') return importChats(parseImportChats(args), context(false));
  throw new UsageError(`There is no command ${command}.`);
}

/** What went wrong, for the person. @returns the exit code */
function report(thrown: unknown): number {
  if (thrown instanceof UsageError) {
    stderr.write(`${thrown.message}\n\n${usage}\n`);
    return 2;
  }
  const { code, message, action } = toAppError(thrown);
  // the reader of an export to standard output went away: it wants nothing more
  if (stdout.failure && readerLeft(stdout.failure)) return 0;
  if (stdout.failure === null || code !== 'internal') stderr.write(`${['Error:', message, action].filter(Boolean).join(' ')}\n`);
  if (code === 'internal' && stdout.failure === null) stderr.write(`${thrown instanceof Error ? (thrown.stack ?? '') : ''}\n`);
  return 1;
}

async function main(): Promise<void> {
  const code = await run().catch(report);
  await stdout.flush();
  const { failure } = stdout;
  const told = failure !== null && !readerLeft(failure);
  if (told) stderr.write(`Error: Standard output can't be written: ${failure.message}. What was printed is not whole: free some space there, or send it elsewhere, and try again.\n`);
  await stderr.flush();
  process.exitCode = code === 0 && told ? 1 : code;
}
void main();
