/** How conversations are kept in order: folders, pins, the archive, the trash, and what was left lying at each of them. */
import * as v from 'valibot';
import { channel, idSchema, nothing, timeSchema } from './channel.ts';
import { conversationSchema } from './conversations.ts';

/** How long a deleted conversation can be taken out of the trash, in milliseconds. */
export const TRASH_KEEPS_MS = 30 * 86_400_000;
export const MAX_FOLDER_NAME = 120;
/** The most conversations that one call organises. */
export const MAX_ORGANISED = 50_000;
/** The longest unsent text that is kept, in UTF-16 units. */
export const MAX_DRAFT = 2_000_000;

const ids = v.pipe(v.array(idSchema), v.minLength(1), v.maxLength(MAX_ORGANISED));
const folderName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(MAX_FOLDER_NAME));

export const folderSchema = v.strictObject({
  id: idSchema,
  name: folderName,
  position: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  createdAt: timeSchema,
});
export type Folder = v.InferOutput<typeof folderSchema>;

/** Where a conversation lies. */
export const placementSchema = v.strictObject({
  id: idSchema,
  folderId: v.nullable(idSchema),
  pinnedAt: v.nullable(timeSchema),
  archivedAt: v.nullable(timeSchema),
  deleted: v.boolean(),
});
export type Placement = v.InferOutput<typeof placementSchema>;

/** folder: into one, or (null) out of it · trash: nothing is erased. */
export const organiseSchema = v.variant('to', [
  v.strictObject({ to: v.literal('folder'), folderId: v.nullable(idSchema) }),
  v.strictObject({ to: v.literal('pin'), on: v.boolean() }),
  v.strictObject({ to: v.literal('archive'), on: v.boolean() }),
  v.strictObject({ to: v.literal('trash'), on: v.boolean() }),
]);
export type Organise = v.InferOutput<typeof organiseSchema>;

/**
 * Changes where conversations lie: all of them in one transaction and one push. Those that are not there any more, or
 * lie so already, are passed over. `before`: where the changed ones lay, for `conversations.putBack`.
 */
const organiseConversations = channel(
  'conversations.organise',
  v.strictObject({ ids, change: organiseSchema }),
  v.object({ before: v.array(placementSchema) }),
);
/** Undoes a change: lays conversations where they lay. One whose folder is gone lies outside of all. */
const putBackConversations = channel(
  'conversations.putBack',
  v.strictObject({ placements: v.pipe(v.array(placementSchema), v.minLength(1), v.maxLength(MAX_ORGANISED)) }),
  v.object({ before: v.array(placementSchema) }),
);
/** The reply that was written meanwhile has been seen. */
const seeConversation = channel('conversations.see', v.strictObject({ id: idSchema }), nothing);
/** Erases conversations for good: messages, generations, traces, everything that is found by searching. Only those in the trash. */
const eraseConversations = channel('conversations.erase', v.strictObject({ ids }), v.object({ erased: v.number() }));

/** `goesAt`: when it is erased by itself, milliseconds since 1970. */
export const trashedSchema = v.object({ conversation: conversationSchema, deletedAt: timeSchema, goesAt: timeSchema });
export type Trashed = v.InferOutput<typeof trashedSchema>;
/** Deleted last, first. */
const listTrash = channel('trash.list', nothing, v.array(trashedSchema));
/** Erases all that is in the trash. */
const emptyTrash = channel('trash.empty', nothing, v.object({ erased: v.number() }));

/** In the order that the person gave them. */
const listFolders = channel('folders.list', nothing, v.array(folderSchema));
/** @throws conflict where the name is taken */
const createFolder = channel('folders.create', v.strictObject({ name: folderName }), folderSchema);
const renameFolder = channel('folders.rename', v.strictObject({ id: idSchema, name: folderName }), folderSchema);
/** `before`: the folder it shall stand before; null: at the end. */
const moveFolder = channel('folders.move', v.strictObject({ id: idSchema, before: v.nullable(idSchema) }), nothing);
/** Its conversations are kept, outside of it; `conversations` names them, for `folders.putBack`. */
const deleteFolder = channel(
  'folders.delete',
  v.strictObject({ id: idSchema }),
  v.object({ folder: folderSchema, conversations: v.array(idSchema) }),
);
/** Undoes a deletion: those of the conversations that lie in no folder since then lie in it again. */
const putBackFolder = channel(
  'folders.putBack',
  v.strictObject({ folder: folderSchema, conversations: v.pipe(v.array(idSchema), v.maxLength(MAX_ORGANISED)) }),
  folderSchema,
);

/** A place in a conversation: so many pixels of the message are above the upper edge of the window (negative: below it). */
export const scrollPlaceSchema = v.strictObject({ messageId: idSchema, offset: v.pipe(v.number(), v.finite()) });
export type ScrollPlace = v.InferOutput<typeof scrollPlaceSchema>;
export const keptDraftSchema = v.object({ draft: v.string(), place: v.nullable(scrollPlaceSchema) });
export type KeptDraft = v.InferOutput<typeof keptDraftSchema>;
/** What was left lying at a conversation: unsent words, and the place read last (null: its end). `conversationId` null: the new chat. */
const readDraft = channel('drafts.read', v.strictObject({ conversationId: v.nullable(idSchema) }), keptDraftSchema);
/** Keeps what is given of it; on disk when it returns. A conversation that is gone has no draft: nothing is kept. */
const keepDraft = channel(
  'drafts.keep',
  v.strictObject({
    conversationId: v.nullable(idSchema),
    draft: v.optional(v.pipe(v.string(), v.maxLength(MAX_DRAFT))),
    place: v.optional(v.nullable(scrollPlaceSchema)),
  }),
  nothing,
);

export const orderChannels = {
  [organiseConversations.name]: organiseConversations,
  [putBackConversations.name]: putBackConversations,
  [seeConversation.name]: seeConversation,
  [eraseConversations.name]: eraseConversations,
  [listTrash.name]: listTrash,
  [emptyTrash.name]: emptyTrash,
  [listFolders.name]: listFolders,
  [createFolder.name]: createFolder,
  [renameFolder.name]: renameFolder,
  [moveFolder.name]: moveFolder,
  [deleteFolder.name]: deleteFolder,
  [putBackFolder.name]: putBackFolder,
  [readDraft.name]: readDraft,
  [keepDraft.name]: keepDraft,
} as const;

/** Conversations that were organised or came back, in one message; `removed` are not in the list any more. */
export const organisedSchema = v.object({
  topic: v.literal('organised'),
  conversations: v.array(conversationSchema),
  removed: v.array(idSchema),
});
/** Conversations that are gone for good. */
export const erasedSchema = v.object({ topic: v.literal('erased'), ids: v.array(idSchema) });
/** All folders, after one of them changed. */
export const foldersSchema = v.object({ topic: v.literal('folders'), folders: v.array(folderSchema) });
