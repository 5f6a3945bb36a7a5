/** What each of the app's processes has used of the processors, from /proc: the engine, this one with the service, and the browser's. */
import { readdirSync, readFileSync } from 'node:fs';

/** Seconds by process. page: its renderer · browser: the browser's other processes. */
export interface ProcessorTime {
  engine: number;
  service: number;
  page: number;
  browser: number;
}
/** Of the system's clock, in which /proc counts. */
const TICKS_A_SECOND = 100;

interface Found {
  pid: number;
  parent: number;
  command: string;
  seconds: number;
}
function processes(): Found[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // the command's name is in brackets and may hold any character
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
        return [{ pid: Number(name), parent: Number(fields[1]), command, seconds }];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}
/** Null where there is no /proc. Processes that this one did not start, directly or not, are left out. */
export function processorTime(engineFile: string): ProcessorTime | null {
  if (process.platform !== 'linux') return null;
  const all = processes();
  const mine = new Set([process.pid]);
  for (let before = 0; before < mine.size;) {
    before = mine.size;
    for (const { pid, parent } of all) if (mine.has(parent)) mine.add(pid);
  }
  const sum: ProcessorTime = { engine: 0, service: 0, page: 0, browser: 0 };
  for (const { pid, command, seconds } of all) {
    if (!mine.has(pid)) continue;
    if (pid === process.pid) sum.service += seconds;
    else if (command.includes(engineFile)) sum.engine += seconds;
    else if (command.includes('--type=renderer')) sum.page += seconds;
    else if (/chrom|headless/.test(command)) sum.browser += seconds;
  }
  return sum;
}
export const since = (from: ProcessorTime, to: ProcessorTime): ProcessorTime => ({
  engine: to.engine - from.engine,
  service: to.service - from.service,
  page: to.page - from.page,
  browser: to.browser - from.browser,
});
