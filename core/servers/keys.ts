/**
 * Keys of servers: in the system's key store where there is one, else in a file that only this account can read. Nothing else holds
 * them, and nothing tells them.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { failure, reasonOf } from '../contract/result.ts';
import { writePrivately } from './kept.ts';

/** The system's. */
export interface KeyStore {
  readonly available: boolean;
  read(name: string): string | null;
  write(name: string, secret: string | null): void;
}
export interface Keys {
  readonly where: 'system' | 'file';
  /** null: there is none, or it can't be read. */
  read(id: string): string | null;
  /** @throws MezzotintError store-failed */
  write(id: string, key: string | null): void;
}

export const keyFileOf = (home: string): string => path.join(home, 'mezzotint.keys.json');
const schema = v.record(v.string(), v.string());

function inFile(home: string): Keys {
  const file = keyFileOf(home);
  const all = (): Record<string, string> => {
    if (!existsSync(file)) return {};
    try {
      return v.parse(schema, JSON.parse(readFileSync(file, 'utf8')));
    } catch {
      return {}; // a key that can't be read is asked for again
    }
  };
  return {
    where: 'file',
    read: (id) => all()[id] ?? null,
    write(id, key) {
      const { [id]: before, ...others } = all();
      if (key === null && before === undefined) return;
      try {
        writePrivately(file, key === null ? others : { ...others, [id]: key });
      } catch (cause) {
        throw failure('servers.not-stored', { reason: reasonOf(cause) }, { cause });
      }
    },
  };
}

export function keysOf(home: string, system: KeyStore | undefined): Keys {
  if (!system?.available) return inFile(home);
  const name = (id: string): string => `server-${id}`;
  return {
    where: 'system',
    read: (id) => system.read(name(id)),
    write(id, key) {
      try {
        system.write(name(id), key);
      } catch (cause) {
        throw failure('servers.not-stored', { reason: reasonOf(cause) }, { cause });
      }
    },
  };
}
