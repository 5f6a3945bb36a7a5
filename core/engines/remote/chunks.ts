/**
 * From the body of an answer to chunks of a reply. Servers send server-sent events, lines of JSON, or one whole object, whatever
 * was asked; of each chunk the known fields alone are taken.
 */
import * as v from 'valibot';
import { failure } from '../../contract/result.ts';
import { Fault, messageIn, shown } from './fault.ts';
import { wholeOf, type Answer } from './http.ts';

const text = v.nullish(v.string());
/** Of a field that servers give other shapes too, whether it is a text. */
const reasoned = v.fallback(text, null);
const tokens = v.nullish(v.pipe(v.number(), v.minValue(0)));
export const chunkSchema = v.object({
  choices: v.nullish(
    v.array(
      v.object({
        index: v.nullish(v.number()),
        delta: v.nullish(v.object({ content: text, reasoning_content: reasoned, reasoning: reasoned })),
        message: v.nullish(v.object({ content: text })),
        text,
        finish_reason: text,
      }),
    ),
  ),
  usage: v.nullish(
    v.object({
      prompt_tokens: tokens,
      completion_tokens: tokens,
      prompt_tokens_details: v.nullish(v.object({ cached_tokens: tokens })),
    }),
  ),
  /** Of a diffusion server of Unsloth's: its denoising steps. */
  timings: v.fallback(v.nullish(v.object({ diffusion_steps: tokens })), null),
  error: v.optional(v.unknown()),
  /** Unsloth's frames. */
  type: v.optional(v.unknown()),
  block: v.optional(v.unknown()),
  step: v.optional(v.unknown()),
  total: v.optional(v.unknown()),
  text: v.optional(v.unknown()),
  /** Mercury's mark of a chunk whose content replaces what came before. */
  diffusion_meta: v.nullish(v.object({ diffusion_content: v.nullish(v.boolean()) })),
  mezzotint: v.optional(v.unknown()),
});
export type Chunk = v.InferOutput<typeof chunkSchema>;

export interface Reading {
  host: string;
  key: string | undefined;
  /** Bytes of one event. */
  most: number;
}

/** @throws Fault for an error that the server reports, and for what is no chunk */
export function chunkOf(data: string, { host, key }: Reading): Chunk {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw new Fault(failure('remote.no-json', { host, began: shown(data, key, 60) }));
  }
  const parsed = v.safeParse(chunkSchema, value);
  if (!parsed.success)
    throw new Fault(
      failure('remote.misfit', { host, reason: shown(v.getDotPath(parsed.issues[0]) ?? 'no object', key, 80) }),
    );
  const { error } = parsed.output;
  if (error !== undefined && error !== null && error !== false) {
    const reason = shown(messageIn(error) ?? JSON.stringify(error), key) || 'error';
    throw new Fault(failure('remote.said', { host, reason }), { passes: true });
  }
  return parsed.output;
}

/** Fields of an event that carry no data. */
const OTHER = /^(event|id|retry)(:|$)/;

/** Chunks as they come. @returns whether the stream was ended by its sender's word (`[DONE]`, or one whole object) */
export async function* chunksOf(answer: Answer, reading: Reading): AsyncGenerator<Chunk, boolean> {
  const { host, key, most } = reading;
  const type = String(answer.headers['content-type'] ?? '');
  const page = (began: string): Fault =>
    new Fault(failure('remote.no-json', { host, began: shown(began, key, 60) }), { passes: true });
  if (/\bhtml\b/.test(type)) throw page(await wholeOf(answer, most, host));
  if (/\bjson\b/.test(type) && !/ndjson|event-stream|jsonl/.test(type)) {
    yield chunkOf(await wholeOf(answer, most, host), reading);
    return true;
  }
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  let size = 0;
  let done = false;
  const grown = (by: number): void => {
    size += by;
    if (size > most) throw new Fault(failure('remote.too-large', { host, most }));
  };
  /** One line; what it completes. */
  function* take(line: string): Generator<Chunk> {
    if (line === '') {
      const event = data.join('\n').trim();
      data = [];
      size = 0;
      if (event === '[DONE]') done = true;
      else if (event !== '') yield chunkOf(event, reading);
    } else if (line.startsWith('data:')) {
      const value = line.slice(line[5] === ' ' ? 6 : 5);
      grown(value.length);
      // an event without its blank line
      if (value.trim() === '[DONE]') {
        yield* take('');
        done = true;
      } else data.push(value);
    } else if (line.startsWith('error:')) {
      const said = line.slice(6);
      throw new Fault(failure('remote.said', { host, reason: shown(saidIn(said) ?? said, key) || 'error' }));
    } else if (line.startsWith('{')) yield chunkOf(line, reading);
    else if (!line.startsWith(':') && !OTHER.test(line) && line.trim() !== '') throw page(line);
  }
  for await (const piece of answer.body) {
    rest += decoder.decode(piece, { stream: true });
    let end = rest.indexOf('\n');
    if (end < 0 && rest.length > most) grown(rest.length);
    let from = 0;
    for (; end >= 0; end = rest.indexOf('\n', from)) {
      const line = rest.slice(from, rest[end - 1] === '\r' ? end - 1 : end);
      from = end + 1;
      yield* take(line);
      if (done) {
        answer.finished();
        return true;
      }
    }
    rest = rest.slice(from);
  }
  rest += decoder.decode();
  // the last event of a server that ends without a blank line; one that was cut is no JSON and not taken
  if (rest.startsWith('{') || rest.startsWith('data:')) {
    if (isWhole(rest)) yield* take(rest);
  } else if (rest !== '') yield* take(rest);
  if (data.length > 0 && isWhole(data.join('\n'))) yield* take('');
  return done;
}
function isWhole(line: string): boolean {
  const value = line.replace(/^data: ?/, '').trim();
  if (value === '[DONE]') return true;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
function saidIn(value: string): string | null {
  try {
    return messageIn(JSON.parse(value));
  } catch {
    return null;
  }
}
