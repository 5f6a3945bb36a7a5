/** Names that are given to files in a data folder. */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** A time for file names, sortable: 20261123-212600-123 (UTC). */
export const stamp = (time: number): string =>
  new Date(time).toISOString().replace(/[-:]/g, '').replace('T', '-').replace('.', '-').replace('Z', '');

/** A name in `folder` that is not taken: `name.ext`, else `name-2.ext` … */
export function freeName(folder: string, name: string, extension: string): string {
  for (let n = 1; ; n++) {
    const file = path.join(folder, `${name}${n === 1 ? '' : `-${n}`}${extension}`);
    if (!existsSync(file)) return file;
  }
}
