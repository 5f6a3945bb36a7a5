/** How likely the base's causal head finds a reply: teacher-forced context rows, in a session over the same pack. */
import { join } from 'node:path';
import type { PromptMessage } from '../../core/contract/engine.ts';
import { defaultThreads, sessionOptions } from '../../core/engine/devices.ts';
import { openPack, type Pack } from '../../core/engine/pack.ts';
import { PrefixCaches } from '../../core/engine/prefixes.ts';
import { ModelSession } from '../../core/engine/session.ts';
import { CANDIDATES } from '../../core/model/graph/contract.ts';
import { renderPrompt } from '../../core/text/template.ts';

export interface Likelihood {
  /** Nats a token; null of an empty reply. */
  mean: number | null;
  /** Share of tokens that are not among the head's 64 best: they count as the 64th, so the mean is an upper bound. */
  unlisted: number;
}

export class Judge {
  readonly #session: ModelSession;
  readonly #pack: Pack;
  readonly #caches: PrefixCaches;
  readonly #known = new Map<string, Likelihood>();

  private constructor(session: ModelSession, pack: Pack) {
    this.#session = session;
    this.#pack = pack;
    this.#caches = new PrefixCaches(() => session.newCache(), 64 << 20);
  }

  static async open(packDir: string): Promise<Judge> {
    const pack = await openPack(packDir);
    return new Judge(
      await ModelSession.create(
        { all: join(packDir, pack.manifest.graph.file) },
        pack.manifest,
        sessionOptions('cpu', defaultThreads()),
      ),
      pack,
    );
  }

  /** `reply`: ids as committed, without the end of turn. The pack's instructions are put before the messages, as the engine does. */
  async of(messages: readonly PromptMessage[], reply: readonly number[]): Promise<Likelihood> {
    if (reply.length === 0) return { mean: null, unlisted: 0 };
    const prompt = this.#prompt(messages);
    const key = `${prompt.join(' ')}|${reply.join(' ')}`;
    const known = this.#known.get(key);
    if (known) return known;
    let sum = 0;
    let unlisted = 0;
    await this.#each(prompt, reply, (candidates, logits, lse, id) => {
      const at = candidates.indexOf(id);
      if (at < 0) unlisted += 1;
      sum += (logits[at < 0 ? CANDIDATES - 1 : at] as number) - lse;
    });
    const found = { mean: sum / reply.length, unlisted: unlisted / reply.length };
    this.#known.set(key, found);
    return found;
  }

  #prompt(messages: readonly PromptMessage[]): number[] {
    const { manifest, template, tokenizer } = this.#pack;
    const whole: PromptMessage[] =
      manifest.systemPrompt === null || messages[0]?.role === 'system'
        ? [...messages]
        : [{ role: 'system', content: manifest.systemPrompt }, ...messages];
    return renderPrompt(template, whole, tokenizer, { addGenerationPrompt: true });
  }

  /** For each token of a reply: whether the causal head, after what stands before it, would have written the same. */
  async agrees(messages: readonly PromptMessage[], reply: readonly number[]): Promise<boolean[]> {
    const same: boolean[] = [];
    await this.#each(this.#prompt(messages), reply, (candidates, _logits, _lse, id) => same.push(candidates[0] === id));
    return same;
  }

  /** Tells each token of a reply with the candidates of the row that predicts it. */
  async #each(
    prompt: readonly number[],
    reply: readonly number[],
    tell: (candidates: Int32Array, logits: Float32Array, lse: number, id: number) => void,
  ): Promise<void> {
    const ids = [...prompt, ...reply];
    const cache = this.#caches.take(ids, prompt.length - 1);
    while (cache.length < ids.length - 1) {
      const from = cache.length;
      const rows = ids.slice(from, Math.min(ids.length - 1, from + cache.room));
      // row i tells of token i + 1; the prompt's own tokens are not asked for
      const asked = rows.map((_, i) => i).filter((i) => from + i + 1 >= prompt.length);
      const wanted = asked.length > 0 ? asked : [rows.length - 1];
      const made = await this.#session.forward(
        { ids: rows, positions: rows.map((_, i) => from + i), contextRows: rows.length, canvases: [], wanted },
        cache,
      );
      asked.forEach((row, w) => {
        tell(
          made.ids.subarray(w * CANDIDATES, (w + 1) * CANDIDATES),
          made.logits.subarray(w * CANDIDATES, (w + 1) * CANDIDATES),
          made.lse[w] as number,
          ids[from + row + 1] as number,
        );
      });
      cache.append(rows, made);
    }
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}
