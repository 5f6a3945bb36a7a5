import type { Pinned } from './fetch.mjs';

export type Target = 'bundles' | 'renderer';
export const nodePackages: Record<string, Pinned & { binary: string }>;
export const targets: Record<Target, { inputs: string[]; result: string }>;
interface Lock {
  packages: Record<
    string,
    { version?: string; link?: boolean; optional?: boolean; devOptional?: boolean; peer?: boolean }
  >;
}
export function ensureNode(): Promise<string>;
export function withNode(node: string, env?: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
export function modulesMatch(lock: Lock | null, installed: Lock | null): boolean;
export function ensureModules(node: string): Promise<void>;
export function stale(wanted?: readonly Target[]): Target[];
export function ensureBuilt(node: string, wanted?: readonly Target[], force?: boolean): Promise<void>;
