/** `chats show`: the list of conversations, or one of them as text. */
import { defineCommand, UsageError } from '../command.ts';
import { dataOption, withChats } from '../data.ts';
import { count, dayOf, printable } from '../words.ts';

export const chatsShow = defineCommand({
  name: 'chats show',
  takes: '[ID]',
  summary: 'Print a conversation as text; without an id, list them, the newest first.',
  about: 'The branch that the window shows is printed.',
  options: {
    json: { kind: 'flag', help: 'print JSON instead: the list, or the conversation with all its branches' },
    data: dataOption,
  },
  run({ values: { json, data }, positionals }, { stdout, stderr }) {
    const [id, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('chats show needs one id, or none.');
    const say = (line: string): void => stderr.write(`${line}\n`);
    return withChats({ data, purpose: 'read', say }, async (call) => {
      if (id === undefined) {
        const all = await call('conversations.list', {});
        if (json) stdout.write(`${JSON.stringify(all)}\n`);
        else
          for (const one of all)
            stdout.write(
              `${one.id}  ${dayOf(one.updatedAt)}  ${printable(one.title)} (${count(one.messageCount, 'message')})\n`,
            );
        return 0;
      }
      const format = json ? 'json' : 'text';
      const { exportId } = await call('export.begin', { format, ids: [id], frames: false });
      try {
        for (let piece = 0; !stdout.failure; piece++) {
          const { text, done } = await call('export.read', { exportId, piece });
          stdout.write(text);
          if (done) break;
        }
      } finally {
        await call('export.end', { exportId }).catch(() => undefined);
      }
      return 0;
    });
  },
});
