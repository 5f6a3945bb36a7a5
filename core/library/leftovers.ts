/** What is on its way in or out of the models folder lies in folders that begin with a dot and name the process that works on them. */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

export const INCOMING = '.incoming-';
export const REMOVED = '.removed-';

/** Whether a process of this machine has this id. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}
/** Takes away what processes that are gone have left half-way. */
export function dropLeftovers(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return; // no model was ever imported
  }
  for (const name of names) {
    const pid = Number(/^\.(?:incoming|removed)-(\d+)/.exec(name)?.[1] ?? NaN);
    if (Number.isNaN(pid) || (isAlive(pid) && pid !== process.pid)) continue;
    try {
      rmSync(path.join(folder, name), { recursive: true, force: true });
    } catch {
      // a folder that can't be changed: it looks like no model, and the next start tries again
    }
  }
}
