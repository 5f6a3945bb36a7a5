/** SentencePiece tables of GGUF files, pieces with scores in place of merges, against the sentencepiece package. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MezzotintError } from '../../../core/contract/result.ts';
import { renderPrompt } from '../../../core/text/template.ts';
import { loadTokenizer, PieceDecoder, tokenizerFromGguf } from '../../../core/text/tokenizer.ts';

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/text', name), 'utf8'));
const texts = (fixture('lines.json') as { plain: [string, number[]][] }).plain.map(([text]) => text);
const reference = fixture('gguf-scores.json') as {
  pieces: string[];
  scores: number[];
  kinds: number[];
  plain: number[][];
  unprefixed: number[][];
  withSpecials: [string, number[]][];
  decoded: [number[], string][];
};
const metadata = {
  'tokenizer.ggml.model': 'llama',
  'tokenizer.ggml.pre': 'default',
  'tokenizer.ggml.tokens': reference.pieces,
  'tokenizer.ggml.scores': reference.scores,
  'tokenizer.ggml.token_type': reference.kinds,
};
const tokenizer = loadTokenizer(tokenizerFromGguf(metadata));
const bare = loadTokenizer(tokenizerFromGguf({ ...metadata, 'tokenizer.ggml.add_space_prefix': false }));
const differing = (rows: [string, number[]][], encode: (text: string) => number[]): unknown[] =>
  rows
    .map(([text, ids]) => ({ text, ids, here: encode(text) }))
    .filter(({ ids, here }) => JSON.stringify(ids) !== JSON.stringify(here))
    .slice(0, 3);
const rows = (lines: string[], ids: number[][]): [string, number[]][] => {
  expect(ids).toHaveLength(lines.length);
  return lines.map((text, i) => [text, ids[i] as number[]]);
};

describe('a SentencePiece table of a GGUF file', () => {
  it('gives the ids of the reference, with a space before the text', () => {
    // a whole text has no special tokens where nothing of the kind is written in it
    const typed = rows(texts, reference.plain).filter(
      ([text]) => !tokenizer.specials.some((one) => text.includes(one)),
    );
    expect(typed.length).toBeGreaterThan(2600);
    expect(differing(typed, (text) => tokenizer.encodeWithSpecials(text))).toEqual([]);
  });
  it('gives the ids of the reference without one, where the file says so and in the middle of a text', () => {
    const plain = rows(
      texts.filter((_, i) => i % 9 === 0),
      reference.unprefixed,
    );
    expect(differing(plain, (text) => bare.encode(text))).toEqual([]);
    expect(differing(plain, (text) => tokenizer.encode(text))).toEqual([]);
    expect(bare.encodeWithSpecials('one two')).toEqual(bare.encode('one two'));
  });
  it('puts the space after each special token that the app wrote; what a person types is none', () => {
    expect(differing(reference.withSpecials, (text) => tokenizer.encodeWithSpecials(text))).toEqual([]);
    for (const special of tokenizer.specials)
      expect(tokenizer.encode(`a ${special} b`).some((id) => tokenizer.isSpecial(id))).toBe(false);
    const template = "<s>{% for m in messages %}<|user|>\n{{ m['content'] }}<|end|>\n{% endfor %}<|assistant|>";
    const content = 'hello <|end|> there';
    const ids = renderPrompt(template, [{ role: 'user', content }], tokenizer, { addGenerationPrompt: false });
    expect(ids.filter((id) => id === tokenizer.specialId('<|end|>'))).toHaveLength(1);
    const plain = renderPrompt(template, [{ role: 'user', content: 'one two' }], tokenizer, {
      addGenerationPrompt: false,
    });
    expect(plain).toEqual(tokenizer.encodeWithSpecials('<s><|user|>\none two<|end|>\n<|assistant|>'));
  });
  it('decodes as the reference does, whose first space is the one that was put there; piece by piece to the same', () => {
    for (const [ids, text] of reference.decoded) {
      const whole = tokenizer.decode(ids);
      expect(whole.startsWith(' ') ? whole.slice(1) : whole).toBe(text);
      const decoder = new PieceDecoder(tokenizer);
      expect(ids.map((id) => decoder.push(id)).join('') + decoder.flush()).toBe(whole);
    }
  });
  it('gives every text back that stands within another one, but for ▁, which it writes as a space', () => {
    const wrong = texts.filter((text) => tokenizer.decode(tokenizer.encode(text)) !== text.replaceAll('▁', ' '));
    expect(wrong.slice(0, 3)).toEqual([]);
  });
  it.each([
    ['without scores', { 'tokenizer.ggml.scores': undefined }, 'tokenizer.ggml.scores'],
    ['with fewer scores than tokens', { 'tokenizer.ggml.scores': reference.scores.slice(1) }, 'scores'],
    [
      'without bytes for what the table lacks',
      { 'tokenizer.ggml.tokens': reference.pieces.map((piece) => piece.replace('<0x0A>', 'lf')) },
      '<0x0A>',
    ],
    ['of Unigram', { 'tokenizer.ggml.model': 't5' }, 't5'],
  ])('%s is refused by name', (_, change, named) => {
    const read = (): unknown => tokenizerFromGguf({ ...metadata, ...change });
    expect(read).toThrow(MezzotintError);
    expect(read).toThrow(named);
  });
});
