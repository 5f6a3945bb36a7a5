/**
 * A layout in tokens. Fixed text becomes tokens that decode to it byte for byte. A space before a hole belongs to the
 * hole's first word, as the model's own tokens have it; the reply's text is the same.
 */
import { append } from '../contract/lists.ts';
import type { KnownToken } from '../contract/generation.ts';
import { SHORT_HOLE, type Hole, type Layout } from '../contract/layout.ts';
import { failure } from '../contract/result.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface HolePart {
  kind: 'hole';
  hole: Hole;
  /** Its first token must begin with a space. */
  space: boolean;
  /** It begins the reply, or a line: its first token must not be blank. */
  fresh: boolean;
  /** Nothing follows: the reply ends with it. */
  last: boolean;
  /** Found by a search over whole spans, not written on. */
  short: boolean;
  /** The fixed tokens that follow it up to the next hole. */
  suffix: number[];
}
export type Part = { kind: 'locked'; ids: number[] } | { kind: 'written'; tokens: KnownToken[] } | HolePart;

/** @throws bad-request where fixed text has no tokens that give it back exactly */
export function layoutParts(layout: Layout, tokenizer: Pick<Tokenizer, 'encode' | 'decode'>, begins: boolean): Part[] {
  const parts: Part[] = [];
  let before = begins ? '' : 'x'; // the text that stands before the part, as far as spaces go
  let space = false;
  layout.forEach((part, i) => {
    const next = layout[i + 1];
    if (part.kind === 'hole') {
      const last = next === undefined;
      parts.push({
        kind: 'hole',
        hole: part,
        space: part.as ? part.as.type === 'free' && part.as.space : space,
        fresh: part.as === undefined && !space && /(^|\n)$/.test(before),
        last,
        short:
          part.sentences === undefined &&
          part.close === undefined &&
          part.max <= SHORT_HOLE &&
          !(last && part.min === 0),
        suffix: [],
      });
      before = 'x';
      space = false;
    } else if (part.kind === 'written') {
      parts.push(part);
      before = part.tokens.at(-1)?.text ?? before;
    } else {
      let ids: number[];
      if (part.kind === 'kept') ids = part.ids;
      else {
        space = next?.kind === 'hole' && next.as === undefined && part.text.endsWith(' ');
        const text = space ? part.text.slice(0, -1) : part.text;
        ids = tokenizer.encode(text);
        if (tokenizer.decode(ids) !== text)
          throw failure('template.fixed-text-unwritable', { text: JSON.stringify(part.text.slice(0, 80)) });
        before = text;
      }
      if (ids.length > 0) parts.push({ kind: 'locked', ids });
    }
  });
  parts.forEach((part, i) => {
    if (part.kind !== 'hole') return;
    for (const next of parts.slice(i + 1)) {
      if (next.kind === 'hole') break;
      append(part.suffix, next.kind === 'locked' ? next.ids : next.tokens.map(({ id }) => id));
    }
  });
  return parts;
}

/** What of a vocabulary may stand where in a hole, by the tokens' texts. */
export class TokenShapes {
  readonly #tokenizer: Pick<Tokenizer, 'bytes' | 'isSpecial' | 'vocabularySize'>;
  readonly #texts: (string | undefined)[];
  #lines: ReadonlySet<number> | null = null;
  #unquotable: ReadonlySet<number> | null = null;

  constructor(tokenizer: Pick<Tokenizer, 'bytes' | 'isSpecial' | 'vocabularySize'>) {
    this.#tokenizer = tokenizer;
    this.#texts = new Array<string | undefined>(tokenizer.vocabularySize);
  }

  /** A token's bytes as Latin-1: enough to see spaces, line ends and punctuation. */
  text(id: number): string {
    return (this.#texts[id] ??= this.#tokenizer.isSpecial(id)
      ? ''
      : Array.from(this.#tokenizer.bytes(id), (byte) => String.fromCharCode(byte)).join(''));
  }
  /** Every token with a line end in it. */
  get lines(): ReadonlySet<number> {
    return (this.#lines ??= new Set(
      Array.from({ length: this.#tokenizer.vocabularySize }, (_, id) => id).filter((id) =>
        this.text(id).includes('\n'),
      ),
    ));
  }
  beginsWord = (id: number): boolean => /^ \S/.test(this.text(id));
  blank = (id: number): boolean => this.text(id).trim() === '';
  /** Whether a sentence ends with the token at a place; the number of a list item is none. */
  endsSentence(ids: readonly number[], at: number): boolean {
    if (!/[.!?]["')\]*_]*$/.test(this.text(ids[at] ?? -1))) return false;
    const begins = (i: number): boolean => i < 0 || this.text(ids[i] as number).endsWith('\n');
    return !(at > 0 && /^\s*\d+$/.test(this.text(ids[at - 1] as number)) && begins(at - 2));
  }
  /** Ends a sentence, a part of one, or a line; or opens or ends what a person would have to fill in. */
  breaks = (id: number): boolean => /[.!?;:\n[\]]/.test(this.text(id));
  /** Every token that can't stand in a JSON string as it is: quotes but at its start, backslashes, control characters. */
  get unquotable(): ReadonlySet<number> {
    return (this.#unquotable ??= new Set(
      Array.from({ length: this.#tokenizer.vocabularySize }, (_, id) => id).filter((id) => {
        const text = this.text(id);
        // eslint-disable-next-line no-control-regex -- these are what is looked for
        return text === '' || /[\u0000-\u001f\u007f\\]|."/s.test(text);
      }),
    ));
  }
  endsBlank = (id: number): boolean => this.text(id) === '' || /\s$/.test(this.text(id));
}
const shapes = new WeakMap<object, TokenShapes>();
export function shapesOf(tokenizer: Pick<Tokenizer, 'bytes' | 'isSpecial' | 'vocabularySize'>): TokenShapes {
  let found = shapes.get(tokenizer);
  if (!found) shapes.set(tokenizer, (found = new TokenShapes(tokenizer)));
  return found;
}
