import { readFileSync } from 'node:fs';
import { render } from 'svelte/server';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseMathMl, safeHref } from '../../../core/markdown/index.ts';
import Markdown from '../../../renderer/components/markdown/Markdown.svelte';
import { Colourist, type ColourWorker, type Lines } from '../../../renderer/components/markdown/colourist.ts';
import type { ColourRequest } from '../../../renderer/components/markdown/highlight-worker.ts';
import { highlight, knownLanguage, linesOf } from '../../../renderer/components/markdown/highlight.ts';
import { loadMath } from '../../../renderer/components/markdown/math.ts';
import { foldedText, textPieces } from '../../../renderer/components/markdown/pieces.ts';
import { textParts } from '../../../renderer/components/markdown/unbroken.ts';
import { richReply } from '../../fixtures/sample-replies.ts';

const html = (text: string): string =>
  render(Markdown, { props: { text } })
    .body.replace(/<!--.*?-->/g, '')
    .replaceAll(' xmlns="http://www.w3.org/1998/Math/MathML"', '');

beforeAll(loadMath);

describe('what is drawn', () => {
  it('prose, lists, tasks, tables, code', () => {
    const drawn = html(richReply);
    expect(drawn).toContain('Sorting a list by more than one key</h2>');
    expect(drawn.match(/<tr>/g)).toHaveLength(4);
    expect(drawn.match(/<li/g)).toHaveLength(8);
    expect(drawn.match(/data-done="true"/g)).toHaveLength(2);
    expect(drawn).toContain('def ranked(people):');
    expect(drawn).toContain('Copy code');
  });

  it('never draws what a reply says as markup', () => {
    const drawn = html(
      '<img src=x onerror="alert(1)">\n\nHello <b>you</b> [x](javascript:alert(1)) ![cat](http://e.com/c.png)\n\n```html\n<script>1</script>\n```',
    );
    expect(drawn).not.toMatch(/<(img|b|script|a)[\s>]/);
    expect(drawn).toContain('&lt;img');
    expect(drawn).toContain('[image: cat]');
  });

  it('asks before any link: only web and mail addresses are links', () => {
    expect(safeHref('https://example.com/a')).toBe('https://example.com/a');
    for (const bad of ['javascript:1', 'file:///etc', '/local', 'data:text/html,x', 'https://'])
      expect(safeHref(bad)).toBeNull();
  });

  it('reads character references, known ones alone', () => {
    expect(html('a &amp; b &#233; &#x1F600; &eacute; &unknown; &constructor;')).toContain(
      'a &amp; b é 😀 é &amp;unknown; &amp;constructor;',
    );
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
    const drawn = html(
      '$\\href{javascript:alert(1)}{x}$ $\\htmlStyle{color:red}{x}$ $\\color{red}{y}$ $\\text{<img src=x onerror=alert(1)>}$ $\\includegraphics{http://e.com/a.png}$',
    );
    expect(drawn).not.toMatch(/<(a|img|script)[\s>]|style=|mathcolor/);
    expect(parseMathMl('<math><script>x</script><mi onclick="a()" style="b" width="1em">y</mi></math>')).toEqual({
      tag: 'math',
      attributes: {},
      children: ['x', { tag: 'mi', attributes: { width: '1em' }, children: ['y'] }].slice(1),
    });
  });

  it('footnotes lead there and back', () => {
    const text =
      'One[^b] and two[^a]: one again[^b], none[^x].\n\n[^a]: First *note*.\n[^b]: Second,\n    over two lines.\n';
    const drawn = html(text);
    expect(drawn.match(/aria-label="Note \d"/g)).toEqual([
      'aria-label="Note 1"',
      'aria-label="Note 2"',
      'aria-label="Note 1"',
    ]);
    expect(drawn).toContain('none[^x].');
    expect(drawn).toMatch(/<em>note<\/em>/);
    expect(drawn).toContain('Second,<br/>over two lines.');
    expect(drawn.match(/role="note"/g)).toHaveLength(2);
  });
  it('terms and what they mean', () => {
    expect(html('Burr\n: What the rocker raises.\n\nPlate\n: Copper.\n: Or zinc.')).toMatch(
      /<dl dir="ltr"><dt>Burr<\/dt>\s*<dd>What the rocker raises\.<\/dd><\/dl>/,
    );
  });
  it('each block runs the way of its first letter; code and formulas from left to right', () => {
    const drawn = html(readFileSync(new URL('../../fixtures/text/right-to-left.md', import.meta.url), 'utf8'));
    expect(drawn.match(/<(?:p|ul|ol|blockquote|div)[^>]* dir="rtl"/g)).toHaveLength(6);
    expect(drawn).toContain('<p dir="ltr">English line.</p>');
    expect(html('مرحبا `npm start`\n\n2026\n\n```\nx\n```')).toMatch(
      /<p dir="rtl">مرحبا <code dir="ltr">npm start<\/code><\/p> *<p dir="rtl">2026<\/p>[^]*<pre dir="ltr"/,
    );
  });
});

/** A worker whose answers come when they are called for. */
class Hand implements ColourWorker {
  onmessage: ColourWorker['onmessage'] = null;
  onerror: ColourWorker['onerror'] = null;
  readonly asked: ColourRequest[] = [];
  ended = false;
  postMessage(request: ColourRequest): void {
    this.asked.push(request);
  }
  terminate(): void {
    this.ended = true;
  }
  say(data: unknown): void {
    this.onmessage?.({ data } as MessageEvent);
  }
}
describe('colours from a worker', () => {
  const lines: Lines = [[{ scope: 'keyword', text: 'let' }]];
  const setUp = () => {
    const workers: Hand[] = [];
    const clocks: (() => void)[] = [];
    const colourist = new Colourist({
      spawn: () => {
        const worker = new Hand();
        workers.push(worker);
        return worker;
      },
      later: (task) => {
        clocks.push(task);
        return () => undefined;
      },
    });
    return { workers, clocks, colourist };
  };
  it('come one block after the other, and are known at once when they are asked for again', async () => {
    const { workers, colourist } = setUp();
    const first = colourist.colour('let', 'js');
    const second = colourist.colour('let a', 'js');
    const [worker] = workers;
    expect(worker?.asked).toEqual([]);
    worker?.say('ready');
    expect(worker?.asked.map(({ code }) => code)).toEqual(['let']);
    worker?.say({ id: worker.asked[0]?.id, lines });
    expect(await first).toBe(lines);
    expect(worker?.asked.map(({ code }) => code)).toEqual(['let', 'let a']);
    worker?.say({ id: worker.asked[1]?.id, lines: null });
    expect(await second).toBeNull();
    expect(colourist.known('let', 'js')).toBe(lines);
    expect(await colourist.colour('let', 'js')).toBe(lines);
    expect(worker?.asked).toHaveLength(2);
  });
  it('code that takes too long stays plain, and the next is coloured by a new worker', async () => {
    const { workers, clocks, colourist } = setUp();
    const slow = colourist.colour('$'.repeat(30_000), 'java');
    const next = colourist.colour('let', 'js');
    workers[0]?.say('ready');
    clocks[0]?.();
    expect(await slow).toBeNull();
    expect(workers[0]?.ended).toBe(true);
    workers[1]?.say('ready');
    workers[1]?.say({ id: workers[1].asked[0]?.id, lines });
    expect(await next).toBe(lines);
    // it is not tried again
    expect(await colourist.colour('$'.repeat(30_000), 'java')).toBeNull();
  });
  it('all code stays plain where there are no workers, or where they do not start', async () => {
    expect(await new Colourist({ spawn: () => null, later: () => () => undefined }).colour('let', 'js')).toBeNull();
    const { workers, colourist } = setUp();
    const asked = colourist.colour('let', 'js');
    workers[0]?.onerror?.({} as ErrorEvent);
    expect(await asked).toBeNull();
  });
});

describe('a long text in pieces', () => {
  it('loses no character but the line end or space it is cut at', () => {
    for (const text of [
      '',
      'short',
      'word '.repeat(5000),
      'line\n'.repeat(5000),
      '😀'.repeat(5000),
      'x'.repeat(20_001),
      '\n'.repeat(9000),
    ]) {
      const pieces = textPieces(text);
      let at = 0;
      for (const piece of pieces) {
        expect(text.slice(at, at + piece.text.length)).toBe(piece.text);
        at += piece.text.length;
        if (/\s/.test(text.charAt(at)) && at < text.length && piece !== pieces.at(-1)) at += 1;
        expect(piece.text.length).toBeLessThan(6000);
      }
      expect(at).toBe(text.length);
    }
    expect(textPieces('short')).toHaveLength(1);
  });
  it('are cut in time, ten megabytes of one line among them', () => {
    const before = process.cpuUsage().user;
    expect(textPieces('word '.repeat(2_000_000)).length).toBeGreaterThan(2000);
    expect((process.cpuUsage().user - before) / 1000).toBeLessThan(2000);
  });
  it('what is folded is the first lines, or the first characters of one', () => {
    expect(foldedText('a\n'.repeat(11))).toBeNull();
    expect(foldedText('a\n'.repeat(50))).toBe('a\n'.repeat(12).trimEnd());
    expect(foldedText('x'.repeat(900))).toBeNull();
    expect(foldedText('😀'.repeat(900))).toBe('😀'.repeat(450));
  });
  it('runs without a space are set apart, and lose nothing', () => {
    const text = `a ${'x'.repeat(400)} b ${'-'.repeat(299)} ${'.'.repeat(300)}${'汉'.repeat(400)}`;
    expect(
      textParts(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
    expect(
      textParts(text)
        .filter((part) => part.unbroken)
        .map((part) => part.text.length),
    ).toEqual([400, 300]);
    expect(textParts('short')).toEqual([{ text: 'short', unbroken: false }]);
  });
});

describe('highlighting', () => {
  it('loses no character, in any language it knows', () => {
    for (const [language, code] of [
      ['python', 'def f(a):\n    """x"""\n    return f"{a} {1}"\n'],
      ['html', '<p class="a">x</p><script>let a = 1;</script>'],
      ['js', 'const a = `x ${1 + 2}`; // c'],
    ] as const)
      expect(
        highlight(code, knownLanguage(language))
          .map((run) => run.text)
          .join(''),
      ).toBe(code);
  });
  it('cuts runs into lines', () => {
    expect(
      linesOf([
        { scope: 'comment', text: 'a\nb' },
        { scope: '', text: '\n' },
      ]),
    ).toEqual([[{ scope: 'comment', text: 'a' }], [{ scope: 'comment', text: 'b' }], []]);
  });
  it('leaves unknown languages plain', () => {
    expect(knownLanguage('nonsense')).toBeNull();
    expect(knownLanguage('python {1}')).toBe('python');
    expect(highlight('x', null)).toEqual([{ scope: '', text: 'x' }]);
  });
});
