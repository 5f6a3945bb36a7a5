import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PromptMessage } from '../../core/contract/engine.ts';
import { renderPrompt } from '../../core/text/template.ts';
import { loadTokenizer, PieceDecoder } from '../../core/text/tokenizer.ts';
import type { TokenizerJson } from '../../core/text/tokenizer-json.ts';

const root = join(import.meta.dirname, '../..');
const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(root, ...path), 'utf8'));
type Row = [text: string, ids: number[]];
const lines = read('test/fixtures/text/lines.json') as { plain: Row[]; withSpecials: Row[]; decoded: Row[] };
const prompts = read('test/fixtures/text/prompts.json') as {
  template: string;
  prompts: { messages: PromptMessage[]; generation: boolean; ids: number[] }[];
};
const tokenizer = loadTokenizer(read('models/smollm2-135m-instruct/tokenizer.json') as TokenizerJson);
const differing = <T>(rows: T[], differs: (row: T) => boolean): T[] => rows.filter(differs).slice(0, 5);
const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

describe("the default pack's tokenizer against the reference implementation", () => {
  it('has the whole set of lines', () => {
    expect(lines.plain.length).toBeGreaterThan(2500);
    expect(prompts.prompts.length).toBeGreaterThan(200);
    expect(tokenizer.vocabularySize).toBe(49152);
  });
  it('gives the same ids for plain text in any script', () => {
    expect(differing(lines.plain, ([text, ids]) => !same(tokenizer.encode(text), ids))).toEqual([]);
  });
  it('never turns typed special-token text into a special token', () => {
    const special = lines.plain.filter(([text]) => tokenizer.encode(text).some((id) => tokenizer.isSpecial(id)));
    expect(special).toEqual([]);
  });
  it('reads special tokens where the app wrote them', () => {
    expect(differing(lines.withSpecials, ([text, ids]) => !same(tokenizer.encodeWithSpecials(text), ids))).toEqual([]);
  });
  it('decodes any ids to the same text, and piece by piece to the same again', () => {
    const pieces = (ids: number[]): string => {
      const decoder = new PieceDecoder(tokenizer);
      return ids.map((id) => decoder.push(id)).join('') + decoder.flush();
    };
    expect(differing(lines.decoded, ([text, ids]) => tokenizer.decode(ids) !== text)).toEqual([]);
    expect(differing([...lines.decoded, ...lines.plain], ([, ids]) => pieces(ids) !== tokenizer.decode(ids))).toEqual(
      [],
    );
  });
  it('renders chat prompts to the same ids', () => {
    const wrong = prompts.prompts.filter(
      (p) => !same(renderPrompt(prompts.template, p.messages, tokenizer, { addGenerationPrompt: p.generation }), p.ids),
    );
    expect(wrong.slice(0, 3)).toEqual([]);
  });
  it('encodes a megabyte in seconds', () => {
    const text = lines.plain
      .map(([t]) => t)
      .join('\n')
      .repeat(8)
      .slice(0, 1_000_000);
    const start = performance.now();
    expect(tokenizer.encode(text).length).toBeGreaterThan(100_000);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
