/**
 * BPE as SentencePiece spells it, in the form of Gemma's and Llama 2's tokenizer.json: a space is ▁, nothing is split before the
 * merges, and a character that the vocabulary lacks becomes its bytes, each a token of its own. Llama 2's puts a space before a text.
 */
import type { Spelling } from './spelling.ts';
import type { TokenizerJson } from './tokenizer-json.ts';

const SPACE = '▁';
const aByte = /^<0x([0-9A-F]{2})>$/;

type Step = Readonly<Record<string, unknown>> | null | undefined;

/** Whether a step puts one text for another, as given. */
function replaces(step: Step, from: string, to: string): boolean {
  const pattern = step?.['pattern'] as { String?: unknown } | undefined;
  return step?.['type'] === 'Replace' && pattern?.String === from && step['content'] === to;
}

/** Splitting at spaces does nothing once none is left. */
function splitsAtSpaces(step: Step): boolean {
  const pattern = step?.['pattern'] as { String?: unknown } | undefined;
  return step?.['type'] === 'Split' && pattern?.String === ' ' && step['invert'] !== true;
}

/** The spelling of a tokenizer of this kind; undefined for one whose parts say anything else. */
export function sentencePiece({
  normalizer,
  pre_tokenizer,
  decoder,
  model,
  added_tokens,
}: TokenizerJson): Spelling | undefined {
  const steps = decoder?.type === 'Sequence' ? (decoder['decoders'] as Step[] | undefined) : undefined;
  const [spaces, bytes, fuse, strip] = steps ?? [];
  const opens = normalizer?.type === 'Sequence';
  const [opening, escape, ...others] = opens ? (normalizer['normalizers'] as Step[]) : [null, normalizer];
  const opensSoundly =
    !opens ||
    (opening?.['type'] === 'Prepend' &&
      opening['prepend'] === SPACE &&
      strip?.['type'] === 'Strip' &&
      strip['content'] === ' ' &&
      strip['start'] === 1 &&
      strip['stop'] === 0);
  const known =
    steps?.length === (opens ? 4 : 3) &&
    others.length === 0 &&
    opensSoundly &&
    replaces(spaces, SPACE, ' ') &&
    bytes?.['type'] === 'ByteFallback' &&
    fuse?.['type'] === 'Fuse' &&
    replaces(escape, ' ', SPACE) &&
    (!pre_tokenizer || splitsAtSpaces(pre_tokenizer)) &&
    model.byte_fallback &&
    !added_tokens.some(({ normalized, content }) => normalized && / |▁/.test(content));
  if (!known) return undefined;
  const encoder = new TextEncoder();
  return {
    split: (text) => [text.replaceAll(' ', SPACE)],
    bytes(token) {
      const code = aByte.exec(token)?.[1];
      return code === undefined ? encoder.encode(token.replaceAll(SPACE, ' ')) : Uint8Array.of(parseInt(code, 16));
    },
    ...(opens ? { opening: ' ' } : {}),
    unknown: model.fuse_unk ? 'fused' : 'each',
  };
}
