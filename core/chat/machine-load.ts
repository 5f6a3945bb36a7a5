/** How much of the machine's processors is at work. */
import { cpus } from 'node:os';

/** @returns gives the share of processor time, 0 to 1, that was used since it was last called; 0 at first, or where the system does not say */
export function machineLoad(): () => number {
  const read = (): { idle: number; all: number } =>
    cpus().reduce(
      ({ idle, all }, { times }) => ({
        idle: idle + times.idle,
        all: all + times.user + times.nice + times.sys + times.idle + times.irq,
      }),
      { idle: 0, all: 0 },
    );
  let last = read();
  return () => {
    const now = read();
    const all = now.all - last.all;
    const share = all > 0 ? 1 - (now.idle - last.idle) / all : 0;
    last = now;
    return share;
  };
}
