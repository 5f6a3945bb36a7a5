import fc from 'fast-check';
import { render } from 'svelte/server';
import { describe, expect, it } from 'vitest';
import Markdown from '../../../renderer/components/markdown/Markdown.svelte';
import { BlockStream, decode, heal, isOpenFence, safeHref, tailPlace } from '../../../renderer/components/markdown/blocks.ts';
import { highlight, knownLanguage, linesOf } from '../../../renderer/components/markdown/highlight.ts';
import { listReply, pieces, proseReply, richReply } from '../../fixtures/demo-text.ts';

const raws = (text: string): string[] => new BlockStream().update(text).map((b) => `${b.token.type} ${b.token.raw.trimEnd()}`);
const html = (text: string): string => render(Markdown, { props: { text } }).body.replace(/<!--.*?-->/g, '');

describe('markdown of a growing text', () => {
  const texts = [richReply, proseReply, listReply, '1. a\n\n2. b\n\n   c\n\n3. d\n\ntext\n\n- x\n- y\n', 'a\n===\n\n> q\n> r\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\nend'];
  it.each(texts.map((text, i) => [i, text] as const))('text %i in any pieces gives the blocks of the whole', (_, text) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 60 }), (sizes) => {
        const stream = new BlockStream();
        let end = 0;
        for (let i = 0; end < text.length; i++) {
          end = Math.min(text.length, end + (sizes[i % sizes.length] ?? 1));
          stream.update(text.slice(0, end), true);
        }
        expect(stream.update(text).map((b) => `${b.token.type} ${b.token.raw.trimEnd()}`)).toEqual(raws(text));
      }),
      { seed: 11, numRuns: 40 },
    );
  });

  it('keeps settled blocks as the same objects, so that they are not drawn again', () => {
    const stream = new BlockStream();
    const before = stream.update('One.\n\nTwo.\n\nThree.\n\nFour');
    const after = stream.update('One.\n\nTwo.\n\nThree.\n\nFour grows');
    expect(after[0]).toBe(before[0]);
    expect(after[1]).toBe(before[1]);
    expect(after[3]).not.toBe(before[3]);
    expect(new Set(after.map((b) => b.key)).size).toBe(4);
  });

  it('lexes a long reply token by token in a fraction of a frame each', () => {
    const long = Array.from({ length: 12 }, () => richReply).join('\n\n');
    const stream = new BlockStream();
    let text = '';
    const parts = pieces(long);
    const start = performance.now();
    for (const part of parts) stream.update((text += part), true);
    expect(parts.length).toBeGreaterThan(2000);
    expect((performance.now() - start) / parts.length).toBeLessThan(60);
  });

  it('starts over when the text is another one', () => {
    const stream = new BlockStream();
    stream.update('# A\n\nb\n\nc\n\nd');
    expect(stream.update('Other').map((b) => b.token.type)).toEqual(['paragraph']);
  });

  it('closes emphasis and code that is still being written', () => {
    expect(heal('it is **very')).toBe('it is **very**');
    expect(heal('it is **')).toBe('it is ');
    expect(heal('call `sort')).toBe('call `sort`');
    expect(heal('**done** now')).toBeNull();
    expect(heal('```py\na = `')).toBeNull();
    expect(heal('* item')).toBeNull();
  });

  it('says where the canvas stands', () => {
    const place = (text: string): string => tailPlace(new BlockStream().update(text), text);
    expect(place('')).toBe('after');
    expect(place('Running text')).toBe('inside');
    expect(place('Done.\n\n')).toBe('after');
    expect(place('- one\n')).toBe('line');
    expect(place('- one\n- tw')).toBe('inside');
    expect(place('```js\nlet a')).toBe('inside');
    expect(place('```js\nlet a\n```')).toBe('after');
    expect(place('# Title\n')).toBe('after');
    const open = new BlockStream().update('```js\nlet a').at(-1);
    expect(open && isOpenFence(open.token)).toBe(true);
  });
});

describe('what is drawn', () => {
  it('prose, lists, tasks, tables, code', () => {
    const drawn = html(richReply);
    expect(drawn).toContain('Sorting a list by more than one key</h2>');
    expect(drawn.match(/<tr>/g)).toHaveLength(4);
    expect(drawn.match(/<li/g)).toHaveLength(8);
    expect(drawn.match(/data-done="true"/g)).toHaveLength(2);
    expect(drawn).toMatch(/class="[^"]*keyword[^"]*">def</);
    expect(drawn).toContain('Copy code');
  });

  it('never draws what a reply says as markup', () => {
    const drawn = html('<img src=x onerror="alert(1)">\n\nHello <b>you</b> [x](javascript:alert(1)) ![cat](http://e.com/c.png)\n\n```html\n<script>1</script>\n```');
    expect(drawn).not.toMatch(/<(img|b|script|a)[\s>]/);
    expect(drawn).toContain('&lt;img');
    expect(drawn).toContain('[image: cat]');
  });

  it('asks before any link: only web and mail addresses are links', () => {
    expect(safeHref('https://example.com/a')).toBe('https://example.com/a');
    for (const bad of ['javascript:1', 'file:///etc', '/local', 'data:text/html,x', 'https://']) expect(safeHref(bad)).toBeNull();
  });

  it('reads character references', () => {
    expect(decode('a &amp; b &#233; &#x1F600; &unknown;')).toBe('a & b é 😀 &unknown;');
  });
});

describe('highlighting', () => {
  it('loses no character, in any language it knows', () => {
    for (const [language, code] of [['python', 'def f(a):\n    """x"""\n    return f"{a} {1}"\n'], ['html', '<p class="a">x</p><script>let a = 1;</script>'], ['js', 'const a = `x ${1 + 2}`; // c']] as const)
      expect(highlight(code, knownLanguage(language)).map((run) => run.text).join('')).toBe(code);
  });
  it('cuts runs into lines', () => {
    expect(linesOf([{ scope: 'comment', text: 'a\nb' }, { scope: '', text: '\n' }])).toEqual([[{ scope: 'comment', text: 'a' }], [{ scope: 'comment', text: 'b' }], []]);
  });
  it('leaves unknown languages plain', () => {
    expect(knownLanguage('nonsense')).toBeNull();
    expect(knownLanguage('python {1}')).toBe('python');
    expect(highlight('x', null)).toEqual([{ scope: '', text: 'x' }]);
  });
});
