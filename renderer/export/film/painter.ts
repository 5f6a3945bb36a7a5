/** Draws one step of a replay on a canvas, with the window's faces and sheet: question, text, the slots being denoised, the figures. */
import { drawnOf, type ReplyState, type Slot } from '../../state/reply/reply.ts';
import { face, type Inks } from '../draw.ts';
import { Lines, plainText } from './lines.ts';

export interface Scene {
  question: string;
  /** The finished text: the picture is as high as it needs, up to a limit. */
  text: string;
  width: number;
  inks: Inks;
}
const SIZE = 17;
const LINE = 27;
const PAD = 28;
const SMALL = 13;
/** Lines shown at most; a longer reply is shown at its growing end. */
const MOST_LINES = 18;
const SEAT = 30;

export class Painter {
  readonly canvas: HTMLCanvasElement;
  readonly #pen: CanvasRenderingContext2D;
  readonly #scene: Scene;
  readonly #lines: Lines;
  readonly #rows: number;
  readonly #grain: CanvasPattern | null;
  readonly #question: string;

  private constructor(canvas: HTMLCanvasElement, pen: CanvasRenderingContext2D, scene: Scene) {
    this.canvas = canvas;
    this.#pen = pen;
    this.#scene = scene;
    const width = scene.width - 2 * PAD;
    pen.font = face.of(SIZE, 'serif');
    const measure = (text: string): number => pen.measureText(text).width;
    this.#lines = new Lines(width, measure);
    const whole = new Lines(width, measure).of(plainText(scene.text)).length;
    this.#rows = Math.min(MOST_LINES, whole + 1);
    canvas.width = scene.width;
    // even: video codecs want it so
    canvas.height = Math.ceil((PAD + 24 + 16 + this.#rows * LINE + 36 + PAD / 2) / 2) * 2;
    this.#grain = grainPattern(pen, scene.inks);
    pen.font = face.of(SMALL + 1, 'sans');
    this.#question = shorten(scene.question.replace(/\s+/g, ' ').trim(), width, (text) => pen.measureText(text).width);
  }
  /** Fonts are loaded first. Null where there is no canvas to draw on. */
  static async create(scene: Scene): Promise<Painter | null> {
    await Promise.all([
      face.load(SIZE, 'serif'),
      face.load(SIZE, 'draft'),
      face.load(SMALL, 'mono'),
      face.load(SMALL, 'sans'),
    ]);
    const canvas = document.createElement('canvas');
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    return pen && new Painter(canvas, pen, { ...scene, width: Math.round(scene.width / 2) * 2 });
  }

  /** @param caption the step in words */
  draw(state: Readonly<ReplyState>, caption: string): void {
    const pen = this.#pen;
    const { inks, width } = this.#scene;
    pen.fillStyle = inks.ground;
    pen.fillRect(0, 0, width, this.canvas.height);
    pen.textBaseline = 'alphabetic';
    pen.font = face.of(SMALL + 1, 'sans');
    pen.fillStyle = inks.soft;
    pen.fillText(this.#question, PAD, PAD + 12);

    pen.font = face.of(SIZE, 'serif');
    const { text, slots } = drawnOf(state);
    const lines = this.#lines.of(plainText(text));
    const last = lines.at(-1) ?? '';
    const seats = this.#seats(slots, pen.measureText(last).width);
    const rows = lines.length + (seats.at(-1)?.row ?? 0);
    const skipped = Math.max(0, rows - this.#rows);
    const top = PAD + 24 + 16 + SIZE;
    pen.fillStyle = inks.ink;
    lines.slice(skipped).forEach((line, i) => pen.fillText(line, PAD, top + i * LINE));
    for (const seat of seats) this.#slot(seat, top + (lines.length - 1 - skipped + seat.row) * LINE);

    pen.font = face.of(SMALL, 'mono');
    pen.fillStyle = inks.soft;
    pen.fillText(
      shorten(caption, width - 2 * PAD, (text) => pen.measureText(text).width),
      PAD,
      this.canvas.height - PAD / 2 - 6,
    );
  }
  get pixels(): ImageData {
    return this.#pen.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Where each slot stands: after the running line, going on in lines under it. */
  #seats(slots: readonly Slot[], from: number): { slot: Slot; x: number; row: number; width: number }[] {
    const pen = this.#pen;
    const most = this.#scene.width - 2 * PAD;
    let x = from;
    let row = 0;
    return slots.map((slot) => {
      const bare = slot.state === 'masked' || slot.text.trim() === '';
      pen.font = face.of(SIZE, isFaint(slot) ? 'draft' : 'serif');
      const width = bare ? SEAT : pen.measureText(slot.text.replace(/\s+/g, ' ')).width;
      if (x + width > most && x > 0) {
        x = 0;
        row++;
      }
      const seat = { slot, x, row, width };
      x += width + (bare ? 5 : 0);
      return seat;
    });
  }
  #slot({ slot, x, width }: { slot: Slot; x: number; width: number }, y: number): void {
    const pen = this.#pen;
    const { inks } = this.#scene;
    const text = slot.text.replace(/\s+/g, ' ');
    if (slot.state === 'masked' || text.trim() === '') {
      pen.fillStyle = this.#grain ?? inks.low;
      pen.fillRect(Math.round(PAD + x + 3), y - 11, width - 2, 12);
      return;
    }
    const draft = isFaint(slot);
    pen.font = face.of(SIZE, draft ? 'draft' : 'serif');
    pen.fillStyle = draft ? inks.low : (slot.p ?? 1) > 0.6 ? inks.ink : inks.soft;
    pen.fillText(text, PAD + x, y);
    if (slot.state !== 'rejected') return;
    pen.fillStyle = inks.copper;
    pen.fillRect(PAD + x, y - 6, width, 1.5);
  }
}

/** Not, or not yet, what the reply says. */
const isFaint = ({ state }: Slot): boolean =>
  state === 'draft' || state === 'rejected' || state === 'noise' || state === 'guess';

function shorten(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  let end = text.length;
  while (end > 1 && measure(`${text.slice(0, end)}…`) > width) end--;
  return `${text.slice(0, end)}…`;
}

/** Rocked ground in small: three rows of burr. */
function grainPattern(pen: CanvasRenderingContext2D, inks: Inks): CanvasPattern | null {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 4;
  const small = tile.getContext('2d');
  if (!small) return null;
  small.fillStyle = inks.soft;
  for (const [x, y] of [
    [0, 0],
    [2, 1],
    [1, 2],
    [3, 3],
    [0, 2],
    [2, 3],
  ] as const)
    small.fillRect(x, y, 1, 1);
  return pen.createPattern(tile, 'repeat');
}
