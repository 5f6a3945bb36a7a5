/** Search over titles and messages: the index, its upkeep, and what is found in it. */
import type { Response } from '../../contract/index.ts';
import { isDamage, type Db } from '../db/driver.ts';
import { checkSearch, rebuildSearch } from './check.ts';
import { createFinder, type SearchPage, type SearchRequest } from './find.ts';
import { createReader, type Reader } from './reader.ts';
import { createWithin } from './within.ts';

export interface Search {
  /** A page of what is found. Reads a little of what waits first, so that what was just written is found. */
  find(request: SearchRequest): SearchPage & { unread: number };
  /** How often words stand in the messages of one conversation. Needs no index. @throws not-found */
  within(conversationId: string, query: string): Response<'search.within'>;
  /** Reads messages into the index for about `ms` milliseconds. Returns whether more waits. */
  read(ms: number): boolean;
  /** What is wrong with the index, in words; nothing where it is whole. Takes seconds for large histories. */
  check(): string[];
  /** Rebuilds the index; the messages then wait to be read. */
  rebuild(): void;
}

/** What a search may spend on reading before it looks. */
const READ_FIRST_MS = 20;

/** @param relaxed runs work whose commits need not be flushed: the index can be made again */
export function createSearch(db: Db, relaxed: <T>(work: () => T) => T): Search {
  // made when they are first needed: a damaged index must not keep the app from opening
  let parts: { reader: Reader; find: (request: SearchRequest) => SearchPage } | null = null;
  const withParts = <T>(work: (reader: Reader, find: (request: SearchRequest) => SearchPage) => T): T => {
    const { reader, find } = (parts ??= { reader: createReader(db), find: createFinder(db) });
    return relaxed(() => work(reader, find));
  };
  /** The index holds nothing of its own: where it is damaged it is rebuilt, and no conversation is touched. */
  const healing: typeof withParts = (work) => {
    try {
      return withParts(work);
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      parts = null;
      rebuildSearch(db);
      return withParts(work);
    }
  };
  /** Where nothing can be written (a full disk, a folder that is gone) what is in the index is found all the same. */
  function readFirst(reader: Reader): boolean {
    try {
      return reader.read(READ_FIRST_MS);
    } catch (thrown) {
      if (isDamage(thrown)) throw thrown;
      return true;
    }
  }
  return {
    find: (request) =>
      healing((reader, find) => {
        const more = readFirst(reader);
        return { ...find(request), unread: more ? reader.waiting() : 0 };
      }),
    within: createWithin(db),
    read: (ms) => healing((reader) => reader.read(ms)),
    check: () => checkSearch(db),
    rebuild() {
      parts = null;
      rebuildSearch(db);
    },
  };
}
