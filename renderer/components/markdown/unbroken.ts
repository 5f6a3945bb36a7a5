/** Long runs of text without a space, which a browser takes long to lay out where pairs of its signs are kerned. Pure. */

export interface TextPart {
  readonly text: string;
  /** To be set without kerning and ligatures. */
  readonly unbroken: boolean;
}

/** In UTF-16 units. Of letters and signs before the Chinese, Japanese and Korean ones, whose text has no spaces and no kerning. */
const SHORTEST = 300;
const RUN = new RegExp(`[!-\\u1fff\\u2010-\\u2bff]{${SHORTEST},}`, 'g');

/** The text in parts, in order: mostly one. */
export function textParts(text: string): readonly TextPart[] {
  if (text.length < SHORTEST) return [{ text, unbroken: false }];
  const parts: TextPart[] = [];
  let from = 0;
  for (const { 0: run, index } of text.matchAll(RUN)) {
    if (index > from) parts.push({ text: text.slice(from, index), unbroken: false });
    parts.push({ text: run, unbroken: true });
    from = index + run.length;
  }
  if (from < text.length || parts.length === 0) parts.push({ text: text.slice(from), unbroken: false });
  return parts;
}
