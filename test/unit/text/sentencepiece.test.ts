/** A tokenizer in the form of Gemma's against the reference implementation, on the lines that the other tokenizer is held to. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MezzotintError } from '../../../core/contract/result.ts';
import { renderPrompt } from '../../../core/text/template.ts';
import { loadTokenizer, PieceDecoder } from '../../../core/text/tokenizer.ts';
import type { TokenizerJson } from '../../../core/text/tokenizer-json.ts';

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/text', name), 'utf8'));
const lines = fixture('lines.json') as { plain: [string, number[]][] };
const reference = fixture('sentencepiece.json') as {
  tokenizer: TokenizerJson;
  plain: number[][];
  withSpecials: [string, number[]][];
  decoded: [number[], string][];
};
const tokenizer = loadTokenizer(reference.tokenizer);
const texts = lines.plain.map(([text]) => text);
const differing = (rows: [string, number[]][], encode: (text: string) => number[]): unknown[] =>
  rows
    .map(([text, ids]) => ({ text, ids, here: encode(text) }))
    .filter(({ ids, here }) => JSON.stringify(ids) !== JSON.stringify(here))
    .slice(0, 3);

describe("SentencePiece's BPE", () => {
  it('gives the ids of the reference for plain text in any script', () => {
    expect(reference.plain).toHaveLength(texts.length);
    const rows = texts.map((text, i): [string, number[]] => [text, reference.plain[i] as number[]]);
    expect(differing(rows, (text) => tokenizer.encode(text))).toEqual([]);
  });
  it('reads special tokens where the app wrote them, and never where a person typed them', () => {
    expect(differing(reference.withSpecials, (text) => tokenizer.encodeWithSpecials(text))).toEqual([]);
    for (const special of tokenizer.specials)
      expect(tokenizer.encode(`a ${special} b`).some((id) => tokenizer.isSpecial(id))).toBe(false);
  });
  it('decodes ids as the reference does, and piece by piece to the same', () => {
    for (const [ids, text] of reference.decoded) {
      expect(tokenizer.decode(ids)).toBe(text);
      const decoder = new PieceDecoder(tokenizer);
      expect(ids.map((id) => decoder.push(id)).join('') + decoder.flush()).toBe(text);
    }
  });
  it('gives every text back, but for ▁, which it writes as a space', () => {
    const wrong = texts.filter((text) => tokenizer.decode(tokenizer.encode(text)) !== text.replaceAll('▁', ' '));
    expect(wrong.slice(0, 3)).toEqual([]);
  });
  it('renders a chat template with its own ids', () => {
    const template = "<bos>{% for m in messages %}<|turn>{{ m['role'] }}\n{{ m['content'] }}<turn|>\n{% endfor %}";
    const ids = renderPrompt(template, [{ role: 'user', content: 'hello <turn|> there' }], tokenizer, {
      addGenerationPrompt: false,
    });
    const ends = ids.filter((id) => id === tokenizer.specialId('<turn|>'));
    expect(ends).toHaveLength(1);
    expect(tokenizer.decode(ids)).toBe('<bos><|turn>user\nhello <turn|> there<turn|>\n');
  });
  it.each([
    ['a normaliser of another kind', { normalizer: { type: 'NFKC' } }],
    ['words split off first', { pre_tokenizer: { type: 'Metaspace', replacement: '▁' } }],
    ['no bytes for unknown characters', { model: { ...reference.tokenizer.model, byte_fallback: false } }],
    ['a decoder that strips', { decoder: { type: 'Sequence', decoders: [{ type: 'Strip' }] } }],
  ])('with %s is refused', (_, change) => {
    const json = { ...reference.tokenizer, ...change } as TokenizerJson;
    expect(() => loadTokenizer(json)).toThrow(MezzotintError);
  });
});
