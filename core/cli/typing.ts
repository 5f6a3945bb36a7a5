/** What a person types, or a pipe brings: one question after the other. */
import { createInterface, type Interface } from 'node:readline';
import type { Context } from './command.ts';

export interface Typing {
  /** The next question; null at the end; 'interrupt' where Ctrl-C was pressed on an empty line. */
  next(): Promise<string | null | 'interrupt'>;
  /** Keys are not shown while a reply is written; they stand in the next question. Returns what ends it. */
  hush(onInterrupt: () => void): () => void;
  close(): void;
}

/** A line that ends so goes on in the next one. */
const GOES_ON = '\\';
const joined = (lines: readonly string[]): string =>
  lines.map((line, i) => (i < lines.length - 1 && line.endsWith(GOES_ON) ? line.slice(0, -1) : line)).join('\n');

/** Lines of a pipe that wait; more are not read before. */
const MOST_WAITING = 100;

/** Lines of a pipe or a file: each is a question. */
export function pipedTyping(stdin: Context['stdin']): Typing {
  const lines = createInterface({ input: stdin, terminal: false, crlfDelay: Infinity });
  const waiting: string[] = [];
  let ended = false;
  let wake = (): void => undefined;
  lines.on('line', (line) => {
    waiting.push(line);
    if (waiting.length > MOST_WAITING) lines.pause();
    wake();
  });
  lines.on('close', () => {
    ended = true;
    wake();
  });
  return {
    async next() {
      const question: string[] = [];
      for (;;) {
        const line = waiting.shift();
        if (line !== undefined) {
          question.push(line);
          if (!line.endsWith(GOES_ON)) return joined(question);
        } else if (ended) return question.length > 0 ? joined(question) : null;
        else {
          lines.resume();
          await new Promise<void>((resolve) => (wake = resolve));
        }
      }
    },
    hush: () => () => undefined,
    close: () => lines.close(),
  };
}

const CTRL_C = '\x03';

/** A terminal. @param stderr prompts and what is typed are shown there */
export function terminalTyping(stdin: Context['stdin'], stderr: NodeJS.WriteStream, prompt: string): Typing {
  let history: string[] = [];
  let ahead = '';
  function line(shown: string, lines: Interface): Promise<string | null | 'interrupt'> {
    return new Promise((resolve) => {
      const typed: string[] = [];
      lines.on('history', (all: string[]) => (history = all));
      lines.on('close', () => resolve(null));
      lines.on('SIGINT', () => {
        if (lines.line === '' && typed.length === 0) return resolve('interrupt');
        typed.length = 0;
        stderr.write('\n');
        lines.write(null, { ctrl: true, name: 'e' });
        lines.write(null, { ctrl: true, name: 'u' });
        lines.prompt();
      });
      lines.on('line', (text) => {
        typed.push(text);
        // lines that were pasted come in one go: they are one question
        setImmediate(() => {
          if (lines.line !== '' || typed.at(-1)?.endsWith(GOES_ON)) return;
          if (typed.length > 0) resolve(joined(typed));
        });
      });
      lines.setPrompt(shown);
      lines.prompt();
      if (ahead !== '') lines.write(ahead);
      ahead = '';
    });
  }
  return {
    async next() {
      const lines = createInterface({
        input: stdin,
        output: stderr,
        terminal: true,
        history,
        removeHistoryDuplicates: true,
      });
      const question = await line(prompt, lines);
      lines.close();
      return question;
    },
    hush(onInterrupt) {
      const take = (chunk: Buffer): void => {
        const text = chunk.toString('utf8');
        if (text.includes(CTRL_C)) onInterrupt();
        // what moves a cursor or ends a line has no place yet
        else if (!/\p{Cc}/u.test(text)) ahead += text;
      };
      stdin.setRawMode(true);
      stdin.on('data', take);
      stdin.resume();
      return () => {
        stdin.off('data', take);
        stdin.setRawMode(false);
        stdin.pause();
      };
    },
    close: () => undefined,
  };
}
