/** The name, burnished out of a rocked plate. Pure pixels: tone fields in, a bitmap out; the caller keeps the time. */
import { seeded } from '../../services/theme.ts';

export interface Plate {
  readonly width: number;
  readonly height: number;
  /** Light of each pixel once burnished, 0…1. */
  readonly light: Float32Array;
  /** When each pixel comes up, 0…1 of the whole time. */
  readonly when: Float32Array;
  /** The burr each pixel was given by the rocker, 0…1. */
  readonly burr: Float32Array;
}

const OVERLAP = 0.34;

function textField(
  width: number,
  height: number,
  draw: (context: CanvasRenderingContext2D) => void,
  blur: number,
): Uint8ClampedArray | null {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return null;
  if (blur > 0) context.filter = `blur(${blur}px)`;
  context.fillStyle = '#fff';
  draw(context);
  return context.getImageData(0, 0, width, height).data;
}

/** Sizes are in device pixels. Null when the window has no 2D canvas. */
export function preparePlate(word: string, family: string, width: number, height: number, seed = 1642): Plate | null {
  const measure = document.createElement('canvas').getContext('2d');
  if (!measure) return null;
  const size = Math.round(Math.min(height * 0.62, (width * 0.86) / (word.length * 0.5)));
  const font = `500 ${size}px ${family}`;
  measure.font = font;
  const total = measure.measureText(word).width;
  const left = (width - total) / 2;
  const base = height / 2 + size * 0.3;
  const draw = (context: CanvasRenderingContext2D): void => {
    context.font = font;
    context.fillText(word, left, base);
  };
  const sharp = textField(width, height, draw, 0);
  const soft = textField(width, height, draw, size * 0.05);
  const glow = textField(width, height, draw, size * 0.36);
  if (!sharp || !soft || !glow) return null;

  const random = seeded(seed);
  // Letters come up out of order, as tokens do.
  const order = [...word].map((_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const kept = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = kept;
  }
  const turn = new Float32Array(width);
  let x0 = 0;
  [...word].forEach((_, i) => {
    const x1 = i === word.length - 1 ? width : Math.round(left + measure.measureText(word.slice(0, i + 1)).width);
    turn.fill((order.indexOf(i) / word.length) * (1 - OVERLAP), x0, x1);
    x0 = x1;
  });

  const light = new Float32Array(width * height);
  const when = new Float32Array(width * height);
  const burr = new Float32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const a = (sharp[i * 4 + 3] ?? 0) / 255;
      const b = (soft[i * 4 + 3] ?? 0) / 255;
      const c = (glow[i * 4 + 3] ?? 0) / 255;
      // Lit from the upper left: letters fade a little towards the lower right, the ground glows around them.
      const fall = 1 - 0.12 * (x / width) - 0.14 * (y / height);
      light[i] = Math.min(1, Math.max((a * 0.92 + b * 0.16) * fall, Math.pow(c, 0.8) * 0.7 * fall));
      const rocker =
        0.5 + 0.22 * Math.cos(((x + y) * 2 * Math.PI) / 4.2) + 0.22 * Math.cos(((x - 1.7 * y) * 2 * Math.PI) / 5.3);
      burr[i] = 0.72 * random() + 0.28 * rocker;
      when[i] = (turn[x] ?? 0) + OVERLAP * (0.6 * ((x % 97) / 97) * random() + 0.4 * random());
    }
  return { width, height, light, when, burr };
}

/** Draws the plate at `time` 0…1 into `out` (RGBA). `dark` and `bright` are r, g, b. */
export function burnish(
  plate: Plate,
  time: number,
  dark: readonly number[],
  bright: readonly number[],
  out: Uint8ClampedArray,
): void {
  const { light, when, burr } = plate;
  const [dr = 0, dg = 0, db = 0] = dark;
  const [br = 255, bg = 255, bb = 255] = bright;
  for (let i = 0; i < light.length; i++) {
    const up = Math.min(1, Math.max(0, (time - (when[i] ?? 0)) / 0.16));
    const tone = (light[i] ?? 0) * up * (2 - up);
    const grain = burr[i] ?? 0;
    // A pixel of paper shows where the burr is burnished below its height; the rocked ground keeps a breath of light.
    const shown = Math.min(1, Math.max(0, (tone * 1.04 + 0.03 - grain) * 4) + tone * 0.34 + 0.06 * grain);
    const o = i * 4;
    out[o] = dr + (br - dr) * shown;
    out[o + 1] = dg + (bg - dg) * shown;
    out[o + 2] = db + (bb - db) * shown;
    out[o + 3] = 255;
  }
}
