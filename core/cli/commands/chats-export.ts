/** `chats export`: conversations to one file, a pipe or standard output. */
import { exportFormats, type TextFormat } from '../../contract/transfer.ts';
import { CANCELLED, defineCommand, UsageError, type Input } from '../command.ts';
import { dataOption, withChats } from '../data.ts';
import { openTarget, targetTrouble } from '../target.ts';
import { count } from '../words.ts';

/** What is printed needs a window. */
const formats: readonly TextFormat[] = exportFormats.filter((name): name is TextFormat => name !== 'pdf');
const options = {
  out: { kind: 'text', value: 'FILE', help: 'the file to write; - is standard output' },
  format: {
    kind: 'text',
    value: 'FORMAT',
    help: `json (default) is complete and can be imported again; others: ${formats.filter((name) => name !== 'json').join(', ')}`,
  },
  frames: { kind: 'flag', help: 'json: the steps of each reply too' },
  id: { kind: 'list', value: 'ID', help: 'this conversation alone' },
  data: dataOption,
} as const;

export interface ExportArgs {
  out: string;
  format: TextFormat;
  frames: boolean;
  /** Empty: all conversations. */
  ids: string[];
  data: string | undefined;
}
export function exportArgs({ values, positionals }: Input<typeof options>): ExportArgs {
  if (positionals.length > 0) throw new UsageError(`chats export does not know ${JSON.stringify(positionals[0])}.`);
  if (values.out === undefined || values.out === '')
    throw new UsageError('chats export needs --out FILE, the file to write.');
  const format = formats.find((name) => name === (values.format ?? 'json'));
  if (format === undefined) throw new UsageError(`--format: one of ${formats.join(', ')}.`);
  if (values.frames && format !== 'json') throw new UsageError('--frames goes with --format json.');
  return { out: values.out, format, frames: values.frames, ids: values.id, data: values.data };
}

export const chatsExport = defineCommand({
  name: 'chats export',
  aliases: ['export'],
  takes: '--out FILE',
  summary: 'Write conversations to a file.',
  about: 'The app may be open meanwhile. A file that is there is replaced whole or not at all.',
  options,
  run(input, { stdout, stderr, signal }) {
    const { out, format, frames, ids, data } = exportArgs(input);
    const lines = out === '-' ? stderr : stdout;
    const say = (line: string): void => lines.write(`${line}\n`);
    return withChats({ data, purpose: 'read', say }, async (call) => {
      const { exportId, conversations } = await call('export.begin', {
        format,
        ids: ids.length > 0 ? ids : null,
        frames,
      });
      let target;
      try {
        target = openTarget(out, stdout);
        for (let piece = 0; ; piece++) {
          const { text, done } = await call('export.read', { exportId, piece });
          target.write(text);
          if (signal.aborted) {
            say('Cancelled.');
            return CANCELLED;
          }
          if (done) break;
        }
        await target.finish();
      } catch (thrown) {
        // trouble with conversations has words of its own
        throw thrown instanceof Error && 'syscall' in thrown ? targetTrouble(out, thrown) : thrown;
      } finally {
        target?.discard();
        await call('export.end', { exportId }).catch(() => undefined);
      }
      say(`${count(conversations, 'conversation')} written to ${out === '-' ? 'standard output' : out}.`);
      return 0;
    });
  },
});
