/**
 * Which process works on something that lies in a folder. Others may use the same folder: of this machine, or of another one by
 * the network. An owner is `PID-TAG`; the tag names the machine and, on Linux, the namespace in which the process id counts.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

const said = (read: () => string): string => {
  try {
    return read();
  } catch {
    return ''; // another system
  }
};
const tag = createHash('sha256')
  .update(
    [
      hostname(),
      said(() => readFileSync('/etc/machine-id', 'utf8')),
      said(() => readlinkSync('/proc/self/ns/pid')),
    ].join('\n'),
  )
  .digest('hex')
  .slice(0, 8);

/** Of this process. */
export const owner = `${process.pid}-${tag}`;

/** mine: this process · alive: another one of this machine · gone: it has ended · elsewhere: of a machine that can't be asked. */
export type OwnerState = 'mine' | 'alive' | 'gone' | 'elsewhere';

/** @param text begins with an owner; a process id alone is of this machine. null: it names none */
export function ownerState(text: string): OwnerState | null {
  const [, number, of] = /^(\d{1,10})(?:-([0-9a-f]{8}))?(?![0-9a-f])/.exec(text) ?? [];
  const pid = Number(number ?? 0);
  if (pid <= 0) return null;
  if (of !== undefined && of !== tag) return 'elsewhere';
  if (pid === process.pid) return 'mine';
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : 'gone';
  }
}
