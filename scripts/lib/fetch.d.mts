export interface Pinned {
  name: string;
  version: string;
  integrity: string;
}
export function integrityOf(file: string): Promise<string>;
export function isPinned(folder: string, pinned: Pinned): boolean;
export function untar(archive: string, into: string): boolean;
export function fetchPinned(
  pinned: Pinned,
  folder: string,
  prepare?: (unpacked: string) => string,
  pack?: (spec: string, cwd: string) => Promise<number> | number,
): Promise<string | null>;
