/** One reply of an engine process of its own, summed up. */
import { costOf, type Cost } from '../contract/remote.ts';
import { randomInt } from 'node:crypto';
import type { PromptMessage } from '../contract/engine.ts';
import { isFinal, type GenerationEvent, type Mode } from '../contract/generation.ts';
import { needs } from '../contract/capabilities.ts';
import { failure, thrownOf } from '../contract/result.ts';
import { modeOf } from '../contract/samplers.ts';
import type { SamplerChoice } from '../contract/settings.ts';
import type { Engine } from '../engines/index.ts';
import { settingsOf } from './ask-settings.ts';
import type { AskArgs } from './ask-args.ts';

export interface AskOutput {
  text: string;
  tokens: number;
  forwards: number;
  /** Tokens per forward after prefill, commit forwards counted; 0 for an empty reply, and where a server does not say. */
  tpf: number;
  promptTokens: number;
  cachedTokens: number;
  msPrefill: number;
  msDecode: number;
  /** Tokens a second of decoding; 0 for an empty reply. */
  tokS: number;
  mode: Mode;
  sampler: SamplerChoice;
  seed: number;
  /** Where it was written, if not on this machine. */
  host?: string;
  /** Where the server's price and count of tokens are known. */
  cost?: Cost;
  /** Why the reply ended; 'stopped': by the person. */
  stop: string;
}

const GENERATION = 'ask';
const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

/**
 * Asks one question in an engine process of its own. `write` gets committed text as it comes, not with `--json`.
 * `onStop` hands out a function that ends the reply early. Rejects with the engine's error where it has no pack or fails.
 */
export async function reply(
  args: AskArgs & { question: string },
  context: {
    /** This machine's, or a server. */
    engine: () => Engine;
    write: (text: string) => void;
    onStop: (stop: () => void) => void;
  },
): Promise<AskOutput> {
  const client = context.engine();
  try {
    const status = await client.settled();
    if (status.state === 'failed') throw thrownOf(status.error);
    if (status.state !== 'ready') throw failure('engine.closed-early');
    if (args.layout) needs(status, 'layout');
    const settings = settingsOf(status.pack, args);
    const seed = settings.sampling.seed ?? randomInt(0, 2 ** 32);
    const messages: PromptMessage[] = [{ role: 'user', content: args.question }];
    if (args.system !== undefined) messages.unshift({ role: 'system', content: args.system });
    let text = '';
    const last = await new Promise<GenerationEvent>((resolve) => {
      context.onStop(() => client.cancel(GENERATION));
      client.generate(
        {
          generationId: GENERATION,
          messages,
          replyPrefix: [],
          settings,
          seed,
          ...(args.layout ? { layout: args.layout } : {}),
        },
        (event) => {
          if (args.events) context.write(`${JSON.stringify(event)}\n`);
          if (event.type === 'blockCommitted') {
            const piece = event.tokens.map((t) => t.text).join('');
            text += piece;
            if (!args.json && !args.events && piece !== '') context.write(piece);
          }
          if (isFinal(event)) resolve(event);
        },
      );
    });
    if (last.type === 'failed') throw thrownOf(last.error);
    if (last.type !== 'finished' && last.type !== 'stopped') throw failure('engine.no-end');
    const { counts } = last;
    const cost = costOf(status.pack.server, counts);
    return {
      text,
      tokens: counts.tokens,
      forwards: counts.forwards,
      tpf: counts.forwards > 0 ? round(counts.tokens / counts.forwards, 3) : 0,
      promptTokens: counts.promptTokens,
      cachedTokens: counts.cachedTokens,
      msPrefill: round(counts.msPrefill, 1),
      msDecode: round(counts.msDecode, 1),
      tokS: counts.msDecode > 0 ? round((counts.tokens * 1000) / counts.msDecode, 1) : 0,
      mode: modeOf(settings.sampler.id, status.pack.samplers),
      sampler: settings.sampler,
      seed,
      ...(status.pack.server ? { host: status.pack.server.host } : {}),
      ...(cost ? { cost } : {}),
      stop: last.type === 'finished' ? last.reason : 'stopped',
    };
  } finally {
    await client.shutdown();
  }
}
