/**
 * The app's main process, without its window, at work until it is killed: the whole service over a data folder, writing replies,
 * importing, backing up. Arguments: a JSON object (`ChildTask`). Each line it prints is a `Told`: what a client was told of.
 */
import { readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { childEngine } from '../../core/engine/client/index.ts';
import { IMPORT_PIECE_BYTES } from '../../core/contract/transfer.ts';
import { openHost } from '../../core/server/host.ts';
import { fakeSettings } from '../fixtures/fake-engine.ts';

export interface ChildTask {
  home: string;
  /** real: the app's own engine and pack. */
  engine: 'scripted' | 'real';
  /** A file to import, in Mezzotint's own JSON. */
  importFile: string | null;
  backups: boolean;
}
export type Told =
  | { told: 'opening' }
  | { told: 'engine'; pid: number }
  | { told: 'open' }
  | { told: 'message'; id: string; text: string }
  /** Text of the tokens from slot `from` on. */
  | { told: 'committed'; id: string; from: number; tokens: string[] }
  /** So many conversations of the file are in. */
  | { told: 'imported'; count: number }
  | { told: 'backup'; name: string; messages: number };

function tell(told: Told): void {
  for (;;) {
    try {
      return void writeSync(1, `${JSON.stringify(told)}\n`);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EAGAIN') throw thrown;
    }
  }
}

const task = JSON.parse(process.argv[2] ?? '') as ChildTask;
const root = path.join(import.meta.dirname, '..', '..');
tell({ told: 'opening' });
const spawn = childEngine(task.engine === 'real' ? path.join(root, 'core', 'engine', 'entry.ts') : path.join(import.meta.dirname, 'engine.ts'));
const service = openHost({
  home: task.home,
  packDir: path.join(root, 'models', 'smollm2-135m-instruct'),
  spawnEngine() {
    const started = spawn();
    if (started.pid !== undefined) tell({ told: 'engine', pid: started.pid });
    return started;
  },
  openExternal: () => Promise.resolve(),
  version: '0',
  runtime: 'browser',
  schedule: { firstAfterMs: 50 },
});
const { handlers } = service;
let closing = false;
process.on('SIGTERM', () => {
  closing = true;
  void service.close().then(() => process.exit(0));
});
tell({ told: 'open' });

let conversations = 0;
async function ask(): Promise<void> {
  const text = `Question ${process.pid}.${++conversations}: what is a mezzotint?`;
  const { question, reply } = await handlers['chat.send']({ conversationId: null, parentId: null, text, settings: { ...fakeSettings, temperature: 0, seed: conversations, maxTokens: 120 } });
  if (question) tell({ told: 'message', id: question.id, text });
  tell({ told: 'message', id: reply.id, text: '' });
}
service.onPush((push) => {
  if (push.topic === 'message' && push.message.role === 'assistant' && push.message.status !== 'pending') setImmediate(() => void ask());
  if (push.topic === 'import' && push.stage === 'writing') tell({ told: 'imported', count: push.done });
  if (push.topic !== 'generation') return;
  for (const event of push.events) if (event.type === 'blockCommitted') tell({ told: 'committed', id: push.messageId, from: event.from, tokens: event.tokens.map((token) => token.text) });
});

async function bringIn(file: string): Promise<void> {
  const bytes = readFileSync(file);
  const { importId } = await handlers['import.begin']({ files: [{ name: 'chats.json', size: bytes.length }] });
  for (let at = 0; at < bytes.length; at += IMPORT_PIECE_BYTES) await handlers['import.add']({ importId, file: 0, at, data: bytes.subarray(at, at + IMPORT_PIECE_BYTES).toString('base64') });
  await handlers['import.plan']({ importId });
  const { imported, duplicates } = await handlers['import.run']({ importId });
  tell({ told: 'imported', count: imported + duplicates });
}
async function keepBackingUp(): Promise<void> {
  while (!closing) {
    const { name, messages } = await handlers['backup.now']({});
    tell({ told: 'backup', name, messages });
  }
}
await ask();
if (task.importFile !== null) void bringIn(task.importFile);
if (task.backups)
  keepBackingUp().catch((thrown: unknown) => {
    // one that is under way when the app closes is broken off
    if (!closing) throw thrown;
  });
