/** What is on its way in or out of the models folder lies in folders that begin with a dot and name the process that works on them. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { owner, ownerState } from '../hub/index.ts';

const INCOMING = '.incoming-';
const REMOVED = '.removed-';
/** What a machine that can't be asked has not written to for so long is nobody's. */
const FOREIGN_MS = 24 * 3_600_000;

let made = 0;
/** Those of this process: its number may have belonged to one that is gone. */
const own = new Set<string>();
function named(folder: string, kind: string, rest: string): string {
  const name = `${kind}${owner}-${++made}${rest}`;
  own.add(name);
  return path.join(folder, name);
}
/** A new place for what comes. It is not made. */
export const incomingIn = (folder: string): string => named(folder, INCOMING, '');
/** A new place for what goes. It is not made. */
export const removedIn = (folder: string, id: string): string => named(folder, REMOVED, `-${id}`);

const kindOf = (name: string): string | undefined => [INCOMING, REMOVED].find((kind) => name.startsWith(kind));

/** When something in a folder was last written, milliseconds since 1970. */
function touchedIn(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
      (newest, entry) =>
        Math.max(newest, statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.mtimeMs ?? 0),
      statSync(folder).mtimeMs,
    );
  } catch {
    return Date.now(); // it changes under the look
  }
}
/** Whether the process that works on something of this name, in this folder, still does. */
export function isWorkedOn(folder: string, name: string): boolean {
  const kind = kindOf(name);
  if (kind === undefined) return false;
  switch (ownerState(name.slice(kind.length))) {
    case 'mine':
      return own.has(name);
    case 'gone':
      return false;
    case 'elsewhere':
      return Date.now() - touchedIn(path.join(folder, name)) < FOREIGN_MS;
    default:
      return true;
  }
}
/** A note that is written whole is first written beside its name, with the number of the process: `writeWhole`. */
const NOTE = /\.(\d+)\.part$/;
/** Writing one takes milliseconds, on another machine that shares the folder too. */
const NOTE_MS = 5_000;
/** Whether a note was begun by a process that is gone. */
function isLeftNote(folder: string, name: string): boolean {
  const [, pid] = NOTE.exec(name) ?? [];
  if (pid === undefined || ownerState(pid) !== 'gone') return false;
  const stat = statSync(path.join(folder, name), { throwIfNoEntry: false });
  return stat !== undefined && stat.isFile() && Date.now() - stat.mtimeMs >= NOTE_MS;
}
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no model was ever imported
  }
}
/** Takes away what processes that are gone have left half-way; what others work on stays. */
export function dropLeftovers(folder: string): void {
  for (const name of namesIn(folder)) {
    if (!isLeftNote(folder, name) && (kindOf(name) === undefined || isWorkedOn(folder, name))) continue;
    try {
      rmSync(path.join(folder, name), { recursive: true, force: true });
    } catch {
      // a folder that can't be changed: it looks like no model, and the next start tries again
    }
  }
}
/** Names of models that come in at this moment, by any process; `others`: by another one than this. */
export const comingIn = (folder: string, others = false): string[] =>
  namesIn(folder)
    .filter((name) => name.startsWith(INCOMING) && isWorkedOn(folder, name) && !(others && own.has(name)))
    .flatMap((name) => [name, ...namesIn(path.join(folder, name))].slice(others ? 0 : 1));
