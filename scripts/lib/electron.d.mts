export interface FoundElectron {
  binary: string;
  dist: string;
  version: string;
  major: number;
}
export const OLDEST_ELECTRON: number;
export function electronBinaryIn(dist: string): string;
export function electronAt(dist: string): FoundElectron | null;
export function ensureElectron(
  node: string,
  options?: { retry?: boolean },
): Promise<FoundElectron | { reason: string; binary?: undefined }>;
export function noDisplay(): string | null;
export function asRoot(): boolean;
