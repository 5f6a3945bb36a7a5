/** A file is whole or not there: written beside its name, with the number of the process, and renamed. */
import { renameSync, writeFileSync } from 'node:fs';

export function writeWhole(file: string, data: string | Uint8Array, mode?: number): void {
  const part = `${file}.${process.pid}.part`;
  writeFileSync(part, data, mode === undefined ? {} : { mode });
  renameSync(part, file);
}
