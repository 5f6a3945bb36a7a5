/**
 * How a program on this machine finds the app that has a data folder open: a file in that folder, readable by its owner alone,
 * which names the app's local socket and the token it wants. It means something only while the store is locked: an app that was
 * killed leaves the file behind.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';

const schema = v.object({
  version: v.literal(1),
  pid: v.number(),
  /** A Unix socket's path, or a named pipe's. */ socket: v.pipe(v.string(), v.minLength(1)),
  token: v.pipe(v.string(), v.minLength(32)),
});
export type Announcement = Omit<v.InferOutput<typeof schema>, 'version'>;

/** Where the contract is, on the local socket. */
export const LOCAL_PATH = '/contract';
const fileOf = (dataDir: string): string => path.join(dataDir, 'mezzotint.app.json');

export function announce(dataDir: string, announcement: Announcement): void {
  const partial = `${fileOf(dataDir)}.part`;
  rmSync(partial, { force: true });
  writeFileSync(partial, `${JSON.stringify({ version: 1, ...announcement })}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(partial, fileOf(dataDir));
}

/** Null where there is none, where it can't be read, or where it is another account's: what is sent to it would be theirs to read. */
export function readAnnouncement(dataDir: string): Announcement | null {
  try {
    const own = process.getuid?.();
    if (own !== undefined && statSync(fileOf(dataDir)).uid !== own) return null;
    const parsed = v.safeParse(schema, JSON.parse(readFileSync(fileOf(dataDir), 'utf8')));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

export const withdraw = (dataDir: string): void => rmSync(fileOf(dataDir), { force: true });
