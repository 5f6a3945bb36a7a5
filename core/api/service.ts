/** The API beside the window: switched on and off, with keys that are named and can be revoked. Core/contract/api.ts has the channels. */
import { randomUUID } from 'node:crypto';
import type { ApiState } from '../contract/api.ts';
import type { ApiHandlers } from '../contract/index.ts';
import type { Push } from '../contract/push.ts';
import { failure, toAppError, type AppError } from '../contract/result.ts';
import { Api, type ApiOptions } from './api.ts';
import { startApiServer, type ApiServer } from './http.ts';
import { readKept, writeKept, type Kept } from './kept.ts';
import { hashOf, idOfKey, newKey } from './keys.ts';

export interface ApiServiceOptions extends Omit<ApiOptions, 'newId'> {
  dataDir: string;
  notify: (push: Push) => void;
  log: (line: string) => void;
}
export interface ApiService {
  handlers: ApiHandlers;
  close(): Promise<void>;
}
/** Keys there may be. */
const KEYS = 50;
/** Milliseconds between two times at which a key's last use is written down. */
const NOTED_MS = 60_000;

export function createApiService({ dataDir, notify, log, ...options }: ApiServiceOptions): ApiService {
  const api = new Api({ ...options, newId: randomUUID });
  const kept: Kept = readKept(dataDir);
  let server: ApiServer | null = null;
  let error: AppError | null = null;
  let closed = false;
  /** One start or end at a time. */
  let turning: Promise<void> = Promise.resolve();

  const state = (): ApiState => ({
    enabled: kept.enabled,
    port: kept.port,
    address: server?.address ?? null,
    error,
    origins: [...kept.origins],
    keys: kept.keys.map(({ hash: _, ...key }) => ({ ...key })),
  });
  const tell = (): void => notify({ topic: 'api', api: state() });
  function check(given: string): string | null {
    const id = idOfKey(given, kept.keys);
    const key = kept.keys.find((one) => one.id === id);
    if (!key) return null;
    const now = api.now();
    if (now - (key.lastUsedAt ?? -Infinity) >= NOTED_MS) {
      key.lastUsedAt = now;
      try {
        writeKept(dataDir, kept);
      } catch {
        // what a key is for works without it
      }
      tell();
    }
    return key.id;
  }
  /** Brings the server to where the settings want it. */
  function turn(): Promise<void> {
    turning = turning.then(async () => {
      const wanted = kept.enabled && !closed;
      if (server && (!wanted || server.port !== kept.port)) {
        const before = server;
        server = null;
        await before.close();
      }
      error = null;
      if (!wanted || server) return;
      try {
        server = await startApiServer({
          api,
          port: kept.port,
          keys: { check },
          origins: () => kept.origins,
          log: (line, thrown) => log(`api: ${line}: ${String(thrown)}`),
        });
      } catch (thrown) {
        error = toAppError(thrown);
      }
    });
    return turning;
  }
  function addKey(name: string): string {
    if (kept.keys.length >= KEYS) throw failure('api.too-many-keys', { most: KEYS });
    const key = newKey();
    kept.keys.push({ id: randomUUID(), name, createdAt: api.now(), lastUsedAt: null, hash: hashOf(key) });
    return key;
  }
  /** Changes what is kept: written before it holds. */
  async function change(work: () => string | null): Promise<{ state: ApiState; key: string | null }> {
    const before = structuredClone(kept);
    let key: string | null;
    try {
      key = work();
      writeKept(dataDir, kept);
    } catch (thrown) {
      Object.assign(kept, before);
      throw thrown;
    }
    await turn();
    tell();
    return { state: state(), key };
  }
  if (kept.enabled) void turn().then(tell);
  return {
    handlers: {
      'api.state': async () => {
        await turning;
        return state();
      },
      'api.set': ({ enabled, port, origins, keyName }) =>
        change(() => {
          if (port !== undefined) kept.port = port;
          if (origins !== undefined) kept.origins = [...new Set(origins)];
          if (enabled !== undefined) kept.enabled = enabled;
          return enabled === true && kept.keys.length === 0 ? addKey(keyName ?? 'Key') : null;
        }),
      'api.add-key': ({ name }) => change(() => addKey(name)),
      'api.revoke-key': ({ id }) =>
        change(() => {
          kept.keys = kept.keys.filter((key) => key.id !== id);
          return null;
        }),
    },
    async close() {
      closed = true;
      await turn();
    },
  };
}
/** The keys of a data folder, for a server that runs without its window. */
export const keysOf = (dataDir: string): { id: string; hash: string }[] => readKept(dataDir).keys;
