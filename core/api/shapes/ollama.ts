/** Ollama's answers: lines of JSON, durations in nanoseconds. */
import type { PackInfo } from '../../contract/engine.ts';
import type { Api } from '../api.ts';
import type { Result, Shape } from '../reply.ts';
import { finishReason } from './usage.ts';

export const nameOf = ({ id }: PackInfo): string => `${id}:latest`;
const timeOf = (now: number): string => new Date(now).toISOString();
const sizeOf = (count: number): string =>
  count >= 1e9 ? `${(count / 1e9).toFixed(1)}B` : `${(count / 1e6).toFixed(1)}M`;

export const detailsOf = ({ family, parameters }: PackInfo): Record<string, unknown> => ({
  parent_model: '',
  format: 'onnx',
  family,
  families: [family],
  parameter_size: sizeOf(parameters),
  quantization_level: 'unknown',
});
export const entryOf = (api: Api, pack: PackInfo): Record<string, unknown> => ({
  name: nameOf(pack),
  model: nameOf(pack),
  modified_at: timeOf(api.began * 1000),
  size: pack.parameters,
  digest: pack.hash,
  details: detailsOf(pack),
});

/** A function's call, its arguments as a value. */
interface OllamaCall {
  function: { name: string; arguments: unknown };
}
const callsOf = ({ calls }: Result): OllamaCall[] | undefined =>
  calls?.map(({ name, arguments: given }) => ({ function: { name, arguments: JSON.parse(given) as unknown } }));

/** @param words a piece of text as this route names it, `message` or `response`, with the calls that come in its place */
export function ollamaShape(
  api: Api,
  pack: PackInfo,
  words: (text: string, calls?: OllamaCall[]) => Record<string, unknown>,
): Shape {
  const began = api.now();
  const line = (text: string, result?: Result, calls?: OllamaCall[]): Record<string, unknown> => ({
    model: nameOf(pack),
    created_at: timeOf(api.now()),
    ...words(text, calls),
    done: result !== undefined,
    ...(result ? endOf(result) : {}),
  });
  const nanoseconds = (ms: number): number => Math.round(ms * 1e6);
  const endOf = ({ reason, counts }: Result): Record<string, unknown> => ({
    done_reason: finishReason(reason) === 'length' ? 'length' : 'stop',
    total_duration: nanoseconds(api.now() - began),
    load_duration: 0,
    prompt_eval_count: counts.promptTokens,
    prompt_eval_duration: nanoseconds(counts.msPrefill),
    eval_count: counts.tokens,
    eval_duration: nanoseconds(counts.msDecode),
  });
  return {
    stream: 'lines',
    opening: (send) => send(line('')),
    delta(send, { text }) {
      if (text !== '') send(line(text));
    },
    alive: (send) => send(line('')),
    done(send, result) {
      const calls = callsOf(result);
      if (calls) send(line('', undefined, calls));
      send(line('', result));
    },
    whole: (result) => line(result.text, result, callsOf(result)),
  };
}
