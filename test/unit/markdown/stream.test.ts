import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockStream, heal, parse, tailPlace } from '../../../core/markdown/index.ts';
import { listReply, pieces, proseReply, richReply } from '../../fixtures/sample-replies.ts';

const whole = (text: string): unknown => parse(text).map(({ from, block }) => ({ key: from, block }));
/** Feeds a text in pieces of the sizes given, over and over; what stands there at the end. */
function fed(text: string, sizes: readonly number[], stream = new BlockStream()): unknown {
  let end = 0;
  for (let i = 0; end < text.length; i++) {
    end = Math.min(text.length, end + (sizes[i % sizes.length] ?? 1));
    stream.update(text.slice(0, end), true);
  }
  return stream.update(text);
}
const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 60 });

describe('markdown of a growing text', () => {
  const texts = [
    richReply,
    proseReply,
    listReply,
    '1. a\n\n2. b\n\n   c\n\n3. d\n\ntext\n\n- x\n- y\n',
    'a\n===\n\n> q\n> r\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\nend',
    'See [a] and [b].\n\nOne\n\nTwo\n\nThree\n\n[a]: https://e.com/a\n[b]: https://e.com/b',
  ];
  it.each(texts.map((text, i) => [i, text] as const))(
    'text %i in any pieces gives the blocks of the whole',
    (_, text) => {
      fc.assert(
        fc.property(sizes, (some) => {
          expect(fed(text, some)).toEqual(whole(text));
        }),
        { seed: 11, numRuns: 40 },
      );
    },
  );
  it('and so does any other: long lists and tables, of which the first parts are kept, among them', () => {
    const item = fc.constantFrom(
      '- one\n',
      '- two words\n',
      '- x\n\n',
      '  - inner\n',
      '  more\n',
      '\n',
      '    code\n',
      '- ```\n  a\n  ```\n',
      '* other\n',
      '+ other\n',
      '- - -\n',
      '- | a | b |\n',
      '|--|--|\n',
      '1. x\n',
      '2) y\n',
      '> q\n',
      'text\n',
      `- ${'long '.repeat(60)}\n`,
      '- **open\n',
      '- [ ] task\n',
      '- a\n\n  b\n',
      '| a | b |\n',
      '| 1 | 2 |\n',
      `| ${'cell '.repeat(40)} | 2 |\n`,
      '- $$\n',
      '-\n',
      '[^a]: x\n',
      ': y\n',
    );
    fc.assert(
      fc.property(
        fc.array(item, { minLength: 5, maxLength: 70 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }),
        (parts, some) => {
          const text = parts.join('');
          expect(fed(text, some)).toEqual(whole(text));
        },
      ),
      { seed: 12, numRuns: 1500 },
    );
  });
  it.each([
    ['list', (i: number) => `- item ${i} with **some** words in it\n`],
    ['loose list', (i: number) => `${i + 1}. item with \`some\` words in it\n\n   and more of them\n\n`],
    ['table', (i: number) => (i === 0 ? '| a | b |\n|---|---|\n' : `| row ${i} | with *some* words |\n`)],
  ])('one long %s costs in proportion to its length, whole parts of it stay the same objects', (_what, part) => {
    const cost = (length: number): number => {
      let text = '';
      for (let i = 0; text.length < length; i++) text += part(i);
      let read = 0;
      const stream = new BlockStream((some) => {
        read += some.length;
        return parse(some);
      });
      expect(fed(text, [4], stream)).toEqual(whole(text));
      return read;
    };
    expect(cost(16_000) / cost(8_000)).toBeLessThan(2.4);
  });
  it('items of a list that are behind stay as they are', () => {
    const stream = new BlockStream();
    const text = Array.from({ length: 200 }, (_, i) => `- item ${i} of the list\n`).join('');
    const items = (blocks: ReturnType<BlockStream['update']>) =>
      blocks[0]?.block.type === 'list' ? blocks[0].block.items : [];
    fed(text, [7], stream);
    const before = items(stream.update(text, true));
    const after = items(stream.update(`${text}- new`, true));
    expect(after).toHaveLength(201);
    for (let i = 0; i < 100; i++) expect(after[i]).toBe(before[i]);
  });

  it('keeps settled blocks as the same objects, so that they are not drawn again', () => {
    const stream = new BlockStream();
    const before = stream.update('One.\n\nTwo.\n\nThree.\n\nFour');
    const after = stream.update('One.\n\nTwo.\n\nThree.\n\nFour grows');
    expect(after[0]?.block).toBe(before[0]?.block);
    expect(after[1]?.block).toBe(before[1]?.block);
    expect(after[3]?.block).not.toBe(before[3]?.block);
    expect(new Set(after.map((b) => b.key)).size).toBe(4);
  });

  it('reads no more than a page of a long reply again for each token', () => {
    const long = Array.from({ length: 12 }, () => richReply).join('\n\n');
    let read = 0;
    const stream = new BlockStream((some) => {
      read += some.length;
      return parse(some);
    });
    const parts = pieces(long);
    let text = '';
    for (const part of parts) stream.update((text += part), true);
    expect(parts.length).toBeGreaterThan(2000);
    expect(read / parts.length).toBeLessThan(2000);
  });

  it('starts over when the text is another one', () => {
    const stream = new BlockStream();
    stream.update('# A\n\nb\n\nc\n\nd');
    expect(stream.update('Other').map(({ block }) => block.type)).toEqual(['paragraph']);
  });

  it('closes emphasis and code that is still being written', () => {
    expect(heal('it is **very')).toBe('it is **very**');
    expect(heal('it is **')).toBe('it is ');
    expect(heal('call `sort')).toBe('call `sort`');
    expect(heal('**done** now')).toBeNull();
    expect(heal('```py\na = `', parse('```py\na = `').at(-1)?.block)).toBeNull();
    expect(heal('- a\n  ```py\n  x = **', parse('- a\n  ```py\n  x = **').at(-1)?.block)).toBeNull();
    expect(heal('* item')).toBeNull();
  });

  it('says where the canvas stands', () => {
    const place = (text: string): string => tailPlace(parse(text).at(-1)?.block, text);
    expect(place('')).toBe('after');
    expect(place('Running text')).toBe('inside');
    expect(place('Done.\n\n')).toBe('after');
    expect(place('- one\n')).toBe('line');
    expect(place('- one\n- tw')).toBe('inside');
    expect(place('```js\nlet a')).toBe('inside');
    expect(place('```js\nlet a\n```')).toBe('after');
    expect(place('# Title\n')).toBe('after');
    expect(place('Text\n')).toBe('inside');
    expect(place('***\n')).toBe('after');
  });
});
