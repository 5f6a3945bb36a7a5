/**
 * Markdown of a growing text, block by block. Blocks that can no longer change keep their identity, and so do the items of a list
 * and the rows of a table that grow at the text's end: only what is new is parsed and drawn again. Feeding a text in pieces gives
 * the same blocks as parsing it whole.
 */
import { heal } from './heal.ts';
import { parse, uniform } from './parse.ts';
import type { Block, List, Placed, Table } from './tree.ts';

export interface StreamBlock {
  /** Offset of the block in the text: stable, unique. */
  readonly key: number;
  readonly block: Block;
}

/**
 * The last two blocks stay open: the last one still grows, and what follows a list may turn out to belong to it
 * (`2` … `2.` … `2. item`). So do the last two parts of a list or a table.
 */
const OPEN = 2;
/** So many characters of a list or a table are parsed again and again before its first parts are kept. */
const WORTH_KEEPING = 1000;
/** `[label]: address`, to which any part of the text may refer. */
const REFERENCE = /^ {0,3}\[(?!\^)[^\]\n]{1,200}\]:/m;

/** The first parts of the list or table with which the open part begins. */
interface Kept {
  readonly block: List | Table;
  /** Where the block begins, and where its first part that is not kept does. */
  readonly from: number;
  readonly at: number;
  /** The head of a table, which its rows are parsed with. */
  readonly head: string;
}

/** A list or a table of the parts of two; null: the second one is no continuation of the first. */
function joined(first: List | Table, second: Block | undefined): List | Table | null {
  if (first.type === 'list' && second?.type === 'list' && first.ordered === second.ordered)
    return { ...first, loose: first.loose || second.loose, items: [...first.items, ...second.items] };
  if (first.type === 'table' && second?.type === 'table' && first.aligns.length === second.aligns.length)
    return { ...first, rows: [...first.rows, ...second.rows] };
  return null;
}

export class BlockStream {
  #text = '';
  #settled: StreamBlock[] = [];
  /** Where the open part begins. */
  #offset = 0;
  #kept: Kept | null = null;
  readonly #read: typeof parse;
  constructor(read: typeof parse = parse) {
    this.#read = read;
  }

  /** The blocks of `text`. Cheap when `text` continues the one before. `growing`: close open emphasis for display. */
  update(text: string, growing = false): readonly StreamBlock[] {
    const now = uniform(text);
    // an address that is named at the end changes links before it
    const whole = !growing && REFERENCE.test(now);
    if (whole || !now.startsWith(this.#text)) this.#begin();
    this.#text = now;
    let open = this.#parse(now);
    if (!whole) open = this.#settle(open, now);
    const last = open.at(-1);
    const blocks = open.map(({ from, block }): StreamBlock => ({ key: from, block }));
    if (growing && last) {
      const from = this.#kept?.from === last.from ? this.#kept.at : last.from;
      const healed = heal(now.slice(from), last.block);
      const block = healed === null ? undefined : this.#joinedParse(healed, from)?.[0]?.block;
      if (block) blocks[blocks.length - 1] = { key: last.from, block };
    }
    return [...this.#settled, ...blocks];
  }

  #begin(): void {
    this.#settled = [];
    this.#offset = 0;
    this.#kept = null;
  }

  /** The open blocks, placed in the whole text. */
  #parse(now: string): Placed[] {
    const kept = this.#kept;
    const blocks = kept ? this.#joinedParse(now.slice(kept.at), kept.at) : null;
    if (blocks) return blocks;
    this.#kept = null;
    return this.#joinedParse(now.slice(this.#offset), this.#offset) ?? [];
  }

  /** @param text from `at` on, in the whole text. Null: it does not continue what is kept. */
  #joinedParse(text: string, at: number): Placed[] | null {
    const kept = this.#kept?.at === at ? this.#kept : null;
    const head = kept?.head ?? '';
    const shift = at - head.length;
    const blocks = this.#read(head + text).map((placed): Placed => ({
      from: placed.from + shift,
      to: placed.to + shift,
      block: placed.block,
      ...(placed.parts ? { parts: placed.parts.map((part) => part + shift) } : {}),
    }));
    const first = blocks[0];
    if (!kept) return blocks;
    const block = joined(kept.block, first?.block);
    return first && block ? [{ ...first, from: kept.from, block }, ...blocks.slice(1)] : null;
  }

  /** Takes what can no longer change out of the open part. */
  #settle(open: readonly Placed[], now: string): Placed[] {
    let first = 0;
    const last = open.at(-1);
    // with so many parts of its own behind it, a block has what follows settled
    const grown = last?.parts !== undefined && last.parts.length > 2 * OPEN;
    const stays = grown ? 1 : OPEN;
    for (; open.length - first > stays; first++) {
      const { from, block } = open[first] ?? { from: 0, block: { type: 'rule' } };
      this.#settled.push({ key: from, block });
      this.#offset = open[first + 1]?.from ?? this.#offset;
      if (this.#kept?.from === from) this.#kept = null;
    }
    if (grown && last) this.#keep(last, now);
    return open.slice(first);
  }

  /** Keeps the first parts of the block with which the text ends. */
  #keep({ from, block, parts = [] }: Placed, now: string): void {
    const at = parts.at(-OPEN);
    const since = this.#kept?.at ?? from;
    if (at === undefined || at - since < WORTH_KEEPING || (block.type !== 'list' && block.type !== 'table')) return;
    const rows = block.type === 'table' ? now.slice(from, parts[0] ?? from) : '';
    const head = this.#kept?.head ?? rows;
    if (block.type === 'table') {
      this.#kept = { block: { ...block, rows: block.rows.slice(0, -OPEN) }, from, at, head };
      return;
    }
    // whether the kept items have space between them is seen with the one that follows, but not by what comes after it
    const lineEnd = now.indexOf('\n', at);
    const loose = this.#joinedParse(now.slice(since, lineEnd < 0 ? now.length : lineEnd), since)?.[0]?.block;
    this.#kept = {
      block: { ...block, loose: loose?.type === 'list' && loose.loose, items: block.items.slice(0, -OPEN) },
      from,
      at,
      head: '',
    };
  }
}
