/** KaTeX for exported pages, loaded when the first one is asked for: it would make every start slower. */
import { mathOf, type Katex, type MathElement, type MathNode } from '../../markdown/index.ts';
import { escapeHtml } from './escape.ts';

let katex: Katex | null = null;

/** To be awaited before a page is written. */
export async function loadFormulas(): Promise<void> {
  katex ??= (await import('katex')).default;
}

function markup(node: MathNode): string {
  if (typeof node === 'string') return escapeHtml(node);
  const attributes = Object.entries(node.attributes).map(([name, value]) => ` ${name}="${escapeHtml(value)}"`);
  return `<${node.tag}${attributes.join('')}>${node.children.map(markup).join('')}</${node.tag}>`;
}

/**
 * A formula as MathML; its source where it is no TeX.
 * @throws Error where `loadFormulas` was not awaited
 */
export function formula(tex: string, display: boolean): string {
  if (!katex) throw new Error('Formulas are not loaded: await prepareExport first.');
  const math: MathElement | null = mathOf(katex, tex, display);
  return math ? markup(math) : `<code dir="ltr">${escapeHtml(tex)}</code>`;
}
