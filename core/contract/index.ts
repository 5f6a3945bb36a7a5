/** The whole contract between a client (renderer, CLI, API) and the service. */
import * as v from 'valibot';
import { apiChannels } from './api.ts';
import * as app from './app.ts';
import { attachmentChannels } from './attachments.ts';
import * as chat from './chat.ts';
import type { RequestOf, ResponseOf } from './channel.ts';
import * as conversations from './conversations.ts';
import { dataChannels } from './data.ts';
import { fetchingChannels } from './fetching.ts';
import { modelChannels } from './models.ts';
import { orderChannels } from './order.ts';
import { presetChannels } from './presets.ts';
import type { Push } from './push.ts';
import { errorOf, fail, issuesOf, type Result } from './result.ts';
import { pagesChannels } from './pages.ts';
import { speedProfileChannels } from './speed-profile.ts';
import { queueChannels } from './queue.ts';
import { raceChannels } from './race.ts';
import { serverChannels } from './servers.ts';
import { searchChannels } from './search.ts';
import { rewriteChannels } from './rewrite.ts';
import { setupChannels } from './setup.ts';
import { transferChannels } from './transfer.ts';
import { treeChannels } from './tree.ts';

export const channels = {
  [app.getAppInfo.name]: app.getAppInfo,
  [app.getSettings.name]: app.getSettings,
  [app.setSettings.name]: app.setSettings,
  [app.effectiveSettings.name]: app.effectiveSettings,
  [app.getEngineStatus.name]: app.getEngineStatus,
  [app.restartEngine.name]: app.restartEngine,
  [app.openExternal.name]: app.openExternal,
  [conversations.listConversations.name]: conversations.listConversations,
  [conversations.getConversation.name]: conversations.getConversation,
  [conversations.costOfConversation.name]: conversations.costOfConversation,
  [conversations.renameConversation.name]: conversations.renameConversation,
  [conversations.selectBranch.name]: conversations.selectBranch,
  [conversations.getTrace.name]: conversations.getTrace,
  [chat.sendChat.name]: chat.sendChat,
  [chat.replyChat.name]: chat.replyChat,
  [chat.continueChat.name]: chat.continueChat,
  [chat.branchChat.name]: chat.branchChat,
  [chat.reproduceChat.name]: chat.reproduceChat,
  [chat.stopChat.name]: chat.stopChat,
  ...pagesChannels,
  ...orderChannels,
  ...queueChannels,
  ...searchChannels,
  ...treeChannels,
  ...rewriteChannels,
  ...raceChannels,
  ...speedProfileChannels,
  ...attachmentChannels,
  ...presetChannels,
  ...setupChannels,
  ...transferChannels,
  ...dataChannels,
  ...apiChannels,
  ...modelChannels,
  ...serverChannels,
  ...fetchingChannels,
} as const;

export type Channels = typeof channels;
export type ChannelName = keyof Channels;
export type Request<N extends ChannelName> = RequestOf<Channels[N]>;
export type Response<N extends ChannelName> = ResponseOf<Channels[N]>;

/** The service's side: one handler a channel. Thrown errors become `Result`s at the edge. */
export type Handlers = { [N in ChannelName]: (request: Request<N>) => Promise<Response<N>> | Response<N> };

/** The channels of files in and out, which core/transfer serves, and of the data's place and backups, which core/profile serves; the chat service serves the others. */
export type TransferHandlers = Pick<Handlers, keyof typeof transferChannels>;
export type DataHandlers = Pick<Handlers, keyof typeof dataChannels>;
/** The local HTTP API, which core/api serves. */
export type ApiHandlers = Pick<Handlers, keyof typeof apiChannels>;
/** Servers on other machines, which core/servers serves. */
export type ServerHandlers = Pick<Handlers, keyof typeof serverChannels>;
/** Search, which is served beside the chat service. */
export type SearchHandlers = Pick<Handlers, keyof typeof searchChannels>;
/** The models on this machine, which core/library serves. */
export type ModelHandlers = Pick<Handlers, keyof typeof modelChannels>;
/** Models that can be fetched, which core/library serves. */
export type FetchingHandlers = Pick<Handlers, keyof typeof fetchingChannels>;
export type ChatHandlers = Omit<
  Handlers,
  | keyof typeof transferChannels
  | keyof typeof apiChannels
  | keyof typeof serverChannels
  | keyof typeof dataChannels
  | keyof typeof searchChannels
  | keyof typeof modelChannels
  | keyof typeof fetchingChannels
>;
export type OrderHandlers = Pick<Handlers, keyof typeof orderChannels>;

/** The client's side, over IPC, WebSocket or in memory. */
export interface Client {
  call<N extends ChannelName>(name: N, request: Request<N>): Promise<Result<Response<N>>>;
  onPush(listener: (push: Push) => void): () => void;
  /** False while the connection is lost (browser mode); a client calls again for fresh state when it returns. */
  onConnection(listener: (connected: boolean) => void): () => void;
}

export const isChannelName = (name: unknown): name is ChannelName =>
  typeof name === 'string' && Object.hasOwn(channels, name);

/** Checks a request against its channel. Every edge (IPC, WebSocket, HTTP) calls this before a handler sees anything. */
export function parseRequest(name: unknown, payload: unknown): Result<{ name: ChannelName; request: unknown }> {
  if (!isChannelName(name))
    return fail(errorOf('contract.no-channel', { name: JSON.stringify(String(name)).slice(0, 80) }));
  const parsed = v.safeParse(channels[name].request as v.GenericSchema<unknown, unknown>, payload);
  if (!parsed.success) return fail(errorOf('contract.misfit', { channel: name, reason: issuesOf(parsed.issues) }));
  return { ok: true, value: { name, request: parsed.output } };
}
