/** How many slots each step of a part unmasks, as the authors' samplers count them. Pure numbers. */

/** LLaDA: evenly over the steps, what is left over first. */
export const evenly = (masks: number, steps: number, step: number): number =>
  Math.floor(masks / steps) + (step < masks % steps ? 1 : 0);

const halfToEven = (x: number): number => {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
};

/** dllm's linear noise: each step's expected share, rounded, steps that would unmask nothing left out. Sums to `masks`. */
export function linearly(masks: number, steps: number): number[] {
  const counts: number[] = [];
  let left = masks;
  for (let t = steps; t > 0 && left > 0; t--) {
    const count = Math.min(left, halfToEven(left * (1 - (t - 1) / t)));
    left -= count;
    if (count > 0) counts.push(count);
  }
  return counts;
}

/** Dream's time grid from 1 to eps in float32, as torch.linspace counts: from both ends towards the middle. */
export function times(steps: number, eps: number): Float32Array {
  const f = Math.fround;
  const size = steps + 1;
  const step = f(f(f(eps) - 1) / steps);
  return Float32Array.from({ length: size }, (_, i) =>
    i < size >> 1 ? f(1 + f(step * i)) : f(f(eps) - f(step * (size - i - 1))),
  );
}

/** Dream: of the masks that are left, the share that one step of the grid takes; the last step takes all. */
export function byTime(masks: number, grid: Float32Array, step: number): number {
  const last = grid.length - 2;
  if (step >= last) return masks;
  return Math.trunc(
    Math.fround(masks * Math.fround(1 - Math.fround((grid[step + 1] as number) / (grid[step] as number)))),
  );
}
