/** What a text in Markdown consists of. Offsets count UTF-16 units of the text that was parsed. */

export type Inline =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'strong' | 'em' | 'del'; readonly children: readonly Inline[] }
  /** Code within a line. */
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'break' }
  /** `href` as it was written: `safeHref` says whether it may be opened. */
  | { readonly type: 'link'; readonly href: string; readonly children: readonly Inline[] }
  | { readonly type: 'image'; readonly href: string; readonly alt: string }
  /** TeX source. `display`: on a line of its own. */
  | { readonly type: 'math'; readonly tex: string; readonly display: boolean }
  /** `[^label]` in the text. */
  | { readonly type: 'noteMark'; readonly label: string };

export type Align = 'left' | 'center' | 'right' | null;
export interface ListItem {
  /** Null: no task. Otherwise whether it is done. */
  readonly task: boolean | null;
  readonly blocks: readonly Block[];
}
export interface Paragraph {
  readonly type: 'paragraph';
  readonly inline: readonly Inline[];
}
export interface Heading {
  readonly type: 'heading';
  /** 1 to 6. */
  readonly depth: number;
  readonly inline: readonly Inline[];
}
export interface Code {
  readonly type: 'code';
  readonly text: string;
  /** The info string after the fence's signs: a language, mostly. */
  readonly info: string;
  /** A fence whose end is not written (yet). */
  readonly open: boolean;
}
export interface Quote {
  readonly type: 'quote';
  readonly blocks: readonly Block[];
}
export interface List {
  readonly type: 'list';
  readonly ordered: boolean;
  /** The first item's number. */
  readonly start: number;
  /** With space between its items. */
  readonly loose: boolean;
  readonly items: readonly ListItem[];
}
export interface Table {
  readonly type: 'table';
  readonly aligns: readonly Align[];
  readonly head: readonly (readonly Inline[])[];
  /** Each as long as the head. */
  readonly rows: readonly (readonly (readonly Inline[])[])[];
}
/** A formula on lines of its own. */
export interface MathBlock {
  readonly type: 'math';
  readonly tex: string;
  /** Its end is not written (yet). */
  readonly open: boolean;
}
/** A footnote, `[^label]: …`, with what belongs to it. */
export interface Note {
  readonly type: 'note';
  readonly label: string;
  readonly blocks: readonly Block[];
}
/** A term and `: ` what it means, one or more times. */
export interface Definitions {
  readonly type: 'definitions';
  readonly items: readonly { readonly term: readonly Inline[]; readonly meanings: readonly (readonly Inline[])[] }[];
}
/** Text that is shown without typesetting. */
export interface AsWritten {
  readonly type: 'asWritten';
  readonly text: string;
}
export type Block =
  | Paragraph
  | Heading
  | Code
  | Quote
  | List
  | Table
  | { readonly type: 'rule' }
  | MathBlock
  | Note
  | Definitions
  | AsWritten;

/** A top-level block and its place in the text: `[from, to)` covers its lines. */
export interface Placed {
  readonly from: number;
  readonly to: number;
  readonly block: Block;
  /** Where each item of a list, or each row of a table's body, begins. */
  readonly parts?: readonly number[];
}
