/**
 * Mercury: on request, chunks whose content is the whole text so far, noise included. Nothing of it is certain before the end, so
 * nothing is committed before. A chunk without the mark is an ordinary delta.
 */
import { onlyWrites, type Dialect, type Step } from './dialect.ts';
import { plainSteps } from './openai-blocks.ts';

function commonLength(a: string, b: string): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
}

export const mercury: Dialect = {
  id: 'mercury',
  unit: 'text',
  states: true,
  capabilities: { ...onlyWrites, frames: true },
  headers: {},
  body: () => ({ diffusing: true, top_p: undefined }),
  reader() {
    /** The newest state; null: none has come, and deltas are committed at once. */
    let whole: string | null = null;
    return (chunk) => {
      const replaces = chunk.diffusion_meta?.diffusion_content === true;
      const steps: Step[] = [];
      for (const step of plainSteps(chunk)) {
        if (step.kind === 'text' && (replaces || whole !== null)) {
          const before: string = whole ?? '';
          whole = replaces ? step.text : before + step.text;
          // what two states have in common is drawn as settled; a guess, which commits nothing
          steps.push({ kind: 'draft', text: whole, settled: replaces ? commonLength(before, whole) : whole.length });
        } else if (step.kind === 'end' && whole !== null) {
          steps.push({ kind: 'text', text: whole }, step);
          whole = null;
        } else steps.push(step);
      }
      return steps;
    };
  },
};
