/** The result of bench:remote: one JSON object, or lines to read. */
import type { Machine } from '../machine.ts';
import { quantile, type Measured } from './measure.ts';

/** One engine or server over all prompts, one at a time. Milliseconds. */
export interface Side {
  name: string;
  replies: number;
  failed: number;
  first_word_ms: number | null;
  first_word_p95_ms: number | null;
  tokens_a_second: number | null;
  gap_ms: number | null;
  gap_p95_ms: number | null;
  states_a_reply: number | null;
  commits_a_reply: number | null;
  sent_bytes_a_reply: number | null;
  came_bytes_a_reply: number | null;
  came_bytes_a_token: number | null;
}
/** Many at a time. */
export interface Load {
  name: string;
  backends: number;
  replies: number;
  at_once: number;
  failed: number;
  tokens_a_second: number | null;
  first_word_ms: number | null;
  first_word_p95_ms: number | null;
  reply_ms: number | null;
  reply_p95_ms: number | null;
}
export interface Killed {
  backends: number;
  replies: number;
  /** Whole, although a backend was killed meanwhile. */
  whole: number;
  /** Ended with an error, what was committed kept. */
  kept: number;
  /** Ended with an error before a word. */
  failed: number;
  /** Shown as whole and shorter than asked for, without an error: none may be. */
  cut_unseen: number;
  /** Of as many replies after it. */
  whole_after: number;
}
export interface Report {
  machine: Machine;
  prompts: number;
  max_tokens: number;
  sides: Side[];
  load: Load[];
  /** Milliseconds that the proxy adds to the first word and to a whole reply, one at a time; medians of pairs. */
  proxy_cost_ms: { first_word: number | null; reply: number | null } | null;
  /** What came through the proxy of the states that were asked for. */
  proxy_observed: { states: number; commits: number; probabilities: boolean } | null;
  killed: Killed | null;
  missing: Record<string, string>;
}

const mean = (sum: number, n: number): number | null => (n === 0 ? null : Math.round((sum / n) * 10) / 10);

/** @param wire bytes of all the replies together; null: none went over a wire */
export function sideOf(name: string, replies: readonly Measured[], wire: { sent: number; came: number } | null): Side {
  const whole = replies.filter(({ failed }) => failed === null);
  const firsts = whole.flatMap(({ firstMs }) => firstMs ?? []);
  const gaps = whole.flatMap((reply) => reply.gaps);
  const rates = whole.flatMap(({ tokens, ms, firstMs }) =>
    tokens !== null && tokens > 1 && firstMs !== null && ms > firstMs ? [((tokens - 1) * 1000) / (ms - firstMs)] : [],
  );
  const tokens = whole.reduce((sum, reply) => sum + (reply.tokens ?? 0), 0);
  const over = (of: (reply: Measured) => number): number | null =>
    mean(
      whole.reduce((sum, reply) => sum + of(reply), 0),
      whole.length,
    );
  return {
    name,
    replies: replies.length,
    failed: replies.length - whole.length,
    first_word_ms: quantile(firsts, 0.5),
    first_word_p95_ms: quantile(firsts, 0.95),
    tokens_a_second: quantile(rates, 0.5),
    gap_ms: quantile(gaps, 0.5),
    gap_p95_ms: quantile(gaps, 0.95),
    states_a_reply: over(({ states }) => states),
    commits_a_reply: over(({ commits }) => commits),
    sent_bytes_a_reply: wire && mean(wire.sent, replies.length),
    came_bytes_a_reply: wire && mean(wire.came, replies.length),
    came_bytes_a_token: wire && tokens > 0 ? mean(wire.came, tokens) : null,
  };
}

/** @param ms from the first question to the last end */
export function loadOf(name: string, backends: number, atOnce: number, replies: readonly Measured[], ms: number): Load {
  const whole = replies.filter(({ failed }) => failed === null);
  const firsts = whole.flatMap(({ firstMs }) => firstMs ?? []);
  const tokens = whole.reduce((sum, reply) => sum + (reply.tokens ?? 0), 0);
  return {
    name,
    backends,
    replies: replies.length,
    at_once: atOnce,
    failed: replies.length - whole.length,
    tokens_a_second: tokens > 0 && ms > 0 ? mean(tokens * 1000, ms) : null,
    first_word_ms: quantile(firsts, 0.5),
    first_word_p95_ms: quantile(firsts, 0.95),
    reply_ms: quantile(
      whole.map((reply) => reply.ms),
      0.5,
    ),
    reply_p95_ms: quantile(
      whole.map((reply) => reply.ms),
      0.95,
    ),
  };
}

/** @param replies each with the text that it has where nothing happens to it */
export function killedOf(
  backends: number,
  replies: readonly (readonly [Measured, string])[],
  after: readonly (readonly [Measured, string])[],
): Killed {
  const isCut = ([{ failed, text }, whole]: readonly [Measured, string]): boolean =>
    failed === null && text.length < whole.length && whole.startsWith(text);
  const isWhole = (pair: readonly [Measured, string]): boolean => pair[0].failed === null && !isCut(pair);
  const failed = replies.flatMap(([reply]) => (reply.failed === null ? [] : [reply]));
  return {
    backends,
    replies: replies.length,
    whole: replies.filter(isWhole).length,
    kept: failed.filter(({ text }) => text !== '').length,
    failed: failed.filter(({ text }) => text === '').length,
    cut_unseen: replies.filter(isCut).length,
    whole_after: after.filter(isWhole).length,
  };
}

const shown = (value: number | null, unit = ''): string => (value === null ? '–' : `${value}${unit}`);

export function lines({ machine, prompts, max_tokens, sides, load, ...rest }: Report): string {
  const out = [
    `${machine.cpu} (${machine.instruction_sets.join(', ') || 'instruction sets unknown'}), ${machine.cores} cores, ${machine.memory_gb} GB, load before ${machine.load_before}`,
    `${prompts} prompts, up to ${max_tokens} tokens, greedy; medians`,
    '',
    '                                   first word   p95       tokens/s   gap      p95      states   bytes sent   bytes a token',
  ];
  for (const side of sides)
    out.push(
      `  ${side.name.padEnd(32)} ${shown(side.first_word_ms, ' ms').padEnd(12)} ${shown(side.first_word_p95_ms).padEnd(9)} ${shown(side.tokens_a_second).padEnd(10)} ${shown(side.gap_ms).padEnd(8)} ${shown(side.gap_p95_ms).padEnd(8)} ${shown(side.states_a_reply).padEnd(8)} ${shown(side.sent_bytes_a_reply).padEnd(12)} ${shown(side.came_bytes_a_token)}${side.failed > 0 ? `   ${side.failed} of ${side.replies} failed` : ''}`,
    );
  if (load.length > 0)
    out.push(
      '',
      '  many at once                     backends   at once   tokens/s   first word   p95       reply     p95',
    );
  for (const one of load)
    out.push(
      `  ${one.name.padEnd(32)} ${String(one.backends).padEnd(10)} ${String(one.at_once).padEnd(9)} ${shown(one.tokens_a_second).padEnd(10)} ${shown(one.first_word_ms).padEnd(12)} ${shown(one.first_word_p95_ms).padEnd(9)} ${shown(one.reply_ms).padEnd(9)} ${shown(one.reply_p95_ms)}${one.failed > 0 ? `   ${one.failed} of ${one.replies} failed` : ''}`,
    );
  if (rest.proxy_cost_ms)
    out.push(
      '',
      `  the proxy adds ${shown(rest.proxy_cost_ms.first_word, ' ms')} to the first word and ${shown(rest.proxy_cost_ms.reply, ' ms')} to a reply`,
    );
  if (rest.proxy_observed)
    out.push(
      `  through it came ${rest.proxy_observed.states} states and ${rest.proxy_observed.commits} committed blocks, ${rest.proxy_observed.probabilities ? 'with' : 'without'} confidence`,
    );
  if (rest.killed) {
    const { replies, whole, kept, failed, cut_unseen, whole_after, backends } = rest.killed;
    out.push(
      '',
      `  one of ${backends} backends killed: of ${replies} replies ${whole} whole, ${kept} ended with their text kept, ${failed} before a word, ${cut_unseen} cut unseen; afterwards ${whole_after} of ${replies} whole`,
    );
  }
  for (const [name, why] of Object.entries(rest.missing)) out.push('', `  not measured: ${name} (${why})`);
  return out.join('\n');
}
