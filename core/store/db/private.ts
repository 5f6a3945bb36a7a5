/**
 * What the app writes in a data folder is for its owner alone: folders 0700, files 0600, whatever the umask says. A folder that a
 * person chose may hold other things: their modes, and that folder's own, are left as they are. Where a system or a disk knows no
 * such modes, nothing happens.
 */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fchmodSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { failure } from '../../contract/result.ts';

const FILE = 0o600;
const FOLDER = 0o700;
const BITS = 0o777;

/** Names in a data folder that only this app gives. */
const isOurs = (name: string): boolean => /^(mezzotint[.-].*|location\.json(\.part)?|window\.json)$/.test(name);
/** Folders in it that only this app makes. */
const OUR_FOLDERS = ['backups', 'profiles', 'models'];
/** What Chromium keeps beside the data; it sets the modes of its own files. */
const isBrowsers = (name: string): boolean =>
  /^(session|Singleton.*|Crashpad|Local State|Dictionaries|DevToolsActivePort|lockfile)$/.test(name);

function setMode(file: string, mode: number): void {
  try {
    if ((statSync(file).mode & BITS) !== mode) chmodSync(file, mode);
  } catch {
    // another's file, or a disk without modes
  }
}

/** SQLite takes paths of 512 bytes; the longest name in a data folder is that of a backup's journal. */
const LONGEST_FOLDER = 400;
/** @throws MezzotintError bad-request for a folder in which SQLite could not open its files */
export function refuseLongPath(folder: string): void {
  if (Buffer.byteLength(path.resolve(folder)) > LONGEST_FOLDER)
    throw failure('store.folder-path-too-long', { most: LONGEST_FOLDER }, { file: folder });
}

/** Makes a folder, and those above it that are missing. Node's own `recursive` never returns where a file system refuses with “not found”. */
export function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  makeFolder(path.dirname(folder));
  mkdirSync(folder, { mode: FOLDER });
  setMode(folder, FOLDER);
}
/** Makes an empty file where there is none; SQLite then opens it, and gives its log the same mode. Does nothing where it can't: who opens the file says why. */
export function makeFile(file: string): void {
  if (existsSync(file)) return;
  try {
    const handle = openSync(file, 'wx', FILE);
    try {
      fchmodSync(handle, FILE);
    } finally {
      closeSync(handle);
    }
  } catch {
    // there is one by now, or there can be none
  }
}
export function writePrivately(file: string, text: string): void {
  makeFile(file);
  writeFileSync(file, text, { mode: FILE });
  setMode(file, FILE);
}
/** @param flags as of `copyFileSync` */
export function copyPrivately(from: string, to: string, flags?: number): void {
  copyFileSync(from, to, flags);
  setMode(to, FILE);
}
/** A file that was written by other means. */
export const makePrivate = (file: string): void => setMode(file, FILE);

/** Closes to others what lies in a data folder already: at each start, before anything is opened. */
export function closeToOthers(dataDir: string): void {
  let names: string[];
  try {
    names = readdirSync(dataDir);
  } catch {
    return;
  }
  for (const name of names) {
    const full = path.join(dataDir, name);
    // a link's mode is that of what it leads to, which need not be ours
    const stat = lstatSync(full, { throwIfNoEntry: false });
    if (stat?.isFile() && isOurs(name)) setMode(full, FILE);
    if (!stat?.isDirectory() || !OUR_FOLDERS.includes(name)) continue;
    closeToOthers(full);
    if (name === 'profiles')
      for (const profile of readdirSync(full))
        if (lstatSync(path.join(full, profile), { throwIfNoEntry: false })?.isDirectory())
          closeToOthers(path.join(full, profile));
    setMode(full, FOLDER);
  }
  if (names.every((name) => isOurs(name) || OUR_FOLDERS.includes(name) || isBrowsers(name))) setMode(dataDir, FOLDER);
}
