/** What a server shows of itself: the models it lists, and what comes with a short reply. */
import * as v from 'valibot';
import type { Timers } from '../timers.ts';
import { isFinal } from '../../contract/generation.ts';
import { priceSchema, type DialectId, type Price } from '../../contract/remote.ts';
import { failure, thrownOf } from '../../contract/result.ts';
import { samplerInfoSchema } from '../../contract/samplers.ts';
import { addressOf, checkAddress, hostOf } from './address.ts';
import { createRemoteEngine } from './engine.ts';
import { Fault, refusalOf, shown } from './fault.ts';
import { open, remoteLimits, wholeOf, type RemoteLimits } from './http.ts';
import { packOf, type RemoteModel, type RemoteServer } from './pack.ts';
import { dialects } from './dialects/index.ts';

const MOST_MODELS = 1000;
const modelSchema = v.looseObject({
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(300)),
  owned_by: v.optional(v.unknown()),
  name: v.optional(v.unknown()),
  context_length: v.optional(v.unknown()),
  max_model_len: v.optional(v.unknown()),
  samplers: v.optional(v.unknown()),
  pricing: v.optional(v.unknown()),
});
/** As Inception and OpenRouter list it: dollars for one token, as text. */
const perToken = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform((value) => (value === '' ? Number.NaN : Math.round(Number(value) * 1e12) / 1e6)),
  v.number(),
  v.finite(),
  v.minValue(0),
);
const pricingSchema = v.object({
  prompt: perToken,
  completion: perToken,
  input_cache_reads: v.fallback(v.optional(perToken), undefined),
  input_cache_read: v.fallback(v.optional(perToken), undefined),
});
function priceOf(pricing: unknown, day: string): Price | undefined {
  const listed = v.safeParse(pricingSchema, pricing);
  if (!listed.success) return undefined;
  const { prompt, completion, input_cache_reads: reads, input_cache_read: read } = listed.output;
  const cached = reads ?? read;
  const price = v.safeParse(priceSchema, {
    input: prompt,
    output: completion,
    ...(cached === undefined ? {} : { cached }),
    currency: 'USD',
    from: 'server',
    day,
  });
  return price.success ? price.output : undefined;
}
const listSchema = v.object({ data: v.array(v.unknown()) });

export interface Reached {
  address: string;
  key: string | undefined;
  confirmed: boolean;
  limits?: Partial<RemoteLimits>;
  signal?: AbortSignal;
}
export interface Probed {
  address: string;
  host: string;
  models: RemoteModel[];
  /** What the list itself tells; null: a reply has to. */
  dialect: DialectId | null;
  ms: number;
}

/** Milliseconds in which a list has to begin. */
const LIST_MS = 20_000;

/** @throws MezzotintError that says what was wrong with the address or with what came from it */
export async function probe({ address: given, key, confirmed, limits: own, signal }: Reached): Promise<Probed> {
  const address = addressOf(given);
  checkAddress(address, confirmed);
  const limits = { ...remoteLimits, silentMs: LIST_MS, ...own };
  const began = performance.now();
  const at = async (base: string): Promise<Probed> => {
    const host = hostOf(base);
    const path = '/models';
    const answer = await open({
      address: base,
      path,
      key,
      confirmed,
      signal: signal ?? new AbortController().signal,
      limits,
    });
    const { status, headers } = answer;
    const body = await wholeOf(answer, limits.frameBytes, host);
    if (status < 200 || status > 299) throw refusalOf({ status, headers, body, host, path, key });
    let parsed: unknown;
    try {
      parsed = JSON.parse(body);
    } catch {
      throw new Fault(failure('remote.no-json', { host, began: shown(body, key, 60) }), { status: 404 });
    }
    const list = v.safeParse(listSchema, parsed);
    if (!list.success) throw new Fault(failure('remote.no-models', { host }), { status: 404 });
    const found = list.output.data.slice(0, MOST_MODELS).flatMap((one) => {
      const model = v.safeParse(modelSchema, one);
      return model.success ? [model.output] : [];
    });
    const models = found.map((model): RemoteModel => {
      const length = [model.context_length, model.max_model_len].find((n) => typeof n === 'number' && n > 0);
      const samplers = v.safeParse(v.pipe(v.array(samplerInfoSchema), v.maxLength(60)), model.samplers);
      const price = priceOf(model.pricing, new Date().toISOString().slice(0, 10));
      return {
        id: model.id,
        name: typeof model.name === 'string' && model.name !== '' ? shown(model.name, key, 200) : model.id,
        contextLength: typeof length === 'number' ? Math.round(length) : null,
        samplers: samplers.success ? samplers.output : [],
        ...(price ? { price } : {}),
      };
    });
    const [first] = found;
    const dialect =
      first?.owned_by === 'mezzotint' && (models[0]?.samplers.length ?? 0) > 0
        ? 'mezzotint'
        : first && /^mercury/i.test(first.id)
          ? 'mercury'
          : null;
    return { address: base, host, models, dialect, ms: Math.round(performance.now() - began) };
  };
  try {
    return await at(address).catch((thrown: unknown) => {
      // of an address without its path, the usual one is tried
      if (thrown instanceof Fault && thrown.status === 404 && !/\/v\d+$/.test(address)) {
        return at(`${address}/v1`).catch(() => {
          throw thrown;
        });
      }
      throw thrown;
    });
  } catch (thrown) {
    throw thrown instanceof Fault ? thrown.error : thrown;
  }
}

export interface TestReply {
  dialect: DialectId;
  states: number;
  pieces: number;
  probabilities: boolean;
  firstMs: number;
  ms: number;
  text: string;
}
const TEST_TOKENS = 48;
/** Milliseconds in which a test reply has to go on. */
const TEST_MS = 60_000;

/**
 * Has a short sentence written. Where the dialect is not known, states are asked for in Unsloth's way, which others pass over.
 * @throws MezzotintError with what was wrong
 */
export function tryReply(
  server: Omit<RemoteServer, 'dialect'> & { dialect: DialectId | null },
  key: string | undefined,
  options: { limits?: Partial<RemoteLimits>; timers?: Timers } = {},
): Promise<TestReply> {
  const asked = server.dialect ?? 'unsloth';
  const engine = createRemoteEngine({
    server: { ...server, dialect: asked },
    key: () => key,
    ...options,
    limits: { silentMs: TEST_MS, ...options.limits },
  });
  const { defaults } = packOf({ ...server, dialect: asked }, dialects[asked]);
  const began = performance.now();
  const found: TestReply = {
    dialect: asked,
    states: 0,
    pieces: 0,
    probabilities: false,
    firstMs: 0,
    ms: 0,
    text: '',
  };
  return new Promise((resolve, reject) => {
    engine.generate(
      {
        generationId: 'test',
        messages: [{ role: 'user', content: 'Say hello in one short sentence.' }],
        replyPrefix: [],
        settings: { ...defaults, ending: { ...defaults.ending, maxTokens: TEST_TOKENS } },
        seed: 1,
      },
      (event) => {
        if ((event.type === 'frame' || event.type === 'blockCommitted') && found.firstMs === 0)
          found.firstMs = Math.round(performance.now() - began);
        if (event.type === 'frame' && event.canvas.length > 0) found.states++;
        if (event.type === 'blockCommitted') {
          found.pieces++;
          found.text += event.tokens.map(({ text }) => text).join('');
          found.probabilities ||= event.tokens.some(({ p }) => p !== null);
        }
        if (!isFinal(event)) return;
        if (event.type === 'failed') return reject(thrownOf(event.error));
        // without states it is finished text, whatever was asked for
        const dialect = found.states === 0 && asked !== 'mezzotint' ? 'openai-blocks' : asked;
        resolve({ ...found, dialect, ms: Math.round(performance.now() - began) });
      },
    );
  });
}
