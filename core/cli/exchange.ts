/** `export` and `import-chats`: conversations to a file and from files, beside the app, which must be closed meanwhile. */
import { setImmediate } from 'node:timers/promises';
import path from 'node:path';
import { MezzotintError, thrownOf } from '../contract/result.ts';
import { planImport, readFile, runImport, textsOfFile, writeExport, type ImportPlan, type PackedText } from '../exchange/index.ts';
import { titleFrom } from '../chat/title.ts';
import type { ExportArgs, ImportChatsArgs } from './args.ts';
import { withStore } from './data.ts';
import type { Output } from './output.ts';
import { openTarget, targetTrouble } from './target.ts';

const count = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 80);

export interface Context {
  /** Standard output. */
  output: Output;
  /** A line for the person. */
  say: (line: string) => void;
  signal: AbortSignal;
}
const CANCELLED = 130;

/** Writes the file whole or not at all. @returns the exit code */
export function exportChats({ out, format, frames, ids, data }: ExportArgs, { output, say, signal }: Context): Promise<number> {
  return withStore({ data, purpose: 'read', say }, async (store) => {
    // oldest first: taken in again in this order, those of the same moment stand in the list as they did
    const wanted = ids.length > 0 ? ids.map((id) => store.conversations.get(id).id) : store.conversations.list().map(({ id }) => id).reverse();
    function* conversations() {
      for (const id of wanted) yield store.archive.read(id, { frames });
    }
    let target;
    try {
      target = openTarget(out, output);
      for (const piece of writeExport(format, conversations(), { exportedAt: Date.now(), frames })) {
        target.write(piece);
        await setImmediate();
        if (signal.aborted) {
          say('Cancelled.');
          return CANCELLED;
        }
      }
      await target.finish();
    } catch (thrown) {
      // trouble with conversations has words of its own
      throw thrown instanceof Error && 'syscall' in thrown ? targetTrouble(out, thrown) : thrown;
    } finally {
      target?.discard();
    }
    say(`${count(wanted.length, 'conversation')} written to ${out === '-' ? 'standard output' : out}.`);
    return 0;
  });
}

/** The texts in a file, by the name it was given under. */
function read(file: string): PackedText[] {
  const target = path.resolve(file);
  try {
    return textsOfFile(file, target);
  } catch (thrown) {
    if (thrown instanceof MezzotintError) throw thrown;
    throw new MezzotintError('file-invalid', `${file} can't be read: ${thrown instanceof Error ? thrown.message : String(thrown)}.`, { action: 'Check the path and the disk, and try again.', cause: thrown });
  }
}

function tellPlan(file: string, plan: ImportPlan, say: (line: string) => void): void {
  const of = (...standings: string[]): string => plan.items.filter(({ standing }) => standings.includes(standing)).length.toLocaleString('en');
  say(`${file}: ${plan.formatName ?? 'nothing in it'}, ${of('new', 'copy')} to import, ${of('updated')} to update, ${of('duplicate')} here already, ${plan.problems.length.toLocaleString('en')} that can't be read.`);
}

/**
 * Imports each file after the other. A file that can't be read at all is told of, and the next one is tried.
 * @returns the exit code: 0 all of it is there now · 1 something could not be imported · 130 cancelled
 */
export function importChats({ files, preview, data }: ImportChatsArgs, { say, signal }: Context): Promise<number> {
  return withStore({ data, purpose: preview ? 'look' : 'write', say }, async (store) => {
    let code = 0;
    const bad = (file: string, thrown: unknown): void => {
      if (!(thrown instanceof MezzotintError) || thrown.code !== 'file-invalid') throw thrown;
      say(`${file}: ${[thrown.message, thrown.action].filter(Boolean).join(' ')}`);
      code = 1;
    };
    for (const given of files) {
      let texts: PackedText[] = [];
      try {
        texts = read(given);
      } catch (thrown) {
        bad(given, thrown);
      }
      for (const { name: file, text } of texts) {
        let plan: ImportPlan;
        try {
          plan = planImport(readFile(text(), { now: Date.now(), titleFrom }), store.archive);
        } catch (thrown) {
          bad(file, thrown);
          continue;
        }
        tellPlan(file, plan, say);
        if (preview) {
          for (const { standing, conversation, addition, notes } of plan.items) {
            say(`  ${standing}  ${printable(conversation.title)} (${addition ? count(addition.messages.length, 'new message') : count(conversation.messages.length, 'message')})`);
            for (const { where, why } of notes) say(`    note  ${printable(where)}: ${why}`);
          }
          for (const { where, why } of plan.problems) say(`  not read  ${printable(where)}: ${why}`);
          if (plan.problems.length > 0) code = 1;
          continue;
        }
        const result = await runImport(plan, store.archive, { signal });
        for (const { where, why } of result.problems) say(`  not imported  ${printable(where)}: ${why}`);
        say(`${file}: ${count(result.imported.length, 'conversation')} imported${result.updated.length > 0 ? `, ${result.updated.length.toLocaleString('en')} updated` : ''}.`);
        if (result.problems.length > 0) code = 1;
        if (result.stopped === 'cancelled') {
          say('Cancelled. What was imported stays.');
          return CANCELLED;
        }
        if (result.stopped) throw thrownOf(result.stopped, ' What was imported stays.');
      }
    }
    return code;
  });
}
