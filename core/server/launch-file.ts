/**
 * Leads the browser to an address that must not stand in any program's argument list, where every account of the machine reads it:
 * a page that only this account can read, whose path is what the browser is given.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface LaunchFile {
  file: string;
  /** Takes it away again. */
  remove(): void;
}

/** @param address http address of characters that need no escape in HTML */
export function writeLaunchFile(address: string): LaunchFile {
  if (!/^http:\/\/[\w.:/#=-]+$/.test(address)) throw new Error('This address needs escaping.');
  // made by mkdtemp: a folder of its own with mode 0700
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-open-'));
  const file = path.join(folder, 'mezzotint.html');
  writeFileSync(
    file,
    `<!doctype html>\n<meta charset="utf-8">\n<meta name="referrer" content="no-referrer">\n<meta http-equiv="refresh" content="0; url=${address}">\n<title>Mezzotint</title>\n<p><a href="${address}">Open Mezzotint</a></p>\n`,
    { mode: 0o600, flag: 'wx' },
  );
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
