/** Marks under words keep the text readable, in both themes: what stands behind a letter leaves it 4.5 : 1, what is drawn under it is seen at 3 : 1. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const styles = path.join(import.meta.dirname, '../../../renderer/styles');
const tokens = readFileSync(path.join(styles, 'tokens.css'), 'utf8');
const marks = readFileSync(path.join(styles, 'marks.css'), 'utf8').split('@media')[0] ?? '';

const valuesOf = (css: string): Map<string, string> =>
  new Map([...css.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]));
const [light = '', dark = ''] = (tokens.split('@media')[0] ?? '').split("[data-sheet='plate']");
const themes = { light: valuesOf(light), dark: new Map([...valuesOf(light), ...valuesOf(dark)]) };

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
const contrast = (a: string, b: string): number => {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
};

describe.each(Object.entries(themes))('%s theme', (_, values) => {
  const colour = (name: string): string => values.get(name) ?? '#000000';
  const backgrounds = [...marks.matchAll(/background-color:\s*var\((--[\w-]+)\)/g)].map(([, name = '']) => name);
  const lines = [...marks.matchAll(/text-decoration:[^;]*var\((--[\w-]+)\)/g)].map(([, name = '']) => name);

  it('letters keep 4.5 : 1 over whatever a mark puts behind them', () => {
    expect(backgrounds.length).toBeGreaterThan(0);
    // the colours that words of a reply have: text, quotes, links, code
    for (const ground of ['--ground', ...backgrounds])
      for (const ink of [
        '--ink',
        '--ink-2',
        '--copper',
        '--code-keyword',
        '--code-string',
        '--code-number',
        '--code-title',
      ])
        expect(contrast(colour(ink), colour(ground)), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  });

  it('lines under words are seen at 3 : 1, on the page and on what is behind the word', () => {
    expect(lines.length).toBeGreaterThan(5);
    for (const ground of ['--ground', ...backgrounds])
      for (const line of new Set(lines))
        expect(contrast(colour(line), colour(ground)), `${line} on ${ground}`).toBeGreaterThanOrEqual(3);
  });

  it('nothing but a wash stands behind a letter: no mark is a gradient, a shadow or a box', () => {
    expect(marks).not.toMatch(/gradient|box-shadow|::before/);
  });
});
