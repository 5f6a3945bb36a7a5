/** From rows to the contract's objects. */
import * as v from 'valibot';
import { idSchema } from '../../contract/channel.ts';
import {
  messageStatusSchema,
  type Conversation,
  type GenerationSummary,
  type Message,
  type MessageHead,
} from '../../contract/conversations.ts';
import { modelIdSchema } from '../../contract/models.ts';
import { roleSchema, type Role } from '../../contract/engine.ts';
import {
  countsSchema,
  generationSettingsSchema,
  modeSchema,
  stopReasonSchema,
  writerSchema,
  type Counts,
} from '../../contract/generation.ts';
import { instructionsSchema } from '../../contract/presets.ts';
import type { ServerRef } from '../../contract/remote.ts';
import { errorSchema, failure, type MezzotintError } from '../../contract/result.ts';
import { integer, integerOrNull, text, textOrNull, type Row } from '../db/driver.ts';
import { chosenSettings } from './presets.ts';

export const packSchema = writerSchema;
export type Pack = v.InferOutput<typeof packSchema>;

const damaged = (column: string, cause: unknown): MezzotintError =>
  failure('store.unexpected-value', { column }, { cause });

function checked<S extends v.GenericSchema<unknown, unknown>>(
  schema: S,
  value: unknown,
  column: string,
): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw damaged(column, v.summarize(parsed.issues));
  return parsed.output;
}
function json<S extends v.GenericSchema<unknown, unknown>>(schema: S, row: Row, column: string): v.InferOutput<S> {
  let value: unknown;
  try {
    value = JSON.parse(text(row, column));
  } catch (cause) {
    throw damaged(column, cause);
  }
  return checked(schema, value, column);
}
function jsonOrNull<S extends v.GenericSchema<unknown, unknown>>(
  schema: S,
  row: Row,
  column: string,
): v.InferOutput<S> | null {
  return row[column] === null ? null : json(schema, row, column);
}

const optional = <K extends string>(key: K, value: string | null): { [P in K]?: string } =>
  value === null ? {} : ({ [key]: value } as { [P in K]?: string });

/** Where a conversation was forked off. */
export function forkOf(row: Row): Pick<Conversation, 'forkedFrom'> {
  const conversationId = textOrNull(row, 'forked_from');
  return conversationId === null
    ? {}
    : { forkedFrom: { conversationId, messageId: text(row, 'forked_message'), at: text(row, 'forked_at') } };
}
/** What a conversation chose for itself. What can't be read is passed over: one damaged row must not hide the whole list. */
export function setupOf(row: Row): Pick<Conversation, 'setup'> {
  const stored = textOrNull(row, 'setup');
  if (stored === null) return {};
  try {
    const { settings, model, ...rest } = json(
      v.object({
        presetId: v.nullable(idSchema),
        instructions: instructionsSchema,
        settings: v.unknown(),
        localOnly: v.optional(v.boolean()),
        model: v.optional(v.unknown()),
      }),
      row,
      'setup',
    );
    return {
      setup: {
        ...rest,
        settings: chosenSettings(JSON.stringify(settings)),
        ...(v.is(modelIdSchema, model) ? { model } : {}),
      },
    };
  } catch {
    return {};
  }
}
const hostsSchema = v.pipe(v.string(), v.parseJson(), v.array(v.string()), v.minLength(1));
/** Where servers wrote in it; none where the value is damaged. */
function hostsOf(row: Row): Pick<Conversation, 'hosts'> {
  const parsed = v.safeParse(hostsSchema, row['hosts']);
  return parsed.success ? { hosts: parsed.output } : {};
}

export const toConversation = (row: Row): Conversation => ({
  id: text(row, 'id'),
  title: text(row, 'title'),
  createdAt: integer(row, 'created_at'),
  updatedAt: integer(row, 'updated_at'),
  messageCount: integer(row, 'message_count'),
  currentMessageId: textOrNull(row, 'current_message_id'),
  folderId: textOrNull(row, 'folder_id'),
  pinnedAt: integerOrNull(row, 'pinned_at'),
  archivedAt: integerOrNull(row, 'archived_at'),
  unread: integer(row, 'unread') === 1,
  ...hostsOf(row),
  ...forkOf(row),
  ...setupOf(row),
});

export const toGeneration = (row: Row): GenerationSummary => ({
  id: text(row, 'id'),
  mode: checked(modeSchema, row['mode'], 'mode'),
  seed: integer(row, 'seed'),
  settings: json(generationSettingsSchema, row, 'settings'),
  pack: jsonOrNull(packSchema, row, 'pack'),
  device: textOrNull(row, 'device'),
  reason: row['reason'] === null ? null : checked(stopReasonSchema, row['reason'], 'reason'),
  counts: jsonOrNull(countsSchema, row, 'counts'),
  droppedMessages: integer(row, 'dropped_messages'),
  error: jsonOrNull(errorSchema, row, 'error'),
  ...optional('reproduces', textOrNull(row, 'reproduces')),
});

/** Where a generation was written, and what was counted; neither where a value of it is damaged. */
export function serverOf(row: Row): { server?: ServerRef | undefined; counts: Counts | null } {
  try {
    return { server: jsonOrNull(packSchema, row, 'pack')?.server, counts: jsonOrNull(countsSchema, row, 'counts') };
  } catch {
    return { counts: null };
  }
}

const deletionOf = (row: Row): Pick<MessageHead, 'deletedAt' | 'deletedWith'> => ({
  ...(row['deleted_at'] === null ? {} : { deletedAt: integer(row, 'deleted_at') }),
  ...optional('deletedWith', textOrNull(row, 'deleted_with')),
});

export const toRole = (row: Row): Role => checked(roleSchema, row['role'], 'role');

/** Null where a value of it is damaged in a way SQLite can't see: the reply's text is still there to be read. */
export function readableGeneration(row: Row): GenerationSummary | null {
  try {
    return toGeneration(row);
  } catch {
    return null;
  }
}

export const toMessage = (row: Row, generation: GenerationSummary | null): Message => ({
  id: text(row, 'id'),
  conversationId: text(row, 'conversation_id'),
  parentId: textOrNull(row, 'parent_id'),
  role: toRole(row),
  text: text(row, 'text'),
  status: checked(messageStatusSchema, row['status'], 'status'),
  createdAt: integer(row, 'created_at'),
  generation,
  ...deletionOf(row),
  ...optional('model', textOrNull(row, 'model')),
});

export const toHead = (row: Row): MessageHead => ({
  id: text(row, 'id'),
  parentId: textOrNull(row, 'parent_id'),
  role: toRole(row),
  status: checked(messageStatusSchema, row['status'], 'status'),
  createdAt: integer(row, 'created_at'),
  bytes: integer(row, 'bytes'),
  ...deletionOf(row),
});
