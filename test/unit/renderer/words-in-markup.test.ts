import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const renderer = path.resolve(import.meta.dirname, '../../../renderer');
const components = readdirSync(renderer, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.svelte'),
);

/** Shown as a sample of the shade, in any language. */
const samples = new Set(['abc']);

/** What a component's markup says by itself: text between tags, and attributes that are read or shown. */
function literalWords(source: string): string[] {
  const markup = source
    .replace(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>|<!--[\s\S]*?-->/g, '')
    // expressions, with those within them
    .replace(/\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/g, '{}');
  const attributes = [
    ...markup.matchAll(/\s(?:aria-label|title|placeholder|alt|aria-description|aria-roledescription)="([^"]*)"/g),
  ].map(([, value]) => value ?? '');
  const texts = markup.replace(/<[^<>]*>/g, '\n').split('\n');
  return [...attributes, ...texts]
    .map((text) => text.replace(/\{\}|&\w+;/g, '').trim())
    .filter((text) => /\p{L}/u.test(text) && !samples.has(text));
}

describe('every visible word is in the catalogue', () => {
  it('finds words in markup', () => {
    expect(
      literalWords(
        '<script>let a = 1;</script><p title="Hint">{t.a} · Words here <b onclick={() => { f({ a }); }}>{n}</b></p><style>p { color: red }</style>',
      ),
    ).toEqual(['Hint', '· Words here']);
  });
  it.each(components)('%s has none of its own', (name) => {
    expect(literalWords(readFileSync(path.join(renderer, name), 'utf8'))).toEqual([]);
  });
});
