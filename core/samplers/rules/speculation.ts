/**
 * Linear self-speculation (Nemotron): the block's masks are all drafted in one forward, one causal forward verifies them, and the
 * longest run that the causal head itself would have written is kept, with one token more. Lossless: the text is the one that
 * one token at a time gives. A draft length of 1 is one token at a time.
 */
import { draw, greedy } from './draw.ts';
import type { Passes } from './passes.ts';
import type { Row } from './rule.ts';

export interface SpeculationOptions {
  prompt: readonly number[];
  maxTokens: number;
  /** Slots of a draft, the known first one counted. */
  blockLength: number;
  maskToken: number;
  /** Row i of the draft predicts the token of slot i + shift. */
  shift: 0 | 1;
  banned: ReadonlySet<number>;
  ends: ReadonlySet<number>;
  cancelled?: () => boolean;
  onTokens?: (tokens: { id: number; row: Row }[]) => void;
}

export interface Speculated {
  sequence: number[];
  forwards: { prefill: number; draft: number; verify: number };
  /** Drafted tokens, and those of them that held. */
  drafted: number;
  accepted: number;
}

export async function writeSpeculatively(passes: Passes, o: SpeculationOptions): Promise<Speculated> {
  const { blockLength: size, maskToken, banned } = o;
  const sequence = [...o.prompt];
  const made: Speculated = { sequence, forwards: { prefill: 0, draft: 0, verify: 0 }, drafted: 0, accepted: 0 };
  const best = (row: Row): number => draw(row, greedy, banned, { seed: 0, slot: 0 }).id;
  const push = (rows: Row[]): boolean => {
    const tokens: { id: number; row: Row }[] = [];
    for (const row of rows) {
      if (sequence.length - o.prompt.length >= o.maxTokens) break;
      const id = best(row);
      sequence.push(id);
      tokens.push({ id, row });
      if (o.ends.has(id)) break;
    }
    o.onTokens?.(tokens);
    return (
      sequence.length - o.prompt.length >= o.maxTokens || (tokens.length > 0 && o.ends.has(sequence.at(-1) as number))
    );
  };
  const unread = o.prompt.slice(passes.cached);
  const first = await passes.read(unread, 'causal', { rows: [unread.length - 1] });
  made.forwards.prefill++;
  let done = push(first);
  while (!done && !(o.cancelled?.() ?? false)) {
    const at = sequence.length - 1;
    const seed = sequence[at] as number;
    const block = [seed];
    if (size > 1) {
      const rows = Array.from({ length: size - 1 }, (_, i) => i + 1 - o.shift);
      const draft = await passes.glance([seed, ...Array.from({ length: size - 1 }, () => maskToken)], at, { rows });
      made.forwards.draft++;
      for (const row of draft) block.push(best(row));
      made.drafted += size - 1;
    }
    const verified = await passes.read(block, 'causal', { rows: block.map((_, i) => i) });
    made.forwards.verify++;
    let held = 1;
    while (held < block.length && best(verified[held - 1] as Row) === block[held]) held++;
    passes.cut(at + held);
    made.accepted += held - 1;
    done = push(verified.slice(0, held));
  }
  return made;
}
