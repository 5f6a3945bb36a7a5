import { append } from '../../../core/contract/lists.ts';
/**
 * TeX as MathML, by KaTeX, which is loaded when the first formula is drawn. Its markup is read into plain nodes, of which only
 * the elements and attributes named here are kept: nothing a reply says becomes markup of its own.
 */
export type MathNode = string | { readonly tag: string; readonly attributes: Readonly<Record<string, string>>; readonly children: readonly MathNode[] };
type Element = Exclude<MathNode, string>;

const tags = new Set(['math', 'mrow', 'mi', 'mn', 'mo', 'ms', 'mtext', 'mspace', 'msup', 'msub', 'msubsup', 'mfrac', 'msqrt', 'mroot', 'munder', 'mover', 'munderover', 'mmultiscripts', 'mtable', 'mtr', 'mtd', 'mpadded', 'mphantom', 'menclose', 'mstyle']);
const names = new Set(['display', 'stretchy', 'fence', 'separator', 'symmetric', 'largeop', 'movablelimits', 'lspace', 'rspace', 'minsize', 'maxsize', 'accent', 'accentunder', 'linethickness', 'displaystyle', 'scriptlevel', 'width', 'height', 'depth', 'voffset', 'columnalign', 'rowspacing', 'columnspacing', 'columnlines', 'rowlines', 'notation']);
/** Deeper formulas are shown as their source. */
const DEEPEST = 120;

/** Where the alphabets of mathematics begin: capitals, small letters, digits. Browsers take them as characters, not as a style. */
const alphabets: Record<string, [number, number, number?]> = {
  bold: [0x1d400, 0x1d41a, 0x1d7ce],
  'bold-italic': [0x1d468, 0x1d482],
  script: [0x1d49c, 0x1d4b6],
  fraktur: [0x1d504, 0x1d51e],
  'double-struck': [0x1d538, 0x1d552, 0x1d7d8],
  'sans-serif': [0x1d5a0, 0x1d5ba, 0x1d7e2],
  monospace: [0x1d670, 0x1d68a, 0x1d7f6],
};
/** Letters that had a place of their own before the alphabets were laid out. */
const exceptions: Record<string, string> = { scriptB: 'ℬ', scriptE: 'ℰ', scriptF: 'ℱ', scriptH: 'ℋ', scriptI: 'ℐ', scriptL: 'ℒ', scriptM: 'ℳ', scriptR: 'ℛ', scripte: 'ℯ', scriptg: 'ℊ', scripto: 'ℴ', frakturC: 'ℭ', frakturH: 'ℌ', frakturI: 'ℑ', frakturR: 'ℜ', frakturZ: 'ℨ', 'double-struckC': 'ℂ', 'double-struckH': 'ℍ', 'double-struckN': 'ℕ', 'double-struckP': 'ℙ', 'double-struckQ': 'ℚ', 'double-struckR': 'ℝ', 'double-struckZ': 'ℤ' };
const styled = (text: string, variant: string): string =>
  text.replace(/[A-Za-z\d]/g, (sign) => {
    const [capitals, smalls, digits] = alphabets[variant] ?? [];
    const code = sign.charCodeAt(0);
    const at = code >= 97 ? smalls && smalls + code - 97 : code >= 65 ? capitals && capitals + code - 65 : digits && digits + code - 48;
    return exceptions[variant + sign] ?? (at ? String.fromCodePoint(at) : sign);
  });

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#x27': "'", '#39': "'" };
const decode = (text: string): string => text.replace(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole);

/** The `<math>` of a string of MathML; null where there is none, or it is nested too deep. */
export function parseMathMl(markup: string): Element | null {
  const top: MathNode[] = [];
  const stack: { tag: string; children: MathNode[]; attributes: Record<string, string>; variant: string }[] = [];
  for (const [, closes, tag, written = '', empty, text] of markup.matchAll(/<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>|([^<]+)/gi)) {
    const around = stack.at(-1);
    if (text !== undefined) {
      if (around && tags.has(around.tag)) around.children.push(styled(decode(text), around.variant));
    } else if (closes === '/') {
      const done = stack.pop();
      // Of an element that is not known its content stays; the source of the formula, which comes along, does not.
      if (!done || done.tag === 'annotation') continue;
      const place = stack.at(-1)?.children ?? top;
      if (tags.has(done.tag)) place.push({ tag: done.tag, attributes: done.attributes, children: done.children });
      else append(place, done.children);
    } else if (tag !== undefined) {
      const all = Object.fromEntries([...written.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, decode(value)]));
      const attributes = Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name)));
      const variant = all['mathvariant'] ?? '';
      // The only style that is one: a single letter that does not slant.
      if (variant === 'normal') attributes['mathvariant'] = variant;
      if (empty === '/') {
        if (tags.has(tag)) around?.children.push({ tag, attributes, children: [] });
      } else if (stack.push({ tag, attributes, children: [], variant }) > DEEPEST) return null;
    }
  }
  return top.find((node): node is Element => typeof node !== 'string' && node.tag === 'math') ?? null;
}

type Katex = typeof import('katex').default;
let katex: Katex | null = null;
let loading: Promise<void> | null = null;
export const mathIsReady = (): boolean => katex !== null;
/** Resolves once formulas can be set. */
export const loadMath = (): Promise<void> =>
  (loading ??= import('katex').then((module) => {
    katex = module.default;
  }));

/** A formula to draw; null where it is no TeX that KaTeX reads (or KaTeX is not loaded): then its source is shown. */
export function mathOf(tex: string, display: boolean): Element | null {
  if (!katex) return null;
  try {
    return parseMathMl(katex.renderToString(tex, { output: 'mathml', displayMode: display, throwOnError: true, strict: 'ignore', trust: false, maxExpand: 500, maxSize: 20 }));
  } catch {
    return null;
  }
}
