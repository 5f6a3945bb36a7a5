/**
 * Requests that need something to be there first: a reply that was stopped, an export that was begun, a backup that was made. Each
 * scene makes it so, through the same channels a client uses, and gives a request that fits. Drawn from schemas alone, these would
 * be refused for what they name, and the code behind the refusal would never run.
 */
import type { GenerationSettings } from '../../core/contract/settings.ts';
import { settingsWith } from '../fixtures/settings.ts';
import path from 'node:path';
import type { ChannelName, Request, Response } from '../../core/contract/index.ts';
import type { Result } from '../../core/contract/result.ts';
import type { Row } from '../../core/store/db/driver.ts';
import type { Random } from '../evaluate/random.ts';
import { fakeSettings } from '../fixtures/fake-engine.ts';
import type { World } from './world.ts';

type Scenes = { [N in ChannelName]?: (stage: Stage) => Promise<Request<N> | null> };

const base64 = (text: string): string => Buffer.from(text).toString('base64');
/** A transcript of some conversations, in a format that is imported. */
const transcript = (random: Random): string =>
  Array.from({ length: random.between(1, 4) }, (_, i) =>
    JSON.stringify({
      messages: [
        { role: 'user', content: `Question ${i} ${random.next()}` },
        { role: 'assistant', content: 'Answer' },
      ],
    }),
  ).join('\n');

/** The last import that a scene has begun. */
const uploads = new WeakMap<World, string>();
const exports = new WeakMap<World, string>();

/** What scenes are made with. */
export class Stage {
  readonly world: World;
  readonly random: Random;
  #count = 0;
  constructor(world: World, random: Random) {
    this.world = world;
    this.random = random;
  }
  /** Calls as a client does; null where it is refused. The scripted engine goes on meanwhile. */
  async call<N extends ChannelName>(name: N, request: Request<N>): Promise<Response<N> | null> {
    const push = setInterval(() => this.world.engine.step(20), 20);
    try {
      const result = (await this.world.dispatch(name, request)) as Result<Response<N>>;
      return result.ok ? result.value : null;
    } finally {
      clearInterval(push);
    }
  }
  newServer(): Request<'servers.add'> {
    const name = `Server ${this.random.next()}`;
    return { name, addresses: [this.world.remote], model: 'm', models: [], confirmed: false, observed: null };
  }
  /** A model that was imported. */
  async model(): Promise<string | null> {
    await this.call('models.cancel', {});
    await this.call('models.import', { path: path.join(this.world.root, 'table.gguf') });
    await this.world.settle();
    const { models } = (await this.call('models.list', {})) ?? { models: [] };
    return models.find(({ builtIn, error }) => !builtIn && error === null)?.id ?? null;
  }
  rows(sql: string): Row[] {
    return this.world.db.prepare(sql).all();
  }
  /** One of the rows, as texts. */
  row(sql: string): Record<string, string> | null {
    const rows = this.rows(sql);
    return rows.length === 0
      ? null
      : Object.fromEntries(Object.entries(this.random.pick(rows)).map(([name, value]) => [name, String(value)]));
  }
  settings(): GenerationSettings {
    const { random } = this;
    return settingsWith(fakeSettings, {
      mode: random.pick(['exact', 'fast', 'ar'] as const),
      seed: random.pick([null, random.between(0, 9)]),
      maxTokens: random.between(1, 24),
      blockLength: random.pick([8, 16]),
    });
  }
  /** Nothing is written or waits to be. */
  async quiet(): Promise<void> {
    for (const { id } of this.rows("SELECT id FROM messages WHERE status = 'pending'"))
      await this.call('chat.stop', { messageId: String(id) });
    this.world.engine.step(500);
    await this.call('engine.status', {});
    await this.world.settle();
  }
  /** A question and its reply, in a conversation of its own. */
  async asked(attachments: Request<'chat.send'>['attachments'] = []): Promise<Response<'chat.send'> | null> {
    return this.call('chat.send', {
      conversationId: null,
      parentId: null,
      text: `A question ${this.#count++}`,
      settings: this.settings(),
      attachments,
    });
  }
  /** A reply that has ended. */
  async replied(): Promise<Record<string, string> | null> {
    const sql =
      "SELECT m.id, m.conversation_id AS conversation, m.parent_id AS question, (SELECT count(*) FROM messages c WHERE c.parent_id = m.id) AS children FROM messages m WHERE m.role = 'assistant' AND m.status IN ('complete', 'stopped') AND m.parent_id IS NOT NULL AND m.deleted_at IS NULL AND EXISTS (SELECT 1 FROM generations g WHERE g.message_id = m.id AND g.pack LIKE '%\"fake\"%')";
    const found = this.row(sql);
    if (found && this.random.next() < 0.8) return found;
    await this.quiet();
    await this.asked();
    this.world.engine.step(500);
    await this.world.settle();
    return this.row(sql);
  }
  /** A question that waits, because the reply before it was stopped. */
  async queued(): Promise<{ conversationId: string; id: string } | null> {
    await this.quiet();
    const asked = await this.asked();
    if (!asked) return null;
    await this.call('chat.stop', { messageId: asked.reply.id });
    await this.quiet();
    const conversationId = asked.conversation.id;
    const queue = await this.call('queue.add', {
      conversationId,
      after: asked.reply.id,
      text: `And ${this.#count++}`,
      settings: this.settings(),
      attachments: [],
    });
    const id = queue?.questions.at(-1)?.id;
    return id === undefined ? null : { conversationId, id };
  }
  /** A question that may be replied to. */
  async question(): Promise<Record<string, string> | null> {
    await this.quiet();
    return this.row(
      "SELECT m.id, m.conversation_id AS conversation FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.role = 'user' AND m.deleted_at IS NULL AND c.deleted_at IS NULL",
    );
  }
  async backup(): Promise<string | null> {
    const { backups } = (await this.call('backup.list', {})) ?? { backups: [] };
    if (backups.length > 0 && this.random.next() < 0.7) return this.random.pick(backups).name;
    return (await this.call('backup.now', {}))?.name ?? null;
  }
  async preset(): Promise<string | null> {
    return (
      (
        await this.call('presets.save', {
          id: null,
          values: { name: `Preset ${this.random.next()}`, instructions: 'Be brief.', settings: {} },
        })
      )?.id ?? null
    );
  }
  /** Of those that models may lie in, or null: the usual one. */
  modelsFolder(): string | null {
    return this.random.pick([null, ...[0, 1, 2].map((n) => path.join(this.world.root, `models-${n}`))]);
  }
  async folder(): Promise<string | null> {
    return (await this.call('folders.create', { name: `Folder ${this.random.next()}` }))?.id ?? null;
  }
  /** An import with its files announced, and sent where `sent`. */
  async upload(sent: boolean): Promise<{ importId: string; data: string } | null> {
    // few are kept at once: the one before makes room
    const before = uploads.get(this.world);
    if (before !== undefined) await this.call('import.cancel', { importId: before });
    const text = transcript(this.random);
    const begun = await this.call('import.begin', { files: [{ name: 'chats.jsonl', size: Buffer.byteLength(text) }] });
    if (!begun) return null;
    uploads.set(this.world, begun.importId);
    const upload = { importId: begun.importId, data: base64(text) };
    if (sent) await this.call('import.add', { ...upload, file: 0, at: 0 });
    return upload;
  }
}

export const scenes: Scenes = {
  'search.find': (stage) =>
    Promise.resolve({
      query: stage.random.pick(['the', 'plate', 'a question', 'no such words']),
      limit: stage.random.between(1, 30),
      cursor: null,
    }),
  'search.within': (stage) => {
    const found = stage.row('SELECT id FROM conversations WHERE deleted_at IS NULL');
    return Promise.resolve(
      found && { conversationId: found['id'] ?? '', query: stage.random.pick(['the', 'plate', 'no such words']) },
    );
  },
  'conversations.cost': (stage) => {
    const found = stage.row('SELECT id FROM conversations WHERE deleted_at IS NULL');
    return Promise.resolve(found && { id: found['id'] ?? '' });
  },
  'settings.set': (stage) =>
    Promise.resolve(
      stage.random.pick([
        { generation: stage.settings() },
        { sendWith: stage.random.pick(['enter', 'mod-enter'] as const) },
        { sidebarOpen: stage.random.next() < 0.5 },
      ]),
    ),
  'conversations.select': async (stage) => {
    const found = stage.row('SELECT id, conversation_id AS conversation FROM messages WHERE deleted_at IS NULL');
    return found && { id: found['conversation'] ?? '', messageId: found['id'] ?? '' };
  },
  'chat.send': async (stage) => {
    await stage.quiet();
    const files = stage.random.next() < 0.5 ? [] : [{ name: 'a.txt', text: 'An attached text.' }];
    const after = stage.row(
      "SELECT m.id, m.conversation_id AS conversation FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.role = 'assistant' AND m.deleted_at IS NULL AND c.deleted_at IS NULL",
    );
    const where =
      after && stage.random.next() < 0.7
        ? { conversationId: after['conversation'] ?? '', parentId: after['id'] ?? '' }
        : { conversationId: null, parentId: null };
    return { ...where, text: 'What is a burr?', settings: stage.settings(), attachments: files };
  },
  'chat.reply': async (stage) => {
    const question = await stage.question();
    return (
      question && {
        conversationId: question['conversation'] ?? '',
        parentId: question['id'] ?? '',
        settings: stage.settings(),
      }
    );
  },
  'chat.race': async (stage) => {
    const question = await stage.question();
    return (
      question && {
        conversationId: question['conversation'] ?? '',
        parentId: question['id'] ?? '',
        lanes: [stage.settings(), stage.settings()],
        show: stage.random.between(0, 1),
      }
    );
  },
  'chat.continue': async (stage) => {
    await stage.quiet();
    const asked = await stage.asked();
    if (!asked) return null;
    stage.world.engine.step(stage.random.between(2, 6));
    await stage.call('chat.stop', { messageId: asked.reply.id });
    await stage.quiet();
    return { messageId: asked.reply.id };
  },
  'chat.branch': async (stage) => {
    await stage.quiet();
    const reply = await stage.replied();
    if (!reply) return null;
    const { tokens } = (await stage.call('generations.trace', { messageId: reply['id'] ?? '', frames: false })) ?? {
      tokens: [],
    };
    return { messageId: reply['id'] ?? '', tokens: stage.random.between(0, tokens.length), settings: stage.settings() };
  },
  'chat.fill': async (stage) => {
    await stage.quiet();
    const reply = await stage.replied();
    if (!reply) return null;
    const { tokens } = (await stage.call('generations.trace', { messageId: reply['id'] ?? '', frames: false })) ?? {
      tokens: [],
    };
    const from = stage.random.between(0, Math.max(0, tokens.length - 1));
    return {
      messageId: reply['id'] ?? '',
      fillId: `fill-${stage.random.between(0, 99)}`,
      spans: [{ from, to: Math.min(tokens.length, from + stage.random.between(1, 3)), min: 1, max: 4 }],
      candidates: stage.random.between(1, 6),
      settings: { ...stage.settings(), mode: 'exact' },
    };
  },
  'chat.reproduce': async (stage) => {
    await stage.quiet();
    const reply = await stage.replied();
    return reply && { messageId: reply['id'] ?? '' };
  },
  'queue.add': async (stage) => {
    await stage.quiet();
    const reply = await stage.replied();
    return (
      reply && {
        conversationId: reply['conversation'] ?? '',
        after: reply['id'] ?? '',
        text: 'And a burin?',
        settings: stage.settings(),
        attachments: stage.random.next() < 0.5 ? [] : [{ name: 'a.txt', text: 'An attached text.' }],
      }
    );
  },
  'queue.remove': (stage) => stage.queued(),
  'queue.restore': async (stage) => {
    const queued = await stage.queued();
    if (queued) await stage.call('queue.remove', queued);
    return queued;
  },
  'queue.take': async (stage) => {
    const queued = await stage.queued();
    return queued && { ...queued, draft: stage.random.pick(['', 'begun']) };
  },
  'queue.send': async (stage) => {
    const queued = await stage.queued();
    return queued && { conversationId: queued.conversationId };
  },
  'attachments.text': async (stage) => {
    if (stage.rows('SELECT 1 FROM attachments LIMIT 1').length === 0) {
      await stage.quiet();
      await stage.asked([{ name: 'a.txt', text: 'An attached text.' }]);
    }
    const found = stage.row('SELECT message_id AS id, position FROM attachments');
    return found && { messageId: found['id'] ?? '', at: Number(found['position']) };
  },
  'presets.restore': async (stage) => {
    const id = await stage.preset();
    if (id === null) return null;
    await stage.call('presets.delete', { id });
    return { id };
  },
  'presets.delete': async (stage) => {
    const id = await stage.preset();
    return id === null ? null : { id };
  },
  'presets.import': async (stage) => {
    await stage.preset();
    const file = await stage.call('presets.export', { ids: null });
    return (
      file && {
        text: stage.random.next() < 0.5 ? file.text : file.text.replace(/Preset/g, `Preset ${stage.random.next()}`),
      }
    );
  },
  'export.begin': (stage) =>
    Promise.resolve({ format: stage.random.pick(['json', 'markdown', 'csv'] as const), ids: null, frames: false }),
  'chat.preview': async (stage) => {
    await stage.quiet();
    return {
      conversationId: null,
      parentId: null,
      text: 'What is a burr?',
      instructions: '',
      maxTokens: 100,
      withText: stage.random.next() < 0.5,
    };
  },
  'presets.save': (stage) =>
    Promise.resolve({ id: null, values: { name: `Preset ${stage.random.next()}`, instructions: '', settings: {} } }),
  'export.read': async (stage) => {
    const before = exports.get(stage.world);
    if (before !== undefined) await stage.call('export.end', { exportId: before });
    const begun = await stage.call('export.begin', {
      format: stage.random.pick(['json', 'markdown', 'html', 'text', 'openai', 'sharegpt', 'csv'] as const),
      ids: null,
      frames: stage.random.next() < 0.3,
    });
    if (!begun) return null;
    exports.set(stage.world, begun.exportId);
    if (stage.random.next() < 0.5) return { exportId: begun.exportId, piece: 0 };
    await stage.call('export.read', { exportId: begun.exportId, piece: 0 });
    return { exportId: begun.exportId, piece: stage.random.between(0, 2) };
  },
  'import.add': async (stage) => {
    const upload = await stage.upload(false);
    return upload && { ...upload, file: 0, at: 0 };
  },
  'import.plan': async (stage) => {
    const upload = await stage.upload(true);
    return upload && { importId: upload.importId };
  },
  'import.items': async (stage) => {
    const upload = await stage.upload(true);
    if (!upload) return null;
    await stage.call('import.plan', { importId: upload.importId });
    return { importId: upload.importId, from: stage.random.between(0, 2) };
  },
  'import.run': async (stage) => {
    const upload = await stage.upload(true);
    if (!upload) return null;
    await stage.call('import.plan', { importId: upload.importId });
    return { importId: upload.importId };
  },
  'backup.merge': async (stage) => {
    const name = await stage.backup();
    return name === null ? null : { name };
  },
  'backup.restore': async (stage) => {
    await stage.quiet();
    const name = await stage.backup();
    return name === null ? null : { name };
  },
  'messages.delete': async (stage) => {
    await stage.quiet();
    const found = stage.row(
      "SELECT m.id FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.deleted_at IS NULL AND c.deleted_at IS NULL AND m.role <> 'system'",
    );
    return found && { messageId: found['id'] ?? '', following: stage.random.next() < 0.5 };
  },
  'messages.restore': async (stage) => {
    await stage.quiet();
    const found = stage.row(
      "SELECT m.id FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.deleted_at IS NULL AND c.deleted_at IS NULL AND m.role <> 'system'",
    );
    if (!found) return null;
    await stage.call('messages.delete', { messageId: found['id'] ?? '', following: stage.random.next() < 0.5 });
    return { messageId: found['id'] ?? '' };
  },
  'folders.rename': async (stage) => {
    const id = await stage.folder();
    return id === null ? null : { id, name: `Name ${stage.random.next()}` };
  },
  'folders.move': async (stage) => {
    const [id, before] = [await stage.folder(), await stage.folder()];
    return id === null ? null : { id, before: stage.random.pick([before, null]) };
  },
  'conversations.configure': (stage) => {
    const found = stage.row('SELECT id FROM conversations WHERE deleted_at IS NULL');
    return Promise.resolve(
      found && {
        id: found['id'] ?? '',
        setup: { presetId: null, instructions: stage.random.pick(['', 'Be brief.']), settings: {} },
      },
    );
  },
  'conversations.fork': async (stage) => {
    await stage.quiet();
    const found = stage.row(
      'SELECT m.id FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.deleted_at IS NULL AND c.deleted_at IS NULL',
    );
    return found && { messageId: found['id'] ?? '' };
  },
  'folders.delete': async (stage) => {
    const id = await stage.folder();
    return id === null ? null : { id };
  },
  'data.open': (stage) => Promise.resolve({ which: stage.random.pick(['data', 'backups'] as const) }),
  'data.choose': () => Promise.resolve({}),
  'data.switch': async (stage) => {
    await stage.quiet();
    const { profiles } = (await stage.call('data.info', {})) ?? { profiles: [] };
    return profiles.length === 0 ? null : { folder: stage.random.pick(profiles).folder };
  },
  'data.move': async (stage) => {
    await stage.quiet();
    return {
      folder: path.join(
        stage.world.root,
        stage.random.pick(['moved', 'elsewhere', '.', 'a/b']),
        String(stage.random.between(0, 9)),
      ),
    };
  },
  'models.preflight': (stage) => Promise.resolve({ path: path.join(stage.world.root, 'table.gguf') }),
  'models.cost': (stage) => Promise.resolve({ path: path.join(stage.world.root, 'table.gguf') }),
  'models.import': async (stage) => {
    await stage.call('models.cancel', {});
    return { path: path.join(stage.world.root, 'table.gguf') };
  },
  'models.use': async (stage) => {
    await stage.quiet();
    const id = await stage.model();
    return id === null ? null : { id };
  },
  'models.prepare': async (stage) => {
    await stage.quiet();
    const id = await stage.model();
    return id === null ? null : { id };
  },
  'models.remove': async (stage) => {
    await stage.quiet();
    const id = await stage.model();
    return id === null ? null : { id };
  },
  'models.planFolder': (stage) => Promise.resolve({ folder: stage.modelsFolder() }),
  'models.changeFolder': async (stage) => {
    await stage.quiet();
    await stage.call('models.cancel', {});
    await stage.call('models.stopMove', {});
    return { folder: stage.modelsFolder(), what: stage.random.pick(['move', 'leave'] as const) };
  },
  'models.verify': async (stage) => {
    const id = await stage.model();
    return id === null ? null : { id };
  },
  'models.reveal': async (stage) => {
    const id = await stage.model();
    return id === null ? null : { id };
  },
  'models.export': async (stage) => {
    const id = await stage.model();
    return id === null ? null : { id, folder: stage.world.root };
  },
  'servers.probe': (stage) => Promise.resolve({ address: stage.world.remote, confirmed: false }),
  'servers.test': (stage) => Promise.resolve({ address: stage.world.remote, model: 'm', confirmed: false }),
  'servers.add': (stage) => Promise.resolve(stage.newServer()),
  'servers.remove': async (stage) => {
    const added = await stage.call('servers.add', stage.newServer());
    return added ? { id: added.id } : null;
  },
  'servers.price': async (stage) => {
    const added = await stage.call('servers.add', stage.newServer());
    const price = stage.random.pick([null, { input: 0.25, output: 1, currency: 'EUR' }]);
    return added ? { id: added.id, price } : null;
  },
  'servers.use': async (stage) => {
    await stage.quiet();
    return { id: null };
  },
  'settings.effective': (stage) => Promise.resolve({ settings: stage.random.pick([{}, { sampling: { seed: 7 } }]) }),
};
