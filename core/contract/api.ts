/** The local HTTP API as the settings show it: whether it is on, where it answers, and who has a key. */
import * as v from 'valibot';
import { channel, idSchema, nothing, timeSchema } from './channel.ts';
import { errorSchema } from './result.ts';

/** Where it answers unless a person says otherwise. */
export const API_PORT = 11811;
export const apiKeySchema = v.object({
  id: idSchema,
  name: v.string(),
  createdAt: timeSchema,
  /** null: never. */
  lastUsedAt: v.nullable(timeSchema),
});
export type ApiKey = v.InferOutput<typeof apiKeySchema>;
export const apiPortSchema = v.pipe(v.number(), v.integer(), v.minValue(1024), v.maxValue(65535));
export const originSchema = v.pipe(v.string(), v.maxLength(200), v.regex(/^[a-z][a-z0-9+.-]*:\/\/[^/\s]+$/));
/** So many pages may call, at most. */
export const API_ORIGINS_MOST = 20;
/** The origin of an address as a person writes it, `https://example.com`; null where it is none. */
export function readOrigin(text: string): string | null {
  try {
    const { protocol, host } = new URL(text.trim());
    const origin = `${protocol}//${host}`;
    return host !== '' && v.is(originSchema, origin) ? origin : null;
  } catch {
    return null;
  }
}
export const apiStateSchema = v.object({
  enabled: v.boolean(),
  port: apiPortSchema,
  /** Where it answers; null: it does not. */
  address: v.nullable(v.string()),
  /** Why it does not, though it is on. */
  error: v.nullable(errorSchema),
  /** Origins of pages that may call. */
  origins: v.array(originSchema),
  keys: v.array(apiKeySchema),
});
export type ApiState = v.InferOutput<typeof apiStateSchema>;
/** `key`: one that was made; it is shown this once, as only its hash is kept. */
const changed = v.object({ state: apiStateSchema, key: v.nullable(v.string()) });
const keyName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(60));

export const getApi = channel('api.state', nothing, apiStateSchema);
/** Switching it on makes a first key where there is none; `keyName` is what it is called. */
export const setApi = channel(
  'api.set',
  v.strictObject({
    enabled: v.optional(v.boolean()),
    port: v.optional(apiPortSchema),
    origins: v.optional(v.pipe(v.array(originSchema), v.maxLength(API_ORIGINS_MOST))),
    keyName: v.optional(keyName),
  }),
  changed,
);
export const addApiKey = channel('api.add-key', v.strictObject({ name: keyName }), changed);
/** From now on the key is refused; replies that came with it are written to their end. */
export const revokeApiKey = channel('api.revoke-key', v.strictObject({ id: idSchema }), changed);
export const apiChannels = {
  [getApi.name]: getApi,
  [setApi.name]: setApi,
  [addApiKey.name]: addApiKey,
  [revokeApiKey.name]: revokeApiKey,
} as const;
