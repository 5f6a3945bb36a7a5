/** Reads what an engine process writes to its standard output: beats, and whatever else it prints. */
import { BEAT_MARK } from '../../contract/beat.ts';
import type { FromEngine } from '../../contract/engine.ts';

type Beat = Extract<FromEngine, { type: 'beat' }>;

/** The longest line that is waited for; a longer one is no beat, and goes on as it comes. */
const MAX_LINE = 200;

/** @returns takes each piece of output. `print` gets what is no beat, as it was written. */
export function beatReader(
  onBeat: (beat: Beat) => void,
  print: (text: string) => void,
): (piece: Buffer | string) => void {
  let rest = '';
  return (piece) => {
    rest += piece.toString();
    let from = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', from)) {
      const line = rest.slice(from, end);
      from = end + 1;
      const beat = line.startsWith(BEAT_MARK) ? /^(\d+) (\d+)$/.exec(line.slice(BEAT_MARK.length)) : null;
      if (beat) onBeat({ type: 'beat', forwards: Number(beat[1]), cpuMs: Number(beat[2]) });
      else print(`${line}\n`);
    }
    rest = rest.slice(from);
    if (rest.length <= MAX_LINE) return;
    print(rest);
    rest = '';
  };
}
