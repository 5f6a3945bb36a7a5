import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const renderer = path.resolve(import.meta.dirname, '../../../renderer');
const files = readdirSync(renderer, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.svelte') || (name.endsWith('.css') && name.startsWith('styles')),
);
const styleOf = (name: string): string => {
  const source = readFileSync(path.join(renderer, name), 'utf8');
  return name.endsWith('.css') ? source : (/<style[^>]*>([\s\S]*?)<\/style>/.exec(source)?.[1] ?? '');
};

/** Declarations that name a side of the screen; a table's author may name one for a column. */
function physical(style: string): string[] {
  const found: string[] = [];
  for (const [, selector = '', body = ''] of style.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    if (selector.includes('[data-align=')) continue;
    for (const line of body.split(';').map((part) => part.trim())) {
      if (
        /^(?:(?:margin|padding|border)-(?:left|right)|left|right|float)\b.*:/.test(line) ||
        /^text-align: (?:left|right)/.test(line)
      )
        found.push(line);
      const [, a, right, b, left] =
        /^(?:margin|padding|inset): ([^\s(),]+) ([^\s(),]+) ([^\s(),]+) ([^\s(),]+)$/.exec(line) ?? [];
      if (a !== undefined && b !== undefined && right !== left) found.push(line);
    }
  }
  return found;
}

describe('styles name the beginning and the end of a line, not left and right', () => {
  it('finds those that do not', () => {
    expect(
      physical(
        "a { margin-left: 2px; padding: 1px 2px 3px 4px; inset-inline: 0 } td[data-align='right'] { text-align: right }",
      ),
    ).toEqual(['margin-left: 2px', 'padding: 1px 2px 3px 4px']);
  });
  it.each(files)('%s', (name) => expect(physical(styleOf(name))).toEqual([]));
});

/** Selectors of highlights that any element of the page can match. */
const everywhere = (style: string): string[] =>
  [...style.matchAll(/([^{},;/]*)::highlight\([^)]*\)/g)].flatMap(([selector, before = '']) =>
    /\[data-(?:marked|found)\] $/.test(before) ? [] : [selector.trim()],
  );
describe('highlights are styled below what is marked: a browser styles each of them for every element that it can match', () => {
  it('finds those that are styled everywhere', () => {
    expect(everywhere('[data-marked] ::highlight(a) { } p::highlight(b), ::highlight(c) { }')).toEqual([
      'p::highlight(b)',
      '::highlight(c)',
    ]);
  });
  it.each(files)('%s', (name) => expect(everywhere(styleOf(name))).toEqual([]));
});
