import fc from 'fast-check';
import katex from 'katex';
import { describe, expect, it } from 'vitest';
import {
  directionOf,
  heal,
  mathOf as set,
  noteNumbers,
  parse,
  plainOf,
  tailPlace,
  BlockStream,
  type Block,
  type Inline,
  type MathNode,
} from '../../../core/markdown/index.ts';

const blocks = (text: string): Block[] => parse(text).map(({ block }) => block);
const types = (text: string): string[] => blocks(text).map(({ type }) => type);
/** Everything of one type in a text, wherever it stands. */
const all = <T extends (Block | Inline)['type']>(text: string, type: T): Extract<Block | Inline, { type: T }>[] => {
  const found: Extract<Block | Inline, { type: T }>[] = [];
  JSON.stringify(blocks(text), (_, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'type' in value && value.type === type)
      found.push(value as never);
    return value;
  });
  return found;
};
/** What stands as math in a text. */
const formulas = (text: string): string[] => all(text, 'math').map(({ tex }) => tex);
/** Running text with its marks as tags. */
const marked = (text: string): string => {
  const one = (piece: Inline): string => {
    if (piece.type === 'text') return piece.text;
    if (piece.type === 'break') return '<br>';
    if ('children' in piece) return `<${piece.type}>${piece.children.map(one).join('')}</${piece.type}>`;
    return `<${piece.type}>`;
  };
  return blocks(text)
    .map((block) => ('inline' in block ? block.inline.map(one).join('') : block.type))
    .join('|');
};
const mathOf = (tex: string, display: boolean): MathNode | null => set(katex, tex, display);
const inkOf = (node: MathNode): string => (typeof node === 'string' ? node : node.children.map(inkOf).join(''));

describe('math', () => {
  it('is what stands between dollars and between TeX’s own brackets', () => {
    expect(formulas('Here $x^2$, \\(y_1\\) and $$z$$.')).toEqual(['x^2', 'y_1', 'z']);
    expect(formulas('$$\n\\int_0^1 x\\,dx\n$$')).toEqual(['\\int_0^1 x\\,dx']);
    expect(formulas('Then\n\\[\na = b\n\\]\nand on')).toEqual(['a = b']);
    expect(formulas('- in a list: $a*b*c$\n\n| $a$ | b |\n|--|--|\n| 1 | $c_d$ |')).toEqual(['a*b*c', 'a', 'c_d']);
    expect(formulas('$2 + 2 = 4$ and $3x$')).toEqual(['2 + 2 = 4', '3x']);
  });
  it('is not money, a variable of the shell, code, or an escaped sign', () => {
    for (const text of [
      'It costs $5 and $10.',
      'From $5-$10 to $7',
      'about $5, or perhaps 7$ more',
      'echo $HOME and $PATH',
      '`$x$`',
      '```\n$x$\n```',
      'a \\$x$ b',
      '$ x $',
      'US$5 or A$6',
      'pay $1,000 now and $2,000 later',
    ])
      expect(formulas(text)).toEqual([]);
  });
  it('in alphabets of its own is written in their characters', () => {
    expect(inkOf(mathOf('\\mathbb{RZ}\\mathcal{LB}\\mathbf{x1}\\mathfrak{g}', false) ?? '')).toBe('ℝℤℒℬ𝐱𝟏𝔤');
  });
  it('that is still open is known from its first sign, and stays one block until it is closed', () => {
    for (const part of ['$$', '$$\n\\frac{a}', '$$\n\\frac{a}{b}\n', '$$\n\\frac{a}{b}\n$'])
      expect(blocks(part).map((block) => [block.type, 'open' in block && block.open])).toEqual([['math', true]]);
    expect(blocks('$$\n\\frac{a}{b}\n$$').map((block) => [block.type, 'open' in block && block.open])).toEqual([
      ['math', false],
    ]);
    expect(types('$$ never closed\n\nbut more text')).toEqual(['math', 'paragraph']);
    expect(tailPlace(blocks('$$\na').at(-1), '$$\na')).toBe('inside');
  });
});

describe('what is still being written', () => {
  it('a table is a table from its first line', () => {
    for (const part of [
      '| Name',
      '| Name | Age |',
      '| Name | Age |\n',
      '| Name | Age |\n|--',
      '| Name | Age |\n|---|---',
    ])
      expect(new BlockStream().update(part, true).map(({ block }) => block.type)).toEqual(['table']);
    expect(heal('| a | b |\n|--|--|\n| 1')).toBeNull();
    expect(heal('a | b')).toBeNull();
  });
  it('the first signs of a fence are not shown', () => {
    expect(heal('``')).toBe('');
    expect(heal('Text\n``')).toBe('Text\n');
  });
});

describe('footnotes', () => {
  it('are numbered as they are met, those alone that have words', () => {
    expect([
      ...noteNumbers(
        blocks('One[^b] and two[^a]: one again[^b], none[^x].\n\n[^a]: First.\n[^b]: Second,\n    over two lines.\n'),
      ),
    ]).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
    expect([
      ...noteNumbers(blocks('- a[^c]\n\n| x[^d] |\n|--|\n\n`[^e]`\n\n[^d]: D\n\n[^c]: C\n\n    more\n\n[^e]: E')),
    ]).toEqual([
      ['c', 1],
      ['d', 2],
    ]);
  });
  it('are numbered before their words are there, while the reply is written', () => {
    expect([...noteNumbers(blocks('a[^1] b[^2]'), true)]).toEqual([
      ['1', 1],
      ['2', 2],
    ]);
    expect([...noteNumbers(blocks('a[^1] b[^2]'))]).toEqual([]);
  });
});

describe('terms and their meanings', () => {
  it('are blocks of their own', () => {
    expect(types('Burr\n: a\nPlate\n: b\n: c')).toEqual(['definitions']);
    expect(types('- a\n: b')).toEqual(['list']);
    expect(types('Note: this\nis prose')).toEqual(['paragraph']);
  });
});

describe('hostile text', () => {
  it('any signs in any order lose no character and throw nothing', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            '$',
            '$$',
            '\\(',
            '\\)',
            '\\[',
            '\\]',
            '[^a]',
            '[^a]: ',
            '\n',
            '\n\n',
            ': ',
            '| a |',
            '|--|',
            '```',
            '> ',
            '- ',
            'x',
            '1',
            ' ',
            '*',
            '_',
            '{',
            '}',
            '^',
          ),
          { maxLength: 40 },
        ),
        (parts) => {
          const text = parts.join('');
          const placed = parse(text);
          let at = 0;
          for (const { from, to } of placed) {
            // what stands between two blocks draws nothing: space, and addresses that are named
            expect(
              text
                .slice(at, from)
                .replace(/^[ >]*\[.*\]:.*$/gm, '')
                .trim(),
            ).toBe('');
            at = to;
          }
          for (const sign of ['x', '1', '{', '^'])
            expect(JSON.stringify(placed).split(sign).length).toBeGreaterThanOrEqual(
              text.replaceAll('[^a]', '').split(sign).length,
            );
        },
      ),
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
    expect(
      plainOf(
        '# Title\n\nSome **bold**, *slanted* `code` and [a link](https://e.com/a). &amp; $x^2$\n\n- one\n- two\n  1. deep\n\n- [x] done\n\n> quoted\n\n| a | b |\n|--|--|\n| 1 | **2** |\n\n```py\nx = 1\n```\n\n---\n\nEnd[^1].\n\n[^1]: Note.',
      ),
    ).toBe(
      'Title\n\nSome bold, slanted code and a link (https://e.com/a). & x^2\n\n– one\n\n– two\n\n  1. deep\n\n– [x] done\n\nquoted\n\na\tb\n1\t2\n\nx = 1\n\n* * *\n\nEnd[^1].\n\n[1] Note.',
    );
  });
});

describe('prices and formulas', () => {
  it.each([
    'Shirts are 5$, 10$ and 15$.',
    'Pay 10$–20$ for lunch.',
    'Prices: 5$/10$ (small/large).',
    'US$/CA$ rates differ.',
    'It costs $5 and $10, or **$4** today.',
    '$5, 10$',
    'from $5 – 10$',
    'A$5 and B$6',
    'PATH=$HOME/bin:$PATH',
    '${a} and ${b}',
  ])('%s: no sign is lost', (text) => {
    expect(formulas(text)).toEqual([]);
    expect(marked(text).replace(/<\/?strong>/g, '**')).toBe(text);
  });
  it.each([
    ['设$x$为$y^2$的根。', ['x', 'y^2']],
    ['ここで$n$は整数', ['n']],
    ['여기서 $x$는', ['x']],
    ['因此，$a=b$；而\\(c\\)是', ['a=b', 'c']],
    ['The value of $x$ is $y^2$.', ['x', 'y^2']],
    ['so $ y = 2 $ holds', ['y = 2']],
    ['there are $5$ and $3.14$', ['5', '3.14']],
    ['\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}', ['\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}']],
    ['```math\nx^2\n```', ['x^2']],
    ['> $$\n> a\n> $$', ['a']],
    ['- item\n  $$\n  a\n  $$\n- next', ['a']],
    ['\\(\\text{cost} = \\$5\\)', ['\\text{cost} = \\$5']],
  ])('%s', (text, expected) => expect(formulas(text)).toEqual(expected));
  it('columns of equations meet at their sign', () => {
    const cells = JSON.stringify(mathOf('\\begin{align}a &= b \\\\ c &= d\\end{align}', true));
    expect(cells.match(/"mtd"/g)).toHaveLength(4);
    expect(cells.match(/"data-align":"right","data-after":"none"/g)).toHaveLength(2);
    expect(cells.match(/"data-align":"left"[^}]*"data-before":"none"/g)).toHaveLength(2);
  });
  it('names of functions stand apart from what they are of, as TeX sets them', () => {
    const spaces = (tex: string): number => JSON.stringify(mathOf(tex, false)).split('0.1667em').length - 1;
    expect(spaces('n\\log n')).toBe(2);
    expect(spaces('O(n\\log n)')).toBe(2);
    expect(spaces('\\sin x')).toBe(1);
    expect(spaces('\\max(a, b)')).toBe(0);
    expect(spaces('2\\sin\\alpha\\cos\\beta')).toBe(4);
    expect(spaces('\\lim_{x \\to 0} f')).toBe(1);
    expect(spaces('x + \\log')).toBe(0);
    expect(spaces('\\operatorname{foo} y')).toBe(1);
  });
});

describe('every script', () => {
  it.each([
    ['这是**“取出并重置”模式**。', '这是<strong>“取出并重置”模式</strong>。'],
    ['**注意：**先关闭电源。', '<strong>注意：</strong>先关闭电源。'],
    ['**「测试」**的结果。', '<strong>「测试」</strong>的结果。'],
    ['**备注（重要）**请看。', '<strong>备注（重要）</strong>请看。'],
    ['**마크다운(Markdown)**은 쉽다.', '<strong>마크다운(Markdown)</strong>은 쉽다.'],
    ['これは*「強調」*です', 'これは<em>「強調」</em>です'],
    ['นี่คือ**“คำพูด”**ของเขา', 'นี่คือ<strong>“คำพูด”</strong>ของเขา'],
    ['***“都”***是', '<em><strong>“都”</strong></em>是'],
    ['价格~~100元。~~现价', '价格<del>100元。</del>现价'],
    ['**plain** works, snake_case_too, 2*3*4', '<strong>plain</strong> works, snake_case_too, 2<em>3</em>4'],
    ['5 * 3 * 2 and ** not bold **', '5 * 3 * 2 and ** not bold **'],
  ])('%s: emphasis begins and ends beside any punctuation', (text, expected) => expect(marked(text)).toBe(expected));
  it('one tilde is no stroke', () => {
    expect(marked('27~28℃, 3~4个, a ~b~ c, ~~gone~~')).toBe('27~28℃, 3~4个, a ~b~ c, <del>gone</del>');
  });
  it('the end of a line is one', () => {
    expect(marked('Two roads diverged\nin a yellow wood,  \nand sorry\\\nI could not')).toBe(
      'Two roads diverged<br>in a yellow wood,<br>and sorry<br>I could not',
    );
    expect(plainOf('one\ntwo')).toBe('one\ntwo');
  });
  it('<br> is one too, in cells and anywhere', () => {
    expect(marked('a<br>b<br/>c<BR />d<b>e</b>')).toBe('a<br>b<br>c<br>d<b>e</b>');
    expect(all('| a | b |\n|--|--|\n| x<br>y | z |', 'break')).toHaveLength(1);
    expect(plainOf('| a | b |\n|--|--|\n| x<br>y | z |')).toBe('a\tb\nx y\tz');
  });
  it.each([
    ['请看https://example.com/a的结果', ['https://example.com/a']],
    ['见 https://example.com/a_b_c。然后', ['https://example.com/a_b_c']],
    ['（https://example.com/x）和https://e.com，', ['https://example.com/x', 'https://e.com']],
    ['(https://e.com/a_(b)) and <https://e.com/c>.', ['https://e.com/a_(b)', 'https://e.com/c']],
    ['**https://e.com/d**, see www.e.org/f!', ['https://e.com/d', 'http://www.e.org/f']],
    ['https://ru.wikipedia.org/wiki/Москва?x=1&y=2', ['https://ru.wikipedia.org/wiki/Москва?x=1&y=2']],
    ['write to first_last+x@mail.example.org.', ['mailto:first_last+x@mail.example.org']],
    ['xhttps://e.com, C:\\a, a@b, @me, 10:30', []],
    ['`https://e.com` [https://e.com](https://f.com)', ['https://f.com']],
  ])('addresses in %s', (text, expected) => expect(all(text, 'link').map(({ href }) => href)).toEqual(expected));
  it('has a direction by its first letter', () => {
    expect(['مرحبا Python', 'שלום', '123. ܐ', '“ދިވެހި', '𞤀𞤣'].map(directionOf)).toEqual(Array(5).fill('rtl'));
    expect(['Hello مرحبا', '你好', 'Ω', '1. हिन्दी'].map(directionOf)).toEqual(Array(4).fill('ltr'));
    expect([directionOf('123 …'), directionOf('')]).toEqual([null, null]);
  });
});
