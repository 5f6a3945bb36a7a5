/**
 * Text ↔ token ids, on @huggingface/tokenizers. Two ways in: `encode` treats everything as text, so what a person types
 * never becomes a special token; `encodeWithSpecials` reads special tokens, for text the app itself wrote.
 */
import {
  ByteLevelPreTokenizer,
  DigitsPreTokenizer,
  SequencePreTokenizer,
  Tokenizer as HubTokenizer,
} from '@huggingface/tokenizers';
import { failure } from '../contract/result.ts';
import { sentencePiece } from './sentencepiece.ts';
import type { Spelling } from './spelling.ts';
import type { TokenizerJson } from './tokenizer-json.ts';

export { tokenizerFromGguf, type TokenizerJson } from './tokenizer-json.ts';

export interface Tokenizer {
  /** Ids of plain text as it stands within other text. Special-token text typed by a user becomes ordinary tokens. Lone surrogates count as U+FFFD. */
  encode(text: string): number[];
  /** What `encode` needs before a text that begins a prompt, or follows a special token: a space or nothing. */
  readonly opening: string;
  /** Ids of a whole text in which special tokens are written out. Never give it text a user typed. */
  encodeWithSpecials(text: string): number[];
  /** Text of the ids, special tokens included; bytes that are no UTF-8 become U+FFFD. */
  decode(ids: readonly number[]): string;
  /** The bytes a token stands for; do not write into them. Throws `bad-request` outside the vocabulary. */
  bytes(id: number): Uint8Array;
  readonly vocabularySize: number;
  /** Whether the id has a text; there may be holes below `vocabularySize`. */
  knows(id: number): boolean;
  specialId(text: string): number | undefined;
  isSpecial(id: number): boolean;
  /** Every special token's text. */
  readonly specials: readonly string[];
}

/** As `String.prototype.toWellFormed`, which Node 18 lacks. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');

/** A regular expression that matches any of the words, the longest first; undefined for no words. */
export function anyOf(words: readonly string[]): RegExp | undefined {
  if (words.length === 0) return undefined;
  const sorted = [...words].sort((a, b) => b.length - a.length);
  return new RegExp(sorted.map((w) => w.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'gu');
}

/** The byte each character of a byte-level token stands for (GPT-2's table: printable Latin-1 as itself, the rest from U+0100 on). */
const byteOfCharacter: ReadonlyMap<string, number> = (() => {
  const table = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    table.set(String.fromCharCode(printable ? byte : next++), byte);
  }
  return table;
})();

/**
 * The reference counts every Unicode number as a digit and follows Unicode for white space, where the library has
 * JavaScript's `\d` and `\s` (ASCII digits; U+FEFF in, U+0085 out).
 */
function followReference(step: unknown): void {
  if (step instanceof SequencePreTokenizer) step.tokenizers.forEach(followReference);
  else if (step instanceof DigitsPreTokenizer)
    step.pattern = step.config.individual_digits ? /\P{N}+|\p{N}/gu : /\P{N}+|\p{N}+/gu;
  else if (step instanceof ByteLevelPreTokenizer)
    step.pattern =
      /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
}

/** GPT-2's spelling: each byte is a character, and words are split off before the merges. */
function byteLevel({ normalizer, pre_tokenizer: steps }: HubTokenizer, idOf: ReadonlyMap<string, number>): Spelling {
  if (!steps) throw failure('tokenizer.incomplete');
  followReference(steps);
  // The reference leaves out bytes the vocabulary lacks before it merges, so that their neighbours may join.
  const lacking = [...byteOfCharacter.keys()].filter((c) => !idOf.has(c));
  const lackingAny = new RegExp(
    `[${lacking.map((c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`).join('')}]`,
    'gu',
  );
  return {
    split(text) {
      const pieces = steps.pre_tokenize(normalizer ? normalizer.normalize(text) : text);
      return lacking.length > 0 ? pieces.map((piece) => piece.replace(lackingAny, '')) : pieces;
    },
    bytes(token) {
      const mapped = Array.from(token, (c) => byteOfCharacter.get(c) ?? -1);
      return mapped.length > 0 && !mapped.includes(-1) ? Uint8Array.from(mapped) : null;
    },
  };
}

const wholeText = new TextDecoder('utf-8', { ignoreBOM: true });

/** Builds the tokenizer of a pack from its tokenizer.json. Throws `pack-damaged` or `pack-unsupported`. */
export function loadTokenizer(json: TokenizerJson): Tokenizer {
  if (json?.model?.type !== 'BPE') throw failure('tokenizer.other-model', { type: String(json?.model?.type) });
  const spelled = sentencePiece(json);
  if (!spelled && json.decoder?.type !== 'ByteLevel')
    throw failure('tokenizer.other-decoder', { type: String(json.decoder?.type) });
  for (const token of json.added_tokens)
    if (token.lstrip || token.rstrip || token.single_word)
      throw failure('tokenizer.token-with-spaces', { token: token.content });
  let hub: HubTokenizer;
  try {
    hub = new HubTokenizer(json, {});
  } catch (cause) {
    throw failure('tokenizer.unreadable', {}, { cause });
  }
  const { model } = hub;
  if (!model) throw failure('tokenizer.incomplete');
  const vocabulary = model.vocab;
  const idOf = model.tokens_to_ids;
  const specialIds = new Map(json.added_tokens.filter((t) => t.special).map((t) => [t.content, t.id]));
  const specialSet = new Set(specialIds.values());
  const addedIds = new Map(json.added_tokens.map((t) => [t.content, t.id]));
  const wordsInText = anyOf(json.added_tokens.filter((t) => !t.special).map((t) => t.content));
  const wordsAll = anyOf([...addedIds.keys()]);
  const spelling = spelled ?? byteLevel(hub, idOf);
  const byteTable: (Uint8Array | undefined)[] = new Array<Uint8Array | undefined>(vocabulary.length);

  const pushRun = (text: string, ids: number[], before = ''): void => {
    if (text === '') return;
    let last = -1;
    for (const token of model.encode(spelling.split(before + text))) {
      const id = idOf.get(token);
      const again = id === last && spelling.unknown === 'fused' && token === json.model.unk_token;
      if (id !== undefined && !again) ids.push(id);
      last = id ?? -1;
    }
  };
  const encodeSplit = (text: string, words: RegExp | undefined, before = ''): number[] => {
    const ids: number[] = [];
    const whole = wellFormed(text);
    let from = 0;
    if (words) {
      for (const match of whole.matchAll(words)) {
        pushRun(whole.slice(from, match.index), ids, before);
        ids.push(addedIds.get(match[0]) ?? 0);
        from = match.index + match[0].length;
      }
    }
    pushRun(whole.slice(from), ids, before);
    return ids;
  };
  const opening = spelling.opening ?? '';
  const bytes = (id: number): Uint8Array => {
    const known = byteTable[id];
    if (known) return known;
    const token = vocabulary[id];
    if (token === undefined) throw failure('tokenizer.no-token', { token: id, size: vocabulary.length });
    const made = (specialSet.has(id) ? null : spelling.bytes(token)) ?? new TextEncoder().encode(token);
    byteTable[id] = made;
    return made;
  };
  return {
    encode: (text) => encodeSplit(text, wordsInText),
    opening,
    encodeWithSpecials: (text) => encodeSplit(text, wordsAll, opening),
    decode: (ids) => {
      const parts = ids.map(bytes);
      const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return wholeText.decode(all);
    },
    bytes,
    vocabularySize: vocabulary.length,
    knows: (id) => vocabulary[id] !== undefined,
    specialId: (text) => specialIds.get(text),
    isSpecial: (id) => specialSet.has(id),
    specials: [...specialIds.keys()],
  };
}

/** Ids to text pieces, one token at a time. All pieces and the flush joined equal `decode` of all ids. */
export class PieceDecoder {
  readonly #tokenizer: Pick<Tokenizer, 'bytes'>;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(tokenizer: Pick<Tokenizer, 'bytes'>) {
    this.#tokenizer = tokenizer;
  }

  /** The text that became complete with this token; '' within a character. */
  push(id: number): string {
    return this.#decoder.decode(this.#tokenizer.bytes(id), { stream: true });
  }

  /** Ends the text: '' or U+FFFD for a character that was never completed. The decoder can be used again after it. */
  flush(): string {
    return this.#decoder.decode();
  }
}

/** What to show for a lone, uncommitted token: its text, one U+FFFD for part of a character, '' for a special token. */
export function displayPiece(tokenizer: Pick<Tokenizer, 'decode' | 'isSpecial'>, id: number): string {
  let pieces = shownPieces.get(tokenizer);
  if (!pieces) shownPieces.set(tokenizer, (pieces = new Map()));
  let piece = pieces.get(id);
  if (piece === undefined)
    pieces.set(id, (piece = tokenizer.isSpecial(id) ? '' : tokenizer.decode([id]).replace(/\ufffd+/g, '\ufffd')));
  return piece;
}
/** A forward shows twenty or so, mostly the same ones. */
const shownPieces = new WeakMap<object, Map<number, string>>();
