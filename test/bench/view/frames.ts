/** Frames out of Chromium's trace. */
export interface TraceEvent {
  name: string;
  cat: string;
  ph: string;
  /** Microseconds. */
  ts: number;
  dur?: number;
  pid: number;
  tid: number;
  args?: { name?: string };
}
export interface Frames {
  frames: number;
  /** Frames that came more than 20 ms after the one before: one or more were missed. */
  longPct: number;
  /** Frames during which the page's own thread worked more than 20 ms at a stretch. */
  busyPct: number;
  /** Milliseconds of the page's thread, at the 95th percentile of its tasks that drew. */
  workP95: number;
}
const LONG_US = 20_000;

export const percentile = (values: readonly number[], share: number): number => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

/** @param events of one page that draws every frame @throws where there are too few frames to say anything */
export function framesOf(events: readonly TraceEvent[]): Frames {
  const threads = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`);
  const drawn = events.filter(({ name }) => name === 'DrawFrame').map(({ ts, pid }) => ({ ts, pid }));
  // the page's own process is the one that draws most
  const byProcess = new Map<number, number[]>();
  for (const { ts, pid } of drawn) byProcess.set(pid, [...(byProcess.get(pid) ?? []), ts]);
  const [pid, times] = [...byProcess].sort((a, b) => b[1].length - a[1].length)[0] ?? [0, []];
  if (times.length < 60) throw new Error(`the trace holds ${times.length} frames`);
  times.sort((a, b) => a - b);
  const gaps = times.slice(1).map((ts, i) => ts - (times[i] ?? ts));
  const tasks = events.filter(({ name, ph, dur, pid: p, tid }) => ph === 'X' && dur !== undefined && p === pid && threads.includes(`${p} ${tid}`) && /RunTask$/.test(name)).map(({ dur }) => dur ?? 0);
  const drawing = tasks.filter((us) => us > 500);
  return { frames: gaps.length, longPct: (100 * gaps.filter((us) => us > LONG_US).length) / gaps.length, busyPct: (100 * tasks.filter((us) => us > LONG_US).length) / gaps.length, workP95: percentile(drawing, 0.95) / 1000 };
}
