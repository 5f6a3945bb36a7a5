import { readdirSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { localeOf } from '../../../core/contract/app.ts';
import { speak, spoken } from '../../../renderer/strings/live.ts';
import { en } from '../../../renderer/strings/en/index.ts';
import { t } from '../../../renderer/strings.ts';
import { zh } from '../../../renderer/strings/zh/index.ts';

afterEach(() => speak('en'));

test("the computer's first language that the window speaks is taken; English where it speaks none", () => {
  expect(localeOf('system', ['fr-CA', 'zh-TW', 'en-GB'])).toBe('zh');
  expect(localeOf('system', ['en-GB', 'zh'])).toBe('en');
  expect(localeOf('system', ['fr'])).toBe('en');
  expect(localeOf('zh', ['en'])).toBe('zh');
});

test('words held before the language changed speak the new one', () => {
  const words = t.settings;
  expect([words.label, t.list.renameLabel('a'), spoken()]).toEqual(['Settings', 'New title for “a”', 'en']);
  speak('zh');
  expect([words.label, t.list.renameLabel('a'), spoken()]).toEqual(['设置', '“a”的新标题', 'zh-Hans']);
  expect(Object.keys(t.modes)).toEqual(['exact', 'fast', 'ar']);
  expect({ ...t.modes }).toEqual({ exact: '精确', fast: '快速', ar: '逐个' });
});

test('every language has every word, and a sentence for each that English makes of values', () => {
  const shape = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
      : typeof value;
  expect(shape(zh)).toEqual(shape(en));
});

test('each language has the same files, one a feature', () => {
  const files = (language: string): string[] =>
    readdirSync(new URL(`../../../renderer/strings/${language}/`, import.meta.url)).sort();
  expect(files('en')).toContain('settings.ts');
  expect(files('zh')).toEqual(files('en'));
});
