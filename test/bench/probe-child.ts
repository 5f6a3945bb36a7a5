/** Prints what one forward costs, as JSON: `node probe-child.ts PACK '{"cached": […], "rows": […], "canvas": […], "repeats": n, "threads": n}'`. */
import { probeForwards } from '../../core/engine/probe.ts';

const [packDir = '', request = ''] = process.argv.slice(2);
const { cached, rows, canvas, repeats, threads } = JSON.parse(request) as {
  cached: number[];
  rows: number[];
  canvas: number[];
  repeats: number;
  threads: number;
};
process.stdout.write(JSON.stringify(await probeForwards(packDir, { cached, rows, canvas, repeats, threads })));
process.exit(0);
