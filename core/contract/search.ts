import * as v from 'valibot';
import { channel, idSchema, timeSchema } from './channel.ts';
import { roleSchema } from './engine.ts';

export const MAX_QUERY_CHARACTERS = 10_000;

/** A stretch of the text beside it, in UTF-16 units: [from, to). */
const rangesSchema = v.array(v.tuple([v.number(), v.number()]));

export const searchHitSchema = v.object({
  messageId: idSchema,
  role: roleSchema,
  createdAt: timeSchema,
  /** A piece of the message as plain text, never markup; … where it goes on. */
  excerpt: v.string(),
  ranges: rangesSchema,
});
export type SearchHit = v.InferOutput<typeof searchHitSchema>;

export const searchGroupSchema = v.object({
  conversationId: idSchema,
  title: v.string(),
  /** Where the words stand in the title; empty where they don't. */
  titleRanges: rangesSchema,
  updatedAt: timeSchema,
  /** Messages that have the words: those where they stand by themselves first, then the newest. */
  hits: v.array(searchHitSchema),
  /** The conversation has, or may have, further messages with the words. */
  more: v.boolean(),
});
export type SearchGroup = v.InferOutput<typeof searchGroupSchema>;

/**
 * Finds every message whose folded text (`fold.ts`) has the folded query, or all of its words; titles likewise. The query is
 * only text: nothing in it is an operator. Conversations in the trash are left out.
 *
 * Groups come in this order, over all pages: titles, messages with the query as it stands, messages with all its words; in
 * each, the newest first. A page may give a conversation of an earlier one again, with further hits.
 */
export const findSearch = channel(
  'search.find',
  v.strictObject({
    query: v.pipe(v.string(), v.maxLength(MAX_QUERY_CHARACTERS)),
    /** Only messages of this conversation, and all of them; titles are left out. */
    conversationId: v.optional(idSchema),
    /** Only messages written at or after `from` and before `to`; conversations by their last change. */
    from: v.optional(timeSchema),
    to: v.optional(timeSchema),
    /** Only conversations of this folder; null: of none. */
    folderId: v.optional(v.nullable(idSchema)),
    /** Only messages of this role; titles are left out. */
    role: v.optional(roleSchema),
    /** Conversations a page; with `conversationId`, messages. */
    limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)),
    /** `next` of the page before; null: the first page. */
    cursor: v.nullable(v.pipe(v.string(), v.regex(/^[tpw]:\d{1,15}$/))),
  }),
  v.object({
    groups: v.array(searchGroupSchema),
    /** null: that was all. A page may be short, or empty, and yet have a next one: it took as long as a page may. */
    next: v.nullable(v.string()),
    /** The query is too short to be looked for: one letter (a Chinese or Japanese character is enough). */
    tooShort: v.boolean(),
    /** Messages that the index has not read yet (after an update or a large import): they are not found so far. */
    unread: v.number(),
  }),
);

/**
 * How often the query stands in each message of a conversation, on all branches, in the order they were written; messages
 * without it are left out. Where it stands in none of them, its words are counted in those that have all of them.
 */
export const withinSearch = channel(
  'search.within',
  v.strictObject({ conversationId: idSchema, query: v.pipe(v.string(), v.maxLength(MAX_QUERY_CHARACTERS)) }),
  v.object({
    as: v.picklist(['phrase', 'words']),
    matches: v.array(v.object({ messageId: idSchema, count: v.number() })),
  }),
);

export const searchChannels = { [findSearch.name]: findSearch, [withinSearch.name]: withinSearch } as const;
