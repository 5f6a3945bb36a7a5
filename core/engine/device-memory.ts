/** Whether a model fits a graphics device, as far as its memory can be known. ONNX Runtime's binding says nothing of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../model/manifest.ts';
import { CHUNK } from '../model/graph/contract.ts';

/** Megabytes that a person allows on the device, in the environment; wins over what the system says. */
export const DEVICE_MEMORY = 'MEZZOTINT_DEVICE_MEMORY_MB';
const MB = 1024 * 1024;
/** For the device's own work, besides weights and keys and values. */
const WORKING = 128 * MB;

/**
 * Bytes of the device's memory: what a person allows, else the largest that Linux's drivers name (AMD's do; others don't, and
 * on other systems there is no such file); null where it is not known.
 */
export function deviceMemory(
  env: Readonly<Record<string, string | undefined>> = process.env,
  cards = '/sys/class/drm',
): number | null {
  const allowed = Number(env[DEVICE_MEMORY]);
  if (allowed > 0) return allowed * MB;
  let most: number | null = null;
  try {
    for (const card of readdirSync(cards).filter((name) => /^card\d+$/.test(name))) {
      try {
        const bytes = Number(readFileSync(join(cards, card, 'device', 'mem_info_vram_total'), 'utf8'));
        if (bytes > 0) most = Math.max(most ?? 0, bytes);
      } catch {
        // this card's driver does not say
      }
    }
  } catch {
    // there are no such files here
  }
  return most;
}

/** Bytes that a model takes on a device at least: its weights, the keys and values of two chunks, and room to work. */
export function neededOnDevice({ tensors, dimensions }: Pick<Manifest, 'tensors' | 'dimensions'>): number {
  const weights = Object.values(tensors).reduce((sum, { length }) => sum + length, 0);
  const { layers, kvHeads, headDim } = dimensions;
  return weights + 2 * 4 * layers * kvHeads * headDim * 2 * CHUNK + WORKING;
}

/** Why a model does not fit, with figures; null where it does or nothing is known. */
export function tooLarge(
  manifest: Pick<Manifest, 'tensors' | 'dimensions'>,
  memory: number | null = deviceMemory(),
): string | null {
  const needed = neededOnDevice(manifest);
  if (memory === null || needed <= memory) return null;
  const mb = (bytes: number): string => `${Math.ceil(bytes / MB)} MB`;
  return `the model needs ${mb(needed)} on the device, which has ${mb(memory)} (${DEVICE_MEMORY} sets another figure)`;
}
