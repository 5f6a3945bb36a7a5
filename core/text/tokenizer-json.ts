/** The tokenizer of a GGUF file as a tokenizer.json of the Hugging Face format, which is what a pack holds. */
import { failure } from '../contract/result.ts';
import { scoredTokenizer } from './gguf-scores.ts';
import type { AddedTokenJson, TokenizerJson } from './tokenizer-form.ts';

export type { AddedTokenJson, TokenizerJson } from './tokenizer-form.ts';

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };

interface Splitting {
  preTokenizer: Readonly<Record<string, unknown>>;
  normalizer?: Readonly<Record<string, unknown>>;
  /** A word that stands in the vocabulary is taken whole. */
  ignoreMerges?: true;
}

/** Words split off by a pattern, then spelled in bytes. */
const splitBy = (pattern: string): Splitting['preTokenizer'] => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
    { ...byteLevel, use_regex: false },
  ],
});
const words = (digits: string): string =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

/** How text is split before the merges, by the name GGUF files give it in `tokenizer.ggml.pre`. */
const splittings: Readonly<Record<string, Splitting>> = {
  smollm: {
    preTokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel] },
  },
  'gpt-2': { preTokenizer: byteLevel },
  qwen2: { preTokenizer: splitBy(words('\\p{N}')), normalizer: { type: 'NFC' } },
  'llama-bpe': { preTokenizer: splitBy(words('\\p{N}{1,3}')), ignoreMerges: true },
};

const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;

/** Reads `tokenizer.ggml.scores`. */
function numbers(metadata: Readonly<Record<string, unknown>>, key: string): number[] {
  const value = metadata[key];
  if (!Array.isArray(value)) throw failure('tokenizer.no-such-list', { key });
  return value.map(Number);
}

function strings(metadata: Readonly<Record<string, unknown>>, key: string): string[] {
  const value = metadata[key];
  if (!Array.isArray(value) || !value.every((x): x is string => typeof x === 'string'))
    throw failure('tokenizer.no-such-list', { key });
  return value;
}

/**
 * Converts `tokenizer.ggml.*` metadata (keys as in the file, arrays as JavaScript arrays) to tokenizer.json.
 * Control tokens become special added tokens, user-defined ones plain added tokens.
 * Throws `file-invalid` when parts are missing, `pack-unsupported` for another kind of tokenizer.
 */
export function tokenizerFromGguf(metadata: Readonly<Record<string, unknown>>): TokenizerJson {
  const kind = String(metadata['tokenizer.ggml.model']);
  const pre = String(metadata['tokenizer.ggml.pre']);
  const scored = kind === 'llama';
  if (!scored && (kind !== 'gpt2' || !Object.hasOwn(splittings, pre)))
    throw failure('tokenizer.other-kind', { kind, pre, known: Object.keys(splittings) });
  const tokens = strings(metadata, 'tokenizer.ggml.tokens');
  const typeList = metadata['tokenizer.ggml.token_type'];
  const types = Array.isArray(typeList) ? typeList.map(Number) : tokens.map(() => NORMAL);
  if (types.length !== tokens.length)
    throw failure('tokenizer.types-differ', { tokens: tokens.length, types: types.length });

  // Without a prototype: a token may be spelled `__proto__`.
  const vocab = Object.create(null) as Record<string, number>;
  tokens.forEach((token, id) => {
    if (token in vocab) throw failure('tokenizer.token-twice', { token: JSON.stringify(token) });
    vocab[token] = id;
  });
  if (scored) {
    const scores = numbers(metadata, 'tokenizer.ggml.scores');
    if (scores.length !== tokens.length)
      throw failure('tokenizer.scores-differ', { tokens: tokens.length, scores: scores.length });
    const spaced = metadata['tokenizer.ggml.add_space_prefix'] !== false;
    return scoredTokenizer({ vocab, pieces: tokens, scores, types }, spaced);
  }
  const merges = strings(metadata, 'tokenizer.ggml.merges');
  const added = tokens.flatMap((content, id): AddedTokenJson[] => {
    const type = types[id];
    if (type !== CONTROL && type !== USER_DEFINED) return [];
    return [
      { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: type === CONTROL },
    ];
  });
  return bpeTokenizer(pre, vocab, merges, added);
}

/**
 * A byte-level BPE tokenizer. @param pre one of the names of `splittings`
 * @throws Error for another name: the caller knows them
 */
export function bpeTokenizer(
  pre: string,
  vocab: Record<string, number>,
  merges: string[],
  added: AddedTokenJson[],
): TokenizerJson {
  const splitting = splittings[pre];
  if (!splitting) throw new Error(`no splitting is called ${pre}`);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: splitting.normalizer ?? null,
    pre_tokenizer: splitting.preTokenizer,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: splitting.ignoreMerges ?? false,
      vocab,
      merges,
    },
  };
}
