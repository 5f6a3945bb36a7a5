/** What pictures and films of the window are drawn with: its faces, its sheet's colours, lines of words. */

const families = {
  serif: "'Source Serif', Georgia, serif",
  draft: "'Source Serif Draft', Georgia, serif",
  sans: "'Inter', system-ui, sans-serif",
  mono: "'JetBrains Mono', ui-monospace, monospace",
} as const;
export type Face = keyof typeof families;

export const face = {
  of: (size: number, kind: Face): string => `${kind === 'draft' ? 'italic ' : ''}400 ${size}px ${families[kind]}`,
  /** Fonts are fetched when they are first used: a canvas does not wait for them. */
  load: (size: number, kind: Face): Promise<unknown> => document.fonts.load(face.of(size, kind), 'Aag'),
};

export interface Inks {
  ground: string;
  ink: string;
  soft: string;
  low: string;
  hair: string;
  copper: string;
}
/** The colours of the sheet that is shown. */
export function inkOf(root: Element): Inks {
  const style = getComputedStyle(root);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ground: colour('--ground'),
    ink: colour('--ink'),
    soft: colour('--ink-3'),
    low: colour('--ink-low'),
    hair: colour('--hair-2'),
    copper: colour('--copper'),
  };
}

/** Text in lines of at most `width`, `most` of them; the last ends in … where there is more. */
export function wrap(
  pen: Pick<CanvasRenderingContext2D, 'measureText'>,
  text: string,
  width: number,
  most: number,
): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || pen.measureText(longer).width <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `${lines[most - 1] ?? ''} …`];
}
