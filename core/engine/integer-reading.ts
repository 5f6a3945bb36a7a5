/** A model reads a text: first to show how large its activations are, then to show that it still says what it said. */
import { rmSync, writeFileSync } from 'node:fs';
import { buildGraph } from '../model/families/index.ts';
import { observed } from '../model/graph/transformer.ts';
import type { Peaks } from '../model/integer-weights.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { CALIBRATION, HELD_OUT } from './calibration-text.ts';
import { sessionOptions } from './devices.ts';
import { divergence, expectedOf, type SelfTest } from './self-test.ts';
import { ModelSession, type Graphs, type Predictions } from './session.ts';

/** Rows of a forward while the model reads. */
const PIECE = 32;
/** A shorter rest is not read. */
const LEAST_PIECE = 8;
/** Tokens read as one text: later ones begin another. */
const TEXT = 384;

/** The manifest of what reads: the model itself, without what drafts or fills. */
const bare = (manifest: Manifest): Manifest => {
  const { drafter: _, ...rest } = manifest;
  return { ...rest, adapter: null };
};

/** How the model reads a text: as context where it is causal, otherwise as canvases of which every second half is masked. */
async function read(
  session: ModelSession,
  ids: readonly number[],
  onForward: (made: Predictions, rows: number) => void,
): Promise<void> {
  const { diffusion } = session.manifest;
  for (let from = 0; from < ids.length; from += TEXT) {
    const text = ids.slice(from, from + TEXT);
    const cache = session.newCache();
    for (let at = 0; at < text.length;) {
      const causal = diffusion.causalHead;
      const piece = text.slice(at, at + Math.min(PIECE, causal ? cache.room : PIECE));
      const count = piece.length;
      if (count < LEAST_PIECE) break;
      const made = await session.forward(
        {
          ids: causal ? piece : piece.map((id, i) => (i < count / 2 ? id : diffusion.maskToken)),
          positions: piece.map((_, i) => at + i),
          contextRows: causal ? count : 0,
          canvases: causal ? [] : [{ rows: count, sees: 0 }],
          wanted: piece.map((_, i) => i),
        },
        cache,
      );
      onForward(made, count);
      if (causal) cache.append(piece, made);
      at += count;
    }
  }
}

/**
 * What the activations stay below, by matrix, and what the model says of the held-out text, in blocks.
 * @param graph the file that the graph takes meanwhile, beside the pack's own @param names the matrices
 */
export async function observe(
  graph: string,
  names: readonly string[],
  manifest: Manifest,
  tokenizer: Tokenizer,
  threads: number,
): Promise<{ peaks: Map<string, Peaks>; expected: SelfTest['expected'] }> {
  const bareManifest = bare(manifest);
  try {
    writeFileSync(
      graph,
      buildGraph(bareManifest, {
        arithmetic: 'nbits',
        accuracyLevel: manifest.graph.accuracyLevel,
        observe: new Set(names),
      }),
    );
    const session = await ModelSession.create(
      { all: graph },
      bareManifest,
      sessionOptions('cpu', threads),
      names.map(observed),
    );
    try {
      const all = new Map<string, { usual: Float32Array[]; ever: Float32Array[] }>(
        names.map((name) => [name, { usual: [], ever: [] }]),
      );
      let rows = 0;
      await read(session, tokenizer.encode(CALIBRATION), (made, count) => {
        rows += count;
        for (const [name, { usual, ever }] of all) {
          const both = made.also?.[observed(name)] as Float32Array;
          usual.push(both.slice(0, both.length / 2));
          ever.push(both.slice(both.length / 2));
        }
      });
      const peaks = new Map<string, Peaks>();
      for (const [name, { usual, ever }] of all)
        peaks.set(name, { usual: nth(usual, Math.round(rows / 1000)), ever: nth(ever, 0) });
      const expected: SelfTest['expected'] = [];
      await read(session, tokenizer.encode(HELD_OUT), (made, count) => {
        for (let row = 0; row < count; row++) expected.push(expectedOf(made, row));
      });
      return { peaks, expected };
    } finally {
      await session.release();
    }
  } finally {
    rmSync(graph, { force: true });
  }
}

/** By channel, the largest of several numbers but for `without`. */
function nth(lists: readonly Float32Array[], without: number): Float32Array {
  const length = lists[0]?.length ?? 0;
  const column = new Float32Array(lists.length);
  return Float32Array.from({ length }, (_, channel) => {
    lists.forEach((list, i) => (column[i] = list[channel] as number));
    column.sort();
    return column[Math.max(0, column.length - 1 - without)] as number;
  });
}

/** Mean nats a row. */
export async function divergenceFrom(
  expected: SelfTest['expected'],
  { all }: Graphs,
  manifest: Manifest,
  tokenizer: Tokenizer,
  threads: number,
): Promise<number> {
  const session = await ModelSession.create({ all }, manifest, sessionOptions('cpu', threads));
  try {
    let sum = 0;
    let at = 0;
    await read(session, tokenizer.encode(HELD_OUT), (made, count) => {
      for (let row = 0; row < count; row++)
        sum += divergence(expected[at++] as SelfTest['expected'][number], made, row);
    });
    return Number.isFinite(sum) ? sum / at : Infinity;
  } finally {
    await session.release();
  }
}
