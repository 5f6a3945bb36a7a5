/** A replay as a moving picture: GIF, or WebM by the browser's own encoder. Drawn from the stored steps, as fast as the machine can. */
import { failure } from '../../../core/contract/result.ts';
import { stepWords } from '../../state/inspector/step-words.ts';
import type { Timeline } from '../../state/inspector/timeline.ts';
import { inkOf } from '../draw.ts';
import { Painter } from './painter.ts';
import { planFilm, type FilmPlan } from './plan.ts';

export type FilmKind = 'gif' | 'webm';
export interface FilmRequest {
  kind: FilmKind;
  timeline: Timeline;
  question: string;
  /** Times as fast as it was written. */
  speed: number;
  /** Pixels. */
  width: number;
  signal: AbortSignal;
  onProgress: (done: number, total: number) => void;
}
/** What takes the frames, one after the other. */
interface Encoder {
  add(painter: Painter, atMs: number, ms: number): void | Promise<void>;
  finish(): Promise<Blob>;
}
/** Others get their turn so often. */
const TURN_MS = 24;
/** Colours of a GIF: one sheet with its inks and their edges. */
const COLOURS = 48;

/** @throws MezzotintError `internal` where this runtime cannot make such a film; the signal's reason where it was cancelled */
export async function makeFilm({
  kind,
  timeline,
  question,
  speed,
  width,
  signal,
  onProgress,
}: FilmRequest): Promise<{ file: Blob; plan: FilmPlan }> {
  const plan = planFilm(timeline, speed);
  const last = timeline.length - 1;
  const painter = await Painter.create({
    question,
    text: timeline.at(last).text,
    width,
    inks: inkOf(document.documentElement),
  });
  if (!painter) throw failure('window.no-canvas');
  const drawn = (step: number): void => painter.draw(timeline.at(step), stepWords(timeline, step).join(' · '));
  const encoder =
    kind === 'gif' ? await gif(painter, () => [Math.floor(last / 3), last].forEach(drawn)) : await webm(painter);
  let at = 0;
  let turn = performance.now();
  for (const [i, { step, ms }] of plan.frames.entries()) {
    signal.throwIfAborted();
    drawn(step);
    await encoder.add(painter, at, ms);
    at += ms;
    onProgress(i + 1, plan.frames.length);
    if (performance.now() - turn < TURN_MS) continue;
    await new Promise((resolve) => setTimeout(resolve));
    turn = performance.now();
  }
  signal.throwIfAborted();
  return { file: await encoder.finish(), plan };
}

/** @param sample draws frames that hold all the colours there are; the last one stays on the canvas */
async function gif(painter: Painter, sample: () => void): Promise<Encoder> {
  const { GIFEncoder, quantize, applyPalette } = await import('gifenc');
  sample();
  const palette = quantize(painter.pixels.data, COLOURS);
  const clear = palette.length;
  const colours = [...palette, [0, 0, 0] as [number, number, number]];
  const out = GIFEncoder();
  let before: Uint8Array | null = null;
  return {
    add(from, _at, ms) {
      const { width, height } = from.canvas;
      const indexed = applyPalette(from.pixels.data, palette);
      // what did not change is left standing: most of a page
      const changed = before ? indexed.map((colour, i) => (colour === before?.[i] ? clear : colour)) : indexed;
      out.writeFrame(changed, width, height, {
        ...(before ? { transparent: true, transparentIndex: clear } : { palette: colours }),
        delay: ms,
        dispose: 1,
      });
      before = indexed;
    },
    finish() {
      out.finish();
      return Promise.resolve(new Blob([out.bytes() as Uint8Array<ArrayBuffer>], { type: 'image/gif' }));
    },
  };
}

async function webm(painter: Painter): Promise<Encoder> {
  const { BufferTarget, CanvasSource, getFirstEncodableVideoCodec, Output, WebMOutputFormat } =
    await import('mediabunny');
  const { width, height } = painter.canvas;
  const codec =
    typeof VideoEncoder === 'undefined'
      ? null
      : await getFirstEncodableVideoCodec(['vp9', 'vp8', 'av1'], { width, height });
  if (codec === null) throw failure('window.no-encoder');
  const output = new Output({ format: new WebMOutputFormat(), target: new BufferTarget() });
  const source = new CanvasSource(painter.canvas, { codec, bitrate: 1_200_000 });
  output.addVideoTrack(source);
  await output.start();
  return {
    add: (_from, at, ms) => source.add(at / 1000, ms / 1000),
    async finish() {
      await output.finalize();
      return new Blob([output.target.buffer ?? new ArrayBuffer(0)], { type: 'video/webm' });
    },
  };
}
