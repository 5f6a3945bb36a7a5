export const root: string;
export const cacheDir: string;
export function inRoot(...parts: string[]): string;
export function say(line: string): void;
export function readJson(file: string): unknown;
export function writeJson(file: string, value: unknown): void;
export function sha256(data: string | Uint8Array): string;
export function withLock<T>(name: string, work: () => Promise<T>): Promise<T>;
export function fingerprint(inputs: readonly string[]): string;
export function onPath(program: string): boolean;
export function output(
  command: string,
  args: readonly string[],
  options?: { cwd?: string; env?: NodeJS.ProcessEnv },
): string | null;
