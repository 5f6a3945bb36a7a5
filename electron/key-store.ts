/** Secrets, encrypted by the system's key store (Keychain, DPAPI, libsecret, KWallet), in files that only this account can read. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { safeStorage } from 'electron';

export interface SystemKeyStore {
  readonly available: boolean;
  read(name: string): string | null;
  write(name: string, secret: string | null): void;
}

/** @param home the folder whose `secrets` holds them; use it once the app is ready */
export function systemKeyStore(home: string): SystemKeyStore {
  const fileOf = (name: string): string => path.join(home, 'secrets', `${name}.bin`);
  return {
    get available() {
      if (!safeStorage.isEncryptionAvailable()) return false;
      // without a key store Chromium on Linux "encrypts" with a password that everyone knows
      const { getSelectedStorageBackend } = safeStorage as { getSelectedStorageBackend?: () => string };
      if (process.platform !== 'linux') return true;
      const backend = getSelectedStorageBackend?.call(safeStorage);
      return backend !== undefined && backend !== 'basic_text' && backend !== 'unknown';
    },
    read(name) {
      try {
        return safeStorage.decryptString(readFileSync(fileOf(name)));
      } catch {
        return null; // nothing is kept, or another account's key store made it
      }
    },
    write(name, secret) {
      const file = fileOf(name);
      if (secret === null) return rmSync(file, { force: true });
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(`${file}.part`, safeStorage.encryptString(secret), { mode: 0o600 });
      renameSync(`${file}.part`, file);
    },
  };
}
