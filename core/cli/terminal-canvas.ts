/**
 * A reply in a terminal: finished text as it comes, and after it the slots that are being denoised. The slots are drawn over and
 * over behind the end of the text, by moves relative to the cursor alone, so that scrolling does no harm.
 */
import stringWidth from 'string-width';
import { isFinal, type GenerationEvent, type SlotChange } from '../contract/generation.ts';

export interface CanvasOptions {
  /** Finished text goes here, as it is. */
  text: (text: string) => void;
  /** Control sequences and the slots that are not finished. */
  draw: (sequence: string) => void;
  /** Cells of the terminal. */
  size: () => { columns: number; rows: number };
  colour: boolean;
  /** The text goes to the same terminal: slots are drawn behind it. */
  together: boolean;
}

/** Rows of slots at most: a long canvas must not push the text out of sight. */
const MOST_ROWS = 6;
const TAB = 8;
const CLEAR = '\x1b[J';
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** What a terminal would obey. Line ends and tabs are left. */
const obeyed = /[\p{Cc}\p{Cf}]/gu;
const kept = /[\n\t\u200d]/;

/** Words of a model as a terminal may have them: nothing in them is obeyed. */
export const shownText = (text: string): string =>
  text.replace(/\r\n?/g, '\n').replace(obeyed, (character) => (kept.test(character) ? character : ''));

/** The column after a text that begins at a column; `columns` itself where the next character wraps. */
function columnAfter(start: number, text: string, columns: number): number {
  let column = start;
  for (const { segment } of graphemes.segment(text)) {
    if (segment === '\n') column = 0;
    else if (segment === '\t') column = Math.max(column, Math.min(columns - 1, (Math.floor(column / TAB) + 1) * TAB));
    else {
      const width = stringWidth(segment);
      column = column + width > columns ? width : column + width;
    }
  }
  return column;
}

/** masked: grain · draft, guess and noise: faint · over the threshold: cyan. Without colours, all but the grain looks alike. */
const styles: Record<SlotChange['state'], readonly [string, string]> = {
  masked: ['\x1b[2m', '\x1b[22m'],
  rejected: ['\x1b[2m', '\x1b[22m'],
  draft: ['\x1b[2m', '\x1b[22m'],
  noise: ['\x1b[2m', '\x1b[22m'],
  guess: ['\x1b[2m', '\x1b[22m'],
  revealed: ['\x1b[36m', '\x1b[39m'],
  locked: ['', ''],
  committed: ['', ''],
};
const GRAIN = '░';
const wordOf = ({ state, text }: SlotChange): string =>
  state === 'masked' || state === 'rejected' || text === '' ? GRAIN : shownText(text).replace(/\s/g, ' ');

export class TerminalCanvas {
  private readonly options: CanvasOptions;
  private slots = new Map<number, SlotChange>();
  private canvas = { from: 0, length: 0 };
  /** Where the text ends. */
  private column = 0;
  private drawn = false;
  /** The slot after the last finished one. */
  private finished = 0;

  constructor(options: CanvasOptions) {
    this.options = options;
  }

  /** Events of one reply, in their order. */
  take(events: readonly GenerationEvent[]): void {
    for (const event of events) {
      if (event.type === 'started') this.begin(event.firstSlot);
      else if (event.type === 'frame') {
        this.canvas = event.canvas;
        for (const change of event.changes) this.slots.set(change.slot, change);
      } else if (event.type === 'blockCommitted') {
        this.write(event.tokens.map(({ text }) => text).join(''));
        this.finished = event.from + event.tokens.length;
      }
      if (isFinal(event)) this.slots.clear();
    }
    for (const slot of this.slots.keys())
      if (slot < this.finished || slot < this.canvas.from || slot >= this.canvas.from + this.canvas.length)
        this.slots.delete(slot);
    this.redraw();
  }
  /** Leaves the finished text alone on the terminal. */
  end(): void {
    this.slots.clear();
    this.erase();
  }

  private begin(firstSlot: number): void {
    this.slots.clear();
    this.finished = firstSlot;
    this.column = 0;
  }
  private write(text: string): void {
    if (text === '') return;
    this.erase();
    const shown = this.options.together ? shownText(text) : text;
    this.options.text(shown);
    if (this.options.together) this.column = columnAfter(this.column, shown, this.options.size().columns);
  }
  private erase(): void {
    if (this.drawn) this.options.draw(CLEAR);
    this.drawn = false;
  }
  private redraw(): void {
    const slots = [...this.slots.values()].sort((a, b) => a.slot - b.slot);
    if (slots.length === 0) return this.erase();
    const { columns, rows } = this.options.size();
    let lead = '';
    if (this.column >= columns) {
      // the cursor hangs behind the last cell: the blank takes it to the next line
      lead = ' \r';
      this.column = 0;
    }
    const lines = this.lines(slots, columns, Math.max(1, Math.min(MOST_ROWS, rows - 2)));
    const up = lines.length > 1 ? `\x1b[${lines.length - 1}A` : '';
    this.options.draw(`${lead}${CLEAR}${lines.join('\r\n')}${up}\x1b[${this.column + 1}G`);
    this.drawn = true;
  }
  /** The slots from the text's end on, in lines that leave the last cell free. */
  private lines(slots: readonly SlotChange[], columns: number, most: number): string[] {
    const lines: string[] = [];
    let line = '';
    let at = this.column;
    for (const slot of slots) {
      const [on, off] = this.options.colour ? styles[slot.state] : ['', ''];
      line += on;
      for (const { segment } of graphemes.segment(wordOf(slot))) {
        const width = stringWidth(segment);
        if (at + width > columns - 1) {
          lines.push(line + off);
          if (lines.length === most) return lines;
          line = on;
          at = 0;
        }
        line += segment;
        at += width;
      }
      line += off;
    }
    return [...lines, line];
  }
}
