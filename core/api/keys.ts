/** Keys of the API. What is kept of one is its hash; the key itself is shown once, when it is made. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface KeyCheck {
  /** @returns the key's id, or null where there is no such key */
  check(given: string): string | null;
}

export const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
/** `mzt-` and 43 characters. */
export const newKey = (): string => `mzt-${randomBytes(32).toString('base64url')}`;

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a, 'hex'), Buffer.from(b, 'hex')];
  return left.length === right.length && timingSafeEqual(left, right);
};
/** Compares with every hash, so that the time taken does not say which one it was. */
export const idOfKey = (given: string, keys: readonly { id: string; hash: string }[]): string | null => {
  const hash = hashOf(given);
  return keys.reduce<string | null>((found, key) => (same(hash, key.hash) ? key.id : found), null);
};
/** A single key, as the command line has it. */
export const oneKey = (key: string): KeyCheck => {
  const keys = [{ id: 'key', hash: hashOf(key) }];
  return { check: (given) => idOfKey(given, keys) };
};
