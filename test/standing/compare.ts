/** Imports the standing model and compares its greedy text, one by one, with llama.cpp's, and their speeds, in one run. */
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { PromptMessage } from '../../core/contract/engine.ts';
import { importPack } from '../../core/engine/import.ts';
import { defaultThreads, sessionOptions } from '../../core/engine/devices.ts';
import { graphsOf, openPack } from '../../core/engine/pack.ts';
import { ModelSession } from '../../core/engine/session.ts';
import { place, rowsOf } from '../../core/engine/writing.ts';
import { choose } from '../../core/sampling/choose.ts';
import { renderPrompt } from '../../core/text/template.ts';
import { Ours } from '../bench/ours.ts';
import { Peer } from '../bench/processes.ts';
import { conversations } from '../bench/prompts.ts';
import { median } from '../bench/report.ts';

/**
 * Both sides round activations to 8 bits, in different ways: log-probabilities differ by a tenth or two. A token may differ
 * where neither side prefers its own by more than this, in nats.
 */
export const NEAR_TIE = 0.5;
const GREEDY = { temperature: 0, topP: 1, topK: 1, repetitionPenalty: 1 };

export interface Candidate {
  text: string;
  /** Log-probability of it, in each engine. */
  ours: number;
  peer: number;
}
/** A place where, after the same tokens, the two take another one. */
export interface Difference {
  prompt: string;
  /** Index of the token in the reply. */
  at: number;
  ours: Candidate;
  peer: Candidate;
  nearTie: boolean;
}
export interface Comparison {
  importSeconds: number;
  parameters: number;
  prompts: number;
  /** Tokens of llama.cpp's replies, each predicted here after the ones before it. */
  tokens: number;
  agreeing: number;
  /** Replies whose texts are equal to the end. */
  equalTexts: number;
  differences: Difference[];
  /** Tokens a second, one by one, medians over the replies. */
  speed: { ours: number | null; peer: number | null };
  threads: number;
  holds: boolean;
}

export interface Places {
  gguf: string;
  /** Scratch: the pack lies here while it is compared. */
  folder: string;
  /** The engine's entry. */
  entry: string;
  /** node-llama-cpp's entry file. */
  library: string;
}

/** For each token of `reply`, the likeliest one here after `prompt` and the tokens before it, with the row that says so. */
async function predictions(
  session: ModelSession,
  prompt: readonly number[],
  reply: readonly number[],
  suppressed: ReadonlySet<number>,
): Promise<{ id: number; logP: (id: number) => number }[]> {
  const ids = [...prompt, ...reply.slice(0, -1)];
  const cache = session.newCache();
  const made: { id: number; logP: (id: number) => number }[] = [];
  while (cache.length < ids.length) {
    const at = cache.length;
    const context = ids.slice(at, at + cache.room);
    const first = Math.max(0, prompt.length - 1 - at);
    const wanted = Array.from({ length: Math.max(0, context.length - first) }, (_, i) => first + i);
    const asked = wanted.length > 0 ? wanted : [context.length - 1];
    const forward = await session.forward(place({ context, canvases: [], wanted: asked }, at), cache);
    if (wanted.length > 0)
      for (const row of rowsOf(forward, wanted.length)) {
        const logits = new Map(Array.from(row.ids, (id, i) => [id, row.logits[i] as number]));
        made.push({
          id: choose(row, { sampling: GREEDY, seed: 0, slot: 0, history: [], suppressed }).id,
          logP: (id) => (logits.get(id) ?? -Infinity) - row.lse,
        });
      }
    cache.append(context, forward);
  }
  return made;
}

export interface Extent {
  prompts: number;
  /** Of a reply, at most. */
  tokens: number;
  /** For each engine; absent: as the app chooses. */
  threads?: number;
}

export async function compare(
  { gguf, folder, entry, library }: Places,
  extent: Extent,
  say: (line: string) => void,
): Promise<Comparison> {
  if (!existsSync(library)) throw new Error("llama.cpp is not installed: npm could not fetch the bench's peer");
  const out = path.join(folder, 'pack');
  rmSync(out, { recursive: true, force: true });
  say('Importing …');
  const began = performance.now();
  const { parameters } = await importPack(gguf, { out });
  const importSeconds = (performance.now() - began) / 1000;
  const { manifest, tokenizer, template, info } = await openPack(out);
  const { threads = defaultThreads(), prompts, tokens: maxTokens } = extent;
  const peer = await Peer.start({ library, model: gguf, threads, contextSize: 1024 });
  const ours = new Ours(entry, out, threads);
  const session = await ModelSession.create(graphsOf(out, manifest, 'cpu'), manifest, sessionOptions('cpu', threads));
  const suppressed = new Set(manifest.tokens.suppressed);
  const differences: Difference[] = [];
  const speeds = { ours: [] as number[], peer: [] as number[] };
  let [tokens, agreeing, equalTexts] = [0, 0, 0];
  try {
    await ours.ready();
    const questions = conversations.slice(0, prompts).map(([question]) => question);
    for (const question of questions) {
      const messages: PromptMessage[] = [{ role: 'user', content: question }];
      const prompt = renderPrompt(template, messages, tokenizer, { addGenerationPrompt: true });
      const { endOfTurn } = manifest.tokens;
      const there = await peer.reply({ prompt, maxTokens, endOfTurn });
      const here = await ours.reply('ar', messages, maxTokens, info.defaults);
      speeds.peer.push((there.ids.length * 1000) / there.msDecode);
      speeds.ours.push((here.counts.tokens * 1000) / here.counts.msDecode);
      const equal = here.text === tokenizer.decode(there.ids);
      if (equal) equalTexts++;
      const reply = there.ids.length < maxTokens ? [...there.ids, endOfTurn[0] as number] : there.ids;
      const rows = await predictions(session, prompt, reply, suppressed);
      const own: number[] = [];
      for (const [at, wanted] of reply.entries()) {
        const row = rows[at];
        if (!row) throw new Error('a prediction is missing');
        tokens++;
        if (row.id === wanted || (endOfTurn.includes(row.id) && endOfTurn.includes(wanted))) {
          agreeing++;
          continue;
        }
        own.push(at);
        const [mine = NaN, its = NaN] = await peer.chances({
          prompt: [...prompt, ...reply.slice(0, at)],
          ids: [row.id, wanted],
        });
        const difference: Difference = {
          prompt: question,
          at,
          ours: { text: tokenizer.decode([row.id]), ours: row.logP(row.id), peer: mine },
          peer: { text: tokenizer.decode([wanted]), ours: row.logP(wanted), peer: its },
          nearTie: false,
        };
        difference.nearTie =
          difference.ours.ours - difference.peer.ours <= NEAR_TIE &&
          difference.peer.peer - difference.ours.peer <= NEAR_TIE;
        differences.push(difference);
      }
      say(
        `${question} ${equal ? 'equal' : `differs from token ${own[0]} on`}; ${own.length} of ${reply.length} differ`,
      );
    }
  } finally {
    peer.stop();
    await ours.close();
    await session.release();
    rmSync(out, { recursive: true, force: true });
  }
  return {
    importSeconds,
    parameters,
    prompts: extent.prompts,
    tokens,
    agreeing,
    equalTexts,
    differences,
    threads: extent.threads ?? defaultThreads(),
    speed: { ours: median(speeds.ours), peer: median(speeds.peer) },
    holds: differences.every(({ nearTie }) => nearTie),
  };
}
