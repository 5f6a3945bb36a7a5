/** Text laid out in lines, for a canvas: it only grows, so only its last line is laid out again. Pure but for the pen's measure. */

/** Markdown's marks are left out: a film shows words. */
export const plainText = (text: string): string =>
  text
    .replace(/\*\*|__|`/g, '')
    .replace(/^#{1,6} /gm, '')
    .replace(/^(\s*)[*+] /gm, '$1• ');

export class Lines {
  readonly #width: number;
  readonly #measure: (text: string) => number;
  #text = '';
  /** Lines that can no longer change, and where the open one begins. */
  #settled: string[] = [];
  #from = 0;

  constructor(width: number, measure: (text: string) => number) {
    this.#width = width;
    this.#measure = measure;
  }

  /** The lines of `text`; the last one may grow. */
  of(text: string): readonly string[] {
    if (!text.startsWith(this.#text)) {
      this.#settled = [];
      this.#from = 0;
    }
    this.#text = text;
    let line = '';
    let at = this.#from;
    const settle = (next: number): void => {
      this.#settled.push(line);
      line = '';
      this.#from = next;
    };
    for (const [piece] of text.slice(this.#from).matchAll(/\n|[^\S\n]+|\S+/g)) {
      if (piece === '\n') settle(at + 1);
      else if (line.trim() !== '' && /\S/.test(piece) && this.#measure(line + piece) > this.#width) {
        settle(at);
        line = piece;
      } else if (line !== '' || /\S/.test(piece)) line += piece;
      at += piece.length;
    }
    return [...this.#settled, line];
  }
}
