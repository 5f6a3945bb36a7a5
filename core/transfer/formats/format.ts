/** A format of files: how it is recognised and how its conversations become ours, how ours are written in it. One file and one row in `index.ts` each. */
import { errorOf } from '../../contract/result.ts';
import type { ArchivedConversation } from '../../contract/transfer.ts';
import { BadPart, finish, type Incoming, type Finish, type Finished, type Note, type Problem } from '../incoming.ts';

/** One value of a JSON file: the document, an element of its list, or a line of it. */
export interface Item {
  where: string;
  value: unknown;
  /** Why a line is no JSON. */
  error?: string;
}
/** A file to be recognised. */
export interface Opened {
  text: string;
  /** Its values where it is JSON or JSON lines, else null. */
  items: readonly Item[] | null;
  /** Whether it is one JSON document. */
  whole: boolean;
}
/** A conversation that is not yet read. */
export interface Part {
  where: string;
  /** @throws BadPart naming the place where it can't be read */
  read: (finishing: Finish) => Finished;
}
export interface Reader {
  /** Names the format in answers: small letters. */
  id: string;
  /** What people call it. */
  name: string;
  /** Its conversations; null: the file is in another format. @throws MezzotintError file-invalid where it is this one, but nothing of it can be read */
  open(file: Opened): Part[] | null;
  /** Groups files of an archive that are read together; those of no group are read by themselves, if at all. */
  group?(names: readonly string[]): readonly string[][];
}

/** Notes of one conversation: the first ones, and how many more. */
const MOST_NOTES = 20;
function collected(): { note: Note; notes: () => Problem[] } {
  const notes: Problem[] = [];
  let more = 0;
  let last = '';
  return {
    note(where, why) {
      if (notes.length < MOST_NOTES) notes.push({ where: where.slice(0, 400), why });
      else {
        more += 1;
        last = where;
      }
    },
    notes: () => (more === 0 ? notes : [...notes, { where: last.slice(0, 400), why: errorOf('odd.more', { more }) }]),
  };
}

/** A part whose conversation is read as it comes. */
export const partOf = (format: string, where: string, read: (note: Note) => Incoming): Part => ({
  where,
  read(finishing) {
    const { note, notes } = collected();
    const incoming = read(note);
    const [first] = notes();
    // where nothing is left of it, what was left out is why
    if (first && incoming.messages.every(({ aside }) => aside))
      throw new BadPart(first.where, errorOf('bad.nothing-else', { why: first.why }));
    return finish(incoming, format, where, finishing, notes());
  },
});

export interface JsonFormat {
  id: string;
  name: string;
  /** Whether a value of the file is a conversation of this format, or a record of one. */
  is: (value: unknown) => boolean;
  /** @param where its place in the file @throws BadPart */
  read: (value: unknown, where: string, note: Note) => Incoming;
  /** Puts records together into conversations; absent: each value is one. */
  gather?: (items: readonly Item[]) => Item[];
  group?: Reader['group'];
}

/** A format of JSON: one value a conversation, in a document, in a list or a line each. */
export const jsonReader = ({ id, name, is, read, gather, group }: JsonFormat): Reader => ({
  id,
  name,
  open({ items }) {
    if (!items?.some(({ value }) => is(value))) return null;
    return (gather ? gather(items) : items).map((item) => ({
      where: item.where,
      read(finishing) {
        if (item.error !== undefined) throw new BadPart(item.where, errorOf('bad.not-json', { reason: item.error }));
        return partOf(id, item.where, (note) => read(item.value, item.where, note)).read(finishing);
      },
    }));
  },
  ...(group ? { group } : {}),
});

export interface ExportInfo {
  /** Milliseconds since 1970. */
  exportedAt: number;
  /** Whether the conversations were read with the steps of each reply. */
  frames: boolean;
}
/** How conversations are written in a format. Its name is in `exportFormats` (core/contract/transfer.ts), its words in strings/. */
export interface Writer {
  extension: string;
  mimeType: string;
  /** Loads what it writes with; to be awaited before `write`. */
  prepare?: () => Promise<void>;
  /** The file in pieces. @param conversations read one at a time, as the pieces are taken */
  write: (conversations: Iterable<ArchivedConversation>, info: ExportInfo) => Iterable<string>;
}
