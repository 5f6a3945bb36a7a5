/** A server's model, described as a pack is: what is not known of it is empty. */
import type { PackInfo } from '../../contract/engine.ts';
import type { DialectId, Price } from '../../contract/remote.ts';
import { defaultsOf, type SamplerInfo } from '../../contract/samplers.ts';
import { hostOf } from './address.ts';
import type { Dialect } from './dialects/index.ts';

export interface RemoteModel {
  /** As the server names it. */
  id: string;
  name: string;
  /** Tokens; null: the server does not say. */
  contextLength: number | null;
  /** Those that a Mezzotint lists. */
  samplers: readonly SamplerInfo[];
  /** As the server lists it. */
  price?: Price | undefined;
}

export interface RemoteServer {
  name: string;
  /** In the order they are tried, as `addressOf` gives them. */
  addresses: readonly string[];
  model: RemoteModel;
  dialect: DialectId;
  /** Plain HTTP to a private address was confirmed. */
  confirmed: boolean;
  /** What it asks for the model's tokens; absent: not known. */
  price?: Price | undefined;
  /** Whether states came when it was tested; absent: what the dialect can carry. A proxy may keep them back. */
  states?: boolean | undefined;
}

/** How a server writes that lets nothing be chosen. */
export const asTheServerWrites: SamplerInfo = {
  id: 'server',
  name: 'As the server writes',
  description: 'The server decides how the reply is written.',
  guarantee: 'diffusion',
  params: [],
};

export function packOf({ name, addresses, model, price, states }: RemoteServer, dialect: Dialect): PackInfo {
  const samplers = model.samplers.length > 0 ? [...model.samplers] : [asTheServerWrites];
  const first = samplers[0] as SamplerInfo;
  return {
    id: model.id,
    name: model.name,
    family: '',
    licence: '',
    parameters: 0,
    contextLength: model.contextLength ?? 0,
    hash: '',
    adapter: null,
    samplers,
    defaults: {
      sampling: { temperature: 0.7, topP: 1, topK: 64, repetitionPenalty: 1, seed: null },
      sampler: { id: first.id, params: defaultsOf(first) },
      ending: { maxTokens: 2048, stop: [], loopGuard: true },
    },
    server: {
      name,
      host: hostOf(addresses[0] as string),
      dialect: dialect.id,
      states: dialect.states && states !== false,
      unit: dialect.unit,
      ...(price ? { price } : {}),
    },
  };
}
