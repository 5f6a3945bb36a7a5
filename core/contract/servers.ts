/** Servers on other machines that replies can be written by: added, tested, chosen. Keys are given and never told again. */
import * as v from 'valibot';
import { channel, idSchema, nothing, timeSchema } from './channel.ts';
import { dialectSchema, priceSchema } from './remote.ts';
import { errorSchema } from './result.ts';
import { samplerInfoSchema } from './samplers.ts';

const { input: perMillion } = priceSchema.entries;
export const MAX_SERVERS = 50;
const serverName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(60));
const modelName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(300));
const addressSchema = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(2000));
/** What stands in a header has no line ends. */
const keySchema = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(4000), v.regex(/^[\x21-\x7e]+$/));

/** A model as a server lists it. */
export const serverModelSchema = v.object({
  id: modelName,
  name: v.string(),
  /** Tokens; null: the server does not say. */
  contextLength: v.nullable(v.number()),
  /** Those that another Mezzotint lists. */
  samplers: v.array(samplerInfoSchema),
  /** As the server lists it. */
  price: v.optional(priceSchema),
});
export type ServerModel = v.InferOutput<typeof serverModelSchema>;

/** What a test reply showed. Nothing of it is assumed. */
export const observedSchema = v.object({
  at: timeSchema,
  dialect: dialectSchema,
  /** States of the canvas that came with the reply. */
  states: v.number(),
  /** Pieces of finished text that came. */
  pieces: v.number(),
  /** Whether tokens came with probabilities. */
  probabilities: v.boolean(),
  /** Milliseconds until the first of either, and until the end. */
  firstMs: v.number(),
  ms: v.number(),
  text: v.string(),
});
export type Observed = v.InferOutput<typeof observedSchema>;

export const serverSchema = v.object({
  id: idSchema,
  name: v.string(),
  /** In the order they are tried: the second one only before a reply's first word. */
  addresses: v.array(v.string()),
  /** Of the first address, as replies show it. */
  host: v.string(),
  models: v.array(serverModelSchema),
  /** The one that answers. */
  model: v.string(),
  dialect: dialectSchema,
  observed: v.nullable(observedSchema),
  hasKey: v.boolean(),
  /** Plain HTTP in a private network was confirmed. */
  confirmed: v.boolean(),
  /** Of the model that answers; null: not known, and no cost is shown. */
  price: v.nullable(priceSchema),
});
export type Server = v.InferOutput<typeof serverSchema>;

export const serversStateSchema = v.object({
  servers: v.array(serverSchema),
  /** The one that writes replies; null: this machine does. */
  current: v.nullable(idSchema),
  /** Where keys are kept: system: in its key store · file: in a file that only this account can read. */
  keys: v.picklist(['system', 'file']),
  /** Why servers can't be used. */
  error: v.nullable(errorSchema),
});
export type ServersState = v.InferOutput<typeof serversStateSchema>;

const reached = {
  address: addressSchema,
  key: v.optional(keySchema),
  confirmed: v.optional(v.boolean(), false),
};
export const getServers = channel('servers.list', nothing, serversStateSchema);
/** Asks an address for its models. Nothing is kept, and no words of a person's are sent. */
export const probeServer = channel(
  'servers.probe',
  v.strictObject(reached),
  v.object({
    /** As it is kept: of a page's or an endpoint's address the part that all paths share. */
    address: v.string(),
    host: v.string(),
    models: v.array(serverModelSchema),
    /** What the list itself tells; null: a test reply has to. */
    dialect: v.nullable(dialectSchema),
    ms: v.number(),
  }),
);
/** Has a short sentence written, and says what came. Of a server that is kept (`id`) it is noted; else of an address. */
export const testServer = channel(
  'servers.test',
  v.union([
    v.strictObject({ id: idSchema }),
    v.strictObject({ ...reached, model: modelName, dialect: v.optional(dialectSchema) }),
  ]),
  observedSchema,
);
export const addServer = channel(
  'servers.add',
  v.strictObject({
    name: serverName,
    addresses: v.pipe(v.array(addressSchema), v.minLength(1), v.maxLength(4)),
    key: v.optional(keySchema),
    confirmed: v.optional(v.boolean(), false),
    model: modelName,
    models: v.optional(v.pipe(v.array(serverModelSchema), v.maxLength(1000)), []),
    dialect: v.optional(dialectSchema),
    observed: v.optional(v.nullable(observedSchema), null),
  }),
  v.object({ id: idSchema, state: serversStateSchema }),
);
/** Its key goes too. Replies stay, and still say where they came from. */
export const removeServer = channel('servers.remove', v.strictObject({ id: idSchema }), serversStateSchema);
/** From now on it writes replies, also after the next start; null: this machine. @throws conflict while a reply is written */
export const useServer = channel(
  'servers.use',
  v.strictObject({ id: v.nullable(idSchema), model: v.optional(modelName) }),
  serversStateSchema,
);
/** What a person knows that a model of a server costs; null: what the server lists or was published, if anything. Replies keep theirs. */
export const priceServer = channel(
  'servers.price',
  v.strictObject({
    id: idSchema,
    price: v.nullable(
      v.strictObject({ input: perMillion, output: perMillion, currency: priceSchema.entries.currency }),
    ),
  }),
  serversStateSchema,
);
export const serverChannels = {
  [getServers.name]: getServers,
  [probeServer.name]: probeServer,
  [testServer.name]: testServer,
  [addServer.name]: addServer,
  [removeServer.name]: removeServer,
  [useServer.name]: useServer,
  [priceServer.name]: priceServer,
} as const;
