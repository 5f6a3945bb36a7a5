/** The parser's flat list of tokens as a tree (tree.ts). */
import type { Token } from './rules/types.ts';
import { TooMuch } from './rules/clock.ts';
import type { Align, Block, Inline, ListItem, Placed } from './tree.ts';

/** Emphasis within emphasis deeper than this is not drawn; its words are. */
const DEEPEST_INLINE = 24;
/**
 * What a page may take to draw one text: a second, about. Pieces of running text count one, blocks and cells more, as each is a
 * component, and formulas most.
 */
const MOST_WORK = 15_000;
const BLOCK_WORK = 3;
const MATH_WORK = 10;

const attribute = (token: Token, name: string): string => String(token.attrs?.find(([key]) => key === name)?.[1] ?? '');
const meta = (token: Token, name: string): unknown => token.meta?.[name];
const TASK = /^\[([ xX])\](?:\s+|$)/;

class Reader {
  #at = 0;
  #work = 0;
  /** First lines of the items or rows of a top-level block. */
  parts: number[] = [];
  readonly #tokens: readonly Token[];
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The token that comes next, which is then passed. */
  next(): Token | undefined {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    return token;
  }
  get at(): number {
    return this.#at;
  }
  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }
  /** Whether the next token is of this type. */
  is(type: string): boolean {
    return this.#tokens[this.#at]?.type === type;
  }

  /** The blocks up to the token that closes what they stand in. */
  blocksUntil(type: string): Block[] {
    const blocks: Block[] = [];
    while (!this.done && !this.is(type)) {
      const block = this.block();
      if (block) blocks.push(block);
    }
    this.next();
    return blocks;
  }

  /** The next block; null: a token that draws nothing. */
  block(): Block | null {
    const token = this.next();
    this.#add(token?.type === 'math_block' ? MATH_WORK : 1);
    switch (token?.type) {
      case 'paragraph_open':
        return { type: 'paragraph', inline: this.#inlineUntil('paragraph_close') };
      case 'heading_open':
        return { type: 'heading', depth: Number(token.tag.slice(1)), inline: this.#inlineUntil('heading_close') };
      case 'fence':
        return fenceOf(token);
      case 'code_block':
        return { type: 'code', text: withoutLast(token.content), info: '', open: false };
      case 'hr':
        return { type: 'rule' };
      case 'blockquote_open':
        return { type: 'quote', blocks: this.blocksUntil('blockquote_close') };
      case 'bullet_list_open':
        return this.#list('bullet_list_close', false, 1);
      case 'ordered_list_open':
        return this.#list('ordered_list_close', true, Number(token.attrs?.[0]?.[1] ?? 1));
      case 'table_open':
        return this.#table();
      case 'math_block':
        return { type: 'math', tex: String(meta(token, 'tex')), open: meta(token, 'open') === true };
      case 'note_open':
        return { type: 'note', label: String(meta(token, 'label')), blocks: this.blocksUntil('note_close') };
      case 'definitions_open':
        return this.#definitions();
      default:
        return null;
    }
  }

  #inlineUntil(type: string): Inline[] {
    let inline: Inline[] = [];
    for (let token = this.next(); token && token.type !== type; token = this.next())
      if (token.type === 'inline') inline = this.#inline(token.children ?? []);
    return inline;
  }

  #inline(tokens: readonly Token[]): Inline[] {
    for (const { type } of tokens) this.#add(type === 'math' ? MATH_WORK : 1);
    this.#add(BLOCK_WORK);
    return inlineOf(tokens);
  }

  #add(work: number): void {
    this.#work += work;
    if (this.#work > MOST_WORK) throw new TooMuch();
  }

  #list(closes: string, ordered: boolean, start: number): Block {
    const items: ListItem[] = [];
    let loose = false;
    while (!this.done && !this.is(closes)) {
      const item = this.next();
      if (item?.level === 1) this.parts.push(item.map?.[0] ?? 0);
      // a tight list hides the paragraphs of its items
      const paragraph = this.#tokens[this.#at];
      if (paragraph?.type === 'paragraph_open' && !paragraph.hidden) loose = true;
      items.push(itemOf(this.blocksUntil('list_item_close')));
    }
    this.next();
    return { type: 'list', ordered, start, loose, items };
  }

  #table(): Block {
    const aligns: Align[] = [];
    const head: Inline[][] = [];
    const rows: Inline[][][] = [];
    for (let token = this.next(); token && token.type !== 'table_close'; token = this.next()) {
      if (token.type === 'th_open') {
        const align = attribute(token, 'style').slice('text-align:'.length);
        aligns.push(align === 'left' || align === 'center' || align === 'right' ? align : null);
        head.push(this.#inlineUntil('th_close'));
      } else if (token.type === 'td_open') rows.at(-1)?.push(this.#inlineUntil('td_close'));
      else if (token.type === 'tr_open' && head.length > 0) {
        if (token.level === 2) this.parts.push(token.map?.[0] ?? 0);
        rows.push([]);
      }
    }
    return { type: 'table', aligns, head, rows };
  }

  #definitions(): Block {
    const items: { term: Inline[]; meanings: Inline[][] }[] = [];
    for (let token = this.next(); token && token.type !== 'definitions_close'; token = this.next()) {
      if (token.type === 'term_open') items.push({ term: this.#inlineUntil('term_close'), meanings: [] });
      else if (token.type === 'meaning_open') items.at(-1)?.meanings.push(this.#inlineUntil('meaning_close'));
    }
    return { type: 'definitions', items };
  }
}

const withoutLast = (text: string): string => (text.endsWith('\n') ? text.slice(0, -1) : text);

function fenceOf({ content, info, map }: Token): Block {
  const lines = content.split('\n').length - (content === '' || content.endsWith('\n') ? 1 : 0);
  const [from, to] = map ?? [0, 0];
  // its first line and its text make up all of its lines: there is none that ends it
  const open = to - from === lines + 1;
  if (info.trim().toLowerCase() === 'math') return { type: 'math', tex: content.trim(), open };
  return { type: 'code', text: open ? content : withoutLast(content), info: info.trim(), open };
}

function itemOf(blocks: readonly Block[]): ListItem {
  const [first, ...others] = blocks;
  const [word, ...more] = first?.type === 'paragraph' ? first.inline : [];
  const sign = word?.type === 'text' ? TASK.exec(word.text) : null;
  if (!sign || word?.type !== 'text') return { task: null, blocks };
  const rest = word.text.slice(sign[0].length);
  return {
    task: sign[1] !== ' ',
    blocks: [{ type: 'paragraph', inline: rest === '' ? more : [{ type: 'text', text: rest }, ...more] }, ...others],
  };
}

const emphases = { strong_open: 'strong', em_open: 'em', s_open: 'del' } as const;

/** Running text; emphasis deeper than `DEEPEST_INLINE` is dropped, its words are kept. */
function inlineOf(tokens: readonly Token[]): Inline[] {
  const top: Inline[] = [];
  /** What is open, outermost first, and where its children go. */
  const open: { children: Inline[]; close: ((children: Inline[]) => Inline) | null }[] = [
    { children: top, close: null },
  ];
  const put = (piece: Inline): void => {
    const place = open.at(-1)?.children ?? top;
    const last = place.at(-1);
    if (piece.type === 'text' && last?.type === 'text')
      place[place.length - 1] = { type: 'text', text: last.text + piece.text };
    else place.push(piece);
  };
  for (const token of tokens) {
    if (token.nesting === 1) {
      const name = token.type;
      const deep = open.length > DEEPEST_INLINE;
      if (deep) open.push({ children: open.at(-1)?.children ?? top, close: null });
      else if (name === 'link_open')
        open.push({ children: [], close: (children) => ({ type: 'link', href: attribute(token, 'href'), children }) });
      else if (name === 'strong_open' || name === 'em_open' || name === 's_open')
        open.push({ children: [], close: (children) => ({ type: emphases[name], children }) });
      else open.push({ children: open.at(-1)?.children ?? top, close: null });
    } else if (token.nesting === -1) {
      const closed = open.length > 1 ? open.pop() : undefined;
      if (closed?.close) put(closed.close(closed.children));
    } else {
      const piece = pieceOf(token);
      if (piece) put(piece);
    }
  }
  return top;
}

function pieceOf(token: Token): Inline | null {
  switch (token.type) {
    case 'text':
    case 'text_special':
      return token.content === '' ? null : { type: 'text', text: token.content };
    case 'code_inline':
      return { type: 'code', text: token.content };
    case 'softbreak':
    case 'hardbreak':
      return { type: 'break' };
    case 'image':
      return { type: 'image', href: attribute(token, 'src'), alt: wordsOf(inlineOf(token.children ?? [])) };
    case 'math':
      return { type: 'math', tex: String(meta(token, 'tex')), display: meta(token, 'display') === true };
    case 'note_mark':
      return { type: 'noteMark', label: String(meta(token, 'label')) };
    default:
      return token.content === '' ? null : { type: 'text', text: token.content };
  }
}

/** The words of running text without its marks. */
export function wordsOf(inline: readonly Inline[]): string {
  return inline
    .map((piece) => {
      if ('children' in piece) return wordsOf(piece.children);
      if (piece.type === 'math') return piece.tex;
      if (piece.type === 'image') return piece.alt;
      if (piece.type === 'break') return ' ';
      return piece.type === 'noteMark' ? '' : piece.text;
    })
    .join('');
}

/** @param text that was parsed: tokens name lines, blocks are placed by characters */
export function treeOf(tokens: readonly Token[], text: string): Placed[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const placed: Placed[] = [];
  const reader = new Reader(tokens);
  for (let at = 0; at < tokens.length; at = reader.at) {
    const [first, last] = tokens[at]?.map ?? [0, 0];
    reader.parts = [];
    const block = reader.block();
    const parts = reader.parts.map((line) => starts[line] ?? text.length);
    if (block)
      placed.push({
        from: starts[first] ?? 0,
        to: starts[last] ?? text.length,
        block,
        ...(parts.length > 0 ? { parts } : {}),
      });
  }
  return placed;
}
