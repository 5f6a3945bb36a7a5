/** SentencePiece's BPE as GGUF files hold it: pieces with scores, the best of which is merged first. As a tokenizer.json. */
import { failure } from '../contract/result.ts';
import type { AddedTokenJson, TokenizerJson } from './tokenizer-form.ts';

const SPACE = '▁';
const kinds = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5 } as const;
const mergeable: ReadonlySet<number> = new Set([kinds.normal, kinds.userDefined, kinds.unused]);

interface Table {
  /** Ids by pieces. */
  vocab: Record<string, number>;
  pieces: readonly string[];
  scores: readonly number[];
  types: readonly number[];
}

/**
 * Every way in which two pieces make a third one, the best score first. Of one piece's ways the longer first part comes first,
 * as transformers' conversion ranks them.
 */
function mergesOf({ vocab, pieces, scores, types }: Table): string[] {
  const found: { left: string; right: string; score: number; lengths: [number, number] }[] = [];
  pieces.forEach((piece, id) => {
    if (!mergeable.has(types[id] as number)) return;
    const letters = Array.from(piece);
    const ways: typeof found = [];
    let left = '';
    for (let n = 1; n < letters.length; n++) {
      left += letters[n - 1] as string;
      const right = piece.slice(left.length);
      if (left in vocab && right in vocab)
        ways.push({ left, right, score: scores[id] as number, lengths: [n, letters.length - n] });
    }
    ways.sort((a, b) => (vocab[a.left] as number) - (vocab[b.left] as number));
    for (const way of ways) found.push(way);
  });
  found.sort((a, b) => b.score - a.score || b.lengths[0] - a.lengths[0] || b.lengths[1] - a.lengths[1]);
  return found.map(({ left, right }) => `${left} ${right}`);
}

/**
 * @param spaced a space stands before a text and after each special token
 * @throws MezzotintError `pack-unsupported` where a byte has no piece, so that there is text it can't spell
 */
export function scoredTokenizer(table: Table, spaced: boolean): TokenizerJson {
  const { vocab, pieces, types } = table;
  for (let byte = 0; byte < 256; byte++) {
    const piece = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
    if (!(piece in vocab)) throw failure('tokenizer.no-byte', { token: piece });
  }
  const escape = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };
  const decoders = [
    { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    ...(spaced ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
  ];
  const added = pieces.flatMap((content, id): AddedTokenJson[] => {
    const type = types[id];
    if (type !== kinds.control && type !== kinds.unknown && type !== kinds.userDefined) return [];
    const special = type !== kinds.userDefined;
    return [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }];
  });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: spaced ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: SPACE }, escape] } : escape,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Sequence', decoders },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: pieces[types.indexOf(kinds.unknown)] ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab,
      merges: mergesOf(table),
    },
  };
}
