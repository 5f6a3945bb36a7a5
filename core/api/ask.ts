/** From what a request says to the work that answers it: a conversation's reply, the continuation of a text, or what stands between two. */
import { capabilitiesOf } from '../contract/capabilities.ts';
import type { CommittedToken } from '../contract/generation.ts';
import type { PackInfo, PromptMessage } from '../contract/engine.ts';
import type { Template } from '../contract/layout.ts';
import type { Api } from './api.ts';
import { checkMessages, checkTokens } from './context.ts';
import { unsupported } from './errors.ts';
import type { Work } from './reply.ts';
import { settingsOf, type Knobs, type SamplingFields } from './requests/sampling.ts';
import { plainWork } from './work.ts';
import { write } from './run.ts';
import type { Node } from './structured/schema.ts';
import { toolMessages, toolWork, type Tools } from './structured/tools.ts';
import { writeStructured } from './structured/write.ts';

export interface Fields {
  sampling: SamplingFields;
  knobs?: Knobs;
  /** Parameters of the sampler by their names. */
  others?: Readonly<Record<string, unknown>>;
}
export interface Begun {
  seed: number;
  work: Work;
}

export interface ConversationAsk extends Fields {
  messages: PromptMessage[];
  /** The field that the messages came in. */
  param?: string;
  layout?: Template | null;
  /** A reply that goes on after these words; they are not written again. */
  goesOn?: string;
  /** JSON that the reply has to be. */
  format?: Node | null;
  tools?: Tools | null;
}
/** @throws ApiError 400 with the path of what can't be had */
export async function conversation(
  api: Api,
  pack: PackInfo,
  { messages: given, param, layout, goesOn, format, tools, sampling, knobs, others }: ConversationAsk,
): Promise<Begun> {
  const { settings, seed } = settingsOf(api, pack, sampling, knobs, others);
  const messages = tools ? toolMessages(given, tools) : given;
  for (const [name, wanted] of [
    ['response_format', format],
    ['tools', tools],
  ] as const) {
    if (!wanted) continue;
    if (!capabilitiesOf(api.status).layout)
      throw unsupported(name, `${name}: the model in use keeps nothing fixed, so it can't be held to JSON.`);
    if (layout) throw unsupported(name, `${name} and mezzotint.template do not go together.`);
    if (settings.ending.stop.length > 0 && sampling.stop !== undefined)
      throw unsupported('stop', `stop and ${name} do not go together: JSON is always written to its end.`);
  }
  if (layout && !capabilitiesOf(api.status).layout)
    throw unsupported('mezzotint.template', 'mezzotint.template: the model in use keeps nothing fixed.');
  await checkMessages(api, messages, settings.ending.maxTokens, param);
  const asked = { messages, settings, seed };
  if (goesOn !== undefined && goesOn !== '') {
    if (layout || format || tools)
      throw unsupported(
        'continue_final_message',
        'continue_final_message does not go with templates, tools or schemas.',
      );
    if (!capabilitiesOf(api.status).preview)
      throw unsupported(
        'continue_final_message',
        'continue_final_message: the model in use does not go on with a reply.',
      );
    const { ids, pieces } = await api.scheduler.tokenize(goesOn);
    const before = ids.map((id, i): CommittedToken => ({
      id,
      text: pieces[i] ?? '',
      p: null,
      forward: 0,
      via: 'context',
    }));
    // the engine's limit counts the whole reply
    const ending = { ...settings.ending, maxTokens: settings.ending.maxTokens + ids.length };
    return { seed, work: plainWork(api, { messages, settings: { ...settings, ending }, seed }, { before }) };
  }
  if (tools) return { seed, work: toolWork(api, asked, tools) };
  if (format)
    return {
      seed,
      work: (ticket, hear) => writeStructured(api, ticket, asked, hear, (writer) => writer.value(format, 0)),
    };
  return { seed, work: plainWork(api, { messages, settings, seed, ...(layout ? { layout } : {}) }) };
}

export interface TextAsk extends Fields {
  prompt: string;
  suffix: string | undefined;
}
/** Tokens that are written between two texts where the request names no length. */
const FILL_TOKENS = 64;

/** A text goes on; with a suffix, what stands between is written with both in view. @throws ApiError 400 */
export async function continuation(
  api: Api,
  pack: PackInfo,
  { prompt, suffix, sampling, knobs, others }: TextAsk,
): Promise<Begun> {
  const { settings, seed } = settingsOf(api, pack, sampling, knobs, others);
  const can = capabilitiesOf(api.status);
  if (!can.preview) throw unsupported('prompt', 'prompt: the model in use reads conversations alone.');
  if (suffix === undefined || suffix === '') {
    const { ids } = await api.scheduler.tokenize(prompt);
    checkTokens(ids.length, pack.contextLength, settings.ending.maxTokens, 'prompt');
    return { seed, work: plainWork(api, { messages: [], prompt: ids, settings, seed }) };
  }
  if (!can.layout) throw unsupported('suffix', 'suffix: the model in use writes nothing before a fixed text.');
  // a space before a word is a part of the word's token
  const space = /\S $/.test(prompt);
  const { ids } = await api.scheduler.tokenize(space ? prompt.slice(0, -1) : prompt);
  const { ids: after } = await api.scheduler.tokenize(suffix);
  const asked = sampling.max_completion_tokens ?? sampling.max_tokens;
  const most = Math.min(asked ?? FILL_TOKENS, settings.ending.maxTokens);
  checkTokens(ids.length + after.length + most, pack.contextLength, 1, 'prompt');
  const work: Work = async (ticket, hear) => {
    const layout = [
      { kind: 'hole' as const, min: 1, max: most, as: { type: 'free' as const, space } },
      { kind: 'kept' as const, ids: after },
    ];
    const written = await write(api, ticket, { messages: [], prompt: ids, settings, seed, layout }, (event) =>
      hear.event(event),
    );
    const tokens = written.tokens.filter(({ via }) => via !== 'locked');
    const whole = tokens.map(({ text }) => text).join('');
    const { text, stopped } = cutAt(space ? whole.replace(/^ /, '') : whole, settings.ending.stop);
    hear.delta({ text, tokens: stopped ? [] : tokens });
    const reason = written.reason === 'end' && !stopped && tokens.length >= most ? 'length' : written.reason;
    return { text, tokens, reason, counts: { ...written.counts, tokens: tokens.length } };
  };
  return { seed, work };
}

/** A text up to the first of some others. */
function cutAt(text: string, stops: readonly string[]): { text: string; stopped: boolean } {
  const ends = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  if (ends.length === 0) return { text, stopped: false };
  return {
    text: text.slice(
      0,
      ends.reduce((a, b) => Math.min(a, b)),
    ),
    stopped: true,
  };
}
