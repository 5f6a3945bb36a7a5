/** What a person gets of a file from elsewhere, good, odd or hostile. */
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { archivedConversationSchema, MAX_TEXT, type ArchivedConversation } from '../../../core/contract/transfer.ts';
import { MezzotintError } from '../../../core/contract/result.ts';
import { textOf } from '../../../core/transfer/index.ts';
import { readOwn } from '../../../core/transfer/formats/own.ts';
import { shownBranch } from '../../../core/transfer/tree.ts';
import { archived, archivedMessage, branched, gpt, gptMessage, NOW, outline, read, spoiled } from './make.ts';

const shown = (c: ArchivedConversation | undefined): string[] => (c ? shownBranch(c).map(({ text }) => text) : []);
const own = (conversations: unknown[], more: object = {}): object => ({
  format: 'mezzotint-conversations',
  version: 1,
  exportedAt: 1,
  frames: false,
  conversations,
  ...more,
});
const refused = (file: unknown): MezzotintError => {
  try {
    read(file);
  } catch (thrown) {
    if (thrown instanceof MezzotintError) return thrown;
    throw thrown;
  }
  throw new Error('it was read');
};

describe('a ChatGPT export', () => {
  it('becomes a tree with its branches in order, the shown one, its title and dates', () => {
    const {
      format,
      conversations: [c],
      problems,
    } = read([branched()]);
    expect(format).toBe('chatgpt');
    expect(problems).toEqual([]);
    expect(outline(c)).toEqual([
      'user: What is a burr?',
      'assistant: Raised metal. ← What is a burr?',
      'user: And a rocker? ← Raised metal.',
      'assistant: A raised edge. ← What is a burr?',
    ]);
    expect(c).toMatchObject({
      title: 'Copper plates',
      titleSource: 'person',
      createdAt: 1_700_000_000_250,
      updatedAt: 1_700_000_900_000,
    });
    expect(c?.messages.map((m) => m.createdAt)).toEqual([
      1_700_000_001_000, 1_700_000_010_000, 1_700_000_030_000, 1_700_000_020_000,
    ]);
    expect(shown(c)).toEqual(['What is a burr?', 'A raised edge.']);
  });

  it.each([
    ['is missing', null],
    ['names nothing', 'nowhere'],
    ['names something that is no text', 7],
  ])('shows the newest branch where the current node %s', (_why, current_node) => {
    expect(shown(read([branched({ current_node })]).conversations[0])).toEqual(['What is a burr?', 'A raised edge.']);
  });

  it('takes the nearest message above where the current node has nothing to read', () => {
    const c = read([
      gpt(
        [
          { id: 'q', children: ['e'], message: gptMessage('user', ['Hello']) },
          { id: 'e', parent: 'q', message: gptMessage('assistant', ['']) },
        ],
        { current_node: 'e' },
      ),
    ]).conversations[0];
    expect(shown(c)).toEqual(['Hello']);
  });

  it('keeps what has no place here as a note that can be read', () => {
    const image = { content_type: 'image_asset_pointer', asset_pointer: 'file-service://file-1', width: 10 };
    const c = read([
      gpt([
        { id: 'a', children: ['b'], message: gptMessage('user', ['Look:', image]) },
        {
          id: 'b',
          parent: 'a',
          children: ['c'],
          message: gptMessage('assistant', [], null, {
            content: { content_type: 'code', language: 'python', text: 'print("```")' },
          }),
        },
        {
          id: 'c',
          parent: 'b',
          children: ['d'],
          message: gptMessage('tool', [], null, {
            author: { role: 'tool', name: 'python' },
            content: { content_type: 'execution_output', text: '```' },
          }),
        },
        {
          id: 'd',
          parent: 'c',
          message: gptMessage('assistant', [], null, {
            content: { content_type: 'thoughts', thoughts: [{ summary: 'Thinking' }] },
          }),
        },
      ]),
    ]).conversations[0];
    const texts = c?.messages.map(({ text }) => text) ?? [];
    expect(texts[0]).toContain('Look:');
    expect(texts[0]).toContain('file-service://file-1');
    expect(texts[1]).toBe('````python\nprint("```")\n````');
    expect(texts[2]).toMatch(/^\*\[Tool: python\]\*/);
    expect(texts[3]).toContain('Thinking');
  });

  it('puts messages without dates one after another', () => {
    const c = read([
      gpt(
        [
          { id: 'q', children: ['a'], message: gptMessage('user', ['Hello']) },
          { id: 'a', parent: 'q', message: gptMessage('assistant', ['Hi']) },
        ],
        { create_time: null, update_time: 'soon', title: null },
      ),
    ]).conversations[0];
    expect(c).toMatchObject({ title: 'about Hello', titleSource: 'auto', createdAt: NOW });
    expect(c?.messages.map((m) => m.createdAt - NOW)).toEqual([0, 1]);
  });

  const fine = branched();
  it.each<[string, unknown, string[], string, RegExp]>([
    [
      'parents in a circle',
      gpt([
        { id: 'a', parent: 'b', children: ['b'], message: gptMessage('user', ['x']) },
        { id: 'b', parent: 'a', children: ['a'], message: gptMessage('user', ['y']) },
      ]),
      ['user: x', 'user: y ← x'],
      'conversations.1.mapping["a"].parent',
      /circle/,
    ],
    [
      'a message that is its own parent',
      gpt([
        { id: 'a', parent: 'a', children: ['b'], message: gptMessage('user', ['x']) },
        { id: 'b', parent: 'a', message: gptMessage('assistant', ['y']) },
      ]),
      ['user: x', 'assistant: y ← x'],
      'conversations.1.mapping["a"].parent',
      /itself/,
    ],
    [
      'a missing parent',
      gpt([
        { id: 'r', message: gptMessage('user', ['w']) },
        { id: 'a', parent: 'gone', message: gptMessage('user', ['x']) },
      ]),
      ['user: w', 'user: x'],
      'conversations.1.mapping["a"].parent',
      /not in the file/,
    ],
    [
      'a parent of the wrong type',
      gpt([{ id: 'a', parent: 3, message: gptMessage('user', ['x']) }]),
      ['user: x'],
      'conversations.1.mapping["a"].parent',
      /null/,
    ],
    [
      'children of the wrong type',
      gpt([{ id: 'a', children: [1], message: gptMessage('user', ['x']) }]),
      ['user: x'],
      'conversations.1.mapping["a"].children',
      /names/,
    ],
    [
      'an unknown role',
      gpt([{ id: 'a', message: gptMessage('robot', ['x']) }]),
      ['assistant: *[robot]*\n\nx'],
      'conversations.1.mapping["a"].message.author.role',
      /no speaker/,
    ],
    [
      'a date in thousandths that is far off',
      gpt([{ id: 'a', message: gptMessage('user', ['x'], 95_617_584_000) }]),
      ['user: x'],
      'conversations.1',
      /far in the future/,
    ],
  ])('with %s keeps what is sound and notes the rest', (_what, odd, expected, where, why) => {
    const { conversations, problems, notes } = read([fine, odd, branched({ title: 'After', conversation_id: 'd' })]);
    expect(problems).toEqual([]);
    expect(conversations).toHaveLength(3);
    expect(outline(conversations[1])).toEqual(expected);
    expect(notes).toHaveLength(1);
    expect(notes[0]?.where).toBe(where);
    expect(notes[0]?.why.message).toMatch(why);
  });
  it.each<[string, unknown, string, RegExp]>([
    [
      'a message of the wrong type',
      gpt([{ id: 'a', message: 'x' }]),
      'conversations.1.mapping["a"].message',
      /message/,
    ],
    ['a node of the wrong type', { ...gpt([]), mapping: { a: null } }, 'conversations.1.mapping["a"]', /node/],
    ['a mapping of the wrong type', { ...gpt([]), mapping: [] }, 'conversations.1', /mapping/],
    ['no messages', gpt([]), 'conversations.1', /no messages/],
    ['a conversation that is none', 'what?', 'conversations.1', /no messages/],
    [
      'a text too long to show',
      gpt([{ id: 'a', message: gptMessage('user', ['x'.repeat(MAX_TEXT + 1)]) }]),
      'conversations.1',
      /longer than/,
    ],
  ])('with %s says where it is bad and gives the rest', (_what, bad, where, why) => {
    const { conversations, problems } = read([fine, bad, branched({ title: 'After' })]);
    expect(conversations.map((c) => c.title)).toEqual(['Copper plates', 'After']);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.where).toBe(where);
    expect(problems[0]?.why.message).toMatch(why);
  });

  it('survives a thread of 50,000 messages and a note nested 20,000 deep', () => {
    const nodes = Array.from({ length: 50_000 }, (_, i) => ({
      id: `n${i}`,
      parent: i === 0 ? null : `n${i - 1}`,
      children: [`n${i + 1}`],
      message: gptMessage(i % 2 ? 'assistant' : 'user', [`${i}`]),
    }));
    expect(read([gpt(nodes)]).conversations[0]?.messages).toHaveLength(50_000);
    const nested = `[${JSON.stringify(branched()).replace('"What is a burr?"', `${'['.repeat(20_000)}${']'.repeat(20_000)}`)}]`;
    expect(read(nested).conversations[0]?.messages).toHaveLength(4);
  });

  it('reads a mapping whose names are those of an object’s own members', () => {
    const json =
      '[{"mapping":{"__proto__":{"parent":null,"children":["constructor"],"message":{"author":{"role":"user"},"content":{"content_type":"text","parts":["Hello"]}}},"constructor":{"parent":"__proto__","children":[],"message":{"author":{"role":"assistant"},"content":{"content_type":"text","parts":["Hi"]}}}}}]';
    expect(outline(read(json).conversations[0])).toEqual(['user: Hello', 'assistant: Hi ← Hello']);
  });
});

describe('a file of OpenAI messages', () => {
  const line = (...messages: object[]): string => JSON.stringify({ messages });
  it('is a conversation a line, with instructions, parts and tool calls', () => {
    const text = [
      line(
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: 'x.png' } },
          ],
        },
        { role: 'assistant', content: null, tool_calls: [{ id: 't', function: { name: 'look' } }] },
        { role: 'tool', content: 'a plate' },
      ),
      '',
      line({ role: 'user', content: 'Second' }),
    ].join('\r\n');
    const { format, conversations, problems } = read(text);
    expect(format).toBe('openai');
    expect(problems).toEqual([]);
    expect(conversations.map((c) => c.title.slice(0, 12))).toEqual(['about Look *', 'about Second']);
    expect(conversations[0]?.messages.map((m) => m.role)).toEqual(['system', 'user', 'assistant', 'assistant']);
    expect(conversations[0]?.messages[1]?.text).toContain('x.png');
    expect(conversations[0]?.messages[2]?.text).toContain('"look"');
    expect(conversations[0]?.createdAt).toBeGreaterThan(conversations[1]?.createdAt ?? Infinity);
  });
  it('says which line is bad and gives the rest', () => {
    const { conversations, problems, notes } = read(
      [
        line({ role: 'user', content: 'One' }),
        '{"messages":',
        line({ role: 'king', content: 'x' }),
        line({ role: 'user', content: 7 }),
        '[]',
        line(),
        line({ role: 'user', content: 'Two' }),
      ].join('\n'),
    );
    expect(conversations.map((c) => c.messages[0]?.text)).toEqual([
      'One',
      '*[king]*\n\nx',
      '*[Not text]*\n\n```json\n7\n```',
      'Two',
    ]);
    expect(problems.map((p) => p.where)).toEqual(['line 2', 'line 5', 'line 6']);
    expect(notes.map((n) => n.where)).toEqual(['line 3.messages.0.role', 'line 4.messages.0.content']);
  });
});

describe('our own file', () => {
  const good = archived('c', [
    archivedMessage({ id: 'q', shownChildId: 'a' }),
    archivedMessage({ id: 'a', parentId: 'q', role: 'assistant' }),
  ]);
  it('is read as it was written', () =>
    expect(read(own([good]))).toMatchObject({ format: 'mezzotint', conversations: [good], problems: [], notes: [] }));
  it.each<[string, object, string]>([
    [
      'a parent that comes later',
      archived('c', [archivedMessage({ id: 'a', parentId: 'b' }), archivedMessage({ id: 'b', parentId: 'a' })]),
      'conversations.0.messages.0.parentId',
    ],
    [
      'a missing parent',
      archived('c', [archivedMessage({ id: 'a', parentId: 'x' })]),
      'conversations.0.messages.0.parentId',
    ],
    [
      'an identifier twice',
      archived('c', [archivedMessage({ id: 'a' }), archivedMessage({ id: 'a' })]),
      'conversations.0.messages.1.id',
    ],
    [
      'a shown child that is none',
      archived('c', [archivedMessage({ id: 'a', shownChildId: 'b' }), archivedMessage({ id: 'b' })]),
      'conversations.0.messages.0.shownChildId',
    ],
    [
      'a current message that is not there',
      archived('c', [], { currentMessageId: 'x' }),
      'conversations.0.currentMessageId',
    ],
    ['an identifier with a path in it', archived('../../etc/passwd', []), 'conversations.0.id'],
    [
      'a reply still under way',
      { ...good, messages: [{ ...archivedMessage({ id: 'a' }), status: 'pending' }] },
      'conversations.0.messages.0.status',
    ],
    ['a date no calendar has', { ...good, createdAt: 1e300 }, 'conversations.0.createdAt'],
    ['messages of the wrong type', { ...good, messages: 'none' }, 'conversations.0.messages'],
  ])('with %s says where, and the rest is read', (_what, bad, where) => {
    const { conversations, problems } = read(own([bad, { ...good, id: 'd' }]));
    expect(conversations.map((c) => c.id)).toEqual(['d']);
    expect(problems.map((p) => p.where)).toEqual([where]);
  });
  it('from a newer version is refused whole', () => expect(refused(own([], { version: 2 })).message).toMatch(/newer/));
});

describe('a file that is nothing we know', () => {
  it.each<[string, unknown, RegExp]>([
    ['prose', 'Dear diary', /no format/],
    ['nothing', '', /no format/],
    ['other JSON', { recipes: [] }, /no format/],
    ['JSON cut short', '{"format":"mezzotint-conversations","conv', /damaged/],
  ])('is refused with a sentence: %s', (_what, file, says) =>
    expect(refused(file)).toMatchObject({ code: 'file-invalid', message: expect.stringMatching(says) as string }),
  );
  it('says that bytes must be UTF-8', () => {
    expect(() => textOf(Uint8Array.of(0xff, 0xfe, 0x41))).toThrow(/UTF-8/);
    expect(textOf(new TextEncoder().encode('\uFEFF{}'))).toBe('{}');
  });
});

describe('hostile text', () => {
  const nasty = '<script>alert(1)</script>\uD800 \u0000 \u202E ../../x';
  it('is kept as text, halves of surrogate pairs replaced, titles in one line', () => {
    const c = read([
      gpt([{ id: nasty, message: gptMessage('user', [nasty]) }], { title: `${nasty}\n\u0007${'t'.repeat(500)}` }),
    ]).conversations[0];
    expect(c?.messages[0]?.text).toBe(nasty.replace('\uD800', '\uFFFD'));
    expect(c?.title.startsWith('<script>alert(1)</script>\uFFFD')).toBe(true);
    expect(c?.title).not.toMatch(/\p{Cc}/u);
    expect(c?.title.length).toBeLessThanOrEqual(200);
  });

  it('whatever a file holds, it is refused in words or gives conversations that the store takes', () => {
    const base: unknown[] = [
      [branched()],
      own([archived('c', [archivedMessage({ id: 'q' })])]),
      { messages: [{ role: 'user', content: 'x' }] },
    ];
    const anything = fc.oneof(fc.jsonValue(), fc.constantFrom('\uD800', '__proto__', '', 1e308, -1, null));
    let count = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...base),
        fc.array(fc.nat(20), { minLength: 1, maxLength: 7 }),
        anything,
        (file, steps, put) => {
          count++;
          try {
            for (const c of read(spoiled(file, steps, put)).conversations) {
              v.parse(archivedConversationSchema, c);
              readOwn(c, '');
            }
          } catch (thrown) {
            if (!(thrown instanceof MezzotintError && thrown.code === 'file-invalid')) throw thrown;
          }
        },
      ),
      { seed: 6, numRuns: 2000 },
    );
    console.log(`import: ${count} spoiled files`);
  });
});
