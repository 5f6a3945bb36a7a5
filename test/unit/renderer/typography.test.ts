import fc from 'fast-check';
import { render } from 'svelte/server';
import { beforeAll, describe, expect, it } from 'vitest';
import Markdown from '../../../renderer/components/markdown/Markdown.svelte';
import { BlockStream, heal, noteNumbers, tailPlace } from '../../../renderer/components/markdown/blocks.ts';
import { lex } from '../../../renderer/components/markdown/grammar.ts';
import { loadMath, mathOf, parseMathMl, type MathNode } from '../../../renderer/components/markdown/math.ts';
import { plainOf } from '../../../renderer/components/markdown/plain.ts';
import { ago } from '../../../renderer/state/when.ts';

const html = (text: string): string => render(Markdown, { props: { text } }).body.replace(/<!--.*?-->/g, '').replaceAll(' xmlns="http://www.w3.org/1998/Math/MathML"', '');
const types = (text: string): string[] => lex(text).map(({ type }) => type).filter((type) => type !== 'space');
/** What stands as math in a text. */
const formulas = (text: string): string[] => {
  const found: string[] = [];
  JSON.stringify(lex(text), (_, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'math' && 'text' in value) found.push(String(value.text));
    return value;
  });
  return found;
};
const inkOf = (node: MathNode): string => (typeof node === 'string' ? node : node.children.map(inkOf).join(''));

beforeAll(loadMath);

describe('math', () => {
  it('is what stands between dollars and between TeX’s own brackets', () => {
    expect(formulas('Here $x^2$, \\(y_1\\) and $$z$$.')).toEqual(['x^2', 'y_1', 'z']);
    expect(formulas('$$\n\\int_0^1 x\\,dx\n$$')).toEqual(['\\int_0^1 x\\,dx']);
    expect(formulas('Then\n\\[\na = b\n\\]\nand on')).toEqual(['a = b']);
    expect(formulas('- in a list: $a*b*c$\n\n| $a$ | b |\n|--|--|\n| 1 | $c_d$ |')).toEqual(['a*b*c', 'a', 'c_d']);
    expect(formulas('$2 + 2 = 4$ and $3x$')).toEqual(['2 + 2 = 4', '3x']);
  });
  it('is not money, a variable of the shell, code, or an escaped sign', () => {
    for (const text of ['It costs $5 and $10.', 'From $5-$10 to $7', 'about $5, or perhaps 7$ more', 'echo $HOME and $PATH', '`$x$`', '```\n$x$\n```', 'a \\$x$ b', '$ x $', 'US$5 or A$6', 'pay $1,000 now and $2,000 later']) expect(formulas(text)).toEqual([]);
  });
  it('is drawn as MathML, without a string of markup', () => {
    const drawn = html('Area $\\pi r^2$ in $\\mathbb{R}^2$.\n\n$$\\frac{1}{2}$$');
    expect(drawn).toContain('<msup><mi>r</mi><mn>2</mn></msup>');
    expect(drawn).toContain('<mi>ℝ</mi>');
    expect(drawn).toMatch(/<math display="block">.*<mfrac><mn>1<\/mn><mn>2<\/mn><\/mfrac>/);
  });
  it('that is no TeX is shown as its source', () => {
    expect(html('$\\frac{1$')).toContain('<code class="math source');
    expect(html('$\\nonsense{x}$')).toContain('\\nonsense{x}');
  });
  it('carries no link, style, colour or handler into the page', () => {
    const drawn = html('$\\href{javascript:alert(1)}{x}$ $\\htmlStyle{color:red}{x}$ $\\color{red}{y}$ $\\text{<img src=x onerror=alert(1)>}$ $\\includegraphics{http://e.com/a.png}$');
    expect(drawn).not.toMatch(/<(a|img|script)[\s>]|style=|mathcolor/);
    expect(parseMathMl('<math><script>x</script><mi onclick="a()" style="b" width="1em">y</mi></math>')).toEqual({ tag: 'math', attributes: {}, children: ['x', { tag: 'mi', attributes: { width: '1em' }, children: ['y'] }].slice(1) });
  });
  it('in alphabets of its own is written in their characters', () => {
    expect(inkOf(mathOf('\\mathbb{RZ}\\mathcal{LB}\\mathbf{x1}\\mathfrak{g}', false) ?? '')).toBe('ℝℤℒℬ𝐱𝟏𝔤');
  });
  it('that is still open is known from its first sign, and stays one block until it is closed', () => {
    for (const part of ['$$', '$$\n\\frac{a}', '$$\n\\frac{a}{b}\n', '$$\n\\frac{a}{b}\n$']) expect(lex(part).map((token) => [token.type, 'open' in token && token.open])).toEqual([['math', true]]);
    expect(lex('$$\n\\frac{a}{b}\n$$').map((token) => [token.type, 'open' in token && token.open])).toEqual([['math', false]]);
    expect(types('$$ never closed\n\nbut more text')).toEqual(['math', 'paragraph']);
    expect(tailPlace(new BlockStream().update('$$\na'), '$$\na')).toBe('inside');
  });
});

describe('what is still being written', () => {
  it('a table is a table from its first line', () => {
    for (const part of ['| Name', '| Name | Age |', '| Name | Age |\n', '| Name | Age |\n|--', '| Name | Age |\n|---|---']) expect(new BlockStream().update(part, true).map(({ token }) => token.type)).toEqual(['table']);
    expect(heal('| a | b |\n|--|--|\n| 1')).toBeNull();
    expect(heal('a | b')).toBeNull();
  });
  it('the first signs of a fence are not shown', () => {
    expect(heal('``')).toBe('');
    expect(heal('Text\n``')).toBe('Text\n');
  });
});

describe('footnotes', () => {
  const text = 'One[^b] and two[^a]: one again[^b], none[^x].\n\n[^a]: First *note*.\n[^b]: Second,\n    over two lines.\n';
  it('are numbered as they are met, and lead there and back', () => {
    const drawn = html(text);
    expect(drawn.match(/aria-label="Note \d"/g)).toEqual(['aria-label="Note 1"', 'aria-label="Note 2"', 'aria-label="Note 1"']);
    expect(drawn).toContain('none[^x].');
    expect(drawn).toMatch(/<em>note<\/em>/);
    expect(drawn).toMatch(/Second,\s+over two lines\./);
    expect(drawn.match(/role="note"/g)).toHaveLength(2);
  });
  it('are numbered before their words are there, while the reply is written', () => {
    expect([...noteNumbers('a[^1] b[^2]', true)]).toEqual([['1', 1], ['2', 2]]);
    expect([...noteNumbers('a[^1] b[^2]')]).toEqual([]);
  });
});

describe('terms and their meanings', () => {
  it('are set as a list of definitions', () => {
    expect(html('Burr\n: What the rocker raises.\n\nPlate\n: Copper.\n: Or zinc.')).toMatch(/<dl><dt>Burr<\/dt>\s*<dd>What the rocker raises\.<\/dd><\/dl>/);
    expect(types('Burr\n: a\nPlate\n: b\n: c')).toEqual(['definitions']);
    expect(types('- a\n: b')).toEqual(['list']);
    expect(types('Note: this\nis prose')).toEqual(['paragraph']);
  });
});

describe('hostile text', () => {
  const timed = (text: string): number => {
    const start = performance.now();
    const stream = new BlockStream();
    stream.update(text, true);
    noteNumbers(text, true);
    return performance.now() - start;
  };
  const make: [string, (n: number) => string][] = [
    ['quotes', (n) => '>'.repeat(n)],
    ['lists in lists', (n) => '- '.repeat(n)],
    ['lists over many lines', (n) => Array.from({ length: Math.min(n, 600) }, (_, i) => `${' '.repeat(i * 2)}- a`).join('\n')],
    ['quotes over many lines', (n) => Array.from({ length: Math.min(n, 600) }, (_, i) => `${'>'.repeat(i % 40)} a`).join('\n')],
    ['brackets', (n) => '['.repeat(n)],
    ['links', (n) => '[a]('.repeat(n / 4)],
    ['emphasis', (n) => '*a '.repeat(n / 3)],
    ['code', (n) => '`a '.repeat(n / 3)],
    ['dollars', (n) => '$a '.repeat(n / 3)],
    ['dollars over lines', (n) => '$a b\n'.repeat(n / 5)],
    ['double dollars over lines', (n) => '$$\na\n'.repeat(n / 5)],
    ['TeX brackets', (n) => '\\(a '.repeat(n / 4)],
    ['TeX brackets over lines', (n) => '\\(a\n'.repeat(n / 4)],
    ['note marks', (n) => '[^a]'.repeat(n / 4)],
    ['notes', (n) => '[^a]: b\n'.repeat(n / 8)],
    ['terms', (n) => 'a\n: b\n'.repeat(n / 6)],
    ['terms without meanings', (n) => 'a\n'.repeat(n / 2)],
    ['a table', (n) => `| a | b |\n|--|--|\n${'| 1 | 2 |\n'.repeat(n / 10)}`],
    ['tags', (n) => '<a '.repeat(n / 3)],
  ];
  it.each(make)('%s: 1 MB and 100 KB are read in time', (_, of) => {
    expect(timed(of(1_000_000))).toBeLessThan(40_000);
    expect(timed(of(100_000))).toBeLessThan(40_000);
  });
  it('any signs in any order lose no character and throw nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('$', '$$', '\\(', '\\)', '\\[', '\\]', '[^a]', '[^a]: ', '\n', '\n\n', ': ', '| a |', '|--|', '```', '> ', '- ', 'x', '1', ' ', '*', '_', '{', '}', '^'), { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        expect(lex(text).map(({ raw }) => raw).join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
      }),
      { seed: 5, numRuns: 2000 },
    );
  });
  it('a formula as deep as it is long is shown as its source', () => {
    expect(mathOf('{'.repeat(2000) + 'x' + '}'.repeat(2000), false)).toBeNull();
    expect(mathOf('\\def\\a{\\a\\a}\\a', false)).toBeNull();
  });
});

describe('a reply as plain text', () => {
  it('has no markup left, and loses no word', () => {
    expect(plainOf('# Title\n\nSome **bold**, *slanted* `code` and [a link](https://e.com/a). &amp; $x^2$\n\n- one\n- two\n  1. deep\n\n- [x] done\n\n> quoted\n\n| a | b |\n|--|--|\n| 1 | **2** |\n\n```py\nx = 1\n```\n\n---\n\nEnd[^1].\n\n[^1]: Note.')).toBe(
      'Title\n\nSome bold, slanted code and a link (https://e.com/a). & x^2\n\n– one\n\n– two\n\n  1. deep\n\n– [x] done\n\nquoted\n\na\tb\n1\t2\n\nx = 1\n\n* * *\n\nEnd[^1].\n\n[1] Note.',
    );
  });
});

describe('when something was', () => {
  const now = Date.UTC(2026, 10, 25, 12);
  it.each([
    [30_000, 'just now'],
    [-60_000, 'just now'],
    [5 * 60_000, '5 min. ago'],
    [3 * 3_600_000, '3 hr. ago'],
    [26 * 3_600_000, 'yesterday'],
    [8 * 86_400_000, 'Nov 17, 2026'],
  ])('%d ms ago is “%s”', (past, words) => expect(ago(now - past, now, 'en', 'just now')).toBe(words));
  it('is said in the language asked for', () => expect(ago(now - 5 * 60_000, now, 'zh-Hans', '刚刚')).toBe('5分钟前'));
});
