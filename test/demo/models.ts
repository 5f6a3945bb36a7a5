/** A second model in the demo's library: a manifest without weights. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from '../../scripts/lib/common.mjs';

export const BUILT_IN = inRoot('models', 'smollm2-135m-instruct');
export const OTHER_MODEL = {
  id: 'sdar-1.7b-chat',
  name: 'SDAR 1.7B Chat',
  parameters: 2_031_739_904,
  contextLength: 32_768,
};

/** Puts it into the library of a data folder. */
export function addOtherModel(home: string): void {
  const folder = path.join(home, 'models', OTHER_MODEL.id);
  mkdirSync(folder, { recursive: true });
  const manifest = JSON.parse(readFileSync(path.join(BUILT_IN, 'manifest.json'), 'utf8')) as object;
  writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify({ ...manifest, ...OTHER_MODEL }));
}
