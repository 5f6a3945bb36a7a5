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
  args?: { name?: string; frameSeqId?: number };
}
export interface Frames {
  frames: number;
  /**
   * Frames on the screen for more than 20 ms: from the display's tick a drawn frame belongs to, to the tick of the next drawn
   * one (as Chromium's own tools count). One or more ticks went by without a frame.
   */
  longPct: number;
  /** Frames whose drawing came more than 20 ms after the drawing before it, in the same tick or a later one. */
  unevenPct: number;
  /** Frames during which the page's own thread worked more than 20 ms at a stretch. */
  busyPct: number;
  /** Milliseconds of the page's thread, at the 95th percentile of its tasks that drew. */
  workP95: number;
}
const LONG_US = 20_000;

export const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

const between = (times: readonly number[]): number[] => {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted.slice(1).map((ts, i) => ts - (sorted[i] ?? ts));
};

/** @param events of one page that draws every frame @throws where there are too few frames to say anything */
export function framesOf(events: readonly TraceEvent[]): Frames {
  const threads = events
    .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
    .map(({ pid, tid }) => `${pid} ${tid}`);
  const drawn = events.filter(({ name }) => name === 'DrawFrame');
  // the page's own process is the one that draws most
  const byProcess = new Map<number, TraceEvent[]>();
  for (const event of drawn) byProcess.set(event.pid, [...(byProcess.get(event.pid) ?? []), event]);
  const [pid, draws] = [...byProcess].sort((a, b) => b[1].length - a[1].length)[0] ?? [0, []];
  const ticks = new Map(
    events
      .filter(({ name, pid: p }) => name === 'BeginFrame' && p === pid)
      .map(({ ts, args }) => [args?.frameSeqId, ts]),
  );
  const shown = draws.flatMap(({ args }) => ticks.get(args?.frameSeqId) ?? []);
  if (shown.length < 60) throw new Error(`the trace holds ${shown.length} frames`);
  const gaps = between(shown);
  const share = (all: readonly number[]): number => (100 * all.filter((us) => us > LONG_US).length) / gaps.length;
  const tasks = events
    .filter(
      ({ name, ph, dur, pid: p, tid }) =>
        ph === 'X' && dur !== undefined && p === pid && threads.includes(`${p} ${tid}`) && /RunTask$/.test(name),
    )
    .map(({ dur }) => dur ?? 0);
  const drawing = tasks.filter((us) => us > 500);
  return {
    frames: gaps.length,
    longPct: share(gaps),
    unevenPct: share(between(draws.map(({ ts }) => ts))),
    busyPct: share(tasks),
    workP95: percentile(drawing, 0.95) / 1000,
  };
}
