/** `export` and `import-chats`: conversations to a file and from files, beside the app, which must be closed meanwhile. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { MezzotintError, thrownOf } from '../contract/result.ts';
import { dataDirOf } from '../data/index.ts';
import { checkSize, planImport, readFile, runImport, textsIn, writeExport, type ImportPlan, type PackedText } from '../exchange/index.ts';
import { titleFrom } from '../chat/title.ts';
import { defaultDataDir } from '../server/paths.ts';
import { openStore, type Store } from '../store/index.ts';
import type { ExportArgs, ImportChatsArgs } from './args.ts';

async function withStore<T>(data: string | undefined, say: (line: string) => void, work: (store: Store) => T | Promise<T>): Promise<T> {
  const place = dataDirOf(path.resolve(data ?? process.env['MEZZOTINT_DATA'] ?? defaultDataDir()));
  const opened = openStore({ dataDir: place.dataDir, who: 'on the command line' });
  if (!opened.ok) throw thrownOf(opened.error);
  const { store, notices } = opened.value;
  for (const notice of [...place.notices, ...notices]) say(notice.message);
  try {
    return await work(store);
  } finally {
    store.close();
  }
}
const fileTrouble = (what: string, file: string, cause: unknown): MezzotintError =>
  new MezzotintError('file-invalid', `${file} cannot be ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { action: 'Check the path and the disk, and try again.', file, cause });
const count = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 80);

/** Writes the file whole or not at all: beside its place first, then moved there. @returns the exit code */
export function exportChats({ out, format, frames, ids, data }: ExportArgs, say: (line: string) => void): Promise<number> {
  return withStore(data, say, (store) => {
    // oldest first: taken in again in this order, those of the same moment stand in the list as they did
    const wanted = ids.length > 0 ? ids.map((id) => store.conversations.get(id).id) : store.conversations.list().map(({ id }) => id).reverse();
    const target = path.resolve(out);
    const partial = `${target}.part`;
    function* conversations() {
      for (const id of wanted) yield store.archive.read(id, { frames });
    }
    try {
      const file = openSync(partial, 'w');
      try {
        for (const piece of writeExport(format, conversations(), { exportedAt: Date.now(), frames })) writeFileSync(file, piece);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(partial, target);
    } catch (thrown) {
      rmSync(partial, { force: true });
      if (thrown instanceof MezzotintError) throw thrown;
      throw fileTrouble('written', out, thrown);
    }
    say(`${count(wanted.length, 'conversation')} written to ${out}.`);
    return 0;
  });
}

/** The texts in a file, by the name it was given under. */
function read(file: string): PackedText[] {
  const target = path.resolve(file);
  try {
    checkSize(statSync(target).size);
    return textsIn(file, readFileSync(target));
  } catch (thrown) {
    if (thrown instanceof MezzotintError) throw thrown;
    throw fileTrouble('read', file, thrown);
  }
}

const formatNames = { mezzotint: 'Mezzotint JSON', chatgpt: 'ChatGPT export', openai: 'OpenAI messages', sharegpt: 'ShareGPT', llamacpp: 'llama.cpp web UI', markdown: 'Markdown transcript' } as const;
function tellPlan(file: string, plan: ImportPlan, say: (line: string) => void): void {
  const fresh = plan.items.filter(({ standing }) => standing !== 'duplicate');
  say(`${file}: ${formatNames[plan.format]}, ${fresh.length.toLocaleString('en')} to import, ${(plan.items.length - fresh.length).toLocaleString('en')} here already, ${plan.problems.length.toLocaleString('en')} that can't be read.`);
}

/**
 * Imports each file after the other. A file that can't be read at all is told of, and the next one is tried.
 * @returns the exit code: 0 all of it is there now · 1 something could not be imported · 130 cancelled
 */
export function importChats({ files, preview, data }: ImportChatsArgs, say: (line: string) => void, signal: AbortSignal): Promise<number> {
  return withStore(data, say, async (store) => {
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
          for (const { standing, conversation } of plan.items) say(`  ${standing}  ${printable(conversation.title)} (${count(conversation.messages.length, 'message')})`);
          for (const { where, why } of plan.problems) say(`  not read  ${printable(where)}: ${why}`);
          if (plan.problems.length > 0) code = 1;
          continue;
        }
        const result = await runImport(plan, store.archive, { signal });
        for (const { where, why } of result.problems) say(`  not imported  ${printable(where)}: ${why}`);
        say(`${file}: ${count(result.imported.length, 'conversation')} imported.`);
        if (result.problems.length > 0) code = 1;
        if (result.stopped === 'cancelled') {
          say('Cancelled. What was imported stays.');
          return 130;
        }
        if (result.stopped) throw thrownOf(result.stopped, ' What was imported stays.');
      }
    }
    return code;
  });
}
