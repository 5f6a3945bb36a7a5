/**
 * A numeric self-test: before a device serves, it runs a fixed forward of context and canvas rows and must agree with
 * values stored in the pack, computed once with float32 activations on the CPU.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { failure } from '../contract/result.ts';
import { CANDIDATES } from '../model/graph/contract.ts';
import type { ForwardRows, ModelSession, Predictions } from './session.ts';

const rowsSchema = v.object({
  ids: v.array(v.number()),
  positions: v.array(v.number()),
  contextRows: v.number(),
  canvases: v.array(v.object({ rows: v.number(), sees: v.number() })),
  wanted: v.array(v.number()),
});
const selfTestSchema = v.object({
  /** First forward: its context rows fill the cache. */
  prefix: v.array(v.number()),
  rows: rowsSchema,
  /** For each wanted row: candidate ids, logits and the log-sum-exp. */
  expected: v.array(v.object({ ids: v.array(v.number()), logits: v.array(v.number()), lse: v.number() })),
});
export type SelfTest = v.InferOutput<typeof selfTestSchema>;

/** Mean KL divergence (nats a row) from the stored values up to which a device is admitted; int8 arithmetic measures about 0.005. */
export const SELF_TEST_KL = 0.05;

/**
 * @param contextOnly its context rows alone: enough for a device on which a session for canvas rows is not open yet
 * @returns null where the device agrees, else the reason in words
 */
export async function runSelfTest(session: ModelSession, file: string, contextOnly = false): Promise<string | null> {
  const whole = v.parse(selfTestSchema, JSON.parse(readFileSync(file, 'utf8')));
  const test = contextOnly ? contextPart(whole) : whole;
  const made = await selfTestForward(session, test.prefix, test.rows);
  if (!made.logits.every(Number.isFinite) || !made.lse.every(Number.isFinite)) return 'its numbers are not finite';
  const mean = test.expected.reduce((sum, row, r) => sum + divergence(row, made, r), 0) / test.expected.length;
  return mean <= SELF_TEST_KL ? null : `its numbers differ from the reference (${mean.toFixed(2)} nats a row)`;
}

function contextPart({ prefix, rows, expected }: SelfTest): SelfTest {
  const context = rows.contextRows;
  const wanted = rows.wanted.filter((row) => row < context);
  return {
    prefix,
    rows: {
      ids: rows.ids.slice(0, context),
      positions: rows.positions.slice(0, context),
      contextRows: context,
      canvases: [],
      wanted,
    },
    expected: expected.filter((_, i) => (rows.wanted[i] as number) < context),
  };
}

async function selfTestForward(session: ModelSession, prefix: number[], rows: ForwardRows): Promise<Predictions> {
  const cache = session.newCache();
  const n = prefix.length;
  const first = await session.forward(
    { ids: prefix, positions: prefix.map((_, i) => i), contextRows: n, canvases: [], wanted: [n - 1] },
    cache,
  );
  cache.append(prefix, first);
  return session.forward(rows, cache);
}

/** KL divergence of a row over the stored candidates, in nats; one that the device does not rank counts as its last candidate. */
export function divergence(expected: SelfTest['expected'][number], made: Predictions, row: number): number {
  const at = row * CANDIDATES;
  const logs = new Map<number, number>();
  for (let i = 0; i < CANDIDATES; i++)
    logs.set(made.ids[at + i] as number, (made.logits[at + i] as number) - (made.lse[row] as number));
  const last = (made.logits[at + CANDIDATES - 1] as number) - (made.lse[row] as number);
  return expected.ids.reduce((sum, id, i) => {
    const log = (expected.logits[i] as number) - expected.lse;
    return sum + Math.exp(log) * (log - (logs.get(id) ?? last));
  }, 0);
}

/** What is stored of a row: its best 32 candidates. */
export const expectedOf = (made: Predictions, row: number): SelfTest['expected'][number] => ({
  ids: Array.from(made.ids.subarray(row * CANDIDATES, row * CANDIDATES + 32)),
  logits: Array.from(made.logits.subarray(row * CANDIDATES, row * CANDIDATES + 32), (x) => Math.round(x * 1e4) / 1e4),
  lse: Math.round((made.lse[row] as number) * 1e4) / 1e4,
});

/**
 * Computes and writes the stored values. `session`: the graph with float32 activations, on the CPU.
 * @throws MezzotintError `file-invalid` where they are not finite
 */
export async function recordSelfTest(
  session: ModelSession,
  dir: string,
  prefix: number[],
  next: number[],
): Promise<void> {
  const { maskToken } = session.manifest.diffusion;
  const [first] = next as [number];
  const n = prefix.length;
  const rows: ForwardRows = {
    ids: [...next, maskToken, maskToken, first, maskToken],
    positions: [...next.map((_, i) => n + i), ...[0, 1, 2, 3].map((i) => n + next.length + i)],
    contextRows: next.length,
    canvases: [{ rows: 4, sees: next.length }],
    wanted: Array.from({ length: next.length + 4 }, (_, i) => i),
  };
  const made = await selfTestForward(session, prefix, rows);
  if (!made.logits.every(Number.isFinite) || !made.lse.every(Number.isFinite))
    throw failure('engine.weights-not-finite');
  const expected = rows.wanted.map((_, r) => expectedOf(made, r));
  writeFileSync(
    join(dir, session.manifest.selfTest.file),
    JSON.stringify({ prefix, rows, expected } satisfies SelfTest),
  );
}
