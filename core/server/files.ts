/**
 * The renderer's files as a fixed map, made once at start. A request can only name an entry of the map: no address is ever
 * joined to a path, so there is nothing to escape from. Used by browser mode and by app:// in Electron.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { failure } from '../contract/result.ts';

/** Types of everything a renderer build may hold; a file of another kind is not served. */
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.txt': 'text/plain; charset=utf-8',
};

export interface ServedFile {
  type: string;
  /** True where the name carries a hash of the content. */
  immutable: boolean;
  read(): Buffer;
}
export type FileMap = ReadonlyMap<string, ServedFile>;

/**
 * Reads the folder's names; contents are read when first asked for and kept.
 * @param dir the renderer's build, for example dist/renderer
 * @returns keys are URL paths: `/` and `/index.html`, `/assets/…`
 */
export function readFileMap(dir: string): FileMap {
  const map = new Map<string, ServedFile>();
  const add = (folder: string, url: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) add(file, `${url}${entry.name}/`);
      else if (entry.isFile()) {
        const type = types[path.extname(entry.name).toLowerCase()];
        if (type === undefined) continue;
        let content: Buffer | undefined;
        const served: ServedFile = {
          type,
          immutable: url === '/assets/',
          read: () => (content ??= readFileSync(file)),
        };
        map.set(url + entry.name, served);
        if (url === '/' && entry.name === 'index.html') map.set('/', served);
      }
    }
  };
  try {
    add(dir, '/');
  } catch (cause) {
    throw failure('server.files-unreadable', { folder: dir }, { cause });
  }
  if (!map.has('/')) throw failure('server.no-interface', { folder: dir });
  return map;
}
