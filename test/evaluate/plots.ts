/** Plots as SVG text, readable on light and on dark ground. */
import { largest, smallest } from '../../core/contract/lists.ts';
import { TASKS } from './prompts/types.ts';
import type { Report } from './report.ts';

const STYLE = `<style>
text { font: 12px system-ui, sans-serif; fill: #333 } .small { font-size: 11px } .axis { stroke: #999; stroke-width: 1 } .grid { stroke: #8884; stroke-width: 1 }
.c0 { --c: #444 } .c1 { --c: #a34700 } .c2 { --c: #0b6bb8 } .c3 { --c: #2a7d3f } .c4 { --c: #8a3ab9 }
.mark { fill: var(--c) } .bar { stroke: var(--c); stroke-width: 1.5; opacity: .55 } .wide { stroke: var(--c); stroke-width: 6; opacity: .35 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .axis { stroke: #888 } .c0 { --c: #ccc } .c1 { --c: #ff9d5c } .c2 { --c: #69b7f5 } .c3 { --c: #7ccf8f } .c4 { --c: #c994ee } }
</style>`;
const round = (n: number): string => (Math.round(n * 10) / 10).toString();
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const at = (x: number, y: number, text: string, extra = ''): string =>
  `<text x="${round(x)}" y="${round(y)}"${extra}>${escape(text)}</text>`;
const line = (x1: number, y1: number, x2: number, y2: number, kind: string): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>`;
const svg = (width: number, height: number, title: string, parts: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">\n<title>${escape(title)}</title>\n${STYLE}\n${parts.join('\n')}\n</svg>\n`;

/** Colour by kind: one by one, Exact, and Fast by block length. */
const colour = (name: string): string =>
  name === 'ar' ? 'c0' : name === 'exact' ? 'c1' : name.endsWith('x4') ? 'c2' : name.endsWith('x8') ? 'c3' : 'c4';
const KINDS: readonly (readonly [string, string])[] = [
  ['ar', 'one by one'],
  ['exact', 'Exact'],
  ['x4', 'Fast, blocks of 4'],
  ['x8', 'Fast, blocks of 8'],
  ['x16', 'Fast, blocks of 16'],
];
const tag = (name: string): string => (name === 'ar' || name === 'exact' ? '' : (/-(.*)x/.exec(name)?.[1] ?? name));

/** Steps of a scale that holds `low` … `high`. */
function ticks(low: number, high: number): number[] {
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2].find((s) => (high - low) / s <= 8) ?? 5;
  const first = Math.floor(low / step);
  return Array.from(
    { length: Math.ceil(high / step - 1e-9) - first + 1 },
    (_, i) => Math.round((first + i) * step * 100) / 100,
  );
}

/** Mean score (with its interval) against tokens a second over those of one by one. */
export function speedPlot({ settings }: Pick<Report, 'settings'>): string {
  const points = settings.flatMap(({ name, all }) =>
    all.score && all.speed_to_ar !== null ? [{ name, score: all.score, speed: all.speed_to_ar }] : [],
  );
  const [width, height, left, top, right, bottom] = [760, 420, 60, 20, 600, 365];
  const xs = ticks(
    smallest(
      points.map((p) => p.speed),
      1,
    ) - 0.02,
    largest(
      points.map((p) => p.speed),
      1,
    ) + 0.04,
  );
  const ys = ticks(smallest(points.map((p) => p.score.low)), largest(points.map((p) => p.score.high)));
  const [x0, x1, y0, y1] = [xs[0] as number, xs.at(-1) as number, ys[0] as number, ys.at(-1) as number];
  const x = (v: number): number => left + ((v - x0) / (x1 - x0)) * (right - left);
  const y = (v: number): number => bottom - ((v - y0) / (y1 - y0 || 1)) * (bottom - top);
  // Threshold beside its point, lowest first; where one would lie on another it is left to the table.
  const placed: [number, number][] = [];
  const label = (name: string, px: number, py: number): string => {
    if (tag(name) === '' || placed.some(([ox, oy]) => Math.abs(ox - px) < 30 && Math.abs(oy - py) < 14)) return '';
    placed.push([px, py]);
    const crowded = points.some(
      (other) => x(other.speed) > px && x(other.speed) < px + 30 && Math.abs(y(other.score.mean) - py) < 20,
    );
    return at(px + (crowded ? -8 : 7), py + (crowded ? 22 : -8), tag(name), ' class="small"');
  };
  return svg(width, height, 'Mean score against speed, by setting', [
    ...xs.map(
      (v) =>
        line(x(v), top, x(v), bottom, 'grid') +
        at(x(v), bottom + 18, v.toString(), ' text-anchor="middle" class="small"'),
    ),
    ...ys.map(
      (v) =>
        line(left, y(v), right, y(v), 'grid') +
        at(left - 8, y(v) + 4, v.toFixed(2), ' text-anchor="end" class="small"'),
    ),
    line(left, bottom, right, bottom, 'axis') + line(left, top, left, bottom, 'axis'),
    at((left + right) / 2, height - 12, 'tokens a second, one by one = 1', ' text-anchor="middle"'),
    at(16, (top + bottom) / 2, 'mean score', ` text-anchor="middle" transform="rotate(-90 16 ${(top + bottom) / 2})"`),
    ...points.map(({ name, score, speed }) => {
      const [px, py] = [x(speed), y(score.mean)];
      const mark =
        name === 'ar'
          ? `<rect x="${round(px - 5)}" y="${round(py - 5)}" width="10" height="10" class="mark"/>`
          : name === 'exact'
            ? `<path d="M${round(px)} ${round(py - 6)}l6 6-6 6-6-6z" class="mark"/>`
            : `<circle cx="${round(px)}" cy="${round(py)}" r="5" class="mark"/>`;
      return `<g class="${colour(name)}"><title>${name}: score ${score.mean.toFixed(3)}, speed ${speed.toFixed(2)}</title>${line(px, y(score.low), px, y(score.high), 'bar')}${mark}${label(name, px, py)}</g>`;
    }),
    ...KINDS.filter(([kind]) =>
      points.some((p) => p.name === kind || (kind.startsWith('x') && p.name.endsWith(kind))),
    ).map(
      ([kind, label], i) =>
        `<g class="${colour(kind)}"><circle cx="622" cy="${34 + i * 20}" r="5" class="mark"/>${at(634, 38 + i * 20, label, ' class="small"')}</g>`,
    ),
    at(616, 38 + 5 * 20 + 6, 'Numbers: threshold', ' class="small"') +
      at(616, 38 + 6 * 20, 'Bars: 95 % interval', ' class="small"'),
  ]);
}

/** Score by task, of a few settings side by side, with intervals. */
export function taskPlot(report: Pick<Report, 'settings'>, shown: readonly string[]): string {
  const rows = TASKS.filter((task) => report.settings.some((s) => s.tasks[task]));
  const chosen = report.settings.filter((s) => shown.includes(s.name));
  const each = 11 * chosen.length + 16;
  const [left, right, top] = [110, 560, 12];
  const bottom = top + rows.length * each;
  const x = (v: number): number => left + v * (right - left);
  return svg(760, bottom + 44, 'Score by task', [
    ...[0, 0.2, 0.4, 0.6, 0.8, 1].map(
      (v) =>
        line(x(v), top, x(v), bottom, 'grid') +
        at(x(v), bottom + 18, v.toString(), ' text-anchor="middle" class="small"'),
    ),
    at((left + right) / 2, bottom + 36, 'score, with its 95 % interval', ' text-anchor="middle"'),
    ...rows.flatMap((task, r) => [
      at(left - 10, top + r * each + each / 2 + 4, task, ' text-anchor="end"'),
      ...chosen.flatMap(({ tasks }, i) => {
        const found = tasks[task]?.score;
        if (!found) return [];
        const y = top + r * each + 13 + i * 11;
        return [
          `<g class="c${i}">${line(x(found.low), y, x(found.high), y, 'bar')}<circle cx="${round(x(found.mean))}" cy="${round(y)}" r="4" class="mark"/></g>`,
        ];
      }),
    ]),
    ...chosen.map(
      ({ name }, i) =>
        `<g class="c${i}"><circle cx="582" cy="${26 + i * 20}" r="5" class="mark"/>${at(594, 30 + i * 20, name, ' class="small"')}</g>`,
    ),
  ]);
}

/** Reply lengths: from the 10th to the 90th percentile, with the median. */
export function lengthPlot({ settings }: Pick<Report, 'settings'>): string {
  const [left, right, top, each] = [110, 700, 10, 20];
  const bottom = top + settings.length * each + 6;
  const scale = ticks(
    0,
    largest(
      settings.map((s) => s.all.length.p90 ?? 0),
      1,
    ) / 100,
  ).map((v) => v * 100);
  const most = scale.at(-1) as number;
  const x = (v: number): number => left + (v / most) * (right - left);
  return svg(760, bottom + 44, 'Reply lengths by setting', [
    ...scale.map(
      (v) =>
        line(x(v), top, x(v), bottom, 'grid') +
        at(x(v), bottom + 18, Math.round(v).toString(), ' text-anchor="middle" class="small"'),
    ),
    at((left + right) / 2, bottom + 36, 'tokens of a reply: 10 % to 90 %, and the median', ' text-anchor="middle"'),
    ...settings.map(({ name, all }, i) => {
      const y = top + i * each + 12;
      return `${at(left - 10, y + 4, name, ' text-anchor="end" class="small"')}<g class="${colour(name)}">${line(x(all.length.p10 ?? 0), y, x(all.length.p90 ?? 0), y, 'wide')}<circle cx="${round(x(all.length.median ?? 0))}" cy="${round(y)}" r="4.5" class="mark"/></g>`;
    }),
  ]);
}
