/** The sheet (Paper or Plate) on the document, and the grain that both share. */
import type { Theme } from '../../core/contract/app.ts';

export type Sheet = 'paper' | 'plate';
export const sheetOf = (theme: Theme, systemDark: boolean): Sheet =>
  theme === 'system' ? (systemDark ? 'plate' : 'paper') : theme;

/** Small fast generator (mulberry32), so that the grain is the same each time. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let x = Math.imul(a ^ (a >>> 15), a | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Rocked ground as a tile: the rocker's rows of burr, crossing at a slant, over noise. `ink`: "r g b" of the sheet;
 * `strength` 0…1: how dense the burr is; `alpha` 0…1: its ink. Returns a data: address of a PNG.
 */
export function grainTile(ink: string, strength: number, alpha: number, size = 96, seed = 7): string {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  const context = canvas.getContext('2d');
  if (!context) return '';
  const [r = 0, g = 0, b = 0] = ink.trim().split(/\s+/).map(Number);
  const image = context.createImageData(size, size);
  const random = seeded(seed);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const rocker =
        0.5 + 0.25 * Math.cos(((x + y) * 2 * Math.PI) / 4) + 0.25 * Math.cos(((x - 2 * y) * 2 * Math.PI) / 6);
      const on = random() < strength * (0.55 + 0.6 * rocker);
      const i = (y * size + x) * 4;
      image.data[i] = r;
      image.data[i + 1] = g;
      image.data[i + 2] = b;
      image.data[i + 3] = on ? alpha * (150 + 105 * random()) : 0;
    }
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

export function showSheet(sheet: Sheet): void {
  const root = document.documentElement;
  if (root.dataset['sheet'] === sheet) return;
  root.dataset['sheet'] = sheet;
  const style = getComputedStyle(root);
  root.style.setProperty(
    '--grain',
    `url(${grainTile(style.getPropertyValue('--grain-ink'), Number(style.getPropertyValue('--grain-strength')), Number(style.getPropertyValue('--grain-alpha')))})`,
  );
}
