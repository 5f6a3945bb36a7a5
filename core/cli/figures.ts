/** Sizes and rows of text, for people. */
export const bytesText = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.max(1, Math.round(bytes / 1e6))} MB`;

/** Rows in columns that stand below each other; the last one is as wide as it is. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Progress on standard error: one line for each twentieth, and none where nothing moved. */
export function progressLines(what: string, say: (line: string) => void): (done: number, total: number) => void {
  let shown = -1;
  return (done, total) => {
    const step = total === 0 ? 20 : Math.floor((done / total) * 20);
    if (step > shown) say(`${what}: ${step * 5} % of ${bytesText(total)}`);
    shown = Math.max(shown, step);
  };
}
