/** What /proc tells of the app's processes and their sockets. Linux only: a test that needs it says so. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export const hasProc = process.platform === 'linux';

interface Process {
  pid: number;
  parent: number;
  command: string;
}
function processes(): Process[] {
  const found: Process[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      found.push({
        pid: Number(name),
        parent,
        command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
      });
    } catch {
      // gone between the two reads
    }
  }
  return found;
}

/** The process and everything that came from it. */
export function family(pid: number): Process[] {
  const all = processes();
  const inFamily = new Set([pid]);
  for (let grew = true; grew;) {
    grew = false;
    for (const candidate of all) {
      if (inFamily.has(candidate.parent) && !inFamily.has(candidate.pid)) {
        inFamily.add(candidate.pid);
        grew = true;
      }
    }
  }
  return all.filter((candidate) => inFamily.has(candidate.pid));
}

/** The engine among the processes of an app: a utility process that runs Node in Electron, a child with the engine's bundle elsewhere. */
export function engineOf(mainPid: number): number | undefined {
  return family(mainPid).find(
    ({ command }) => command.includes('engine.cjs') || command.includes('node.mojom.NodeService'),
  )?.pid;
}

export const isAlive = (pid: number): boolean => {
  try {
    // a killed process that nobody has waited for still has its entry
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

interface Socket {
  pid: number;
  protocol: string;
  local: string;
  remote: string;
}
const loopbacks = new Set(['0100007F', '00000000000000000000000001000000', '0000000000000000FFFF00000100007F']);
const nowhere = /^0+$/;

/** Internet sockets of these processes that are not bound to the loopback address alone. */
export function outsideSockets(pids: readonly number[]): Socket[] {
  const owners = new Map<string, number>();
  for (const pid of pids) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        if (inode !== undefined) owners.set(inode, pid);
      }
    } catch {
      // gone, or a descriptor was closed meanwhile
    }
  }
  const found: Socket[] = [];
  for (const protocol of ['tcp', 'tcp6', 'udp', 'udp6']) {
    for (const row of readFileSync(`/proc/net/${protocol}`, 'utf8').split('\n').slice(1)) {
      const fields = row.trim().split(/\s+/);
      const [, local = '', remote = ''] = fields;
      const pid = owners.get(fields[9] ?? '');
      if (pid === undefined) continue;
      const [from = '', to = ''] = [local.split(':')[0], remote.split(':')[0]];
      const inside = loopbacks.has(from) && (loopbacks.has(to) || nowhere.test(to));
      if (!inside) found.push({ pid, protocol, local, remote });
    }
  }
  return found;
}
