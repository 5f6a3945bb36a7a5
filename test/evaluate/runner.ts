/** Goes through prompts × settings, takes what is kept, has the rest written, and keeps it at once. */
import type { PromptMessage } from '../../core/contract/engine.ts';
import type { GenerationSettings } from '../../core/contract/generation.ts';
import type { Writer } from './engine.ts';
import type { Likelihood } from './likelihood.ts';
import type { Prompt } from './prompts/types.ts';
import { fullSettings, type Sampling, type Setting } from './settings.ts';
import { keyOf, type Reply, type ReplyStore } from './store.ts';

export interface Finished {
  setting: string;
  prompt: Prompt;
  reply: Reply;
}
export interface RunOptions {
  prompts: readonly Prompt[];
  settings: readonly Setting[];
  sampling: Sampling;
  defaults: GenerationSettings;
  versions: { pack: string; engine: string };
  store: ReplyStore;
  writer: Writer;
  judge: { of(messages: readonly PromptMessage[], reply: readonly number[]): Promise<Likelihood> };
  /** Told after each prompt: how many are done, how many replies were written now rather than kept. */
  progress?: (done: number, written: number) => void;
}

/** Every prompt begins with another setting, so that drift of the machine and warm caches favour none. */
export async function runAll(o: RunOptions): Promise<{ finished: Finished[]; written: number }> {
  const finished: Finished[] = [];
  let written = 0;
  for (const [n, prompt] of o.prompts.entries()) {
    for (let i = 0; i < o.settings.length; i++) {
      const setting = o.settings[(i + n) % o.settings.length] as Setting;
      const settings = fullSettings(setting, o.defaults, o.sampling, prompt.maxTokens);
      const key = keyOf(o.versions, prompt, settings);
      let reply = o.store.get(key);
      if (!reply) {
        const made = await o.writer.reply(prompt.messages, settings);
        const { mean, unlisted } = await o.judge.of(prompt.messages, made.ids);
        reply = { ...made, likelihood: mean, unlisted };
        o.store.put(key, reply);
        written += 1;
      }
      finished.push({ setting: setting.name, prompt, reply });
    }
    o.progress?.(n + 1, written);
  }
  return { finished, written };
}
