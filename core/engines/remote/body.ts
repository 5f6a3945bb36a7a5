/**
 * What a server is asked, and what of it is left out where the server refuses it. Servers of diffusion models refuse fields that
 * others take: a vLLM with such a model takes no temperature.
 */
import type { GenerateRequest } from '../../contract/engine.ts';

export type Body = Record<string, unknown>;

/** What a person chose, by the name of its field: a reply says which of it did not hold. */
const CHOSEN = ['temperature', 'top_p', 'stop'] as const;
/** What no server lacks, and what says where a reply goes on: without it a server would answer anew. */
const LEAST = ['model', 'messages', 'stream', 'max_tokens', 'max_completion_tokens'];
const GOES_ON = ['continue_final_message', 'add_generation_prompt'];

/** @param countsTokens slots are tokens, so that those which stand count towards the length */
export function bodyOf(request: GenerateRequest, model: string, extra: Body, countsTokens: boolean): Body {
  const { messages, goesOn, settings } = request;
  const { temperature, topP } = settings.sampling;
  const { maxTokens, stop } = settings.ending;
  return {
    model,
    messages: goesOn ? [...messages, { role: 'assistant', content: goesOn.text }] : messages,
    stream: true,
    max_tokens: Math.max(1, maxTokens - (countsTokens ? (goesOn?.slots ?? 0) : 0)),
    temperature,
    stream_options: { include_usage: true },
    ...(topP < 1 ? { top_p: topP } : {}),
    ...(stop.length > 0 ? { stop } : {}),
    ...(goesOn ? { continue_final_message: true, add_generation_prompt: false } : {}),
    ...extra,
  };
}

/** Fields that a server refused, and what takes their place. Kept for the replies that follow. */
export class Refused {
  readonly #fields = new Set<string>();
  /** The length under its newer name. */
  #renamed = false;

  from(body: Body): Body {
    const kept = Object.entries(body).filter(([name]) => !this.#fields.has(name));
    return Object.fromEntries(
      kept.map(([name, value]) => [this.#renamed && name === 'max_tokens' ? 'max_completion_tokens' : name, value]),
    );
  }
  /**
   * Notes what is left out from now on: the fields that the reason names; where it names none, all that a server can do without.
   * @param body as it was refused
   * @returns false where nothing is left to leave out
   */
  take(body: Body, reason: string): boolean {
    const names = new Set(reason.match(/[a-z_]+/g) ?? []);
    if (names.has('max_completion_tokens') && 'max_tokens' in body) {
      this.#renamed = true;
      return true;
    }
    const sent = Object.keys(body).filter((name) => body[name] !== undefined && !LEAST.includes(name));
    const named = sent.filter((name) => names.has(name));
    const out =
      named.length > 0 ? named : [sent.filter((name) => !GOES_ON.includes(name)), sent].find((some) => some.length > 0);
    for (const name of out ?? []) this.#fields.add(name);
    return out !== undefined;
  }
  /** What a person chose of a request and a server does not honour. */
  chosen(body: Body): string[] {
    return CHOSEN.filter((name) => body[name] !== undefined && this.#fields.has(name));
  }
}
