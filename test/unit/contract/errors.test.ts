import { describe, expect, it, test } from 'vitest';
import * as v from 'valibot';
import { wordsOf, type ErrorTable, type Kind } from '../../../core/contract/errors/kinds.ts';
import { sayError, sayId } from '../../../core/contract/errors/say.ts';
import type { ParamValue } from '../../../core/contract/errors/schema.ts';
import { errorTable, type ErrorId } from '../../../core/contract/errors/table/index.ts';
import { en } from '../../../core/contract/errors/words/en/index.ts';
import { zh } from '../../../core/contract/errors/words/zh/index.ts';
import { errorOf, errorSchema, failure, toAppError } from '../../../core/contract/result.ts';

const ids = Object.keys(errorTable) as ErrorId[];
const inner = errorOf('store.full');
/** A value of each kind, and what of it must be seen in English and in Chinese. */
const samples: Record<Kind, { value: ParamValue; seen: { en: string; zh: string } }> = {
  text: { value: 'some-name', seen: { en: 'some-name', zh: 'some-name' } },
  number: { value: 65535, seen: { en: '65535', zh: '65535' } },
  count: { value: 12_345, seen: { en: '12,345', zh: '12,345' } },
  bytes: { value: 2.5e9, seen: { en: '2.5 GB', zh: '2.5 GB' } },
  time: { value: Date.UTC(2026, 4, 15, 12), seen: { en: '2026', zh: '2026' } },
  list: { value: ['first', 'second'], seen: { en: 'first, second', zh: 'first、second' } },
  error: { value: inner, seen: { en: 'The disk is full', zh: '磁盘已满' } },
  sentences: { value: [inner, inner], seen: { en: 'is safe. The disk', zh: '安全的。磁盘' } },
  phrases: {
    value: [errorOf('mended.conversations', { n: 2 }), errorOf('mended.messages', { n: 1 })],
    seen: { en: '2 conversations and 1 message', zh: '2 个对话和1 条消息' },
  },
};
const kindsOf = (id: ErrorId): Record<string, Kind> => errorTable[id][1] ?? {};
const sampled = (id: ErrorId): Record<string, ParamValue> =>
  Object.fromEntries(Object.entries(kindsOf(id)).map(([name, kind]) => [name, samples[kind].value]));
const saidIn = (id: ErrorId, language: 'en' | 'zh'): { message: string; action: string } => {
  const said = sayId(id, sampled(id), language);
  if (!said) throw new Error(`${id} has parameters that nothing shows`);
  return { message: said.message, action: said.action ?? '' };
};

describe('every error, in English and in Chinese', () => {
  const alone = new Set(['store.mended', 'store.found-missing']);
  it.each(ids)('%s', (id) => {
    for (const language of ['en', 'zh'] as const) {
      const { message, action } = saidIn(id, language);
      const all = `${message}\n${action}`;
      expect(message, language).not.toBe('');
      expect(all, language).not.toMatch(/undefined|NaN|\[object|[{}#]/);
      for (const kind of Object.values(kindsOf(id))) expect(all, language).toContain(samples[kind].seen[language]);
    }
    if (!alone.has(id)) expect(saidIn(id, 'zh').message).toMatch(/[\u4e00-\u9fff]/);
    expect(saidIn(id, 'zh').action === '').toBe(saidIn(id, 'en').action === '');
  });
  it('is in sentences: each begins with a capital, a name or a number, and ends with a full stop', () => {
    const parts = new Set(ids.filter((id) => /^mended\.(conversations|messages|replies)$/.test(id)));
    for (const id of ids.filter((one) => !parts.has(one))) {
      const { message, action } = saidIn(id, 'en');
      for (const words of [message, action].filter(Boolean)) expect(words, id).toMatch(/[.?)]$|\d$|DIR$|:$/);
      for (const words of Object.values(saidIn(id, 'zh')).filter(Boolean)) expect(words, id).not.toMatch(/[.,;!?]$/);
    }
  });
  it('takes at most 25 words a sentence', () => {
    const long = ids.flatMap((id) =>
      [en[id], []]
        .flat()
        .flatMap((words) => words.split(/(?<=[.?:;]) /))
        .filter((sentence) => sentence.split(' ').length > 25)
        .map((sentence) => `${id}: ${sentence}`),
    );
    expect(long).toEqual([]);
  });
});

test('words that do not fit their table are errors of types', () => {
  interface Toy extends ErrorTable {
    'toy.empty': readonly ['conflict'];
    'toy.full': readonly ['conflict', { readonly most: 'count' }];
  }
  const words = wordsOf<Pick<Toy, 'toy.empty' | 'toy.full'>>();
  expect(words({ 'toy.empty': 'Empty.', 'toy.full': ['At most {most#is#are} kept.', 'Wait.'] })).toBeTruthy();
  // @ts-expect-error a row without words
  words({ 'toy.empty': 'Empty.' });
  // @ts-expect-error a parameter that is not shown
  words({ 'toy.empty': 'Empty.', 'toy.full': 'Full.' });
  // @ts-expect-error a parameter that is not there
  words({ 'toy.empty': 'Empty since {since}.', 'toy.full': '{most} are kept.' });
  // @ts-expect-error words of no row
  words({ 'toy.empty': 'Empty.', 'toy.full': '{most} are kept.', 'toy.other': 'Other.' });
  // @ts-expect-error a parameter of another kind
  failure('store.folder-name-taken', { name: 3 });
  // @ts-expect-error a parameter is missing
  failure('store.folder-name-taken');
  // @ts-expect-error no such error
  expect(() => failure('store.no-such-thing')).toThrow();
});

test('a count brings its noun in the singular and the plural', () => {
  const parts = (n: number): string => errorOf('mended.parts-unread', { parts: n }).message;
  expect([parts(1), parts(2)]).toEqual([
    '1 part of it could not be read: something may be missing.',
    '2 parts of it could not be read: something may be missing.',
  ]);
});

test('an error keeps its id and parameters on the way through JSON, and speaks any language at its end', () => {
  const error = toAppError(failure('store.folder-name-taken', { name: 'Work' }, { file: '/a' }));
  expect(error).toEqual({
    code: 'conflict',
    message: 'There is a folder named “Work” already.',
    action: 'Choose another name.',
    id: 'store.folder-name-taken',
    params: { name: 'Work' },
    file: '/a',
  });
  const received = v.parse(errorSchema, JSON.parse(JSON.stringify(error)));
  expect(received).toEqual(error);
  expect(sayError(received, 'zh')).toEqual({ message: '已经有一个叫“Work”的文件夹。', action: '请换一个名字。' });
});

test('an error of an older version, of a newer one, or with other parameters says what it brought along', () => {
  const old = { code: 'conflict', message: 'It is there already.', action: 'Choose another.' } as const;
  const said = { message: old.message, action: old.action };
  expect(sayError(v.parse(errorSchema, old), 'zh')).toEqual(said);
  expect(sayError({ ...old, id: 'store.not-known-yet', params: { since: 3 } }, 'zh')).toEqual(said);
  expect(sayError({ ...old, id: 'store.folder-name-taken', params: { title: 'Work' } }, 'zh')).toEqual(said);
  expect(sayError({ ...old, id: 'store.folder-name-taken', params: { name: 4 } }, 'zh')).toEqual(said);
  expect(sayError({ ...old, id: 'toString' }, 'zh')).toEqual(said);
});

test('what nobody foresaw is said as that, with the words it came with', () => {
  const error = toAppError(new TypeError('x is not a function'));
  expect(error).toMatchObject({ code: 'internal', params: { reason: 'x is not a function' } });
  expect(error.message).toContain('x is not a function');
  expect(sayError(error, 'zh').message).toBe('出现了意料之外的错误：x is not a function。');
});

test('both languages have words for the same errors', () => {
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  expect(Object.keys(en).sort()).toEqual([...ids].sort());
});
