import { describe, expect, it } from 'vitest';
import { MezzotintError } from '../../../core/contract/result.ts';
import { displayPiece, loadTokenizer, PieceDecoder } from '../../../core/text/tokenizer.ts';
import { tokenizerFromGguf } from '../../../core/text/tokenizer-json.ts';
import { tinyMetadata, tinyTokenizer } from './tiny.ts';

const tokenizer = tinyTokenizer();
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (thrown) {
    return thrown instanceof MezzotintError ? thrown.code : 'other';
  }
  return 'none';
};

describe('encoding', () => {
  it('keeps typed special-token text as text, and reads it where the app wrote it', () => {
    const typed = tokenizer.encode('a<|im_end|>b');
    expect(typed.some((id) => tokenizer.isSpecial(id))).toBe(false);
    expect(tokenizer.decode(typed)).toBe('a<|im_end|>b');
    expect(tokenizer.encodeWithSpecials('<|im_end|>')).toEqual([tokenizer.specialId('<|im_end|>')]);
  });
  it('takes a lone surrogate for U+FFFD', () => {
    expect(tokenizer.encode('a\ud800b')).toEqual(tokenizer.encode('a\ufffdb'));
    expect(tokenizer.decode(tokenizer.encode('\udc00'))).toBe('\ufffd');
  });
  it('gives every text back', () => {
    for (const text of ['', ' ', 'he  hell\n\n', '12 ٣½', '👩‍👩‍👧‍👦 é', '\ufeffx', '\u0085\u0000'])
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });
  it('leaves out bytes the vocabulary lacks, and joins what stands around them', () => {
    const lacking = tinyTokenizer((byte) => byte !== 0xc3 && byte !== 0xa9);
    expect(lacking.encode('héell')).toEqual(lacking.encode('hell'));
  });
});

describe('pieces', () => {
  it('come when their character is complete', () => {
    const decoder = new PieceDecoder(tokenizer);
    expect(tokenizer.encode('é👍').map((id) => decoder.push(id))).toEqual(['', 'é', '', '', '', '👍']);
    expect(decoder.flush()).toBe('');
  });
  it('end with U+FFFD where a character was begun, and start anew', () => {
    const decoder = new PieceDecoder(tokenizer);
    const [first] = tokenizer.encode('é');
    expect(decoder.push(first ?? -1)).toBe('');
    expect(decoder.flush()).toBe('\ufffd');
    expect(
      tokenizer
        .encode('ok')
        .map((id) => decoder.push(id))
        .join(''),
    ).toBe('ok');
  });
  it('of a lone token can be shown', () => {
    const [partial] = tokenizer.encode('👍');
    expect(displayPiece(tokenizer, partial ?? -1)).toBe('\ufffd');
    expect(displayPiece(tokenizer, tokenizer.encode(' he')[0] ?? -1)).toBe(' he');
    expect(displayPiece(tokenizer, tokenizer.specialId('<|im_end|>') ?? -1)).toBe('');
  });
  it('are refused outside the vocabulary', () => {
    expect(codeOf(() => tokenizer.bytes(tokenizer.vocabularySize))).toBe('bad-request');
    expect(codeOf(() => tokenizer.bytes(-1))).toBe('bad-request');
  });
});

describe('a GGUF tokenizer', () => {
  it('becomes tokenizer.json with its control tokens as specials', () => {
    const json = tokenizerFromGguf(tinyMetadata());
    expect(json.added_tokens.map((t) => [t.content, t.id, t.special])).toEqual([
      ['<|endoftext|>', 0, true],
      ['<|im_start|>', 1, true],
      ['<|im_end|>', 2, true],
    ]);
    expect(json.model.merges).toContain('Ġh e');
  });
  it('is refused when the app cannot read its kind, or parts are missing', () => {
    expect(codeOf(() => tokenizerFromGguf({ ...tinyMetadata(), 'tokenizer.ggml.model': 't5' }))).toBe(
      'pack-unsupported',
    );
    expect(codeOf(() => tokenizerFromGguf({ ...tinyMetadata(), 'tokenizer.ggml.pre': 'constructor' }))).toBe(
      'pack-unsupported',
    );
    expect(codeOf(() => tokenizerFromGguf({ ...tinyMetadata(), 'tokenizer.ggml.merges': undefined }))).toBe(
      'file-invalid',
    );
    expect(codeOf(() => tokenizerFromGguf({ ...tinyMetadata(), 'tokenizer.ggml.token_type': [1] }))).toBe(
      'file-invalid',
    );
  });
  it('with another decoder is refused at load', () => {
    const json = tokenizerFromGguf(tinyMetadata());
    expect(codeOf(() => loadTokenizer({ ...json, decoder: { type: 'Metaspace' } }))).toBe('pack-unsupported');
    expect(codeOf(() => loadTokenizer(JSON.parse('{}')))).toBe('pack-unsupported');
  });
});
