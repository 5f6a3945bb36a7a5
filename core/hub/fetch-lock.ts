/** A download is one process's at a time, also where apps of several data folders, or machines, share its folder. */
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { failure } from '../contract/result.ts';
import { owner, ownerState } from './owner.ts';

/** A lock of another machine holds while it is renewed. */
const RENEW_MS = 60_000;
const FOREIGN_MS = 3_600_000;

/** Locks of this very process: a number may have belonged to one that is gone. */
const held = new Set<string>();

/** @param place the folder of a download @returns what gives it up @throws MezzotintError `conflict` while another process holds it */
export function lockPlace(place: string, repository: string): () => void {
  const file = path.join(place, 'lock');
  for (let n = 0; ; n++) {
    try {
      const fd = openSync(file, 'wx', 0o600);
      writeFileSync(fd, owner);
      closeSync(fd);
      break;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST' || n > 3) throw thrown;
    }
    const text = textOf(file);
    if (text === null) continue;
    if (isHeld(file, text)) throw failure('hub.fetching', { repository });
    takeAway(file, text);
  }
  held.add(file);
  const renew = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // the folder is gone: so is what was locked
    }
  }, RENEW_MS);
  renew.unref();
  return () => {
    clearInterval(renew);
    held.delete(file);
    rmSync(file, { force: true });
  };
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null; // given up meanwhile
  }
}
function isHeld(file: string, text: string): boolean {
  switch (ownerState(text)) {
    case 'mine':
      return held.has(file);
    case 'alive':
      return true;
    case 'elsewhere': {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat !== undefined && Date.now() - stat.mtimeMs < FOREIGN_MS;
    }
    default:
      return false;
  }
}
/** Of a process that is gone. Another one may take it away at the same moment and lock anew: that lock is put back. */
function takeAway(file: string, text: string): void {
  const aside = `${file}.${owner}`;
  try {
    renameSync(file, aside);
    if (textOf(aside) !== text) linkSync(aside, file);
  } catch {
    // another process was first: the next try judges what is there
  }
  rmSync(aside, { force: true });
}
