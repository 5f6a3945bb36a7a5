/** What a person finds in an exported file. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ArchivedConversation, ExportFormat, TextFormat } from '../../../core/contract/transfer.ts';
import { exportName } from '../../../core/transfer/name.ts';
import { shownBranch } from '../../../core/transfer/tree.ts';
import { prepareExport, writeExport } from '../../../core/transfer/index.ts';
import { archived, archivedMessage, read } from './make.ts';

const conversation = archived(
  'c',
  [
    archivedMessage({ id: 's', role: 'system', text: 'Be brief.', shownChildId: 'q' }),
    archivedMessage({ id: 'q', parentId: 's', text: 'What is *burr*?', shownChildId: 'a1' }),
    archivedMessage({ id: 'a1', parentId: 'q', role: 'assistant', text: 'A raised edge.\n\n- one', status: 'stopped' }),
    archivedMessage({ id: 'a2', parentId: 'q', role: 'assistant', text: 'Never shown.' }),
  ],
  { title: 'On <b>burrs</b>\n# twice', createdAt: Date.UTC(2026, 10, 24, 8, 5), currentMessageId: 'a1' },
);
const file = (format: TextFormat, list = [conversation]): string =>
  [...writeExport(format, list, { exportedAt: 3, frames: false })].join('');

beforeAll(() => prepareExport('html'));

describe('Markdown', () => {
  it('has the branch shown, who speaks, how a reply ended, and a title that can’t be read as markup', () => {
    expect(file('markdown')).toBe(
      '# On \\<b\\>burrs\\</b\\> \\# twice\n\n*2026-11-24 08:05 UTC*\n\n## Instructions\n\nBe brief.\n\n## You\n\nWhat is *burr*?\n\n## Reply\n\nA raised edge.\n\n- one\n\n*(stopped)*\n',
    );
  });
  const again = (list: ArchivedConversation[]): string[][] =>
    read(file('markdown', list)).conversations.map((c) => [
      c.title,
      ...shownBranch(c).map((m) => `${m.role} ${m.status}: ${m.text}`),
    ]);
  it('is read back by our own import: titles, roles, words and how replies ended', () => {
    expect(read(file('markdown')).format).toBe('markdown');
    expect(again([conversation, { ...conversation, title: 'Two' }])).toEqual([
      [
        'On <b>burrs</b> # twice',
        'system complete: Be brief.',
        'user complete: What is *burr*?',
        'assistant stopped: A raised edge.\n\n- one',
      ],
      [
        'Two',
        'system complete: Be brief.',
        'user complete: What is *burr*?',
        'assistant stopped: A raised edge.\n\n- one',
      ],
    ]);
    expect(read(file('markdown')).conversations[0]?.createdAt).toBe(conversation.createdAt);
    expect(read(file('markdown').replaceAll('\n', '\r\n')).conversations[0]?.messages).toHaveLength(3);
  });
  it('comes back with the same words whatever they are, its own lines within them too', () => {
    const lines = [
      '## You',
      '\\## You',
      '## Reply (x)',
      '## Instructions',
      '---',
      '',
      '# A title',
      '*2026-11-24 08:05 UTC*',
      '\\*2026-11-24 08:05 UTC*',
      '*(stopped)*',
      '\\\\*(failed)*',
      '```',
      'words',
      '  indented',
      '<b>',
      '\u{1F58B}',
    ];
    const text = fc.array(fc.constantFrom(...lines), { minLength: 1, maxLength: 8 }).map((all) => all.join('\n'));
    fc.assert(
      fc.property(text, text, fc.string(), (question, answer, title) => {
        const list = [0, 1].map((n) =>
          archived(
            `c${n}`,
            [
              archivedMessage({ id: 'q', text: question, shownChildId: 'a' }),
              archivedMessage({
                id: 'a',
                parentId: 'q',
                role: 'assistant',
                text: answer,
                status: n === 0 ? 'complete' : 'failed',
              }),
            ],
            { title: `T${title.trim()}` },
          ),
        );
        expect(again(list).map((c) => c.slice(1))).toEqual([
          [`user complete: ${question.trimEnd()}`, `assistant complete: ${answer.trimEnd()}`],
          [`user complete: ${question.trimEnd()}`, `assistant failed: ${answer.trimEnd()}`],
        ]);
      }),
      { seed: 4, numRuns: 1000 },
    );
  });
  it('parts several conversations by a rule', () =>
    expect(file('markdown', [conversation, { ...conversation, title: 'Two' }]).split('\n\n---\n\n')).toHaveLength(2));
});

describe('OpenAI messages', () => {
  it('is one line a conversation, of the branch shown, which our own import reads', () => {
    const text = file('openai', [conversation, archived('empty', [])]);
    expect(text.split('\n')).toHaveLength(2);
    expect(JSON.parse(text)).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'What is *burr*?' },
        { role: 'assistant', content: 'A raised edge.\n\n- one' },
      ],
    });
    expect(read(text).conversations[0]?.messages.map((m) => m.text)).toEqual([
      'Be brief.',
      'What is *burr*?',
      'A raised edge.\n\n- one',
    ]);
  });
  it('leaves out replies with nothing in them', () =>
    expect(
      file('openai', [
        archived('c', [
          archivedMessage({ id: 'q' }),
          archivedMessage({ id: 'a', parentId: 'q', role: 'assistant', text: '' }),
        ]),
      ]),
    ).toBe('{"messages":[{"role":"user","content":"q"}]}\n'));
});

describe('JSON', () => {
  it.each([0, 1, 3])('is one whole document of %i conversations', (n) => {
    const list = Array.from({ length: n }, (_, i) => ({ ...conversation, id: `c${i}` }));
    expect(JSON.parse(file('json', list))).toEqual({
      format: 'mezzotint-conversations',
      version: 1,
      exportedAt: 3,
      frames: false,
      conversations: list,
    });
  });
});

const nasty = `</title><script>alert(1)</script><img src=x onerror=alert(2)> "'&<!-- ]]> \u2028 javascript:alert(3)`;
/** Nasty words in every field that a file may show. */
const hostile = archived(
  'c',
  [
    archivedMessage({ id: 's', role: 'system', text: nasty, shownChildId: 'q' }),
    archivedMessage({ id: 'q', parentId: 's', text: nasty, shownChildId: 'a' }),
    archivedMessage({
      id: 'a',
      parentId: 'q',
      role: 'assistant',
      text: [
        nasty,
        `[a](javascript:alert(1)) [b](https://example.com/"onclick="x) ![c](x" onerror="alert(4))`,
        '`<b>`',
        '```"><script>\n<script>x</script>\n```',
        '| <i> | b |\n|---|---|\n| <script>y</script> | 2 |',
        '<div onclick=x>\n\n**bold**\n\n</div>',
        '<https://example.com/<script>>',
        '&lt;script&gt; &#60;script&#62;',
        '- [x] done',
        '[r]: data:text/html,x "<b>"\n\n[r]',
      ].join('\n\n'),
      status: 'failed',
      generations: [{ pack: { id: 'p', name: nasty, hash: 'h' } } as never],
    }),
  ],
  { title: nasty, createdAt: Date.UTC(2026, 10, 24, 8, 5) },
);
const tagsOf = (html: string): string[] => html.slice(html.indexOf('<main>')).match(/<[^>]*>?/g) ?? [];
const TAG =
  /^<\/?(main|article|header|section|body|html|h[1-6]|p|time|small|div|span|strong|em|del|code|pre|ul|ol|li|dl|dt|dd|table|thead|tbody|tr|th|td|blockquote|br|hr|sup|a|math|m[a-z]+)((?: (?:class="(?:user|assistant|system|plain|ended|task|note|formula)"|dir="(?:auto|ltr|rtl)"|datetime="[\d\-:.TZ]+"|rel="noopener noreferrer"|start="\d+"|(?:data-)?align="(?:left|right|center)"|data-(?:before|after)="none"|href="(?:https?|mailto):[^"<>]*"|(?:display|stretchy|fence|separator|symmetric|largeop|movablelimits|lspace|rspace|minsize|maxsize|accent|accentunder|linethickness|displaystyle|scriptlevel|width|height|depth|voffset|columnalign|rowspacing|columnspacing|columnlines|rowlines|notation|mathvariant)="[\w .%+-]*")))*>$/i;

describe('a web page', () => {
  it('is set from the branch shown, with Markdown in replies, and holds nothing from outside', () => {
    const html = file('html');
    expect(html).toContain('<h1 dir="auto">On &lt;b&gt;burrs&lt;/b&gt; # twice</h1>');
    expect(html).toContain('<div class="plain" dir="auto">What is *burr*?</div>');
    expect(html).toContain('<li>one</li>');
    expect(html).toContain('(stopped)');
    expect(html).not.toContain('Never shown.');
    expect(html.match(/(src|href)=/g)).toBeNull();
    expect(html).toContain("default-src 'none'");
  });
  it('has only tags and attributes of its own, whatever stands in any field', () => {
    const html = file('html', [hostile]);
    expect(tagsOf(html).filter((tag) => !TAG.test(tag))).toEqual([]);
    expect(html.slice(0, html.indexOf('<main>'))).not.toContain('script');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).toContain('<strong>bold</strong>');
    expect(html).toContain('<li class="task">☑ done</li>');
  });
  it('has none of others in 2,000 replies made of hostile pieces', () => {
    const piece = fc.constantFrom(
      '<script>',
      '</script>',
      '<img src=x onerror=a>',
      '<!--',
      '-->',
      '<![CDATA[',
      '<a href="javascript:x">',
      '](',
      '[x',
      '![',
      ')',
      'javascript:alert(1)',
      'https://e.com/',
      '"',
      "'",
      ' onclick=x',
      '`',
      '```',
      '\n',
      '\n\n',
      '|',
      '|-|-|\n',
      '> ',
      '- ',
      '**',
      '&lt;',
      '&#x3c;',
      '<',
      '>',
      '\\',
      '[r]: <x> "y"\n',
      '<https://a.b?<>',
      '~~~ "><b>\n',
      '$',
      '$$',
      '\\(',
      '\\)',
      '\\text{',
      '}',
      '\\href{javascript:x}{',
      '[^a]',
      '[^a]: ',
      ': ',
      '\u0000',
      '\uD800',
      'x',
      '\t',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }).map((all) => all.join('')),
        (text) => {
          const html = file('html', [archived('c', [archivedMessage({ id: 'a', role: 'assistant', text })])]);
          expect(tagsOf(html).filter((tag) => !TAG.test(tag))).toEqual([]);
        },
      ),
      { seed: 6, numRuns: 2000 },
    );
  });
  it.each([
    ['quotes nested 20,000 deep', '>'.repeat(20_000) + ' x'],
    ['lists nested 1,000 deep', Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i * 2)}- x`).join('\n')],
    ['200,000 open brackets', '['.repeat(200_000)],
    ['100,000 stars', '*a '.repeat(60_000)],
    ['ten million characters', 'word '.repeat(2_000_000)],
  ])('is made in seconds of a reply with %s', (_what, text) => {
    const began = performance.now();
    expect(
      file('html', [archived('c', [archivedMessage({ id: 'a', role: 'assistant', text })])]).length,
    ).toBeGreaterThan(text.length / 2);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

describe('a web page is set by the window’s own grammar', () => {
  const page = (text: string): string => {
    const html = file('html', [archived('c', [archivedMessage({ id: 'a', role: 'assistant', text })])]);
    return html.slice(html.indexOf('</h2>') + 6, html.indexOf('</section>'));
  };
  it('formulas are MathML, in every way of writing them', () => {
    const html = page(
      '\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}\n\n$$\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}$$\n\nInline \\( \\boxed{x = 5} \\) and $ y = 2 $ and \\[ z = 1 \\] inline.\n\n- list: $$a^2$$\n- \\(\\text{cost} = \\$5\\)\n\n$$\nE = mc^2 \\tag{1}\n$$\n\n```math\nx^2\n```',
    );
    expect(html.match(/<math/g)).toHaveLength(9);
    expect(html).not.toMatch(/\\|\$\$|<em>|&amp;=|&lt;/);
    expect(html).toContain('<msup><mi>a</mi><mn>2</mn></msup>');
  });
  it('that is no TeX is its source', () =>
    expect(page('$\\nonsense{x}$')).toContain('<code dir="ltr">\\nonsense{x}</code>'));
  it('entities are characters, known ones alone', () =>
    expect(page('&eacute; &hellip; &constructor; &amp;lt;')).toBe('<p dir="ltr">é … &amp;constructor; &amp;lt;</p>\n'));
  it('notes, terms, line ends and prices are as in the window', () => {
    expect(page('One[^a]\ntwo US$/CA$, 27~28℃\n\n[^a]: Note')).toBe(
      '<p dir="ltr">One<sup>1</sup><br>\ntwo US$/CA$, 27~28℃</p>\n<div class="note" dir="ltr"><sup>1</sup> <p dir="ltr">Note</p>\n</div>\n'.replace(
        ' <p dir="ltr">',
        ' <p>',
      ),
    );
    expect(page('Burr\n: ridge')).toBe('<dl dir="ltr">\n<dt>Burr</dt>\n<dd>ridge</dd>\n</dl>\n');
  });
  it('Arabic and Hebrew run from right to left, code does not', () => {
    const html = page(readFileSync(new URL('../../fixtures/text/right-to-left.md', import.meta.url), 'utf8'));
    expect(html.match(/<(?:p|ul|ol|blockquote|table) dir="rtl">/g)).toHaveLength(6);
    expect(html).toContain('<p dir="ltr">English line.</p>');
    expect(page('مرحبا\n\n```\nx\n```')).toContain('<pre dir="ltr">');
  });
});

describe('Markdown of a message that stops in the middle of something', () => {
  const two = (text: string): string =>
    file('markdown', [
      archived(
        'c',
        [
          archivedMessage({ id: 'a', role: 'assistant', text, status: 'stopped' }),
          archivedMessage({ id: 'q', parentId: 'a', text: 'And then?' }),
        ],
        { currentMessageId: 'q' },
      ),
    ]);
  const openings = [
    'Code:\n\n```python\nfor i in range(3):\n    print(i)',
    'x\n~~~~\n```\ny',
    '```',
    '<!-- a note',
    'a\n<script>\nx',
    '<pre>\n```\n',
    '<?php',
    '<![CDATA[ x',
    '$$\nx = 1',
    '- a\n  ```\n  b',
  ];
  it.each(openings)('%j: what follows is a heading still, and the message comes back as it was', (text) => {
    const written = two(text);
    const lines = written.split('\n');
    let fence: string | null = null;
    let html = false;
    const headings = lines.filter((line) => {
      const signs = /^(`{3,}|~{3,})/.exec(line)?.[1];
      if (!html && signs && (fence === null || (line.trim() === signs && signs.startsWith(fence))))
        fence = fence === null ? signs : null;
      else if (fence === null && /^<(!--|script|pre|\?|!\[)/.test(line)) html = true;
      if (html && /-->|<\/script>|<\/pre>|\?>|\]\]>/.test(line)) html = false;
      return fence === null && !html && line.startsWith('## ');
    });
    expect(headings).toEqual(['## Reply', '## You']);
    expect(read(written).conversations[0]?.messages.map((m) => m.text)).toEqual([text.trimEnd(), 'And then?']);
  });
  it('nothing is added to one that is whole, nor to one that says it was closed', () => {
    expect(two('```\nx\n```')).not.toContain('closed here');
    const said = 'x\n<!-- closed here: the message ends before -->';
    expect(read(two(said)).conversations[0]?.messages[0]?.text).toBe(said);
  });
});

describe('plain text', () => {
  it('says who speaks and how a reply ended', () => {
    expect(file('text', [conversation, { ...conversation, title: 'Two' }])).toContain(
      'On <b>burrs</b> # twice\n=======================\n2026-11-24 08:05 UTC\n\nINSTRUCTIONS\nBe brief.\n\nYOU\nWhat is *burr*?\n\nREPLY\nA raised edge.\n\n- one\n(stopped)\n',
    );
  });
});

describe('ShareGPT', () => {
  it.each([0, 1, 3])('is one whole list of %i conversations, which our own import reads', (n) => {
    const list = Array.from({ length: n }, (_, i) => ({ ...conversation, id: `c${i}`, title: `T${i}` }));
    const text = file('sharegpt', [...list, archived('empty', [])]);
    expect(JSON.parse(text)).toEqual(
      list.map(({ id, title }) => ({
        id,
        title,
        conversations: [
          { from: 'system', value: 'Be brief.' },
          { from: 'human', value: 'What is *burr*?' },
          { from: 'gpt', value: 'A raised edge.\n\n- one' },
        ],
      })),
    );
    if (n > 0)
      expect(read(text).conversations.map((c) => [c.title, ...c.messages.map((m) => m.role)])).toEqual(
        list.map(({ title }) => [title, 'system', 'user', 'assistant']),
      );
  });
});

/** A CSV file as spreadsheets read it. */
const rowsOf = (csv: string): string[][] => {
  const rows: string[][] = [];
  for (const line of csv.replace(/^\uFEFF/, '').match(/(?:"(?:[^"]|"")*",?)+\r\n/g) ?? [])
    rows.push((line.match(/"(?:[^"]|"")*"/g) ?? []).map((each) => each.slice(1, -1).replaceAll('""', '"')));
  return rows;
};
describe('CSV', () => {
  it('has every message of every branch, and says which are shown', () => {
    const csv = file('csv');
    expect(csv.startsWith('\uFEFF"conversation_id",')).toBe(true);
    const [head, ...rows] = rowsOf(csv);
    expect(rows.map((row) => [row[2], row[4], row[5], row[6]])).toEqual([
      ['s', 'yes', 'system', 'complete'],
      ['q', 'yes', 'user', 'complete'],
      ['a1', 'yes', 'assistant', 'stopped'],
      ['a2', 'no', 'assistant', 'complete'],
    ]);
    expect(rows.every((row) => row.length === head?.length)).toBe(true);
    expect(rows[2]?.at(-1)).toBe('A raised edge.\n\n- one');
  });
  it.each(['=HYPERLINK("http://x")', '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1'])(
    'gives %j to a spreadsheet as text',
    (text) => {
      const rows = rowsOf(file('csv', [archived('c', [archivedMessage({ id: 'q', text })], { title: text })]));
      expect(rows[1]?.[1]).toBe(`'${text}`);
      expect(rows[1]?.at(-1)).toBe(`'${text}`);
    },
  );
  it('keeps quotes, commas and line ends in their cells', () => {
    expect(rowsOf(file('csv', [hostile]))).toHaveLength(4);
    expect(rowsOf(file('csv', [archived('c', [archivedMessage({ id: 'q', text: 'a","b"\r\n"c' })])]))[1]?.at(-1)).toBe(
      'a","b"\r\n"c',
    );
  });
});

describe('a file’s name', () => {
  const NOW = new Date(2026, 10, 24, 12).getTime();
  it.each<[ExportFormat, string | null, string]>([
    ['json', null, 'mezzotint-2026-11-24.json'],
    ['sharegpt', null, 'mezzotint-2026-11-24.sharegpt.json'],
    ['html', 'Wie geht’s, 東京?', 'Wie-geht-s-東京.html'],
    ['text', '../../etc/passwd', 'etc-passwd.txt'],
    ['csv', 'con', 'chat-con.csv'],
    ['markdown', '…', 'conversation.md'],
    ['markdown', 'x'.repeat(70), `${'x'.repeat(60)}.md`],
    ['markdown', `a${'\u202E'}fdp.exe`, 'a-fdp-exe.md'],
  ])('%s of %j is %s', (format, title, name) => expect(exportName(format, title, NOW)).toBe(name));
});
