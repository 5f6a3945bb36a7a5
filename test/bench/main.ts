/** `npm run -s bench -- --json`: this engine and its peer on one machine, in one run, with the same prompts. README.md says what is measured how. */
import { modesOf } from '../../core/contract/samplers.ts';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { PromptMessage } from '../../core/contract/engine.ts';
import type { Mode } from '../../core/contract/generation.ts';
import { openPack } from '../../core/engine/pack.ts';
import { renderPrompt } from '../../core/text/template.ts';
import { coldStart, Ours } from './ours.ts';
import { Peer, peakMemory, runScript } from './processes.ts';
import { describeMachine } from './machine.ts';
import { conversations } from './prompts.ts';
import { requantize } from './quantize.ts';
import { findGguf } from './source.ts';
import { costRatio, lesser, median, table, type Report } from './report.ts';
import { number, reason, say } from './arguments.ts';

const root = path.join(import.meta.dirname, '../..');
const cache = path.join(root, '.cache', 'bench');
const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    prompts: { type: 'string' },
    tokens: { type: 'string' },
    threads: { type: 'string' },
    pack: { type: 'string' },
    gguf: { type: 'string' },
    'no-peer': { type: 'boolean' },
    'no-probe': { type: 'boolean' },
    device: { type: 'string' },
  },
});

const count = Math.min(conversations.length, number(values.prompts, values.quick ? 3 : conversations.length));
const maxTokens = number(values.tokens, values.quick ? 48 : 200);
const packDir = path.resolve(
  values.pack ?? process.env['MEZZOTINT_PACK'] ?? path.join(root, 'models', 'smollm2-135m-instruct'),
);
const bundled = path.join(root, 'dist', 'engine.cjs');
const entry = existsSync(bundled) ? bundled : path.join(root, 'core', 'engine', 'entry.ts');
const library = path.join(cache, 'node_modules', 'node-llama-cpp', 'dist', 'index.js');
/** watch: Exact, with a block seen forming. */
const MODES: readonly (Mode | 'watch')[] = ['ar', 'exact', 'watch', 'fast'];
const CONTEXT = 2048;

async function startPeers(
  threads: number,
  missing: Report['missing'],
): Promise<{ q8: Peer; q4: Peer; kind: string } | null> {
  if (values['no-peer']) return null;
  const started: Peer[] = [];
  try {
    if (!existsSync(library)) throw new Error('node-llama-cpp is not installed in .cache/bench');
    const source = findGguf(values.gguf, cache);
    const files = { Q8_0: path.join(cache, 'Q8_0.gguf'), Q4_0: path.join(cache, 'Q4_0.gguf') };
    for (const kind of ['Q8_0', 'Q4_0'] as const) {
      say(`Writing the peer's ${kind} file …`);
      requantize(source, files[kind], kind);
    }
    const start = async (model: string): Promise<Peer> => {
      const peer = await Peer.start({ library, model, threads, contextSize: CONTEXT });
      started.push(peer);
      return peer;
    };
    const q8 = await start(files.Q8_0);
    // The source's own 4-bit blocks or the peer's preferred ones: whichever it runs faster here.
    const [own, preferred] = [await start(source), await start(files.Q4_0)];
    const prompt = Array.from({ length: 32 }, (_, i) => 1000 + i * 37);
    await q8.reply({ prompt, maxTokens: 16, endOfTurn: [] });
    const ms = { own: [] as number[], preferred: [] as number[] };
    for (let i = 0; i < 3; i++) {
      for (const [name, peer] of [
        ['own', own],
        ['preferred', preferred],
      ] as const) {
        const run = await peer.reply({ prompt, maxTokens: 16, endOfTurn: [] });
        ms[name].push(run.msDecode / Math.max(1, run.ids.length));
      }
    }
    const takesOwn = (median(ms.own) ?? 0) <= (median(ms.preferred) ?? 0);
    (takesOwn ? preferred : own).stop();
    return { q8, q4: takesOwn ? own : preferred, kind: takesOwn ? 'Q4_1' : 'Q4_0' };
  } catch (thrown) {
    started.forEach((peer) => peer.stop());
    missing['llamacpp'] = reason(thrown);
    return null;
  }
}

function adapterShare(forward: Report['forward_ms']): number | null {
  const of = (canvas: number): number | undefined => forward?.find((f) => f.rows === 8 && f.canvas === canvas)?.ms;
  const [plain, masked] = [of(0), of(7)];
  return plain === undefined || masked === undefined ? null : Math.round((1 - plain / masked) * 1000) / 1000;
}

async function main(): Promise<void> {
  if (values.device !== undefined) {
    if (values.device !== 'webgpu') throw new Error('--device takes webgpu; without it the processor is measured');
    const { crossings } = await import('./crossing.ts');
    const bytes = await crossings(packDir, values.quick ? [128, 256] : [256, 1024, 4096], values.quick ? [1] : [1, 8]);
    return void process.stdout.write(`${JSON.stringify({ device: values.device, forwards: bytes })}\n`);
  }
  const missing: Report['missing'] = {};
  const ours = new Ours(entry, packDir, values.threads === undefined ? undefined : number(values.threads, 1));
  const ready = await ours.ready();
  const { threads, pack } = ready;
  const { tokenizer, template, manifest } = await openPack(packDir);
  const peers = await startPeers(threads, missing);
  const modes = MODES.filter((mode) =>
    mode === 'watch'
      ? pack.samplers.some(({ params }) => params.some(({ id }) => id === 'canvasLength'))
      : modesOf(pack.samplers).includes(mode),
  );

  const speed: Record<string, number[]> = {};
  const tpf: Record<string, number[]> = {};
  const ratio: Record<string, number[]> = {};
  const outside: Record<string, number[]> = {};
  const note = (into: Record<string, number[]>, key: string, value: number): void =>
    void (into[key] ??= []).push(value);
  let same = 0;
  let replies = 0;
  try {
    await ours.reply('ar', [{ role: 'user', content: 'Hello!' }], 16, pack.defaults); // first shapes are slow everywhere
    for (const [n, questions] of conversations.slice(0, count).entries()) {
      // The pack's instructions, written out, so that the peer's prompt is the same.
      const messages: PromptMessage[] =
        manifest.systemPrompt === null ? [] : [{ role: 'system', content: manifest.systemPrompt }];
      for (const question of questions) {
        messages.push({ role: 'user', content: question });
        const prompt = renderPrompt(template, messages, tokenizer, { addGenerationPrompt: true });
        const texts = new Map<string, string>();
        const here: Record<string, number> = {};
        const runs: (() => Promise<void>)[] = modes.map((mode) => async () => {
          const { text, counts } = await ours.reply(
            mode === 'watch' ? 'exact' : mode,
            messages,
            maxTokens,
            pack.defaults,
            undefined,
            mode === 'watch',
          );
          texts.set(mode, text);
          if (counts.tokens > 0) {
            here[mode] = (counts.tokens * 1000) / counts.msDecode;
            note(tpf, mode, counts.tokens / counts.forwards);
            note(outside, mode, (counts.msDecode - counts.msForward) / counts.forwards);
          }
        });
        for (const [key, peer] of peers
          ? ([
              ['q8', peers.q8],
              ['q4', peers.q4],
            ] as const)
          : []) {
          runs.push(async () => {
            const run = await peer.reply({ prompt, maxTokens, endOfTurn: manifest.tokens.endOfTurn });
            if (run.ids.length > 0) here[key] = (run.ids.length * 1000) / run.msDecode;
          });
        }
        // Each prompt begins with another engine, so that drift of the machine and warm caches favour none.
        for (let i = 0; i < runs.length; i++) await runs[(i + n) % runs.length]?.();
        for (const [key, rate] of Object.entries(here)) {
          note(speed, key, rate);
          for (const [than, other] of Object.entries(here)) note(ratio, `${key} of ${than}`, rate / other);
        }
        const answer = texts.get('ar') ?? '';
        replies += 1;
        if (texts.get('exact') === answer) same += 1;
        messages.push({ role: 'assistant', content: answer });
      }
      say(`${n + 1} of ${count} conversations`);
    }

    say('Prefill …');
    const long = conversations.flat().join(' ').repeat(3);
    const prefill: number[] = [];
    for (let i = 0; i < 3; i++) {
      ours.clearCache();
      const { counts } = await ours.reply('ar', [{ role: 'user', content: `${i} ${long}` }], 1, pack.defaults);
      if (counts.msPrefill > 0)
        prefill.push(((counts.promptTokens - counts.cachedTokens - 1) * 1000) / counts.msPrefill);
    }
    const memory: Record<string, number | null> = {
      engine: peakMemory(ours.pid),
      llamacpp_q8: peakMemory(peers?.q8.pid),
      llamacpp_q4: peakMemory(peers?.q4.pid),
      bench: peakMemory(process.pid),
    };
    await ours.close();
    peers?.q8.stop();
    peers?.q4.stop();

    say('Cold start …');
    const cold: number[] = [];
    for (let i = 0; i < (values.quick ? 1 : 3); i++) cold.push(await coldStart(entry, packDir, threads));
    let forward: Report['forward_ms'] = null;
    if (!values['no-probe']) {
      say('Forward cost …');
      const request = {
        cached: values.quick ? [256] : [256, 1024, 4096],
        rows: [1, 4, 8, 16, 32],
        canvas: [8],
        repeats: values.quick ? 3 : 31,
        threads,
      };
      forward = await runScript('probe-child.ts', [packDir, JSON.stringify(request)]).then(
        (found) => found as Report['forward_ms'],
        (thrown: unknown) => {
          missing['forward_ms'] = reason(thrown);
          return null;
        },
      );
    }
    const report: Report = {
      ar_tok_s: median(speed['ar']),
      exact_tok_s: median(speed['exact']),
      fast_tok_s: median(speed['fast']),
      llamacpp_q8_tok_s: median(speed['q8']),
      llamacpp_q4_tok_s: median(speed['q4']),
      exact_tpf: median(tpf['exact']),
      fast_tpf: median(tpf['fast']),
      watch_tok_s: median(speed['watch']),
      watch_of_exact: median(ratio['watch of exact']),
      exact_of_ar: median(ratio['exact of ar']),
      fast_of_ar: median(ratio['fast of ar']),
      exact_of_llamacpp_q8: median(ratio['exact of q8']),
      fast_of_llamacpp_q8: median(ratio['fast of q8']),
      exact_of_llamacpp: lesser(median(ratio['exact of q8']), median(ratio['exact of q4'])),
      fast_of_llamacpp: lesser(median(ratio['fast of q8']), median(ratio['fast of q4'])),
      outside_ms: Object.fromEntries(modes.map((mode) => [mode, median(outside[mode])])),
      exact_equals_ar: replies > 0 ? same / replies : null,
      prefill_tok_s: median(prefill),
      cold_start_ms: median(cold),
      forward_ms: forward,
      rows_8: costRatio(forward, { rows: 8 }),
      rows_32: costRatio(forward, { rows: 32 }),
      ctx_4096: costRatio(forward, { cached: 4096 }),
      adapter_share_t8: adapterShare(forward),
      peak_memory_mb: memory,
      llamacpp_q4_kind: peers?.kind ?? null,
      conversations: count,
      max_tokens: maxTokens,
      threads,
      machine: describeMachine(loadBefore),
      pack: { name: pack.name, hash: pack.hash },
      missing,
    };
    process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : `${table(report)}\n`);
  } finally {
    await ours.close();
    peers?.q8.stop();
    peers?.q4.stop();
  }
}

const loadBefore = os.loadavg()[0] ?? 0;
main().catch((thrown: unknown) => {
  console.error(`The bench could not run: ${reason(thrown)}`);
  process.exit(1);
});
