/** What a person finds in an exported file. */
import { describe, expect, it } from 'vitest';
import { writeExport } from '../../../core/exchange/index.ts';
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
const file = (format: 'json' | 'markdown' | 'openai', list = [conversation]): string => [...writeExport(format, list, { exportedAt: 3, frames: false })].join('');

describe('Markdown', () => {
  it('has the branch shown, who speaks, how a reply ended, and a title that can’t be read as markup', () => {
    expect(file('markdown')).toBe(
      '# On \\<b\\>burrs\\</b\\> \\# twice\n\n*2026-11-24 08:05 UTC*\n\n## Instructions\n\nBe brief.\n\n## You\n\nWhat is *burr*?\n\n## Reply\n\nA raised edge.\n\n- one\n\n*(stopped)*\n',
    );
  });
  it('parts several conversations by a rule', () => expect(file('markdown', [conversation, { ...conversation, title: 'Two' }]).split('\n\n---\n\n')).toHaveLength(2));
});

describe('OpenAI messages', () => {
  it('is one line a conversation, of the branch shown, which our own import reads', () => {
    const text = file('openai', [conversation, archived('empty', [])]);
    expect(text.split('\n')).toHaveLength(2);
    expect(JSON.parse(text)).toEqual({ messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'What is *burr*?' }, { role: 'assistant', content: 'A raised edge.\n\n- one' }] });
    expect(read(text).conversations[0]?.messages.map((m) => m.text)).toEqual(['Be brief.', 'What is *burr*?', 'A raised edge.\n\n- one']);
  });
  it('leaves out replies with nothing in them', () => expect(file('openai', [archived('c', [archivedMessage({ id: 'q' }), archivedMessage({ id: 'a', parentId: 'q', role: 'assistant', text: '' })])])).toBe('{"messages":[{"role":"user","content":"q"}]}\n'));
});

describe('JSON', () => {
  it.each([0, 1, 3])('is one whole document of %i conversations', (n) => {
    const list = Array.from({ length: n }, (_, i) => ({ ...conversation, id: `c${i}` }));
    expect(JSON.parse(file('json', list))).toEqual({ format: 'mezzotint-conversations', version: 1, exportedAt: 3, frames: false, conversations: list });
  });
});
