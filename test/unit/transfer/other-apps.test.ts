/** What a person gets of the exports of other apps, in their published shapes; and how those that are not read are refused: by name. */
import { describe, expect, it } from 'vitest';
import { withFiles } from '../../../core/contract/attachments.ts';
import type { ArchivedConversation } from '../../../core/contract/transfer.ts';
import { MezzotintError } from '../../../core/contract/result.ts';
import { readFile, textsIn, writeExport } from '../../../core/transfer/index.ts';
import { shownBranch } from '../../../core/transfer/tree.ts';
import { gpt, gptMessage, NOW, outline, read, zipOf } from './make.ts';

const shown = (c: ArchivedConversation | undefined): string[] =>
  c ? shownBranch(c).map(({ role, text }) => `${role}: ${text}`) : [];
const AT = Date.UTC(2026, 2, 5, 8, 9, 10, 123);
const ISO = '2026-03-05T08:09:10.123456Z';
const Q = 'Why is the sky blue?';
const A = 'Short waves scatter more.';
const THOUGHT = `*[Thinking]*\n\n> Physics.\n\n${A}`;
const refused = (make: () => unknown): MezzotintError => {
  try {
    make();
  } catch (thrown) {
    if (thrown instanceof MezzotintError) return thrown;
    throw thrown;
  }
  throw new Error('it was read');
};

describe('an export of llama.cpp as it is today', () => {
  const session = {
    type: 'session',
    harness: 'llama.app',
    id: 's',
    name: 'On burins',
    lastModified: 1_772_698_150_000,
    currNode: 'a1',
  };
  const message = (id: string, parent: string | null, role: string, content: string, more: object = {}): object => ({
    type: 'message',
    message: {
      convId: 's',
      id,
      type: 'text',
      role,
      content,
      parent,
      children: [],
      timestamp: 1_772_698_150_000,
      ...more,
    },
  });
  const lines = (...all: object[]): string => all.map((line) => JSON.stringify(line)).join('\n');
  const whole = lines(
    session,
    message('r', null, 'system', '', { type: 'root', children: ['q'] }),
    message('q', 'r', 'user', Q, { children: ['a1', 'a2'] }),
    message('a1', 'q', 'assistant', A, { reasoningContent: 'Physics.' }),
    message('a2', 'q', 'assistant', 'Because.'),
  );
  it('is a session and its messages, a line each, with all branches and the one in sight', () => {
    const {
      format,
      conversations: [c, ...more],
      problems,
      notes,
    } = read(whole);
    expect([format, more, problems, notes]).toEqual(['llamacpp', [], [], []]);
    expect(c?.title).toBe('On burins');
    expect(outline(c)).toEqual([`user: ${Q}`, `assistant: ${THOUGHT} ← ${Q}`, `assistant: Because. ← ${Q}`]);
    expect(shown(c)).toEqual([`user: ${Q}`, `assistant: ${THOUGHT}`]);
  });
  it('of several sessions gives each its own messages, in whatever order the lines stand', () => {
    const other = [
      { ...session, id: 't', name: 'Other' },
      {
        ...message('q', null, 'user', 'Hello'),
        message: { convId: 't', id: 'q', type: 'text', role: 'user', content: 'Hello', parent: null },
      },
    ];
    const { conversations } = read(
      lines(other[1] ?? {}, ...whole.split('\n').map((line) => JSON.parse(line) as object), other[0] ?? {}),
    );
    expect(conversations.map((c) => [c.title, c.messages.length])).toEqual([
      ['Other', 1],
      ['On burins', 3],
    ]);
  });
  it('names the line of what is odd in it, and of a line that is none', () => {
    const { conversations, problems, notes } = read(
      `${lines(session, message('q', 'gone', 'king', Q), message('b', null, 'user', 'b'))}\n{"type":`,
    );
    expect(outline(conversations[0])).toEqual([`assistant: *[king]*\n\n${Q}`, 'user: b']);
    expect(notes.map(({ where }) => where)).toEqual(['line 2.parent', 'line 2.role']);
    expect(problems.map(({ where }) => where)).toEqual(['line 4']);
  });
});

describe('what ChatGPT does not show', () => {
  const hidden = { metadata: { is_visually_hidden_from_conversation: true } };
  const node = (
    id: string,
    parent: string | null,
    message: object | null,
  ): { id: string; parent: string | null; message: object | null } => ({ id, parent, message });
  const chain = (...messages: Array<object | null>): object =>
    gpt(
      messages.map((message, i) => node(`n${i}`, i === 0 ? null : `n${i - 1}`, message)),
      { current_node: `n${messages.length - 1}` },
    );

  it('is no turn: the branch shown has question and answer alone, and the rest is kept aside', () => {
    const {
      conversations: [c],
      problems,
    } = read([
      chain(
        gptMessage('system', ['Hidden system words'], null, hidden),
        gptMessage('user', [Q]),
        gptMessage('system', ['Context was shortened'], null, hidden),
        gptMessage('assistant', [], null, {
          recipient: 'web.run',
          content: { content_type: 'code', language: 'unknown', text: '{"q":"sky"}' },
        }),
        gptMessage('tool', ['Tool output'], null, { author: { role: 'tool', name: 'web.run' } }),
        gptMessage('assistant', ['A draft of no weight'], null, { weight: 0 }),
        gptMessage('assistant', [A]),
      ),
    ]);
    expect(problems).toEqual([]);
    expect(shown(c)).toEqual([`user: ${Q}`, `assistant: ${A}`]);
    const aside = c?.messages.filter(({ deletedAt }) => deletedAt !== undefined) ?? [];
    expect(aside.map(({ text }) => text)).toEqual([
      '*[Not shown in ChatGPT]*\n\nHidden system words',
      '*[Not shown in ChatGPT]*\n\nContext was shortened',
      '*[To a tool: web.run]*\n\n```\n{"q":"sky"}\n```',
      '*[Tool: web.run]*\n\nTool output',
      '*[Not shown in ChatGPT]*\n\nA draft of no weight',
    ]);
    // nothing hangs on what is aside, so no place in the conversation says that something was there
    expect(c?.messages.some((m) => aside.some(({ id }) => id === m.parentId))).toBe(false);
  });
  it('custom instructions are the conversation’s, and no message', () => {
    const {
      conversations: [c],
    } = read([
      chain(
        gptMessage('user', [], null, {
          ...hidden,
          content: { content_type: 'user_editable_context', user_profile: 'I print.', user_instructions: 'Be brief.' },
        }),
        gptMessage('user', [Q]),
        gptMessage('assistant', [A]),
      ),
    ]);
    expect(c?.setup).toMatchObject({ instructions: 'I print.\n\nBe brief.' });
    expect(c?.messages).toHaveLength(2);
  });
  it('thoughts, pictures and documents stand at the head of the reply that follows, once', () => {
    const thoughts = gptMessage('assistant', [], null, {
      content: { content_type: 'thoughts', thoughts: [{ summary: 'Optics', content: 'Physics.' }] },
    });
    const picture = gptMessage('tool', [], null, {
      author: { role: 'tool', name: 'image_gen' },
      content: {
        content_type: 'multimodal_text',
        parts: [{ content_type: 'image_asset_pointer', asset_pointer: 'sediment://file_1' }],
      },
    });
    const {
      conversations: [c],
    } = read([chain(gptMessage('user', [Q]), thoughts, picture, gptMessage('assistant', [A]))]);
    expect(shown(c)).toEqual([
      `user: ${Q}`,
      `assistant: *[Thinking]*\n\n> **Optics**\n>\n> Physics.\n\n*[Picture: sediment://file_1]*\n\n${A}`,
    ]);
    // two replies below one thought, and a thought that no reply follows
    const {
      conversations: [two],
    } = read([
      gpt([
        node('q', null, gptMessage('user', [Q])),
        node('t', 'q', thoughts),
        node('a', 't', gptMessage('assistant', ['One'])),
        node('b', 't', gptMessage('assistant', ['Two'])),
        node('u', 'b', thoughts),
      ]),
    ]);
    expect(two?.messages.filter(({ text }) => text.includes('Physics'))).toHaveLength(2);
    expect(two?.messages).toHaveLength(4);
  });
  it('10,000 thoughts in a row, and as many replies below them, stand there once each', () => {
    const thoughts = Array.from({ length: 10_000 }, (_, i) =>
      node(
        `t${i}`,
        i === 0 ? null : `t${i - 1}`,
        gptMessage('assistant', [], null, {
          content: { content_type: 'thoughts', thoughts: [{ content: `Thought ${i}` }] },
        }),
      ),
    );
    const replies = Array.from({ length: 10_000 }, (_, i) => node(`a${i}`, 't9999', gptMessage('assistant', ['x'])));
    const {
      conversations: [c],
    } = read([gpt([...thoughts, ...replies])]);
    expect(c?.messages).toHaveLength(10_000);
    expect(c?.messages.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(1_000_000);
  });
  it('citation marks become links, marks of things their names, and no private-use character is left', () => {
    const cite = '\uE200cite\uE202turn0search0\uE202turn0search2\uE201';
    const text = `Steel ${cite} holds.\n\n\uE200entity\uE202["material","HSS"]\uE201 is common \uE200cite\uE202gone\uE201.  Two  spaces stay【12†source】, and 【this】 too. \uE203`;
    const {
      conversations: [c],
    } = read([
      chain(
        gptMessage('assistant', [text], null, {
          metadata: {
            content_references: [
              {
                matched_text: cite,
                type: 'grouped_webpages',
                items: [
                  { title: 'Steel [1]', url: 'https://example.com/steel(1)' },
                  { title: 'x', url: 'javascript:alert(1)' },
                ],
              },
            ],
          },
        }),
      ),
    ]);
    expect(c?.messages[0]?.text).toBe(
      'Steel ([Steel \\[1\\]](https://example.com/steel%281%29)) holds.\n\nHSS is common.  Two  spaces stay, and 【this】 too. ',
    );
  });
  it('many marks without an end take no time', () => {
    const began = performance.now();
    const {
      conversations: [c],
    } = read([chain(gptMessage('assistant', [`${'\uE200cite\uE202'.repeat(100_000)}${'【'.repeat(100_000)}`]))]);
    expect(c?.messages[0]?.text).not.toMatch(/[\uE200-\uE20F]/);
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});

describe('an export of another app', () => {
  const apps: Array<[string, unknown, string[], object]> = [
    [
      'claude',
      [
        {
          uuid: 'c',
          name: 'Sky',
          created_at: ISO,
          updated_at: ISO,
          chat_messages: [
            {
              uuid: 'm1',
              sender: 'human',
              text: Q,
              content: [{ type: 'text', text: Q }],
              created_at: ISO,
              attachments: [{ file_name: 'a.txt', extracted_content: 'one' }],
              files: [{ file_name: 'b.png' }],
              parent_message_uuid: '00000000-0000-4000-8000-000000000000',
            },
            {
              uuid: 'm2',
              sender: 'assistant',
              text: A,
              content: [
                { type: 'thinking', thinking: 'Physics.' },
                { type: 'tool_use', name: 'web_search', input: { q: 'x' } },
                { type: 'text', text: A },
              ],
              created_at: ISO,
              parent_message_uuid: 'm1',
            },
          ],
        },
      ],
      [`user: ${Q}\n\n*[File: a.txt]*\n\n\`\`\`\none\n\`\`\`\n\n*[File: b.png]*`, `assistant: ${THOUGHT}`],
      { title: 'Sky', createdAt: AT },
    ],
    [
      'deepseek',
      [
        {
          id: 'd',
          title: 'Sky',
          inserted_at: '2026-03-05T16:09:10.123+08:00',
          mapping: {
            root: { id: 'root', parent: null, children: ['1'], message: null },
            1: {
              id: '1',
              parent: 'root',
              children: ['2'],
              message: { files: [], inserted_at: ISO, fragments: [{ type: 'REQUEST', content: Q }] },
            },
            2: {
              id: '2',
              parent: '1',
              children: [],
              message: {
                inserted_at: ISO,
                fragments: [
                  { type: 'THINK', content: 'Physics.' },
                  { type: 'RESPONSE', content: A },
                ],
              },
            },
          },
        },
      ],
      [`user: ${Q}`, `assistant: ${THOUGHT}`],
      { title: 'Sky', createdAt: AT },
    ],
    [
      'openwebui',
      [
        {
          id: 'w',
          title: 'Sky',
          created_at: AT / 1000,
          chat: {
            title: 'Sky',
            params: { system: 'Be brief.' },
            history: {
              currentId: '2',
              messages: {
                1: { id: '1', parentId: null, childrenIds: ['2', '3'], role: 'user', content: Q, timestamp: AT / 1000 },
                2: {
                  id: '2',
                  parentId: '1',
                  childrenIds: [],
                  role: 'assistant',
                  content: `<details type="reasoning" done="true">\n<summary>Thought for 2 seconds</summary>\n&gt; Physics.\n</details>\n${A}`,
                  timestamp: AT / 1000,
                },
                3: {
                  id: '3',
                  parentId: '1',
                  childrenIds: [],
                  role: 'assistant',
                  content: 'Because.',
                  timestamp: AT / 1000,
                },
              },
            },
          },
        },
      ],
      [`user: ${Q}`, `assistant: ${THOUGHT}`],
      { title: 'Sky', createdAt: AT, setup: { presetId: null, instructions: 'Be brief.', settings: {} } },
    ],
    [
      'lmstudio',
      {
        name: 'Sky',
        createdAt: AT,
        systemPrompt: 'Be brief.',
        messages: [
          {
            versions: [{ type: 'singleStep', role: 'user', content: [{ type: 'text', text: Q }] }],
            currentlySelected: 0,
          },
          {
            versions: [
              {
                type: 'multiStep',
                role: 'assistant',
                steps: [{ type: 'contentBlock', content: [{ type: 'text', text: 'Because.' }] }],
              },
              {
                type: 'multiStep',
                role: 'assistant',
                steps: [
                  { type: 'contentBlock', style: { type: 'thinking' }, content: [{ type: 'text', text: 'Physics.' }] },
                  { type: 'debugInfoBlock' },
                  { type: 'contentBlock', content: [{ type: 'text', text: A }] },
                ],
              },
            ],
            currentlySelected: 1,
          },
        ],
      },
      [`user: ${Q}`, `assistant: ${THOUGHT}`],
      { title: 'Sky', createdAt: AT, setup: { presetId: null, instructions: 'Be brief.', settings: {} } },
    ],
    [
      'librechat',
      {
        conversationId: 'l',
        title: 'Sky',
        endpoint: 'openAI',
        options: { promptPrefix: 'Be brief.' },
        recursive: true,
        messagesTree: [
          {
            messageId: '1',
            parentMessageId: '00000000-0000-0000-0000-000000000000',
            isCreatedByUser: true,
            sender: 'user',
            text: Q,
            createdAt: ISO,
            children: [
              { messageId: '3', isCreatedByUser: false, sender: 'GPT', text: 'Because.', createdAt: ISO, children: [] },
              {
                messageId: '2',
                isCreatedByUser: false,
                sender: 'GPT',
                content: [
                  { type: 'think', think: 'Physics.' },
                  { type: 'text', text: A },
                ],
                createdAt: ISO,
                children: [],
              },
            ],
          },
        ],
      },
      [`user: ${Q}`, `assistant: ${THOUGHT}`],
      { title: 'Sky', createdAt: AT, setup: { presetId: null, instructions: 'Be brief.', settings: {} } },
    ],
    [
      'librechat',
      {
        conversationId: 'l',
        title: 'Sky',
        exportAt: 'now',
        recursive: false,
        messages: [
          { messageId: '1', parentMessageId: null, isCreatedByUser: true, sender: 'User', text: Q, createdAt: ISO },
          { messageId: '2', parentMessageId: '1', isCreatedByUser: false, sender: 'GPT', text: A, createdAt: ISO },
        ],
      },
      [`user: ${Q}`, `assistant: ${A}`],
      { title: 'Sky', createdAt: AT },
    ],
    [
      'jan',
      `${JSON.stringify({ id: 't', object: 'thread', title: 'Sky', assistants: [{ instructions: 'Be brief.' }], created: AT / 1000, updated: AT / 1000 })}\n${[
        ['1', 'user', Q],
        ['2', 'assistant', A],
      ]
        .map(([id, role, value]) =>
          JSON.stringify({
            id,
            object: 'thread.message',
            thread_id: 't',
            role,
            content: [{ type: 'text', text: { value, annotations: [] } }],
            created_at: AT,
          }),
        )
        .join('\n')}`,
      [`user: ${Q}`, `assistant: ${A}`],
      { title: 'Sky', createdAt: AT, setup: { presetId: null, instructions: 'Be brief.', settings: {} } },
    ],
    [
      'gemini',
      [
        {
          header: 'Gemini Apps',
          title: `Prompted ${Q}`,
          time: ISO,
          products: ['Gemini Apps'],
          safeHtmlItem: [
            {
              html: '<p>Short waves <strong>scatter</strong> more.</p><script>alert(1)</script><ul><li>red</li></ul><table><tr><th>a</th></tr><tr><td>b|c</td></tr></table>',
            },
          ],
        },
      ],
      [`user: ${Q}`, 'assistant: Short waves **scatter** more.\n\n-   red\n\n| a |\n| --- |\n| b\\|c |'],
      { title: `about ${Q.slice(0, 20)}`, createdAt: AT },
    ],
    [
      'openai',
      [
        {
          title: 'Sky',
          created_at: ISO,
          messages: [
            {
              role: 'user',
              content: [
                { type: 'text', text: Q },
                { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(5000)}` } },
                { type: 'input_audio', input_audio: { data: 'B'.repeat(5000), format: 'wav' } },
              ],
              timestamp: AT / 1000,
            },
            { role: 'assistant', content: A, reasoning_content: 'Physics.' },
            { role: 'assistant', content: null, refusal: 'I can’t.' },
          ],
        },
      ],
      [`user: ${Q}\n\n*[Picture]*\n\n*[Sound]*`, `assistant: ${THOUGHT}`, 'assistant: I can’t.'],
      { title: 'Sky', createdAt: AT },
    ],
  ];
  it.each(apps)('%s is read: words, branches, title, day and instructions', (format, file, branch, more) => {
    const made = read(file);
    expect([made.format, made.problems, made.notes]).toEqual([format, [], []]);
    expect(shown(made.conversations.at(-1))).toEqual(branch);
    expect(made.conversations.at(-1)).toMatchObject(more);
  });
  it.each(apps)('%s comes in under an identifier of its own, the same each time', (_format, file) => {
    const ids = (): string[] => read(file).conversations.flatMap((c) => [c.id, ...c.messages.map(({ id }) => id)]);
    expect(ids()).toEqual(ids());
    expect(new Set(ids()).size).toBe(ids().length);
    for (const id of ids()) expect(id).toMatch(/^[\w-]{1,64}$/);
  });
  it('models are kept with the replies they wrote, come out in exports, and come back in a transcript of ours', () => {
    const models = (file: unknown): Array<string | undefined> =>
      read(file).conversations.flatMap((c) => c.messages.map(({ model }) => model));
    expect(
      models([
        {
          model: 'base',
          messages: [
            { role: 'user', content: Q },
            { role: 'assistant', content: A },
            { role: 'assistant', content: 'B', model: 'other' },
          ],
        },
      ]),
    ).toEqual([undefined, 'base', 'other']);
    expect(
      models([
        gpt([
          { id: 'q', message: gptMessage('user', [Q], null, { metadata: { model_slug: 'x' } }) },
          { id: 'a', parent: 'q', message: gptMessage('assistant', [A], null, { metadata: { model_slug: 'gpt-5' } }) },
        ]),
      ]),
    ).toEqual([undefined, 'gpt-5']);
    const { conversations } = read([
      {
        messages: [
          { role: 'user', content: Q },
          { role: 'assistant', content: A, model: 'gpt [5] (mini)' },
        ],
      },
    ]);
    const transcript = [...writeExport('markdown', conversations, { exportedAt: 1, frames: false })].join('');
    expect(transcript).toContain('## Reply (gpt \\[5\\] (mini))');
    expect(models(transcript)).toEqual([undefined, 'gpt [5] (mini)']);
    expect([...writeExport('csv', conversations, { exportedAt: 1, frames: false })].join('')).toContain(
      '"gpt [5] (mini)"',
    );
    const own = [...writeExport('json', conversations, { exportedAt: 1, frames: false })].join('');
    expect(models(own)).toEqual([undefined, 'gpt [5] (mini)']);
    expect(models('## User\n\nx\n\n## Claude 4\n\ny')).toEqual([undefined, 'Claude 4']);
  });
  it('a message with 300,000 runs of backticks is read as any other, and so is one with as many attachments', () => {
    const ticks = '` '.repeat(300_000);
    const { conversations, problems } = read([
      gpt([
        {
          id: 'a',
          message: gptMessage('assistant', [], null, {
            content: { content_type: 'code', language: 'python', text: ticks },
          }),
        },
      ]),
      gpt([{ id: 'b', message: gptMessage('user', [{ content_type: 'other', ticks }]) }], { conversation_id: 'd' }),
    ]);
    expect(problems).toEqual([]);
    expect(conversations.map((c) => c.messages.length)).toEqual([1, 1]);
    expect(conversations[0]?.messages[0]?.text).toBe(`\`\`\`python\n${ticks}\n\`\`\``);
    expect(withFiles('Go', [{ name: 'a', text: ticks }])).toContain('Go');
    const many = read([
      { messages: [{ role: 'user', content: Array.from({ length: 300_000 }, () => ({ type: 'text', text: 'x' })) }] },
    ]);
    expect(many.conversations).toHaveLength(1);
    const files = read([
      {
        uuid: 'c',
        chat_messages: [
          {
            uuid: 'm',
            sender: 'human',
            text: Q,
            attachments: Array.from({ length: 300_000 }, (_, i) => ({ file_name: `${i}` })),
          },
        ],
      },
    ]);
    expect(files.conversations).toHaveLength(1);
  });
  it('siblings of one date keep the order of the file', () => {
    const {
      conversations: [c],
    } = read(apps[3]?.[1]);
    const replies = c?.messages.filter(({ role }) => role === 'assistant') ?? [];
    expect(replies.map(({ text }) => text.slice(-10))).toEqual(
      ['Because.', 'tter more.'].map((text) => text.slice(-10)),
    );
    expect((replies[0]?.createdAt ?? 0) < (replies[1]?.createdAt ?? 0)).toBe(true);
  });
  it('HTML nested without end is taken as plain text, with a note, and takes no time', () => {
    const began = performance.now();
    for (const tag of ['<ul><li>', '<blockquote>', '<table><tr><td>', '<b>', '<a href=x>']) {
      const { conversations, problems, notes } = read([
        {
          header: 'Gemini Apps',
          title: `Prompted ${Q}`,
          time: ISO,
          products: ['Gemini Apps'],
          safeHtmlItem: [{ html: `${tag.repeat(20_000)}words` }],
        },
      ]);
      expect(problems).toEqual([]);
      expect(conversations[0]?.messages[1]?.text).toBe('words');
      expect(notes).toHaveLength(1);
    }
    expect(performance.now() - began).toBeLessThan(20_000);
  });
  it('titles lose direction overrides and control characters', () => {
    const {
      conversations: [c],
    } = read([{ title: 'A\u202Egpj.exe\u2066\u0007\n', messages: [{ role: 'user', content: Q }] }]);
    expect(c?.title).toBe('Agpj.exe');
  });
  it('dates are read in seconds, thousandths and millionths, as text and as databases have them', () => {
    for (const created_at of [
      AT / 1000,
      AT,
      AT * 1000,
      ISO,
      String(AT),
      { $date: { $numberLong: String(AT) } },
      { $date: ISO },
    ])
      expect(
        read([{ created_at, messages: [{ role: 'user', content: Q }] }]).conversations[0]?.createdAt,
        JSON.stringify(created_at),
      ).toBe(AT);
  });
  it('an empty shard is no error, and an archive of Jan’s folders is read thread by thread', () => {
    expect(read('[]')).toMatchObject({ format: null, conversations: [], problems: [] });
    const [thread = '', ...lines] = String(apps[6]?.[1]).split('\n');
    const zip = zipOf([
      { name: 'jan/threads/t/thread.json', data: JSON.stringify(JSON.parse(thread), null, 2) },
      { name: 'jan/threads/t/messages.jsonl', data: lines.join('\n') },
      { name: 'jan/settings.json', data: '{}' },
    ]);
    const texts = textsIn('jan.zip', zip);
    expect(texts.map(({ name }) => name)).toEqual(['jan.zip: jan/threads/t/thread.json']);
    expect(shown(read(texts[0]?.text() ?? '').conversations[0])).toEqual([`user: ${Q}`, `assistant: ${A}`]);
  });
});

describe('a Markdown transcript', () => {
  it.each<[string, string]>([
    ['headings', `# Sky\n\n## User\n\n${Q}\n\n---\n\n## Assistant\n\n${A}\n`],
    ['headings with signs and brackets', `# Sky\n\n### 👤 You:\n${Q}\n\n### 🤖 ChatGPT (GPT-4o)\n${A}`],
    [
      'headings as they are copied from ChatGPT',
      `##### You said:\n${Q}\n\n###### ChatGPT said:\n${A}`.replaceAll('######', '#####'),
    ],
    ['a model by its own name', `# Sky\n\n## User\n\n${Q}\n\n## SmolLM2\n\n${A}`],
    ['names in bold', `**You:** ${Q}\n\n**Assistant:** ${A}`],
    ['names in bold, the colon outside', `__User__: ${Q}\n\n__Claude__:\n\n${A}\n\n***`],
    ['names in bold on lines of their own', `**User**\n\n${Q}\n\n**Gemini**\n\n${A}`],
    ['another language', `## 用户\n\n${Q}\n\n## 助手\n\n${A}`],
    ['lines that end as on Windows', `## User\r\n\r\n${Q}\r\n\r\n## Assistant\r\n\r\n${A}\r\n`],
  ])('with %s gives its turns', (_how, text) => {
    const made = read(text);
    expect([made.format, made.problems, made.notes]).toEqual(['transcript', [], []]);
    expect(shown(made.conversations[0])).toEqual([`user: ${Q}`, `assistant: ${A}`]);
    if (text.startsWith('# Sky')) expect(made.conversations[0]?.title).toBe('Sky');
  });
  it('keeps headings and names within code and at other levels as words, and what stands first aside', () => {
    const {
      conversations: [c],
      notes,
    } = read(
      `---\nmodel: x\n---\n\n## User\n\nShow me\n\n\`\`\`md\n## User\n## Assistant\n\`\`\`\n\n## Assistant\n\n### Answer\n\n**Note:** fine\n`,
    );
    expect(shown(c)).toEqual([
      'user: Show me\n\n```md\n## User\n## Assistant\n```',
      'assistant: ### Answer\n\n**Note:** fine',
    ]);
    expect(notes).toHaveLength(1);
    expect(c?.messages.at(-1)).toMatchObject({ text: 'model: x', deletedAt: expect.any(Number) as number });
  });
  it.each([
    '# Shopping\n\n- milk\n',
    '## You\n\nHello',
    '## Question\n\nWhy?\n\n## Method\n\nx\n\n## Results\n\ny',
    '**Note:** x\n\n**Warning:** y',
  ])('is not seen in other Markdown: %j', (text) => expect(refused(() => read(text)).message).toMatch(/no format/));
  it('of empty lines without end takes time in proportion to their number', () => {
    const ours = (n: number): string => `# On burrs\n\n*2026-11-24 08:05 UTC*\n\n## You\n\nx${'\n'.repeat(n)}`;
    const time = (text: string): number => {
      const began = performance.now();
      read(text);
      return performance.now() - began;
    };
    time(ours(1000));
    const [small, large] = [time(ours(60_000)), time(ours(480_000))];
    expect(large).toBeLessThan(Math.max(small, 20) * 30);
    expect(time(`## User\n\nx\n\n## Assistant\n\n${'\n'.repeat(400_000)}`)).toBeLessThan(20_000);
  });
});

describe('a file of an app that is not read', () => {
  const json =
    (value: unknown): (() => unknown) =>
    () =>
      read(value);
  const bytes =
    (...head: Array<number | string>): (() => unknown) =>
    () =>
      textsIn(
        'x',
        Buffer.concat(
          head.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from([part]))),
        ),
      ).map(({ text }) => readFile(text(), { now: NOW, titleFrom: (q) => q }));
  it.each<[string, () => unknown]>([
    [
      'Grok',
      json({
        conversations: [
          { conversation: { id: 'x', title: 'Sky' }, responses: [{ response: { message: Q, sender: 'human' } }] },
        ],
        projects: [],
      }),
    ],
    [
      'Le Chat',
      json([
        {
          id: '1',
          version: 0,
          chatId: 'c',
          content: Q,
          contentChunks: null,
          role: 'user',
          createdAt: ISO,
          parentId: null,
          parentVersion: null,
        },
      ]),
    ],
    [
      'Cherry Studio',
      json({ time: 1, version: 5, localStorage: { 'persist:cherry-studio': '{}' }, indexedDB: { topics: [] } }),
    ],
    [
      'Chatbox',
      json({ 'chat-sessions-list': [{ id: 'a' }], 'session:a': { messages: [] }, __exported_items: ['conversations'] }),
    ],
    ['TypingMind', json({ data: { chats: [{ chatID: 'x', messages: [], chatTitle: 'Sky' }], folders: [] } })],
    ['big-AGI', json({ id: 'x', systemPurposeId: 'Generic', messages: [{ id: '1', role: 'user', text: Q }] })],
    [
      'big-AGI',
      json({ conversations: [{ id: 'x', messages: [{ id: '1', role: 'user', fragments: [] }] }], models: {} }),
    ],
    [
      'SillyTavern',
      () =>
        read(
          `${JSON.stringify({ user_name: 'You', character_name: 'Ada', create_date: ISO, chat_metadata: {} })}\n${JSON.stringify({ name: 'You', is_user: true, mes: Q })}`,
        ),
    ],
    ['text-generation-webui', json({ internal: [[Q, A]], visible: [[Q, A]] })],
    ['NextChat', json({ 'chat-next-web-store': { sessions: [] } })],
    ['LobeChat', json({ exportType: 'all', state: { messages: [] }, version: 7 })],
    ['another Google product', json([{ header: 'YouTube', title: 'Watched x', time: ISO, products: ['YouTube'] }])],
    ['GPT4All', bytes(0xf5, 0xd5, 0x53, 0xcc, 0, 0, 0, 10)],
    ['SQLite', bytes('SQLite format 3\0', '\0'.repeat(100))],
    ['gzip', bytes(0x1f, 0x8b, 8, 0)],
    ['PDF', bytes('%PDF-1.7\n')],
    ['chat.html', () => read('<html>\n<head><title>ChatGPT Data Export</title></head>')],
    ['Gemini’s activity', () => read('<html><head><title>My Activity History</title>')],
    ['Copilot', () => read('Conversation,Time,Author,Message\n"Sky","x","Human","y"')],
    ['presets', json({ format: 'mezzotint-presets', version: 1, presets: [] })],
    [
      'SQLite',
      () =>
        textsIn('x.zip', zipOf([{ name: 'webui.db', data: 'SQLite format 3\0', stored: true }])).map(({ text }) =>
          text(),
        ),
    ],
    [
      'Gemini’s activity',
      () =>
        textsIn(
          'x.zip',
          zipOf([
            {
              name: 'Takeout/My Activity/Gemini Apps/MyActivity.html',
              data: '<html><title>My Activity History</title>',
            },
          ]),
        ).map(({ text }) => read(text())),
    ],
  ])('%s is refused by its name, with what to do, and as nothing else', (name, make) => {
    const { code, message, action } = refused(make);
    expect([code, message]).toEqual(['file-invalid', expect.stringContaining(name)]);
    expect(message).toMatch(/^This is .*, which cannot be imported\.$/);
    expect(action?.length).toBeGreaterThan(20);
  });
});
