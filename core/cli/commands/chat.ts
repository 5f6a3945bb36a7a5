/** `chat`: a conversation in the terminal, stored as the window's are. */
import * as v from 'valibot';
import { idSchema } from '../../contract/channel.ts';
import { MAX_QUESTION_CHARACTERS } from '../../contract/chat.ts';
import type { Message } from '../../contract/conversations.ts';
import type { GenerationEvent } from '../../contract/generation.ts';
import { failure, MezzotintError } from '../../contract/result.ts';
import { chatCommands, chatHelp, readTyped } from '../chat-commands.ts';
import { chosenModel, configure, ownModel, setupOf, writerOf } from '../chat-model.ts';
import { chatSettings, chosenFor, type ChatSettings } from '../chat-settings.ts';
import { CANCELLED, defineCommand, UsageError, type Context } from '../command.ts';
import { Conversing } from '../conversing.ts';
import { dataOption } from '../data.ts';
import { reachService, type ReachedService } from '../service.ts';
import { TerminalCanvas } from '../terminal-canvas.ts';
import { pipedTyping, terminalTyping } from '../typing.ts';
import { printable } from '../words.ts';

const options = {
  id: { kind: 'text', value: 'ID', help: 'go on with this conversation of chats show' },
  system: { kind: 'text', value: 'TEXT', help: 'instructions of a new conversation' },
  model: {
    kind: 'text',
    value: 'ID|NAME',
    help: 'one of models list by id or name: it writes this conversation from now on (default: the one in use)',
  },
  server: { kind: 'text', value: 'NAME', help: 'a server of servers list writes it, in place of this machine' },
  mode: { kind: 'text', value: 'exact|fast|ar', help: "how replies are written (default: the app's setting)" },
  temperature: { kind: 'text', value: 'X', help: '0 (greedy) … 2' },
  seed: { kind: 'text', value: 'N', help: '0 … 4294967295; the same for every reply' },
  'max-tokens': { kind: 'text', value: 'N', help: 'longest reply, in tokens' },
  json: { kind: 'flag', help: 'print a line of JSON for each reply instead of its text' },
  events: { kind: 'flag', help: 'print every event of the replies, a line of JSON each' },
  data: dataOption,
} as const;

const asJson = ({ conversationId, id, text, status, generation }: Message): string =>
  JSON.stringify({
    conversationId,
    messageId: id,
    text,
    status,
    stop: generation?.reason ?? null,
    mode: generation?.mode ?? null,
    seed: generation?.seed ?? null,
    tokens: generation?.counts?.tokens ?? 0,
    forwards: generation?.counts?.forwards ?? 0,
    model: generation?.pack?.id ?? null,
    host: generation?.pack?.server?.host ?? null,
  });

/** How a reply ended, where that has to be said. */
function endWords({ status, generation }: Message): string | null {
  if (status === 'stopped') return 'Stopped. /continue goes on with it.';
  if (status === 'failed' || status === 'interrupted') {
    const error = generation?.error;
    return error
      ? `Error: ${error.message} ${error.action ?? ''}`.trim()
      : 'The reply was interrupted. /continue goes on with it.';
  }
  if (generation?.reason === 'length') return 'The reply reached its longest length. /continue goes on with it.';
  return generation?.reason === 'context-full' ? 'The context is full. /new begins another conversation.' : null;
}

/** A reply's figures, for a terminal. */
function figuresOf({ generation }: Message): string | null {
  const counts = generation?.counts;
  if (!counts || counts.forwards === 0 || counts.msDecode === 0) return null;
  return `${(counts.tokens / counts.forwards).toFixed(1)} tokens a forward, ${((counts.tokens * 1000) / counts.msDecode).toFixed(0)} a second`;
}

interface Args {
  id: string | undefined;
  system: string | undefined;
  model: string | undefined;
  server: string | undefined;
  settings: ChatSettings;
  as: 'text' | 'json' | 'events';
}

async function converse(service: ReachedService, args: Args, context: Context): Promise<number> {
  const { stdout, stderr, stdin, terminal, signal } = context;
  const interactive = stdin.isTTY && terminal.stderr;
  const say = (line: string): void => stderr.write(`${line}\n`);
  const faint = (line: string): void => say(terminal.colour && terminal.stderr ? `\x1b[2m${line}\x1b[22m` : line);

  const canvas = new TerminalCanvas({
    text: (text) => stdout.write(text),
    draw: (sequence) => stderr.write(sequence),
    size: terminal.size,
    colour: terminal.colour,
    together: terminal.stdout,
  });
  const onEvents = (events: readonly GenerationEvent[]): void => {
    if (args.as === 'events') for (const event of events) stdout.write(`${JSON.stringify(event)}\n`);
    else if (args.as === 'text' && terminal.stderr) canvas.take(events);
    else if (args.as === 'text')
      for (const event of events)
        if (event.type === 'blockCommitted') stdout.write(event.tokens.map(({ text }) => text).join(''));
  };

  const server = args.server !== undefined;
  const going = args.id === undefined ? null : (await service.call('conversations.get', { id: args.id })).conversation;
  const asked = args.model === undefined ? undefined : await chosenModel(service, args.model);
  if (going) await configure(service, going, { model: asked?.id, server });
  // a model of this machine would write in place of the server that was named
  const model = asked ?? (server ? undefined : await ownModel(service, going));
  const pack = await writerOf(service, model?.id);
  if (!pack && args.settings.mode !== undefined) throw failure('cli.modes-unknown', { model: model?.name ?? '' });
  const conversing = new Conversing({
    service,
    settings: chosenFor(args.settings, pack),
    setup: await setupOf(service, { system: args.system, model: model?.id }),
    onEvents,
  });
  if (going) await conversing.open(going.id);
  // as ask says it: words leave this machine
  if (pack?.server && !interactive) say(`${pack.server.name} (${pack.server.host}) writes the replies.`);
  if (interactive) {
    const where = service.of === 'app' ? 'the app that is open' : 'this terminal alone';
    const writer = pack?.server ? `${pack.name} at ${pack.server.host}` : (pack?.name ?? model?.name);
    faint(`${writer} answers, in ${where}. /help lists the commands. Ctrl-C stops a reply; pressed again, it leaves.`);
    if (going) faint(`Going on with “${printable(going.title)}”.`);
  }

  const typing = interactive ? terminalTyping(stdin, process.stderr, '> ') : pipedTyping(stdin);
  let writing = false;
  let presses = 0;
  let leave: () => void = () => undefined;
  const left = new Promise<'left'>((resolve) => (leave = () => resolve('left')));
  const interrupt = (): void => {
    presses++;
    if (presses > 1) return leave();
    if (writing) return conversing.stop();
    // a pipe has nobody who could press it again
    if (!interactive) leave();
  };
  context.onInterrupt(interrupt);
  signal.addEventListener('abort', leave);
  stdout.onFailure(leave);

  let failed = false;
  let replies = 0;
  const write = async (start: () => Promise<Message>): Promise<'left' | void> => {
    if (args.as === 'text' && !interactive && replies++ > 0) stdout.write('\n');
    writing = true;
    const show = typing.hush(interrupt);
    try {
      const reply = await Promise.race([start(), left]);
      canvas.end();
      if (reply === 'left') return reply;
      if (args.as === 'json') stdout.write(`${asJson(reply)}\n`);
      else if (args.as === 'text') stdout.write('\n');
      if (reply.status === 'failed' || reply.status === 'interrupted') failed = true;
      const words = endWords(reply);
      const figures = interactive ? figuresOf(reply) : null;
      if (words?.startsWith('Error')) say(words);
      else if (words !== null) faint(words);
      if (figures !== null) faint(figures);
    } finally {
      writing = false;
      show();
    }
  };

  try {
    for (;;) {
      const line = await Promise.race([typing.next(), left, service.ended]);
      if (line === 'left') break;
      if (line === null) return failed && !interactive ? 1 : 0;
      if (line === 'interrupt') {
        interrupt();
        if (presses > 1) break;
        faint('Ctrl-C once more leaves.');
        continue;
      }
      const typed = readTyped(line);
      if (typed.kind !== 'nothing') presses = 0;
      try {
        if (typed.kind === 'unknown') {
          failed = true;
          say(`There is no command ${printable(typed.name)}. There are: ${Object.keys(chatCommands).join(', ')}.`);
        } else if (typed.kind === 'question') {
          if (typed.text.length > MAX_QUESTION_CHARACTERS)
            throw new UsageError(`A question may have ${MAX_QUESTION_CHARACTERS} characters.`);
          if ((await write(() => conversing.ask(typed.text))) === 'left') break;
        } else if (typed.kind === 'command') {
          if (typed.name === '/quit') return failed && !interactive ? 1 : 0;
          if (typed.name === '/help') say(chatHelp());
          if (typed.name === '/new') conversing.leave();
          if (typed.name === '/retry' && (await write(() => conversing.retry())) === 'left') break;
          if (typed.name === '/continue' && (await write(() => conversing.continue())) === 'left') break;
        }
      } catch (thrown) {
        // an answer of the service: the conversation goes on
        if (!(thrown instanceof UsageError) && !(thrown instanceof MezzotintError && thrown.code !== 'connection-lost'))
          throw thrown;
        failed = true;
        const { message, action } = thrown as Partial<MezzotintError> & Error;
        say(['Error:', message, action].filter(Boolean).join(' '));
      }
    }
    conversing.stop();
    // nobody reads the replies any more
    if (stdout.failure) return 0;
    if (interactive) say('');
    return CANCELLED;
  } finally {
    canvas.end();
    typing.close();
  }
}

export const chat = defineCommand({
  name: 'chat',
  takes: '',
  summary: 'Talk in the terminal, in a conversation that is stored.',
  about: `Each line is a question; from a pipe too. Where the app has the data folder open, it answers. ${Object.keys(chatCommands).join(', ')} are understood.`,
  options,
  async run({ values, positionals }, context) {
    if (positionals.length > 0)
      throw new UsageError(`chat does not know ${JSON.stringify(positionals[0])}. A single question: ask.`);
    if (values.json && values.events) throw new UsageError('--json and --events do not go together.');
    if (values.id !== undefined && !v.is(idSchema, values.id)) throw new UsageError('--id needs an id of chats show.');
    if (values.id !== undefined && values.system !== undefined)
      throw new UsageError('--id and --system do not go together: a conversation has its instructions.');
    if (values.server !== undefined && values.model !== undefined)
      throw new UsageError('--server and --model do not go together.');
    const args: Args = {
      id: values.id,
      system: values.system,
      model: values.model,
      server: values.server,
      settings: chatSettings(values as Parameters<typeof chatSettings>[0]),
      as: values.json ? 'json' : values.events ? 'events' : 'text',
    };
    const service = await reachService({
      data: values.data,
      server: values.server,
      say: (line) => context.stderr.write(`${line}\n`),
    });
    try {
      return await converse(service, args, context);
    } finally {
      await service.close();
    }
  },
});
