import { describe, expect, it } from 'vitest';
import { framesOf, type TraceEvent } from '../../bench/view/frames.ts';

const TICK = 16_667;
/** A trace of a page that draws the ticks listed, each `late` µs after its tick. */
function trace(ticks: readonly number[], late: (tick: number) => number = () => 5000): TraceEvent[] {
  const at = (name: string, ts: number, frameSeqId: number): TraceEvent => ({
    name,
    cat: '',
    ph: 'I',
    ts,
    pid: 1,
    tid: 2,
    args: { frameSeqId },
  });
  return ticks.flatMap((tick) => [
    at('BeginFrame', tick * TICK, tick),
    at('DrawFrame', tick * TICK + late(tick), tick),
  ]);
}
const every = Array.from({ length: 200 }, (_, i) => i);

describe('frames out of a trace', () => {
  it('none is long where every tick of the display has its frame, however its drawing wanders within the tick', () => {
    const frames = framesOf(trace(every, (tick) => (tick % 4 === 0 ? 9000 : 4000)));
    expect(frames.frames).toBe(199);
    expect(frames.longPct).toBe(0);
    expect(frames.unevenPct).toBeGreaterThan(20);
  });
  it('one is long where a tick went by without a frame', () => {
    const frames = framesOf(trace(every.filter((tick) => tick % 50 !== 25)));
    expect(Math.round((frames.longPct * frames.frames) / 100)).toBe(4);
  });
  it('says so where the trace holds too little', () => {
    expect(() => framesOf(trace(every.slice(0, 20)))).toThrow('20 frames');
  });
});
