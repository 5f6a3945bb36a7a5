/** KaTeX, which is loaded when the first formula is drawn. */
import { mathOf as set, type Katex, type MathElement } from '../../../core/markdown/index.ts';

let katex: Katex | null = null;
let loading: Promise<void> | null = null;
export const mathIsReady = (): boolean => katex !== null;
/** Resolves once formulas can be set. */
export const loadMath = (): Promise<void> =>
  (loading ??= import('katex').then((module) => {
    katex = module.default;
  }));

/** A formula to draw; null where it is no TeX that KaTeX reads (or KaTeX is not loaded): then its source is shown. */
export const mathOf = (tex: string, display: boolean): MathElement | null => (katex ? set(katex, tex, display) : null);
