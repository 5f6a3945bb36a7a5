/** A step in words: for the caption, for a screen reader, for an exported page. */
import { t } from '../../strings.ts';
import type { Timeline } from './timeline.ts';

export function stepWords({ steps }: Pick<Timeline, 'steps'>, at: number): string[] {
  const step = steps[at];
  if (!step) return [];
  const forwards = steps.findLast(({ generation }) => generation === step.generation)?.forward ?? 0;
  const list = [
    step.forward === 0 ? t.steps.start : t.steps.forward(step.forward, forwards),
    t.figures.tokens(step.tokens),
  ];
  if ((steps.at(-1)?.generation ?? 0) > 0) list.unshift(t.steps.part(step.generation + 1));
  if (step.marks.includes('block')) list.push(t.steps.marks.block);
  if (step.marks.includes('fork')) list.push(t.steps.marks.fork);
  if (step.struck !== '') list.push(t.steps.struck(step.struck));
  return list;
}
