import type { Pinned } from './fetch.mjs';

export const STAND_IN: Pinned & { electron: string; binary: string };
export interface Runtime {
  env: Record<string, string>;
  said: string;
}
export function electronForTests(node: string): Promise<(Runtime & { wrap: string[] }) | { reason: string }>;
export function chromiumForTests(): Promise<Runtime | { reason: string }>;
export function webgpuForTests(): Promise<Runtime | { reason: string }>;
export function electronForPackaging(dist: string, copy: string): string;
