/** What a person gets of ShareGPT files, llama.cpp's exports, our own transcripts and zip archives, good, odd or hostile. */
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { archivedConversationSchema, type ArchivedConversation } from '../../../core/contract/transfer.ts';
import { errorOf, MezzotintError, type AppError } from '../../../core/contract/result.ts';
import { readFile, textsIn, writeExport } from '../../../core/transfer/index.ts';
import { wellFormed } from '../../../core/transfer/incoming.ts';
import { readOwn } from '../../../core/transfer/formats/own.ts';
import { shownBranch } from '../../../core/transfer/tree.ts';
import {
  archived,
  archivedMessage,
  branched,
  gpt,
  gptMessage,
  llama,
  llamaBranched,
  llamaMessage,
  NOW,
  outline,
  read,
  spoiled,
  zipOf,
  type ZipPart,
} from './make.ts';

const shown = (c: ArchivedConversation | undefined): string[] => (c ? shownBranch(c).map(({ text }) => text) : []);
const nasty = '</script><script>alert(1)</script>\uD800 \u0000 \u202E ../../x =1+1';
const kept = nasty.replace('\uD800', '\uFFFD');

describe('a ShareGPT file', () => {
  const turns = (...list: object[]): object => ({ id: 'x', conversations: list });
  const human = { from: 'human', value: 'What is a burr?' };
  const bot = { from: 'gpt', value: 'A raised edge.' };
  it.each([
    ['a list', JSON.stringify([turns(human, bot), turns(human)])],
    ['a line each', `${JSON.stringify(turns(human, bot))}\n\n${JSON.stringify(turns(human))}\n`],
  ])('as %s gives its conversations', (_how, text) => {
    const { format, conversations, problems } = read(text);
    expect(format).toBe('sharegpt');
    expect(problems).toEqual([]);
    expect(conversations.map(outline)).toEqual([
      ['user: What is a burr?', 'assistant: A raised edge. ← What is a burr?'],
      ['user: What is a burr?'],
    ]);
    expect(conversations[0]).toMatchObject({ title: 'about What is a burr?', titleSource: 'auto' });
  });
  it('keeps instructions, the names other tools use, tools, and a title', () => {
    const {
      conversations: [c],
    } = read([
      {
        title: 'Plates',
        system: 'Be brief.',
        tools: [{ name: 'look' }],
        conversations: [
          { from: 'user', value: 'Look' },
          { from: 'function_call', value: '{"name":"look"}' },
          { from: 'observation', value: 'a plate' },
          { role: 'assistant', content: 'A plate.' },
          { from: 'gpt', value: '' },
        ],
      },
    ]);
    expect(c?.title).toBe('Plates');
    expect(c?.messages.map((m) => m.role)).toEqual(['system', 'user', 'assistant', 'assistant', 'assistant']);
    expect(c?.messages[0]?.text).toMatch(/^Be brief\.[^]*"look"/);
    expect(c?.messages[2]?.text).toContain('*[Tool: function_call]*');
  });
  it.each<[string, unknown, string, string[]]>([
    ['a turn that is none', turns(human, 7 as never), 'conversations.1.conversations.1', ['user: What is a burr?']],
    [
      'an unknown speaker',
      turns({ from: 'king', value: 'x' }),
      'conversations.1.conversations.0.from',
      ['assistant: *[king]*\n\nx'],
    ],
    [
      'words of the wrong type',
      turns({ from: 'human', value: 7 }),
      'conversations.1.conversations.0.value',
      ['user: *[Not text]*\n\n```json\n7\n```'],
    ],
    [
      'instructions of the wrong type',
      { ...turns(human), system: 5 },
      'conversations.1.system',
      ['system: *[Not text]*\n\n```json\n5\n```', 'user: What is a burr? ← *[Not text]*\n\n```json\n5\n```'],
    ],
  ])('with %s keeps what is sound and notes the rest', (_what, odd, where, expected) => {
    const { conversations, problems, notes } = read([turns(human), odd, turns(human, bot)]);
    expect(problems).toEqual([]);
    expect(conversations).toHaveLength(3);
    expect(outline(conversations[1])).toEqual(expected);
    expect(notes.map((n) => n.where)).toEqual([where]);
  });
  it.each<[string, unknown, string]>([
    ['no turns', turns(), 'conversations.1'],
    ['a list of the wrong type', { conversations: 'x' }, 'conversations.1'],
    ['nothing in it', null, 'conversations.1'],
  ])('with %s says where it is bad and gives the rest', (_what, bad, where) => {
    const { conversations, problems } = read([turns(human), bad, turns(human, bot)]);
    expect(conversations).toHaveLength(2);
    expect(problems.map((p) => p.where)).toEqual([where]);
  });
  it('keeps hostile words as words', () => {
    const {
      conversations: [c],
    } = read([{ title: `${nasty}\n`, conversations: [{ from: 'human', value: nasty }] }]);
    expect(c?.messages[0]?.text).toBe(kept);
    expect(c?.title).not.toMatch(/\p{Cc}/u);
  });
});

describe('an export of llama.cpp’s web UI', () => {
  it('becomes a tree with its branches in order, the one in sight, its title and dates', () => {
    const {
      format,
      conversations: [c],
      problems,
    } = read(llamaBranched());
    expect(format).toBe('llamacpp');
    expect(problems).toEqual([]);
    expect(outline(c)).toEqual([
      'user: What is a burr?',
      'assistant: Raised metal. ← What is a burr?',
      'assistant: A raised edge. ← What is a burr?',
    ]);
    expect(c).toMatchObject({ title: 'Copper plates', titleSource: 'person', updatedAt: 1_700_000_900_000 });
    expect(c?.messages.map((m) => m.createdAt)).toEqual([1_700_000_001_000, 1_700_000_010_000, 1_700_000_020_000]);
    expect(shown(c)).toEqual(['What is a burr?', 'Raised metal.']);
  });
  it('of the branch in sight alone, without its root, is read too, and so are several and those that count by numbers', () => {
    const bare = {
      conv: { id: 'c', name: 'Bare', lastModified: 5, currNode: 'a' },
      messages: [llamaMessage('q', 'left-out', 'user', 'Hello'), llamaMessage('a', 'q', 'assistant', 'Hi')],
    };
    const numbers = {
      conv: { id: 'c', name: 'Old', lastModified: 5, currNode: 3 },
      messages: [
        { id: 1, type: 'root', parent: -1, children: [2], role: 'system', content: '' },
        { id: 2, parent: 1, children: [3], role: 'user', content: 'Hello' },
        { id: 3, parent: 2, children: [], role: 'assistant', content: 'Hi' },
      ],
    };
    const { conversations, problems } = read([bare, numbers]);
    expect(problems).toEqual([]);
    expect(conversations.map(shown)).toEqual([
      ['Hello', 'Hi'],
      ['Hello', 'Hi'],
    ]);
  });
  it('keeps thoughts, files and tool calls as notes, without the bytes of pictures', () => {
    const {
      conversations: [c],
    } = read(
      llama([
        llamaMessage('q', 'root', 'user', 'Read this', {
          extra: [
            { type: 'TEXT', name: 'notes.txt', content: 'one\n```\ntwo' },
            { type: 'IMAGE', name: 'plate.png', base64Url: `data:image/png;base64,${'A'.repeat(5000)}` },
          ],
          children: ['a'],
        }),
        llamaMessage('a', 'q', 'assistant', 'Done.', {
          reasoningContent: 'First\nsecond',
          toolCalls: '[{"name":"look"}]',
        }),
      ]),
    );
    expect(c?.messages[0]?.text).toContain('*[File: notes.txt]*\n\n````\none\n```\ntwo\n````');
    expect(c?.messages[0]?.text).toContain('5022 characters left out');
    expect(c?.messages[0]?.text).not.toContain('AAAA');
    expect(c?.messages[1]?.text).toMatch(/^\*\[Thinking\]\*\n\n> First\n> second\n\nDone\./);
    expect(c?.messages[1]?.text).toContain('look');
  });
  it.each<[string, unknown, string, RegExp, string[]]>([
    [
      'parents in a circle',
      llama([llamaMessage('a', 'b', 'user', 'x'), llamaMessage('b', 'a', 'user', 'y')]),
      'conversations.1.messages.1.parent',
      /circle/,
      ['user: x', 'user: y ← x'],
    ],
    [
      'a missing parent',
      llama([llamaMessage('a', 'gone', 'user', 'x')]),
      'conversations.1.messages.1.parent',
      /not in the file/,
      ['user: x'],
    ],
    [
      'a name twice',
      llama([llamaMessage('a', 'root', 'user', 'x'), llamaMessage('a', 'root', 'user', 'y')]),
      'conversations.1.messages.2.id',
      /same name/,
      ['user: x', 'user: y'],
    ],
    [
      'no name',
      llama([llamaMessage(null as never, 'root', 'user', 'x')]),
      'conversations.1.messages.1.id',
      /no name/,
      ['user: x'],
    ],
    [
      'a parent of the wrong type',
      llama([llamaMessage('a', {}, 'user', 'x')]),
      'conversations.1.messages.1.parent',
      /neither/,
      ['user: x'],
    ],
    [
      'children of the wrong type',
      llama([llamaMessage('a', 'root', 'user', 'x', { children: 5 })]),
      'conversations.1.messages.1.children',
      /list/,
      ['user: x'],
    ],
    [
      'words of the wrong type',
      llama([llamaMessage('a', 'root', 'user', 7)]),
      'conversations.1.messages.1.content',
      /no text/,
      ['user: *[Not text]*\n\n```json\n7\n```'],
    ],
    [
      'attachments of the wrong type',
      llama([llamaMessage('a', 'root', 'user', 'x', { extra: 'y' })]),
      'conversations.1.messages.1.extra',
      /list/,
      ['user: x\n\n*[Not text: attachment]*\n\n```json\n"y"\n```'],
    ],
    [
      'an unknown role',
      llama([llamaMessage('a', 'root', 'king', 'x')]),
      'conversations.1.messages.1.role',
      /no speaker/,
      ['assistant: *[king]*\n\nx'],
    ],
    [
      'a message that is none',
      { conv: {}, messages: [7, llamaMessage('a', null, 'user', 'x')] },
      'conversations.1.messages.0',
      /no message/,
      ['user: x'],
    ],
  ])('with %s keeps what is sound and notes the rest', (_what, odd, where, why, expected) => {
    const { conversations, problems, notes } = read([llamaBranched(), odd]);
    expect(problems).toEqual([]);
    expect(outline(conversations[1])).toEqual(expected);
    expect(notes.map((n) => n.where)).toEqual([where]);
    expect(notes[0]?.why.message).toMatch(why);
  });
  it.each<[string, unknown, RegExp]>([
    ['no words at all', llama([]), /no messages/],
    ['nothing in it', {}, /conv/],
  ])('with %s says where it is bad and gives the rest', (_what, bad, why) => {
    const { conversations, problems } = read([llamaBranched(), bad]);
    expect(conversations).toHaveLength(1);
    expect(problems).toEqual([
      {
        where: 'conversations.1',
        why: expect.objectContaining({ message: expect.stringMatching(why) as string }) as AppError,
      },
    ]);
  });
  it('survives a thread of 50,000 messages and hostile words in every field', () => {
    const long = llama(
      Array.from({ length: 50_000 }, (_, i) =>
        llamaMessage(`n${i}`, i === 0 ? 'root' : `n${i - 1}`, i % 2 ? 'assistant' : 'user', `${i}`),
      ),
    );
    expect(read(long).conversations[0]?.messages).toHaveLength(50_000);
    const {
      conversations: [c],
    } = read(
      llama([llamaMessage(nasty, 'root', 'user', nasty, { extra: [{ type: nasty, name: nasty, content: nasty }] })], {
        name: nasty,
        currNode: nasty,
      }),
    );
    expect(c?.messages[0]?.text.startsWith(kept)).toBe(true);
    expect(c?.title).not.toMatch(/\p{Cc}/u);
  });
});

describe('our own Markdown transcript', () => {
  const transcript =
    '# On burrs\n\n*2026-11-24 08:05 UTC*\n\n## You\n\nWhat is a burr?\n\n## Reply (SmolLM2)\n\nA raised edge.\n\n*(stopped)*\n';
  it('becomes a conversation with its title, day, words and how the reply ended', () => {
    const {
      format,
      conversations: [c],
    } = read(transcript);
    expect(format).toBe('markdown');
    expect(c).toMatchObject({ title: 'On burrs', createdAt: Date.UTC(2026, 10, 24, 8, 5) });
    expect(c?.messages.map((m) => [m.role, m.text, m.status])).toEqual([
      ['user', 'What is a burr?', 'complete'],
      ['assistant', 'A raised edge.', 'stopped'],
    ]);
  });
  it('with a part that holds no messages says on which line, and gives the rest', () => {
    const { conversations, problems } = read(
      `${transcript}\n---\n\n# Empty\n\n*2026-11-24 08:05 UTC*\n\nsome words\n\n---\n\n${transcript}`,
    );
    expect(conversations).toHaveLength(2);
    expect(conversations[0]?.messages[1]?.text).toBe('A raised edge.');
    expect(problems).toEqual([{ where: 'line 17', why: errorOf('bad.no-messages') }]);
  });
  it('is told from other Markdown, which is refused', () => {
    expect(() => read('# Shopping\n\n- milk\n')).toThrow(/no format/);
    expect(() => read('## You\n\nHello')).toThrow(/no format/);
  });
  it('with days that no calendar has, and hostile words, is still read', () => {
    const {
      conversations: [c],
    } = read(
      `# ${nasty.replace('\uD800', '')}\n\n*9999-99-99 99:99 UTC*\n\n## You\n\n${nasty.replace('\uD800', '')}\n`,
    );
    expect(c?.createdAt).toBe(NOW);
    expect(c?.messages[0]?.text).toBe(nasty.replace('\uD800', ''));
  });
});

describe('a zip archive', () => {
  const json = (value: unknown): string => JSON.stringify(value);
  const conversations = { name: 'conversations.json', data: json([branched()]) };
  const texts = (parts: readonly ZipPart[], end?: Parameters<typeof zipOf>[1]): string[] =>
    textsIn('export.zip', zipOf(parts, end)).map(({ text }) => text());
  const refused = (make: () => unknown): MezzotintError => {
    try {
      make();
    } catch (thrown) {
      if (thrown instanceof MezzotintError && thrown.code === 'file-invalid' && thrown.action) return thrown;
      throw thrown;
    }
    throw new Error('it was read');
  };
  it('of ChatGPT gives its conversations, and nothing of what else is in it', () => {
    const all = textsIn(
      'export.zip',
      zipOf(
        [
          { name: 'user.json', data: '{"email":"a@b"}' },
          { name: 'chat.html', data: '<script>' },
          conversations,
          { name: 'dalle/1.png', data: 'PNG', stored: true },
          { name: '__MACOSX/._conversations.json', data: 'x' },
        ],
        { comment: 'made by hand' },
      ),
    );
    expect(all.map(({ name }) => name)).toEqual(['export.zip: conversations.json']);
    expect(read(all[0]?.text() ?? '').conversations[0]?.title).toBe('Copper plates');
  });
  it('with numbered shards gives them all, in order, from any folder', () => {
    const all = textsIn(
      'x.zip',
      zipOf(
        [10, 2, 0].map((n) => ({
          name: `export/conversations-${String(n).padStart(3, '0')}.json`,
          data: json([branched({ title: `T${n}` })]),
          stored: n === 2,
        })),
      ),
    );
    expect(all.map(({ name }) => name)).toEqual(
      ['000', '002', '010'].map((n) => `x.zip: export/conversations-${n}.json`),
    );
    expect(all.map(({ text }) => read(text()).conversations[0]?.title)).toEqual(['T0', 'T2', 'T10']);
  });
  it('with files of other kinds gives each that may be one of ours', () => {
    expect(
      textsIn(
        'x.zip',
        zipOf([
          { name: 'a.md', data: 'x' },
          { name: 'b.jsonl', data: 'y' },
          { name: 'c.png', data: 'z' },
        ]),
      ).map(({ name }) => name),
    ).toEqual(['x.zip: a.md', 'x.zip: b.jsonl']);
  });
  it('whose names lead elsewhere is read in memory alone: nothing is written, the words are taken', () => {
    const names = [
      '../../../../tmp/conversations.json',
      '/etc/conversations.json',
      'C:\\Windows\\conversations.json',
      '..\\..\\conversations.json',
    ];
    expect(texts(names.map((name) => ({ ...conversations, name })))).toHaveLength(4);
  });
  it('of 1 MB that would grow to 1 GB, or says less than it grows to, is refused at once', () => {
    const zeros = Buffer.alloc(64 * 1024 * 1024, 0x20);
    const began = performance.now();
    expect(refused(() => texts([{ name: 'conversations.json', data: zeros }])).message).toMatch(/almost nothing/);
    // it lies about its size: what comes out is stopped there
    expect(refused(() => texts([{ name: 'conversations.json', data: zeros, says: { size: 100 } }])).message).toMatch(
      /cannot be unpacked/,
    );
    // many that share their bytes, each small enough by itself
    const shared = Array.from({ length: 400 }, (_, i) => ({
      name: `conversations-${i}.json`,
      data: 'x',
      says: { size: 5_000_000, local: 0 },
    }));
    expect(refused(() => texts(shared)).message).toMatch(/at most/);
    expect(performance.now() - began).toBeLessThan(30_000);
  });
  it('with names as long as names can be, nested 30,000 folders deep, takes no time', () => {
    const began = performance.now();
    expect(
      texts(
        Array.from({ length: 40 }, (_, i) => ({
          ...conversations,
          name: `${i}/${'a/'.repeat(30_000)}conversations.json`,
        })),
      ),
    ).toHaveLength(40);
    expect(performance.now() - began).toBeLessThan(30_000);
  });
  it.each<[string, () => unknown, RegExp]>([
    ['cut short', () => textsIn('x.zip', zipOf([conversations]).subarray(0, -30)), /damaged/],
    ['nothing but its first bytes', () => textsIn('x.zip', Buffer.from('PK\u0003\u0004')), /damaged/],
    ['empty', () => texts([]), /no file/],
    ['with nothing to import in it', () => texts([{ name: 'a.png', data: 'x' }]), /no file/],
    ['encrypted', () => texts([{ ...conversations, says: { flags: 1 } }]), /encrypted/],
    ['packed in another way', () => texts([{ ...conversations, says: { method: 99 } }]), /packed in a way/],
    ['with a wrong sum', () => texts([{ ...conversations, says: { crc: 1 } }]), /not what it was/],
    ['that says more than it has', () => texts([{ ...conversations, says: { size: 1_000_000 } }]), /not what it was/],
    ['whose bytes lie beyond its end', () => texts([{ ...conversations, says: { packed: 0x7fffffff } }]), /cut/],
    ['whose file lies beyond its end', () => texts([{ ...conversations, says: { local: 0x7fffffff } }]), /not where/],
    ['whose list lies beyond its end', () => texts([conversations], { at: 0x7fffffff }), /not where/],
    ['that counts more files than it has', () => texts([conversations], { count: 60_000 }), /not where/],
    ['that says it is in the ZIP64 form, and is not', () => texts([conversations], { count: 0xffff }), /ZIP64/],
    [
      'with 20,001 files',
      () =>
        texts(
          Array.from({ length: 20_001 }, (_, i) => ({ name: `conversations-${i}.json`, data: '[]', stored: true })),
        ),
      /20,001 files/,
    ],
    ['not in UTF-8', () => texts([{ name: 'conversations.json', data: Uint8Array.of(0xff, 0xfe, 0x41) }]), /UTF-8/],
  ])('%s is refused in words, with what to do', (_what, make, says) => expect(refused(make).message).toMatch(says));
  it('spoiled in any place gives its conversations or a sentence, in 2,000 tries', () => {
    const whole = zipOf([conversations, { name: 'b/conversations-2.json', data: json([branched()]), stored: true }], {
      comment: 'x',
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(whole.length),
        (changes, cut) => {
          const bytes = Buffer.from(whole.subarray(0, cut % 3 === 0 ? cut : whole.length));
          for (const [at, to] of changes) if (at < bytes.length) bytes[at] = to;
          try {
            for (const { text } of textsIn('x.zip', bytes)) readFile(text(), { now: NOW, titleFrom: (q) => q });
          } catch (thrown) {
            if (!(thrown instanceof MezzotintError && thrown.code === 'file-invalid')) throw thrown;
          }
        },
      ),
      { seed: 6, numRuns: 2000 },
    );
  });
});

it('whatever a file of any format holds, it is refused in words or gives conversations that the store takes', () => {
  const ours = archived('c', [
    archivedMessage({ id: 'q', shownChildId: 'a' }),
    archivedMessage({ id: 'a', parentId: 'q', role: 'assistant', status: 'stopped' }),
  ]);
  const documents: unknown[] = [
    [branched(), gpt([{ id: 'a', message: gptMessage('user', ['x', { content_type: 'image_asset_pointer' }]) }])],
    { format: 'mezzotint-conversations', version: 1, exportedAt: 1, frames: false, conversations: [ours] },
    [
      {
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'x' }] },
          { role: 'assistant', content: null, tool_calls: [{ id: 1 }] },
        ],
      },
    ],
    [
      {
        title: 'x',
        system: 'y',
        tools: [],
        conversations: [
          { from: 'human', value: 'x' },
          { from: 'gpt', value: 'y' },
        ],
      },
    ],
    [
      llamaBranched(),
      llama([llamaMessage('q', 'root', 'user', 'x', { extra: [{ name: 'x', content: 'y' }], thinking: 'z' })]),
    ],
  ];
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>('\uD800', '__proto__', '', nasty, 1e308, -1, null, {}, [], true),
  );
  const fromJson = fc
    .tuple(
      fc.constantFrom(...documents),
      fc.array(fc.tuple(fc.array(fc.nat(20), { minLength: 1, maxLength: 7 }), anything), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.boolean(),
    )
    .map(([document, changes, lines]) => {
      const value = changes.reduce<unknown>((now, [steps, put]) => spoiled(now, steps, put), document);
      return lines && Array.isArray(value)
        ? value.map((part) => JSON.stringify(part)).join('\n')
        : JSON.stringify(value);
    });
  const transcript = [...writeExport('markdown', [ours, ours], { exportedAt: 1, frames: false })].join('');
  const fromText = fc
    .tuple(
      fc.array(
        fc.tuple(
          fc.nat(transcript.length),
          fc.constantFrom('## You', '\n', '---\n', '*', '\\', '# ', '\uD800', ' UTC*', '\r\n', '*(failed)*'),
        ),
        { maxLength: 8 },
      ),
      fc.nat(transcript.length),
    )
    .map(([puts, cut]) =>
      puts.reduce(
        (text, [at, put]) => text.slice(0, at) + put + text.slice(at),
        cut % 4 === 0 ? transcript.slice(0, cut) : transcript,
      ),
    );
  let count = 0;
  let good = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: fromJson }, { weight: 1, arbitrary: fromText }), (text) => {
      count++;
      try {
        for (const c of readFile(text ?? '', { now: NOW, titleFrom: (q) => q.slice(0, 20) }).conversations) {
          v.parse(archivedConversationSchema, c);
          readOwn(c, '');
          for (const text of [c.title, ...c.messages.map((m) => m.text)]) expect(wellFormed(text)).toBe(text);
          good++;
        }
      } catch (thrown) {
        if (!(thrown instanceof MezzotintError && thrown.code === 'file-invalid')) throw thrown;
      }
    }),
    { seed: 6, numRuns: 2000 },
  );
  expect(good).toBeGreaterThan(500);
  console.log(`import: ${count} spoiled files of all formats, ${good} conversations in them good`);
});
