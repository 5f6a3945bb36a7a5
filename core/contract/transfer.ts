/**
 * Conversations out to a file and in from files: a conversation as one value, and the channels that carry files in pieces.
 * docs/formats.md describes the files for people.
 */
import * as v from 'valibot';
import { channel, idSchema, nothing } from './channel.ts';
import { roleSchema } from './engine.ts';
import {
  countsSchema,
  generationEventSchema,
  generationSettingsSchema,
  modeSchema,
  stopReasonSchema,
  writerSchema,
} from './generation.ts';
import { MAX_FOLDER_NAME } from './order.ts';
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
  pack: v.nullable(writerSchema),
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
  attachments: v.optional(
    v.array(v.object({ name: v.pipe(v.string(), v.maxLength(200)), text: v.pipe(v.string(), v.maxLength(MAX_TEXT)) })),
  ),
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

/*
 * Files travel in pieces that every transport can carry: a client begins, asks for (or sends) one piece after the other, and ends.
 * A piece asked for or sent again is the same piece, so a lost connection costs nothing.
 */
/** The most bytes of an imported file that one `import.add` carries. */
export const IMPORT_PIECE_BYTES = 768 * 1024;
/** The most that is read of a file, in bytes, and of all files of one import together: text must fit one JavaScript string. An archive counts by what is wanted of it. */
export const MAX_FILE_BYTES = 400 * 1024 * 1024;
export const MAX_IMPORT_FILES = 500;
/** The most entries that one `import.items` gives. */
export const IMPORT_ITEMS_PAGE = 200;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/**
 * Prepares an export. `ids` null: all conversations, without the trash. `frames`: the steps of each reply too (format json alone).
 * `fileName`: what to call the file; `mimeType`: what it is; `encoding`: what its pieces are, text or bytes in base64.
 */
export const beginExport = channel(
  'export.begin',
  v.strictObject({
    format: v.picklist(exportFormats),
    ids: v.nullable(v.pipe(v.array(idSchema), v.minLength(1), v.maxLength(50_000))),
    frames: v.boolean(),
  }),
  v.object({
    exportId: idSchema,
    fileName: v.string(),
    mimeType: v.string(),
    encoding: v.picklist(['text', 'base64']),
    conversations: count,
  }),
);
/** Piece number `piece`, from 0 in order; the last one given may be asked for again. `conversations`: how many are written so far. */
export const readExport = channel(
  'export.read',
  v.strictObject({ exportId: idSchema, piece: count }),
  v.object({ text: v.string(), conversations: count, done: v.boolean() }),
);
/** Forgets an export, finished or not. One that is not there is forgotten already. */
export const endExport = channel('export.end', v.strictObject({ exportId: idSchema }), nothing);

/** The bytes that are to be sent next: `length` of file number `file` from byte `at` on. */
const wantedSchema = v.object({ file: count, at: count, length: count });
export type ImportWanted = v.InferOutput<typeof wantedSchema> | null;
/** `wanted` null: all that is needed is there. `expected`: bytes to be sent in all, as far as that is known. */
const receiving = v.object({ wanted: v.nullable(wantedSchema), expected: count });

/** Announces the files of an import, with their sizes in bytes. Of an archive only its list and the conversations in it are wanted. */
export const beginImport = channel(
  'import.begin',
  v.strictObject({
    files: v.pipe(
      v.array(v.strictObject({ name: v.pipe(v.string(), v.minLength(1), v.maxLength(1000)), size: count })),
      v.minLength(1),
      v.maxLength(MAX_IMPORT_FILES),
    ),
  }),
  v.object({ importId: idSchema, ...receiving.entries }),
);
/** The bytes that were wanted, in base64. */
export const addToImport = channel(
  'import.add',
  v.strictObject({
    importId: idSchema,
    file: count,
    at: count,
    data: v.pipe(v.string(), v.maxLength(Math.ceil(IMPORT_PIECE_BYTES / 3) * 4), v.regex(/^[A-Za-z0-9+/]*={0,2}$/)),
  }),
  receiving,
);

/** What would become of a file, in numbers of conversations. `error`: nothing of it can be read, and why. */
export const importFileSchema = v.object({
  name: v.string(),
  /** Its format's name in lists (`chatgpt`); null: nothing in it says. */
  format: v.nullable(v.string()),
  /** What people call that format. */
  formatName: v.nullable(v.string()),
  fresh: count,
  /** Here, and something in them is new: that is added to them. */
  updated: count,
  /** Others that are here have their identifiers: put beside. */
  copies: count,
  duplicates: count,
  bad: count,
  /** Conversations of which something was left out or is read in another way. */
  noted: count,
  error: v.nullable(errorSchema),
});
export type ImportFile = v.InferOutput<typeof importFileSchema>;

/** Reads every file and compares it with what is here; changes nothing. Resolves when all is read. `items`: how many `import.items` has. */
export const planImportFiles = channel(
  'import.plan',
  v.strictObject({ importId: idSchema }),
  v.object({ files: v.array(importFileSchema), items: count }),
);

const placed = v.object({ where: v.string(), why: errorSchema });
export const importItemSchema = v.variant('standing', [
  /** `messages`: of one that is updated, those that are new. `notes`: what was left out of it or is read in another way. */
  v.object({
    standing: v.picklist(['new', 'updated', 'copy', 'duplicate']),
    file: count,
    title: v.string(),
    messages: count,
    createdAt: count,
    notes: v.array(placed),
  }),
  /** Can't be read: where in the file, and why. */
  v.object({ standing: v.literal('bad'), file: count, where: v.string(), why: errorSchema }),
]);
export type ImportItem = v.InferOutput<typeof importItemSchema>;
/** One by one, what would become of each conversation: at most `IMPORT_ITEMS_PAGE` from number `from` on, what is bad first in each file. */
export const listImport = channel(
  'import.items',
  v.strictObject({ importId: idSchema, from: count }),
  v.object({ items: v.array(importItemSchema) }),
);

/** Imports what was planned, one conversation a transaction. Resolves at the end, or when it was cancelled; what is in stays. */
export const runImportFiles = channel(
  'import.run',
  v.strictObject({ importId: idSchema }),
  v.object({
    imported: count,
    updated: count,
    duplicates: count,
    /** The first imported conversation, to be opened. */
    first: v.nullable(idSchema),
    /** What could not be imported, those that could not be read included. At most 200; `bad` counts them all. */
    problems: v.array(v.object({ file: v.string(), where: v.string(), why: errorSchema })),
    bad: count,
    cancelled: v.boolean(),
    /** Why it ended before its end: nothing more can be stored. */
    error: v.nullable(errorSchema),
  }),
);
export type ImportOutcome = v.InferOutput<typeof runImportFiles.response>;
/** Ends reading or importing between two conversations, and forgets the files. One that is not there is forgotten already. */
export const cancelImport = channel('import.cancel', v.strictObject({ importId: idSchema }), nothing);

/** How far an import is: bytes of files read, or conversations written. */
export const importProgressSchema = v.object({
  topic: v.literal('import'),
  importId: idSchema,
  stage: v.picklist(['reading', 'writing']),
  done: count,
  total: count,
});

export const transferChannels = {
  [beginExport.name]: beginExport,
  [readExport.name]: readExport,
  [endExport.name]: endExport,
  [beginImport.name]: beginImport,
  [addToImport.name]: addToImport,
  [planImportFiles.name]: planImportFiles,
  [listImport.name]: listImport,
  [runImportFiles.name]: runImportFiles,
  [cancelImport.name]: cancelImport,
} as const;
