import { describe, expect, test } from 'vitest';
import { shapes } from '../../bench/large/shapes.ts';
import { weightsOf } from '../../bench/large/synthetic.ts';

/** Parameters as published, in thousand millions. */
const published: Readonly<Record<string, number>> = { 'sdar-1.7b': 2.03, 'dream-7b': 7.62, 'llada2-mini': 16.26 };

describe('shapes of published models', () => {
  test.each(shapes.map((shape) => [shape.id, shape] as const))('%s has as many weights as published', (id, shape) => {
    expect(weightsOf(shape, shape.layers) / 1e9).toBeCloseTo(published[id] as number, 1);
  });
  test.each(shapes.map((shape) => [shape.id, shape] as const))('%s times the rows of its own schedule', (_, shape) => {
    expect(shape.rows).toContain(shape.schedule.rows);
  });
});
