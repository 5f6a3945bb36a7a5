/** Every store of the window, put together once, in the order in which they build upon each other. None knows a later one. */
import type { Client } from '../../../core/contract/index.ts';
import { Explain, provideExplain } from '../explain/explain.svelte.ts';
import { Inspector, provideInspector } from '../inspector/inspector.svelte.ts';
import { Library, provideLibrary } from '../library/library.svelte.ts';
import { Fetching, provideFetching } from '../models/fetching.svelte.ts';
import { Models, provideModels } from '../models/models.svelte.ts';
import { provideWriter, Writer } from '../models/writer.svelte.ts';
import { provideRace, Race } from '../race/race.svelte.ts';
import type { Schedule } from '../reply/live.svelte.ts';
import { provideRewrite, Rewrite } from '../rewrite/rewrite.svelte.ts';
import { Find, provideFind } from '../search/find.svelte.ts';
import { provideSearch, Search } from '../search/search.svelte.ts';
import { provideServers, ServersStore } from '../servers/servers.svelte.ts';
import { ConversationSettings, provideConversationSettings } from '../settings/conversation-settings.svelte.ts';
import { provideReplyLayout, ReplyLayout } from '../settings/reply-layout.svelte.ts';
import { provideSpeedProfile, SpeedProfile } from '../settings/speed-profile.svelte.ts';
import { Asking, provideAsking } from '../thread/asking.svelte.ts';
import { Attachments, provideAttachments } from '../thread/attachments.svelte.ts';
import { Branch, provideBranch } from '../thread/branch.svelte.ts';
import { Drafts, provideDrafts } from '../thread/drafts.svelte.ts';
import { Edits, provideEdits } from '../thread/edits.svelte.ts';
import { provideQueue, Queue } from '../thread/queue.svelte.ts';
import { provideThread, Thread } from '../thread/thread.svelte.ts';
import { provideTransfers, Transfers, type SaveFile } from '../transfer/transfer.svelte.ts';
import { Actions, provideActions } from './actions.svelte.ts';
import { provideSession, Session } from './session.svelte.ts';
import { provideUi, Ui } from './ui.svelte.ts';
import { provideUndo, Undo } from './undo.svelte.ts';

export interface StoresOptions {
  readonly saveFile?: SaveFile;
  /** Runs work before the next drawing. */
  readonly schedule?: Schedule;
  /** When a running reply is drawn; default: `schedule`. */
  readonly pace?: Schedule;
  /** Milliseconds: the clock of a race. */
  readonly now?: () => number;
  /** As `navigator.platform` says it. */
  readonly platform?: string;
}
export type Stores = ReturnType<typeof createStores>;

export function createStores(client: Client, { saveFile, schedule, pace, now, platform }: StoresOptions = {}) {
  const session = new Session(client, platform);
  const undo = new Undo();
  const library = new Library(session, undo);
  const drafts = new Drafts(session);
  const thread = new Thread({ session, library, drafts, schedule, pace });
  const branch = new Branch(thread);
  const setup = new ConversationSettings(session, library, thread);
  const attachments = new Attachments(session, thread);
  const asking = new Asking({ session, thread, branch, drafts, attachments, setup });
  const inspector = new Inspector(session);
  const models = new Models(session);
  const servers = new ServersStore(session);
  return {
    session,
    undo,
    library,
    models,
    servers,
    writer: new Writer({ session, models, servers, setup, thread }),
    fetching: new Fetching(session),
    drafts,
    thread,
    branch,
    setup,
    attachments,
    asking,
    inspector,
    queue: new Queue({ session, thread, branch, asking, drafts, attachments, undo }),
    edits: new Edits({ session, library, thread, asking }),
    rewrite: new Rewrite({ session, setup, asking, inspector }),
    race: new Race({ session, thread, branch, schedule, now }),
    search: new Search(session),
    find: new Find(session, thread, branch),
    replyLayout: new ReplyLayout(session),
    speedProfile: new SpeedProfile(session),
    explain: new Explain(),
    transfers: new Transfers(client, saveFile ?? (() => {})),
    actions: new Actions(),
    ui: new Ui(),
  };
}

/** Gives the stores to the component that calls this and to all below it. */
export function provideStores(stores: Stores): Stores {
  provideSession(stores.session);
  provideUndo(stores.undo);
  provideLibrary(stores.library);
  provideModels(stores.models);
  provideWriter(stores.writer);
  provideServers(stores.servers);
  provideFetching(stores.fetching);
  provideDrafts(stores.drafts);
  provideThread(stores.thread);
  provideBranch(stores.branch);
  provideConversationSettings(stores.setup);
  provideAttachments(stores.attachments);
  provideAsking(stores.asking);
  provideInspector(stores.inspector);
  provideQueue(stores.queue);
  provideEdits(stores.edits);
  provideRewrite(stores.rewrite);
  provideRace(stores.race);
  provideSearch(stores.search);
  provideFind(stores.find);
  provideReplyLayout(stores.replyLayout);
  provideSpeedProfile(stores.speedProfile);
  provideExplain(stores.explain);
  provideTransfers(stores.transfers);
  provideActions(stores.actions);
  provideUi(stores.ui);
  return stores;
}
