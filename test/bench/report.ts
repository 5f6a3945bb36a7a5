import type { Machine } from './machine.ts';

/** The bench's result: one JSON object, or a table to read. null: not measured, with the reason under `missing`. */
export interface Report {
  ar_tok_s: number | null;
  exact_tok_s: number | null;
  fast_tok_s: number | null;
  llamacpp_q8_tok_s: number | null;
  llamacpp_q4_tok_s: number | null;
  /** Exact with a block seen forming, and the share of Exact's speed that is left. */
  watch_tok_s: number | null;
  watch_of_exact: number | null;
  exact_tpf: number | null;
  fast_tpf: number | null;
  /** Tokens a second over another engine's or mode's on the same prompt, the median of all. */
  exact_of_ar: number | null;
  fast_of_ar: number | null;
  exact_of_llamacpp_q8: number | null;
  fast_of_llamacpp_q8: number | null;
  /** Against the peer's Q8_0 or its 4-bit file, whichever leaves the smaller ratio. */
  exact_of_llamacpp: number | null;
  fast_of_llamacpp: number | null;
  /** Milliseconds a forward by mode that decoding spends outside the sessions of model and drafter: choosing, committing, telling. */
  outside_ms: Record<string, number | null>;
  /** Share of replies where Exact wrote the very text of plain decoding. */
  exact_equals_ar: number | null;
  prefill_tok_s: number | null;
  /** Process start to first committed token. */
  cold_start_ms: number | null;
  forward_ms: { cached: number; rows: number; canvas: number; ms: number }[] | null;
  /** What 8 and 32 context rows cost over one, past 256 tokens. */
  rows_8: number | null;
  rows_32: number | null;
  /** What one row costs past 4,096 tokens over one past 256. */
  ctx_4096: number | null;
  /** Share of a forward of 8 rows, 7 of them masked slots, that 8 context rows do not take: the adapter's cost. */
  adapter_share_t8: number | null;
  peak_memory_mb: Record<string, number | null>;
  /** The block format of the peer's 4-bit file. */
  llamacpp_q4_kind: string | null;
  conversations: number;
  max_tokens: number;
  threads: number;
  machine: Machine;
  pack: { name: string; hash: string };
  missing: Record<string, string>;
}

/** Middle value, or the mean of the two middle ones, to three digits after the point; null of nothing. */
export function median(values: readonly number[] | undefined): number | null {
  if (!values || values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const middle = sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
  return Math.round(middle * 1000) / 1000;
}

/** The smaller of two; the other where one was not measured. */
export const lesser = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

/** A forward's cost over that of one context row past 256 tokens; null where one of them was not measured. */
export function costRatio(
  forward: Report['forward_ms'],
  { rows = 1, cached = 256 }: { rows?: number; cached?: number },
): number | null {
  const of = (r: number, c: number): number | undefined =>
    forward?.find((f) => f.canvas === 0 && f.rows === r && f.cached === c)?.ms;
  const [one, many] = [of(1, 256), of(rows, cached)];
  return one === undefined || many === undefined ? null : Math.round((many / one) * 1000) / 1000;
}

export function table(report: Report): string {
  const shown = (value: number | null, digits = 1): string => (value === null ? '–' : value.toFixed(digits));
  const lines = [
    `${report.pack.name} on ${report.machine.cpu} (${report.machine.instruction_sets.join(', ') || 'instruction sets unknown'}), ${report.threads} threads; ${report.conversations} conversations of two turns, up to ${report.max_tokens} tokens, greedy; medians`,
    '',
    '                          tokens/s   tokens/forward   of one at a time   of Q8_0 (medians of replies)',
    `  one at a time            ${shown(report.ar_tok_s).padStart(7)}   1`,
    `  Exact                    ${shown(report.exact_tok_s).padStart(7)}   ${shown(report.exact_tpf, 2).padEnd(14)}   ${shown(report.exact_of_ar, 2).padEnd(16)}   ${shown(report.exact_of_llamacpp_q8, 2)}`,
    `  Exact, a block forming   ${shown(report.watch_tok_s).padStart(7)}   ${shown(report.watch_of_exact, 2)} of Exact`,
    `  Fast                     ${shown(report.fast_tok_s).padStart(7)}   ${shown(report.fast_tpf, 2).padEnd(14)}   ${shown(report.fast_of_ar, 2).padEnd(16)}   ${shown(report.fast_of_llamacpp_q8, 2)}`,
    `  node-llama-cpp Q8_0      ${shown(report.llamacpp_q8_tok_s).padStart(7)}   1`,
    `  node-llama-cpp ${(report.llamacpp_q4_kind ?? '4-bit').padEnd(10)}${shown(report.llamacpp_q4_tok_s).padStart(7)}   1`,
    '',
    `  of llama.cpp's better file: Exact ${shown(report.exact_of_llamacpp, 2)} · Fast ${shown(report.fast_of_llamacpp, 2)}`,
    `  Exact equals one at a time: ${report.exact_equals_ar === null ? '–' : `${Math.round(report.exact_equals_ar * 100)} % of replies`}`,
    `  prefill ${shown(report.prefill_tok_s, 0)} tokens/s · cold start to first committed token ${shown(report.cold_start_ms, 0)} ms`,
    `  outside the sessions, a forward: ${Object.entries(report.outside_ms)
      .map(([mode, ms]) => `${mode} ${shown(ms, 2)} ms`)
      .join(' · ')}`,
    `  peak memory: ${Object.entries(report.peak_memory_mb)
      .map(([name, mb]) => `${name} ${mb ?? '–'} MB`)
      .join(' · ')}`,
  ];
  if (report.forward_ms) {
    const plain = report.forward_ms.filter((f) => f.canvas === 0);
    const rows = [...new Set(plain.map((f) => f.rows))];
    lines.push('', `  ms a forward   ${rows.map((t) => `T=${t}`.padStart(8)).join('')}`);
    for (const cached of new Set(plain.map((f) => f.cached))) {
      const cells = rows.map((t) =>
        shown(plain.find((f) => f.cached === cached && f.rows === t)?.ms ?? null).padStart(8),
      );
      lines.push(`    past ${String(cached).padStart(5)}   ${cells.join('')}`);
    }
    lines.push(
      `  over one row past 256 tokens: 8 rows ${shown(report.rows_8, 2)} · 32 rows ${shown(report.rows_32, 2)} · past 4,096 tokens ${shown(report.ctx_4096, 2)}`,
    );
    if (report.adapter_share_t8 !== null)
      lines.push(
        `  the adapter's share of a forward of 8 rows, 7 of them masked: ${Math.round(100 * report.adapter_share_t8)} %`,
      );
  }
  for (const [name, why] of Object.entries(report.missing)) lines.push('', `  not measured: ${name} (${why})`);
  return lines.join('\n');
}
