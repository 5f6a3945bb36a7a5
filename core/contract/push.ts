/** What the service tells every client without being asked. Generation events come coalesced: several in one message, in order. */
import * as v from 'valibot';
import { speedFiguresSchema } from './speed-profile.ts';
import { idSchema } from './channel.ts';
import { apiStateSchema } from './api.ts';
import { appSettingsSchema } from './app.ts';
import { conversationSchema, messageSchema } from './conversations.ts';
import { engineStatusSchema } from './engine.ts';
import { catalogueSchema, downloadsSchema } from './fetching.ts';
import { generationEventSchema } from './generation.ts';
import { libraryStateSchema } from './models.ts';
import { erasedSchema, foldersSchema, organisedSchema } from './order.ts';
import { presetSchema } from './presets.ts';
import { queuePushSchema } from './queue.ts';
import { errorSchema } from './result.ts';
import { serversStateSchema } from './servers.ts';
import { fillingPushSchema } from './rewrite.ts';
import { importProgressSchema } from './transfer.ts';

export const pushSchema = v.variant('topic', [
  /** Events of a reply as it is written, without alternatives: those are in its trace. */
  v.object({
    topic: v.literal('generation'),
    conversationId: idSchema,
    messageId: idSchema,
    generationId: idSchema,
    events: v.array(generationEventSchema),
  }),
  /** A message was added or changed (status, text, generation summary); text of a pending reply comes by `generation`. */
  v.object({ topic: v.literal('message'), message: messageSchema }),
  /** Several messages of a conversation changed at once: who shows it fetches it again. */
  v.object({ topic: v.literal('messages-changed'), conversationId: idSchema }),
  v.object({ topic: v.literal('conversation'), conversation: conversationSchema }),
  v.object({ topic: v.literal('presets'), presets: v.array(presetSchema) }),
  /** More conversations changed than are pushed one by one: the list is to be fetched again. */
  v.object({ topic: v.literal('conversations-changed') }),
  organisedSchema,
  erasedSchema,
  foldersSchema,
  importProgressSchema,
  queuePushSchema,
  /** The best way so far to write a span that is being filled. */
  fillingPushSchema,
  /** A backup was made or removed. */
  v.object({ topic: v.literal('backups-changed') }),
  /** Another data folder is open: a page starts again. */
  v.object({ topic: v.literal('data-changed') }),
  v.object({ topic: v.literal('settings'), settings: appSettingsSchema }),
  v.object({ topic: v.literal('engine'), status: engineStatusSchema }),
  /** The measuring of speeds went on, or ended. */
  v.object({ topic: v.literal('speed-profile'), figures: speedFiguresSchema }),
  /** The local API's state changed. */
  v.object({ topic: v.literal('api'), api: apiStateSchema }),
  /** A server was added, tested, removed or chosen. */
  v.object({ topic: v.literal('servers'), servers: serversStateSchema }),
  /** Another model answers, one came or went, or an import went on. */
  v.object({ topic: v.literal('models'), library: libraryStateSchema }),
  /** A download went on, or ended. */
  v.object({ topic: v.literal('downloads'), downloads: downloadsSchema }),
  /** The measuring of the catalogue's speeds went on, or ended. */
  v.object({ topic: v.literal('catalogue'), catalogue: catalogueSchema }),
  /** The desktop's menu was asked for something that the window does. */
  v.object({ topic: v.literal('menu'), command: v.picklist(['import-model']) }),
  v.object({ topic: v.literal('notice'), error: errorSchema }),
]);
export type Push = v.InferOutput<typeof pushSchema>;
