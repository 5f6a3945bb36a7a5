/**
 * TeX as MathML, by KaTeX. Its markup is read into plain nodes, of which only the elements and attributes named here are kept:
 * nothing a reply says becomes markup of its own. Pure.
 */
export type MathNode =
  | string
  | {
      readonly tag: string;
      readonly attributes: Readonly<Record<string, string>>;
      readonly children: readonly MathNode[];
    };
export type MathElement = Exclude<MathNode, string>;

const tags = new Set([
  'math',
  'mrow',
  'mi',
  'mn',
  'mo',
  'ms',
  'mtext',
  'mspace',
  'msup',
  'msub',
  'msubsup',
  'mfrac',
  'msqrt',
  'mroot',
  'munder',
  'mover',
  'munderover',
  'mmultiscripts',
  'mtable',
  'mtr',
  'mtd',
  'mpadded',
  'mphantom',
  'menclose',
  'mstyle',
]);
const names = new Set([
  'display',
  'stretchy',
  'fence',
  'separator',
  'symmetric',
  'largeop',
  'movablelimits',
  'lspace',
  'rspace',
  'minsize',
  'maxsize',
  'accent',
  'accentunder',
  'linethickness',
  'displaystyle',
  'scriptlevel',
  'width',
  'height',
  'depth',
  'voffset',
  'columnalign',
  'rowspacing',
  'columnspacing',
  'columnlines',
  'rowlines',
  'notation',
]);
/** Deeper formulas are shown as their source. */
const DEEPEST = 120;

/** Where the alphabets of mathematics begin: capitals, small letters, digits. Browsers take them as characters, not as a style. */
const alphabets = new Map<string, readonly [number, number, number?]>([
  ['bold', [0x1d400, 0x1d41a, 0x1d7ce]],
  ['bold-italic', [0x1d468, 0x1d482]],
  ['script', [0x1d49c, 0x1d4b6]],
  ['fraktur', [0x1d504, 0x1d51e]],
  ['double-struck', [0x1d538, 0x1d552, 0x1d7d8]],
  ['sans-serif', [0x1d5a0, 0x1d5ba, 0x1d7e2]],
  ['monospace', [0x1d670, 0x1d68a, 0x1d7f6]],
]);
/** Letters that had a place of their own before the alphabets were laid out, in the order of the letters that follow the name. */
const exceptions = new Map<string, string>(
  [
    ['script', 'BEFHILMRego', 'ℬℰℱℋℐℒℳℛℯℊℴ'],
    ['fraktur', 'CHIRZ', 'ℭℌℑℜℨ'],
    ['double-struck', 'CHNPQRZ', 'ℂℍℕℙℚℝℤ'],
  ].flatMap(([variant = '', letters = '', signs = '']) =>
    [...letters].map((letter, i): [string, string] => [variant + letter, signs.charAt(i)]),
  ),
);
const styled = (text: string, variant: string): string =>
  text.replace(/[A-Za-z\d]/g, (sign) => {
    const [capitals, smalls, digits] = alphabets.get(variant) ?? [];
    const code = sign.charCodeAt(0);
    const at =
      code >= 97
        ? smalls && smalls + code - 97
        : code >= 65
          ? capitals && capitals + code - 65
          : digits && digits + code - 48;
    return exceptions.get(variant + sign) ?? (at ? String.fromCodePoint(at) : sign);
  });

const entities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['#x27', "'"],
  ['#39', "'"],
]);
const decode = (text: string): string =>
  text.replace(/&(#?\w+);/g, (whole, name: string) => entities.get(name) ?? whole);

/** U+2061, which KaTeX writes after `\log` and its like. */
const APPLICATION = '\u2061';
const THIN = '0.1667em';
const isOf = (node: MathNode | undefined, tag: string): node is MathElement =>
  node !== undefined && typeof node !== 'string' && node.tag === tag;
const wordOf = (node: MathNode): string => (typeof node === 'string' ? node : node.children.map(wordOf).join(''));
/** Whether it is the name of a function, with what is set above, below or beside it: `\log`, `\lim_{x \to 0}`. */
function isFunction(node: MathNode | undefined): boolean {
  if (node === undefined || typeof node === 'string') return false;
  if (['msub', 'msup', 'msubsup', 'munder', 'mover', 'munderover'].includes(node.tag))
    return isFunction(node.children[0]);
  if (node.tag === 'mrow')
    return isOf(node.children.at(-1), 'mo') && wordOf(node.children.at(-1) ?? '') === APPLICATION;
  return false;
}
/** Whether TeX would put a thin space between it and the name of a function that follows it, or that it follows. */
const isOperand = (node: MathNode | undefined, closing: string): boolean =>
  node !== undefined &&
  typeof node !== 'string' &&
  (node.tag === 'mo'
    ? closing !== '' && closing.includes(wordOf(node))
    : node.tag !== 'mspace' && node.tag !== 'mtext');
const space: MathElement = { tag: 'mspace', attributes: { width: THIN }, children: [] };

/** The cells of a table with how its columns are aligned, and where no space is between them: browsers do not read that of the table. */
function tabled(table: MathElement): MathElement {
  const aligns = (table.attributes['columnalign'] ?? '').split(/\s+/);
  const spaces = (table.attributes['columnspacing'] ?? '').split(/\s+/);
  const isTight = (column: number): boolean => column >= 0 && (spaces[column] ?? spaces.at(-1)) === '0em';
  const cell = (node: MathNode, column: number): MathNode => {
    if (!isOf(node, 'mtd')) return node;
    const align = aligns[column] ?? '';
    return {
      ...node,
      attributes: {
        ...node.attributes,
        ...(align === '' ? {} : { 'data-align': align }),
        ...(isTight(column) ? { 'data-after': 'none' } : {}),
        ...(isTight(column - 1) ? { 'data-before': 'none' } : {}),
      },
    };
  };
  return {
    ...table,
    children: table.children.map((row) => (isOf(row, 'mtr') ? { ...row, children: row.children.map(cell) } : row)),
  };
}

/** `n\log n` with the thin spaces that TeX sets and browsers do not. */
function spaced(node: MathNode): MathNode {
  if (typeof node === 'string') return node;
  const { children } = node.tag === 'mtable' ? tabled(node) : node;
  const out: MathNode[] = [];
  children.forEach((child, i) => {
    const next = children[i + 1];
    const names = isFunction(child) || (isOf(next, 'mo') && wordOf(next) === APPLICATION);
    if (node.tag === 'mrow' && names && isOperand(children[i - 1], ')]}|')) out.push(space);
    out.push(spaced(child));
    const ends = isFunction(child) || (isOf(child, 'mo') && wordOf(child) === APPLICATION);
    if (node.tag === 'mrow' && ends && isOperand(next, '') && !isFunctionName(children, i + 1)) out.push(space);
  });
  return { ...node, children: out };
}
/** Whether a name of a function begins at `at`: it brings its own space. */
const isFunctionName = (children: readonly MathNode[], at: number): boolean =>
  isFunction(children[at]) || (isOf(children[at + 1], 'mo') && wordOf(children[at + 1] ?? '') === APPLICATION);

/** The `<math>` of a string of MathML; null where there is none, or it is nested too deep. */
export function parseMathMl(markup: string): MathElement | null {
  const top: MathNode[] = [];
  const stack: {
    tag: string;
    children: MathNode[];
    attributes: Record<string, string>;
    variant: string;
    filler: boolean;
  }[] = [];
  for (const [, closes, tag, written = '', empty, text] of markup.matchAll(
    /<(\/?)([a-z]+)((?:\s+[\w:-]+\s*=\s*"[^"]*")*)\s*(\/?)>|([^<]+)/gi,
  )) {
    const around = stack.at(-1);
    if (text !== undefined) {
      if (around && tags.has(around.tag)) around.children.push(styled(decode(text), around.variant));
    } else if (closes === '/') {
      const done = stack.pop();
      // Of an element that is not known its content stays; the source of the formula, which comes along, does not.
      if (!done || done.tag === 'annotation' || (done.filler && done.children.length === 0)) continue;
      const place = stack.at(-1)?.children ?? top;
      if (tags.has(done.tag)) place.push({ tag: done.tag, attributes: done.attributes, children: done.children });
      else for (const child of done.children) place.push(child);
    } else if (tag !== undefined) {
      const all = Object.fromEntries(
        [...written.matchAll(/([\w:-]+)\s*=\s*"([^"]*)"/g)].map(([, name = '', value = '']) => [name, decode(value)]),
      );
      const attributes = Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name)));
      const variant = all['mathvariant'] ?? '';
      // The only style that is one: a single letter that does not slant.
      if (variant === 'normal') attributes['mathvariant'] = variant;
      if (empty === '/') {
        if (tags.has(tag)) around?.children.push({ tag, attributes, children: [] });
      } else if (
        stack.push({
          tag,
          attributes,
          children: [],
          variant,
          filler: /^(?:mtr-glue|mml-eqn-num)$/.test(all['class'] ?? ''),
        }) > DEEPEST
      )
        return null;
    }
  }
  return top.find((node): node is MathElement => typeof node !== 'string' && node.tag === 'math') ?? null;
}

/** What is needed of KaTeX; who draws formulas loads it. */
export interface Katex {
  renderToString(
    tex: string,
    options: {
      output: 'mathml';
      displayMode: boolean;
      throwOnError: true;
      strict: 'ignore';
      trust: false;
      maxExpand: number;
      maxSize: number;
    },
  ): string;
}

/** Longest formula that is set, in UTF-16 units. */
const LONGEST = 4000;

/** A formula to draw; null where it is no TeX that KaTeX reads: then its source is shown. */
export function mathOf(katex: Katex, tex: string, display: boolean): MathElement | null {
  if (tex.length > LONGEST) return null;
  try {
    const math = parseMathMl(
      katex.renderToString(tex, {
        output: 'mathml',
        displayMode: display,
        throwOnError: true,
        strict: 'ignore',
        trust: false,
        maxExpand: 500,
        maxSize: 20,
      }),
    );
    return math && (spaced(math) as MathElement);
  } catch {
    return null;
  }
}
