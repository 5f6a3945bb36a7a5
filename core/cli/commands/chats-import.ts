/** `chats import`: conversations out of files of this app and of others. */
import path from 'node:path';
import { MezzotintError, thrownOf } from '../../contract/result.ts';
import { IMPORT_ITEMS_PAGE, type ImportFile, type ImportItem } from '../../contract/transfer.ts';
import { CANCELLED, defineCommand, UsageError, type Context, type Input } from '../command.ts';
import { dataOption, withChats, type Call } from '../data.ts';
import { openSource } from '../source-file.ts';
import { count, printable } from '../words.ts';

const options = {
  preview: { kind: 'flag', help: 'only say what would be imported' },
  json: { kind: 'flag', help: 'print a line of JSON for each file; sentences go to standard error' },
  data: dataOption,
} as const;
type Say = (line: string) => void;

export interface ImportChatsArgs {
  files: string[];
  preview: boolean;
  json: boolean;
  data: string | undefined;
}
export function importChatsArgs({ values, positionals }: Input<typeof options>): ImportChatsArgs {
  if (positionals.length === 0) throw new UsageError('chats import needs at least one file.');
  return { files: positionals, preview: values.preview, json: values.json, data: values.data };
}

/** Sends what the import wants of a file. @returns the import's name */
async function send(call: Call, file: string, stdin: Context['stdin']): Promise<string> {
  const source = await openSource(file === '-' ? file : path.resolve(file), stdin);
  try {
    const { importId, ...first } = await call('import.begin', {
      files: [{ name: file === '-' ? 'standard input' : file.slice(-1000), size: source.size }],
    });
    let { wanted } = first;
    while (wanted)
      ({ wanted } = await call('import.add', {
        importId,
        file: wanted.file,
        at: wanted.at,
        data: source.read(wanted.at, wanted.length).toString('base64'),
      }));
    return importId;
  } finally {
    source.close();
  }
}

const total = (n: number): string => n.toLocaleString('en');
const summary = ({ name, formatName, fresh, copies, updated, duplicates, bad }: ImportFile): string =>
  `${name}: ${formatName ?? 'nothing in it'}, ${total(fresh + copies)} to import, ${total(updated)} to update, ${total(duplicates)} here already, ${total(bad)} that can't be read.`;

function describe(item: ImportItem, say: Say): void {
  if (item.standing === 'bad') return say(`  not read  ${printable(item.where)}: ${item.why.message}`);
  say(
    `  ${item.standing}  ${printable(item.title)} (${count(item.messages, item.standing === 'updated' ? 'new message' : 'message')})`,
  );
  for (const { where, why } of item.notes) say(`    note  ${printable(where)}: ${why}`);
}
async function preview(call: Call, importId: string, total: number, say: Say): Promise<ImportItem[]> {
  const all: ImportItem[] = [];
  for (let from = 0; from < total; from += IMPORT_ITEMS_PAGE)
    for (const item of (await call('import.items', { importId, from })).items) {
      describe(item, say);
      all.push(item);
    }
  await call('import.cancel', { importId });
  return all;
}

/** @returns the exit code so far: 1 where something could not be imported */
async function importOne(
  call: Call,
  file: string,
  {
    look,
    say,
    report,
    stdin,
    signal,
  }: {
    look: boolean;
    say: Say;
    report: (found: Record<string, unknown>) => void;
    stdin: Context['stdin'];
    signal: AbortSignal;
  },
): Promise<number> {
  const importId = await send(call, file, stdin);
  // the service ends between two conversations
  const cancel = (): void => void call('import.cancel', { importId }).catch(() => undefined);
  signal.addEventListener('abort', cancel);
  try {
    const { files, items } = await call('import.plan', { importId });
    for (const read of files)
      say(
        read.error
          ? `${read.name}: ${[read.error.message, read.error.action].filter(Boolean).join(' ')}`
          : summary(read),
      );
    const bad = files.some(({ error, bad: unread }) => error !== null || unread > 0);
    if (look) {
      report({ file, files, items: await preview(call, importId, items, say) });
      return bad ? 1 : 0;
    }
    const outcome = await call('import.run', { importId });
    report({ file, files, ...outcome });
    const { imported, updated, problems, bad: left, cancelled, error } = outcome;
    for (const { where, why } of problems) say(`  not imported  ${printable(where)}: ${why}`);
    if (left > problems.length) say(`  and ${total(left - problems.length)} more`);
    say(`${file}: ${count(imported, 'conversation')} imported${updated > 0 ? `, ${total(updated)} updated` : ''}.`);
    if (error) throw thrownOf(error, ' What was imported stays.');
    if (cancelled) return CANCELLED;
    return bad || left > 0 ? 1 : 0;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

export const chatsImport = defineCommand({
  name: 'chats import',
  aliases: ['import-chats'],
  takes: 'FILE …',
  summary: "Take in conversations: Mezzotint's JSON and Markdown, and the exports of other apps.",
  about:
    'Those are ChatGPT, Claude.ai, DeepSeek, Gemini, llama.cpp, Open WebUI, LM Studio, LibreChat, Jan, ShareGPT and OpenAI messages, as zip or JSON. A file may be - for standard input. The app may be open meanwhile.',
  options,
  run(input, { stdout, stderr, stdin, signal }) {
    const args = importChatsArgs(input);
    const say: Say = (line) => (args.json ? stderr : stdout).write(`${line}\n`);
    const report = (found: Record<string, unknown>): void => {
      if (args.json) stdout.write(`${JSON.stringify(found)}\n`);
    };
    return withChats({ data: args.data, purpose: args.preview ? 'look' : 'write', say }, async (call) => {
      let code = 0;
      for (const file of args.files) {
        const one = await importOne(call, file, { look: args.preview, say, report, stdin, signal }).catch(
          (thrown: unknown) => {
            // a cancelled import is gone, which its next step finds out
            if (signal.aborted) return CANCELLED;
            // one that can't be read at all is reported, and the next one is tried
            if (!(thrown instanceof MezzotintError) || thrown.code !== 'file-invalid') throw thrown;
            const { code, message, action } = thrown;
            say(`${file}: ${[message, action].filter(Boolean).join(' ')}`);
            report({ file, error: { code, message, action: action ?? null } });
            return 1;
          },
        );
        if (one === CANCELLED) {
          say('Cancelled. What was imported stays.');
          return CANCELLED;
        }
        code = Math.max(code, one);
      }
      return code;
    });
  },
});
