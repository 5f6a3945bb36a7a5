/**
 * A conversation as one value: what the JSON export holds, what the importers make, what the store reads and writes whole.
 * docs/formats.md describes the file for people.
 */
import * as v from 'valibot';
import { idSchema } from './channel.ts';
import { roleSchema } from './engine.ts';
import { MAX_FOLDER_NAME } from './order.ts';
import { countsSchema, generationEventSchema, generationSettingsSchema, modeSchema, stopReasonSchema } from './generation.ts';
import { setupSchema } from './presets.ts';
import { errorSchema } from './result.ts';

/** The longest text of one message that is imported, in UTF-16 units: longer ones can't be shown. */
export const MAX_TEXT = 10_000_000;
/** The most messages of one conversation that are imported. */
export const MAX_MESSAGES = 100_000;
/** The last moment that a Date can hold, in milliseconds since 1970. */
export const MAX_TIME = 8.64e15;

const time = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_TIME));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** One time a reply was asked for: a continued reply has several, in order. */
export const archivedGenerationSchema = v.object({
  id: idSchema,
  mode: modeSchema,
  seed: whole,
  settings: generationSettingsSchema,
  pack: v.nullable(v.object({ id: v.string(), name: v.string(), hash: v.string() })),
  device: v.nullable(v.string()),
  reason: v.nullable(stopReasonSchema),
  counts: v.nullable(countsSchema),
  droppedMessages: whole,
  error: v.nullable(errorSchema),
  startedAt: time,
  /** Null: the app ended under it. */
  endedAt: v.nullable(time),
  /** The instructions it was written with, where they were not the pack's. */
  instructions: v.optional(v.string()),
  /** The reply that it was to come out equal to. */
  reproduces: v.optional(idSchema),
  /** Its stored events; without frames where those were not asked for. The committed tokens are always there. */
  events: v.array(generationEventSchema),
});
export type ArchivedGeneration = v.InferOutput<typeof archivedGenerationSchema>;

export const archivedMessageSchema = v.object({
  id: idSchema,
  parentId: v.nullable(idSchema),
  /** The child on the branch that was shown last. */
  shownChildId: v.nullable(idSchema),
  role: roleSchema,
  text: v.pipe(v.string(), v.maxLength(MAX_TEXT)),
  /** Never `pending`: nothing is under way in a file. */
  status: v.picklist(['complete', 'stopped', 'interrupted', 'failed']),
  createdAt: time,
  /** The model that wrote a reply of another app; ours are named by their generations. */
  model: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
  /** Text files that a question brought along. */
  attachments: v.optional(v.array(v.object({ name: v.pipe(v.string(), v.maxLength(200)), text: v.pipe(v.string(), v.maxLength(MAX_TEXT)) }))),
  /** Set where it is deleted, and the message whose deletion took it along. */
  deletedAt: v.optional(time),
  deletedWith: v.optional(idSchema),
  generations: v.array(archivedGenerationSchema),
});
export type ArchivedMessage = v.InferOutput<typeof archivedMessageSchema>;

export const archivedConversationSchema = v.object({
  id: idSchema,
  title: v.pipe(v.string(), v.maxLength(2000)),
  titleSource: v.picklist(['auto', 'person']),
  createdAt: time,
  updatedAt: time,
  /** The leaf of the branch shown last. */
  currentMessageId: v.nullable(idSchema),
  /** The name of the folder it lies in; absent: in none. */
  folder: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_FOLDER_NAME))),
  /** Since when it is pinned; absent: not. */
  pinnedAt: v.optional(time),
  /** Since when it is in the archive; absent: not. */
  archivedAt: v.optional(time),
  /** The instructions and settings it chose for itself. */
  setup: v.optional(setupSchema),
  /** Where it was forked off: that conversation, the message there, its copy here. */
  forkedFrom: v.optional(v.object({ conversationId: idSchema, messageId: idSchema, at: idSchema })),
  /** All branches; a message stands after its parent. */
  messages: v.pipe(v.array(archivedMessageSchema), v.maxLength(MAX_MESSAGES)),
});
export type ArchivedConversation = v.InferOutput<typeof archivedConversationSchema>;

/** What a conversation that is here gets from a file. */
export interface Addition {
  conversationId: string;
  /** A title in place of one that nobody chose. */
  title?: string;
  /** A message stands after its parent, which is one of these or is here. */
  messages: ArchivedMessage[];
  /** The leaf to show, where the branch shown goes on; absent: what is shown stays. */
  currentMessageId?: string;
  updatedAt: number;
}

/** pdf: where the app can print (Electron). */
export const exportFormats = ['json', 'markdown', 'html', 'pdf', 'text', 'openai', 'sharegpt', 'csv'] as const;
export type ExportFormat = (typeof exportFormats)[number];
/** Formats that are text, written piece by piece. */
export type TextFormat = Exclude<ExportFormat, 'pdf'>;
