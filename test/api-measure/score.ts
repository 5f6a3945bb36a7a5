/** How near a text written into a hole is to what stood there. */

/** 1 − edits over the longer length, in characters; 1 for two empty texts. */
export function similarity(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  if (longest === 0) return 1;
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++)
      row.push(
        Math.min(
          (above[j] as number) + 1,
          (row[j - 1] as number) + 1,
          (above[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    above = row;
  }
  return 1 - (above[b.length] as number) / longest;
}

export interface Score {
  /** Holes whose text is the very one that stood there, spaces at its ends aside. */
  exact: number;
  /** Holes whose text begins with it: what writing from the left alone can be asked for, as it does not know where the hole ends. */
  begins: number;
  /** Mean similarity to what stood there; of writing from the left its first characters alone, as many as the hole had. */
  similarity: number;
}

/** @param fair cuts a text to the answer's length before it is compared by similarity */
export function scoreOf(written: readonly { text: string; answer: string }[], fair: boolean): Score {
  let exact = 0;
  let begins = 0;
  let sum = 0;
  for (const { text, answer } of written) {
    const trimmed = text.trim();
    if (trimmed === answer.trim()) exact++;
    if (trimmed.startsWith(answer.trim())) begins++;
    const wanted = answer.trim();
    sum += similarity(fair ? trimmed.slice(0, wanted.length) : trimmed, wanted);
  }
  return { exact, begins, similarity: written.length === 0 ? 0 : sum / written.length };
}
