/** What was noted of a pack's integers: which scheme serves, and the files that were written, or that none serves. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { INTEGER_FILES } from '../model/integer-plan.ts';
import { sha256Schema } from '../model/manifest.ts';
import { stateOf } from './trust.ts';
import { writeWhole } from './write-whole.ts';

/** Version of what is laid out: of the arithmetic, the texts and the files. */
export const VERSION = 1;
const NOTE = `${INTEGER_FILES}.json`;

const noteSchema = v.object({
  version: v.literal(VERSION),
  /** SHA-256 of the pack's manifest. */
  pack: sha256Schema,
  /** Index into the schemes; null: none of them says what the model says. */
  scheme: v.nullable(v.number()),
  /** Mean KL divergence from the model in blocks, in nats a row, of each scheme that was tried. */
  tried: v.array(v.number()),
  files: v.record(v.string(), v.object({ bytes: v.number(), sha256: sha256Schema, changedMs: v.number() })),
});
export type Note = v.InferOutput<typeof noteSchema>;

/** Takes away all that was laid out beside a pack; nothing where that can't be done. */
export function removeIntegers(dir: string): void {
  try {
    for (const name of readdirSync(dir)) if (name.startsWith(INTEGER_FILES)) rmSync(join(dir, name), { force: true });
  } catch {
    // a folder that can't be written holds none
  }
}

function hashOf(file: string): string {
  const hash = createHash('sha256');
  const fd = openSync(file, 'r');
  const piece = Buffer.alloc(1 << 20);
  try {
    for (let read = readSync(fd, piece); read > 0; read = readSync(fd, piece)) hash.update(piece.subarray(0, read));
  } finally {
    closeSync(fd);
  }
  return hash.digest('hex');
}
/** What is noted of a file. */
export const noted = (dir: string, name: string): Note['files'][string] => ({
  ...stateOf(dir, name),
  sha256: hashOf(join(dir, name)),
});

/** The note, where it speaks of this pack and its files are what they were; otherwise they are taken away. */
export function readNote(dir: string, hash: string): Note | null {
  let text: string;
  try {
    text = readFileSync(join(dir, NOTE), 'utf8');
  } catch {
    return null;
  }
  try {
    const note = v.parse(noteSchema, JSON.parse(text));
    if (note.pack !== hash) throw new RangeError('of another pack');
    let touched = false;
    for (const [name, known] of Object.entries(note.files)) {
      const { bytes, changedMs } = stateOf(dir, name);
      if (bytes === known.bytes && changedMs === known.changedMs) continue;
      if (bytes !== known.bytes || hashOf(join(dir, name)) !== known.sha256) throw new RangeError('of other files');
      known.changedMs = changedMs;
      touched = true;
    }
    if (touched) tryToWrite(dir, note);
    return note;
  } catch {
    removeIntegers(dir);
    return null;
  }
}
/** A folder that can't be written costs another comparison at the next load. */
function tryToWrite(dir: string, note: Note): void {
  try {
    writeNote(dir, note);
  } catch {
    // see above
  }
}
export const writeNote = (dir: string, note: Note): void => writeWhole(join(dir, NOTE), `${JSON.stringify(note)}\n`);
